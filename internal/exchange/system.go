package exchange

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// System is an information system behind this node.
type System interface {
	// Serve puts a request to the system. It returns when the head of the
	// answer is there, and it, and reads of the body, should end with ctx. ctx
	// lasts until the caller has closed the body.
	Serve(ctx context.Context, c Call) (Result, error)
}

// Punctual is an information system that nobody has to be kept from waiting for: with a request that is in memory Serve ends,
// and so do reads of a document, when the deadline of ctx has passed. It is asked on the goroutine that waits for it.
type Punctual interface {
	System
	Punctual()
}

// Call is a request as an information system sees it.
type Call struct {
	Method  string
	Path    string // raw, with its leading slash
	Query   string // raw, without the question mark
	Headers []Header
	Body    io.Reader // nil for none; an error of it means that the request broke off
	Size    int64     // of the body; -1 when it is not known
}

// Result is the response of an information system. The caller closes the body.
type Result struct {
	Status  int
	Headers []Header
	Body    io.ReadCloser // nil for none
	Size    int64         // of the body; -1 when it is not known
}

// errPanicked says that a handler in this process panicked; what with is told to nobody.
var errPanicked = errors.New("the information system panicked")

// wholeAnswer is how many bytes of a response a [Handler] keeps before it lets
// them flow.
const wholeAnswer = 1 << 20

// Handler makes an information system of a handler in this process. Short
// answers are whole before anything of them is seen, so that a panic takes all
// of it back; longer ones flow.
func Handler(h http.Handler) System { return handler{h} }

type handler struct{ http http.Handler }

// Serve implements System.
func (h handler) Serve(ctx context.Context, c Call) (Result, error) {
	req, err := c.request(ctx)
	if err != nil {
		return Result{}, err
	}
	out := newAnswerWriter()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err = run(h.http, out, req)
		_ = out.into.CloseWithError(err) // nil is the end of the response; a pipe takes every error
	}()
	select {
	case <-ended:
		if err != nil {
			return Result{}, err
		}
		return Result{Status: out.status, Headers: out.headers(), Body: io.NopCloser(&out.kept), Size: int64(out.kept.Len())}, nil
	case <-out.flows:
		stop := context.AfterFunc(ctx, func() { _ = out.from.CloseWithError(ctx.Err()) })
		return Result{Status: out.status, Headers: out.headers(), Body: &flowing{from: out.from, kept: &out.kept, stop: stop, ended: ended}, Size: -1}, nil
	}
}

// request is the request as net/http knows it.
func (c Call) request(ctx context.Context) (*http.Request, error) {
	target := cmp.Or(c.Path, "/")
	if c.Query != "" {
		target += "?" + c.Query
	}
	body := c.Body
	if body == nil {
		body = http.NoBody // a server's request has one
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, target, body)
	if err != nil {
		return nil, fmt.Errorf("question to a system: %w", err)
	}
	req.RequestURI, req.ContentLength = target, c.Size
	for _, h := range c.Headers {
		req.Header.Add(h.Name, h.Value)
	}
	return req, nil
}

// run calls a handler, which may panic.
func run(h http.Handler, w http.ResponseWriter, req *http.Request) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = errPanicked
		}
	}()
	h.ServeHTTP(w, req)
	return nil
}

// answerWriter keeps the beginning of a response and lets the rest flow. Only the
// handler's goroutine writes to it until flows is closed or the handler has
// ended; from then on it writes to the pipe alone.
type answerWriter struct {
	header http.Header
	sent   http.Header // as it was when the response began
	status int
	kept   bytes.Buffer
	flows  chan struct{} // closed when the response is longer than is kept
	over   bool          // whether flows is closed
	from   *io.PipeReader
	into   *io.PipeWriter
}

func newAnswerWriter() *answerWriter {
	w := &answerWriter{header: http.Header{}, flows: make(chan struct{})}
	w.from, w.into = io.Pipe()
	return w
}

// Header implements http.ResponseWriter.
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter; what is informational is not
// passed on.
func (w *answerWriter) WriteHeader(status int) {
	if w.sent == nil && status >= 200 {
		w.status, w.sent = status, w.header.Clone()
	}
}

// Write implements http.ResponseWriter.
func (w *answerWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.over {
		return w.into.Write(p)
	}
	if w.kept.Len()+len(p) <= wholeAnswer {
		return w.kept.Write(p)
	}
	w.over = true
	close(w.flows)
	return w.into.Write(p)
}

func (w *answerWriter) headers() []Header {
	w.WriteHeader(http.StatusOK)
	return headersOf(w.sent)
}

// flowing is the body of a long response: what was kept, and then what the
// handler writes.
type flowing struct {
	from  *io.PipeReader
	kept  *bytes.Buffer
	stop  func() bool
	ended <-chan struct{}
}

// Read implements io.Reader.
func (f *flowing) Read(p []byte) (int, error) {
	if f.kept.Len() > 0 {
		return f.kept.Read(p)
	}
	return f.from.Read(p)
}

// Close lets the handler write to nobody and waits for its end.
func (f *flowing) Close() error {
	f.stop()
	err := f.from.Close()
	<-f.ended
	return err
}
