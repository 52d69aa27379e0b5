package browser

import (
	"fmt"
	"net/url"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// traffic is what a tab asked for and complained about. Faults are kept over
// pages until they are taken.
type traffic struct {
	host string

	mu     sync.Mutex
	bytes  int // of the present page; guarded by mu
	answer int // status of the document; guarded by mu
	faults []string
}

// begin counts anew.
func (r *traffic) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes, r.answer = 0, 0
}

func (r *traffic) status() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answer
}

func (r *traffic) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}

// take gives the faults so far and forgets them.
func (r *traffic) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	faults := r.faults
	r.faults = nil
	return faults
}

func (r *traffic) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// hear takes an event. It runs on the goroutine that reads the browser.
func (r *traffic) hear(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if at, err := url.Parse(e.Request.URL); err != nil || at.Scheme != "data" && at.Hostname() != r.host {
			r.fault("a request to another host: %s", e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			r.answer = int(e.Response.Status)
		} else if e.Response.Status >= 400 {
			r.fault("%s: status %d", e.Response.URL, e.Response.Status)
		}
	case *network.EventLoadingFinished:
		r.bytes += int(e.EncodedDataLength)
	case *runtime.EventExceptionThrown:
		r.fault("script: %s %s", e.ExceptionDetails.Text, e.ExceptionDetails.URL)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			r.fault("console: %s", e.Args[0].Value)
		}
	case *log.EventEntryAdded:
		// What the network says is known already, from the answers themselves.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			r.fault("browser: %s %s", e.Entry.Text, e.Entry.URL)
		}
	}
}
