// Package trace tells a collector how long the steps of something took that goes through
// several programs: spans of W3C Trace Context, sent as OTLP over HTTP in JSON.
//
// What it promises: adding a span never waits; what does not fit its queue, or what the
// collector does not take, is dropped and counted. A span holds nothing about persons, as
// far as whoever adds it keeps to names of services and codes. What it does not promise is
// sampling: a sender who says that a trace is not recorded is heeded, all others are
// recorded.
//
// The client libraries of OpenTelemetry do much more, and would be a third of the program
// (docs/adr/0002-traces.md).
package trace

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Context is where in a trace something happens. The zero Context is in none.
type Context struct {
	Trace    [16]byte
	Span     [8]byte
	Recorded bool
}

// Parse reads a header traceparent (W3C Trace Context, version 00 and what later ones
// have in common with it).
func Parse(header string) (c Context, ok bool) {
	parts := strings.Split(header, "-")
	if len(parts) < 4 || len(parts[0]) != 2 || parts[0] == "ff" || parts[0] == "00" && len(parts) != 4 || len(parts[3]) != 2 || strings.ToLower(header) != header {
		return c, false
	}
	flags := make([]byte, 1)
	for _, p := range []struct {
		text string
		into []byte
	}{{parts[0], make([]byte, 1)}, {parts[1], c.Trace[:]}, {parts[2], c.Span[:]}, {parts[3], flags}} {
		if n, err := hex.Decode(p.into, []byte(p.text[:min(len(p.text), 2*len(p.into))])); err != nil || n != len(p.into) || len(p.text) != 2*n {
			return Context{}, false
		}
	}
	c.Recorded = flags[0]&1 == 1
	return c, c.Trace != [16]byte{} && c.Span != [8]byte{}
}

// String writes what Parse reads.
func (c Context) String() string {
	flags := "00"
	if c.Recorded {
		flags = "01"
	}
	return "00-" + hex.EncodeToString(c.Trace[:]) + "-" + hex.EncodeToString(c.Span[:]) + "-" + flags
}

// Child is a step within a trace; the first of a new one in none.
func (c Context) Child() Context {
	if c.Trace == [16]byte{} {
		c.Recorded = true
		_, _ = rand.Read(c.Trace[:]) // never fails: crypto/rand ends the program instead
	}
	_, _ = rand.Read(c.Span[:]) // the same
	return c
}

// Kind is the side on which a step is seen, as OTLP numbers it.
type Kind int

// The kinds.
const (
	Internal Kind = 1
	Server   Kind = 2
	Client   Kind = 3
)

// Span is one step.
type Span struct {
	Context
	Parent     [8]byte // zero for the first of a trace
	Name       string
	Kind       Kind
	Start, End time.Time
	Fault      string   // code of what went wrong; empty for nothing
	Pairs      []string // keys and values
}

const (
	queued = 4096
	atOnce = 512
	every  = time.Second
)

// Exporter sends spans. It is safe for concurrent use; the nil Exporter sends none.
type Exporter struct {
	to       string
	resource []string
	client   *http.Client
	queue    chan Span
	dropped  atomic.Int64
	stop     context.CancelFunc
	done     chan struct{}
}

// Open begins to send to a collector, at whose address /v1/traces is added; resource are
// keys and values about the sender.
func Open(endpoint string, resource ...string) *Exporter {
	running, stop := context.WithCancel(context.Background())
	e := &Exporter{
		to: strings.TrimSuffix(endpoint, "/") + "/v1/traces", resource: resource, queue: make(chan Span, queued), stop: stop, done: make(chan struct{}),
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConns: 1, IdleConnTimeout: time.Minute}},
	}
	go e.run(running)
	return e
}

// Add sends a span of a trace that is recorded, later.
func (e *Exporter) Add(s Span) {
	if e == nil || !s.Recorded {
		return
	}
	select {
	case e.queue <- s:
	default:
		e.dropped.Add(1)
	}
}

// Dropped is how many spans were lost.
func (e *Exporter) Dropped() int64 {
	if e == nil {
		return 0
	}
	return e.dropped.Load()
}

// Close sends what waits, once, and ends.
func (e *Exporter) Close() error {
	if e == nil {
		return nil
	}
	e.stop()
	<-e.done
	e.client.CloseIdleConnections()
	return nil
}

// run sends what waits every second, or when it is much, until ctx ends.
func (e *Exporter) run(ctx context.Context) {
	defer close(e.done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	var batch []Span
	send := func() {
		if len(batch) == 0 {
			return
		}
		if !e.send(batch) {
			e.dropped.Add(int64(len(batch)))
		}
		batch = batch[:0]
	}
	for {
		select {
		case s := <-e.queue:
			if batch = append(batch, s); len(batch) == atOnce {
				send()
			}
		case <-tick.C:
			send()
		case <-ctx.Done():
			for len(batch) < queued {
				select {
				case s := <-e.queue:
					batch = append(batch, s)
					continue
				default:
				}
				break
			}
			send()
			return
		}
	}
}

// attribute is a key and a text, as OTLP writes them.
type attribute struct {
	Key   string            `json:"key"`
	Value map[string]string `json:"value"`
}

func attributes(pairs []string) []attribute {
	all := []attribute{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all = append(all, attribute{pairs[i], map[string]string{"stringValue": pairs[i+1]}})
		}
	}
	return all
}

// sent is a span in the JSON of OTLP: ids in hexadecimal, instants in nanoseconds as text.
type sent struct {
	TraceID    string         `json:"traceId"`
	SpanID     string         `json:"spanId"`
	Parent     string         `json:"parentSpanId,omitempty"`
	Name       string         `json:"name"`
	Kind       Kind           `json:"kind"`
	Start      string         `json:"startTimeUnixNano"`
	End        string         `json:"endTimeUnixNano"`
	Attributes []attribute    `json:"attributes"`
	Status     map[string]any `json:"status,omitempty"`
}

func (e *Exporter) send(batch []Span) bool {
	spans := make([]sent, len(batch))
	for i, s := range batch {
		spans[i] = sent{
			TraceID: hex.EncodeToString(s.Trace[:]), SpanID: hex.EncodeToString(s.Span[:]), Name: s.Name, Kind: s.Kind,
			Start: strconv.FormatInt(s.Start.UnixNano(), 10), End: strconv.FormatInt(s.End.UnixNano(), 10), Attributes: attributes(s.Pairs),
		}
		if s.Parent != [8]byte{} {
			spans[i].Parent = hex.EncodeToString(s.Parent[:])
		}
		if s.Fault != "" {
			spans[i].Status = map[string]any{"code": 2, "message": s.Fault}
		}
	}
	body, err := json.Marshal(map[string]any{"resourceSpans": []any{map[string]any{
		"resource":   map[string]any{"attributes": attributes(e.resource)},
		"scopeSpans": []any{map[string]any{"scope": map[string]any{"name": "dobosh"}, "spans": spans}},
	}}})
	if err != nil {
		return false
	}
	resp, err := e.client.Post(e.to, "application/json", bytes.NewReader(body))
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection serves again
	return resp.StatusCode/100 == 2
}
