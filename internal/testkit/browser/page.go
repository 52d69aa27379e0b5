package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/clock"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// An old phone, in CSS pixels.
const (
	phoneWidth  = 360
	phoneHeight = 740
)

// Page is one tab. Each step fails the test, and says what was on the page, when
// it cannot be done. A page belongs to one goroutine.
type Page struct {
	v       *Visitor
	t       testing.TB
	ctx     context.Context
	traffic *traffic
	keys    int // pressed so far
}

// prepare makes the tab a phone and listens to it.
func (p *Page) prepare() {
	p.t.Helper()
	if err := chromedp.Listen(p.ctx, p.traffic.hear); err != nil {
		p.t.Fatalf("open a tab: %v", err)
	}
	p.size(p.v.options.Width, phoneHeight)
	call(p, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	p.scripts(!p.v.options.NoScripts)
}

func (p *Page) size(width, height int64) {
	p.t.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
	})
}

func (p *Page) scripts(on bool) {
	p.t.Helper()
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// call sends a command of the DevTools protocol to the tab.
func call[P, R any](p *Page, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepPatience)
	defer cancel()
	for {
		result, err := chromedp.Call(ctx, command, params)
		if err == nil {
			return result
		}
		if !betweenPages(err) || clock.Pause(ctx, 10*time.Millisecond) != nil {
			p.t.Fatalf("%s: %v", command.Method, err)
		}
	}
}

// betweenPages reports whether a command came while the tab let go of one page and
// did not have the next. Chromium names it by this text only.
func betweenPages(err error) bool {
	return strings.Contains(err.Error(), "Not attached to an active page")
}

// loads does something and waits for the page that comes of it.
func (p *Page) loads(what string, act chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.traffic.begin()
	ctx, cancel := context.WithTimeout(p.ctx, stepPatience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, act)); err != nil {
		p.t.Fatalf("%s: no new page: %v\nafter %s:\n%s", what, err, p.URL(), p.Text())
	}
}

// Open goes to an address as typed.
func (p *Page) Open(address string) {
	p.t.Helper()
	p.loads("open "+address, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		result, err := cdp.Call(ctx, t, page.Navigate, page.NavigateParams{URL: address})
		if err == nil && result.ErrorText != "" {
			err = fmt.Errorf("navigate: %s", result.ErrorText)
		}
		return chromedp.Void{}, err
	})
}

// Reload asks for the same page again.
func (p *Page) Reload() {
	p.t.Helper()
	p.loads("reload", func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, page.Reload, page.ReloadParams{})
		return chromedp.Void{}, err
	})
}

// Back goes to the page before.
func (p *Page) Back() {
	p.t.Helper()
	history := call(p, page.GetNavigationHistory, cdp.Empty{})
	if history.CurrentIndex < 1 {
		p.t.Fatalf("%s: there is no page before", p.URL())
	}
	before := history.Entries[history.CurrentIndex-1].ID
	p.traffic.begin()
	call(p, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: before})
	p.Eventually("the page before is back", func() bool {
		now := call(p, page.GetNavigationHistory, cdp.Empty{})
		return now.Entries[now.CurrentIndex].ID == before && evaluate[bool](p, `document.readyState === "complete"`)
	})
}

// Eventually waits for what the page or somebody behind it is about to do. done
// asks anew each time; what it asks takes its time, so there is no other pause.
func (p *Page) Eventually(what string, done func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(stepPatience); !done(); {
		if time.Now().After(deadline) {
			p.t.Fatalf("not within %v: %s\non %s:\n%s", stepPatience, what, p.URL(), p.Text())
		}
	}
}

// URL is where the tab is.
func (p *Page) URL() string {
	p.t.Helper()
	history := call(p, page.GetNavigationHistory, cdp.Empty{})
	return history.Entries[history.CurrentIndex].URL
}

// Status is the answer to the request for the page.
func (p *Page) Status() int { return p.traffic.status() }

// Text is what one reads on the page.
func (p *Page) Text() string {
	p.t.Helper()
	return evaluate[string](p, `document.body ? document.body.innerText : ""`)
}

// Says fails the test unless every one of the words can be read. How capitals
// are set is left to the style.
func (p *Page) Says(words ...string) {
	p.t.Helper()
	text := plain(p.Text())
	for _, w := range words {
		if !strings.Contains(text, plain(w)) {
			p.t.Errorf("%s does not say %q; it says:\n%s", p.URL(), w, p.Text())
		}
	}
}

// plain takes the setting out of a text: line breaks, hard blanks and capitals.
func plain(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// evaluate runs an expression in a world of its own, where the page's scripts
// are not; it works with scripts off too.
func evaluate[T any](p *Page, expression string) (value T) {
	p.t.Helper()
	frame := call(p, page.GetFrameTree, cdp.Empty{}).FrameTree.Frame.ID
	world := call(p, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frame, WorldName: "test"}).ExecutionContextID
	result := call(p, runtime.Evaluate, runtime.EvaluateParams{
		Expression: expression, ContextID: world, AwaitPromise: new(true), ReturnByValue: new(true),
	})
	if result.ExceptionDetails != nil {
		p.t.Fatalf("on %s: %s: %s", p.URL(), result.ExceptionDetails.Text, result.ExceptionDetails.Exception.Description)
	}
	if err := json.Unmarshal(result.Result.Value, &value); err != nil {
		p.t.Fatalf("on %s: %v in %s", p.URL(), err, result.Result.Value)
	}
	return value
}
