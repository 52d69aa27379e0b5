package exchange

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
)

// Headers with which a node tells the information system behind it who asks.
const (
	SectorHeader = "Dobosh-Sector" // in which persons are named in path and answer

	clientHeader    = "X-Road-Client"
	idHeader        = "X-Road-Id"
	issueHeader     = "X-Road-Issue"
	requestIDHeader = "X-Road-Request-Id"
	traceHeader     = "Traceparent"
)

// maxDocument bounds an answer that has to be whole before anything of it may
// leave, whatever its contract allows, in bytes.
const maxDocument = 64 << 20

// consult asks the information system and settles what may leave.
func (a *answering) consult(named map[string]string) error {
	system, ok := a.g.Systems(a.in.Service)
	if !ok {
		return problem.New(problem.NotFound, "service-unknown", "service", a.in.Service.String())
	}
	if err := a.nameInQuestion(named); err != nil {
		return err
	}
	result, err := a.call(system)
	if err != nil {
		return err
	}
	a.out.Status, a.out.Type = result.Status, valueOf(result.Headers, "Content-Type")
	if err := refusedBy(result.Status, a.in.Service.String()); err != nil {
		return err
	}
	a.out.Headers = leaving(result.Headers, a.contract)
	if checkHeaders(a.out.Headers, anyHeader) != nil || !plainText(a.out.Type) {
		return problem.New(problem.BadGateway, "system-failed", "service", a.in.Service.String())
	}
	if a.in.Method == http.MethodHead || result.Body == nil {
		return nil
	}
	if int64(limitOf(a.contract)) < result.Size {
		return a.systemProblem(errTooLarge)
	}
	if a.terms.everything {
		return a.pass(result)
	}
	return a.filter(result)
}

// refusedBy passes on that the information system refused.
func refusedBy(status int, service string) error {
	switch {
	case status < 400:
		return nil
	case status == http.StatusNotFound:
		return problem.New(problem.NotFound, "nothing-known", "service", service)
	case status == http.StatusServiceUnavailable || status == http.StatusBadGateway || status == http.StatusGatewayTimeout:
		return problem.New(problem.Unavailable, "system-away", "service", service)
	case status >= 500:
		return problem.New(problem.BadGateway, "system-failed", "service", service)
	}
	return problem.New(problem.Invalid, "system-refused", "service", service)
}

// pass lets an answer leave as it is: short ones whole, long ones part by part.
func (a *answering) pass(result Result) error {
	limited := &limitedReader{from: result.Body, left: limitOf(a.contract)}
	first := make([]byte, min(cmp.Or(max(result.Size, 0), wholeAnswer), wholeAnswer)+1)
	n, err := io.ReadFull(limited, first)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return a.systemProblem(err)
	}
	if n > 0 {
		a.out.Fields = []string{""}
	}
	if err != nil { // it ended
		a.out.body = first[:n]
		return nil
	}
	a.out.Parts, a.out.rest = true, io.MultiReader(bytes.NewReader(first), limited)
	return nil
}

// filter keeps back what was not agreed and finds the persons concerned in the
// whole answer.
func (a *answering) filter(result Result) error {
	limit := min(limitOf(a.contract), maxDocument)
	give, err := a.g.budget.take(a.patience, int(min(max(result.Size, 0), limit)))
	if err != nil {
		return a.systemProblem(err)
	}
	a.later(give)
	document, err := readAll(&limitedReader{from: result.Body, left: limit}, result.Size)
	if err != nil {
		return a.systemProblem(err)
	}
	if len(document) == 0 {
		return nil
	}
	return a.agreed(document)
}

// agreed settles what of a document leaves.
func (a *answering) agreed(raw []byte) error {
	if !isJSON(a.out.Type) {
		return problem.New(problem.BadGateway, "answer-not-json", "contract", a.contract.ID)
	}
	s, err := scan(raw, a.terms.fields, a.terms.places)
	if err != nil {
		return problem.New(problem.BadGateway, "answer-not-json", "contract", a.contract.ID).Because(err)
	}
	if err := a.name(func(n int, _ string) []string { return s.found[n] }); err != nil {
		return problem.New(problem.BadGateway, "system-failed", "service", a.in.Service.String()).Because(err)
	}
	if a.out.Fields = s.fields; len(s.leaves) > maxBody {
		a.out.Parts, a.out.rest = true, bytes.NewReader(s.leaves)
		return nil
	}
	a.out.body = s.leaves
	return nil
}

func isJSON(mediaType string) bool {
	if mediaType == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(mediaType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// call hands the question to the information system and waits for the head of
// its answer as long as it may take. The answer is let go of with a.
func (a *answering) call(system System) (Result, error) {
	begun := time.Now()
	defer func() { a.system = time.Since(begun) }()
	type outcome struct {
		Result
		err error
	}
	question, done := a.question(), make(chan outcome, 1)
	a.g.consulting.Go(func() {
		result, err := system.Serve(a.patience, question)
		done <- outcome{result, err}
	})
	select {
	case o := <-done:
		if o.err != nil {
			return Result{}, a.systemProblem(o.err)
		}
		if o.Body != nil {
			a.closeWith(o.Body)
		}
		return o.Result, nil
	case <-a.patience.Done(): // a system that goes on regardless writes to nobody
		a.g.consulting.Go(func() {
			if o := <-done; o.Body != nil {
				_ = o.Body.Close() // read only
			}
		})
		return Result{}, a.systemProblem(a.patience.Err())
	}
}

// closeWith lets go of an answer at the end, and as soon as patience ends, so
// that a read of it ends too. A system in this process may take its time.
func (a *answering) closeWith(answer io.Closer) {
	let := func() { a.g.consulting.Go(func() { _ = answer.Close() }) } // read only
	stop := context.AfterFunc(a.patience, let)
	a.later(func() {
		if stop() {
			let()
		}
	})
}

var errTooLarge = errors.New("the answer is larger than agreed")

// systemProblem says whose turn it is when no answer came.
func (a *answering) systemProblem(err error) error {
	service := a.in.Service.String()
	switch p := new(problem.Problem); {
	case errors.As(err, &p):
		return err
	case errors.Is(err, errTooLarge):
		return problem.New(problem.BadGateway, "answer-too-large", "service", service)
	case a.in.upload != nil && a.in.upload.failed() != nil:
		return a.uploadProblem()
	case a.patience.Err() != nil:
		return problem.New(problem.Timeout, "system-away", "service", service).Because(err)
	case errors.Is(err, errPanicked):
		a.g.Log.Error("an information system panicked", attr("exchange", a.in.ID))
	}
	return problem.New(problem.BadGateway, "system-failed", "service", service).Because(err)
}

// uploadProblem says why the body of a question did not come whole.
func (a *answering) uploadProblem() error {
	if errors.Is(a.in.upload.failed(), errLong) {
		return problem.New(problem.TooLarge, "question-too-large").Because(a.in.upload.failed())
	}
	return problem.New(problem.Invalid, "upload-broken").Because(a.in.upload.failed())
}

// question is the question as the information system sees it.
func (a *answering) question() Call {
	in := a.in
	call := Call{Method: in.Method, Path: in.Path, Query: in.Query, Size: int64(len(in.body)), Headers: make([]Header, 0, len(in.Headers)+8)}
	call.Headers = append(call.Headers, in.Headers...)
	for _, h := range [...]Header{
		{SectorHeader, a.contract.Sector}, {clientHeader, in.Client.String()}, {idHeader, cmp.Or(in.Message, in.ID)}, {requestIDHeader, in.ID},
		{issueHeader, in.Matter}, {"Content-Type", in.Type}, {"Accept", in.Accept}, {traceHeader, in.Trace},
	} {
		if h.Value != "" {
			call.Headers = append(call.Headers, h)
		}
	}
	switch {
	case in.Parts:
		call.Body, call.Size = a.uploaded(), -1
	case len(in.body) > 0:
		call.Body = bytes.NewReader(in.body)
	}
	return call
}

// uploaded is the long body of the question, proved as it is read.
func (a *answering) uploaded() io.Reader {
	verify := func(e envelope) (journal.Stamp, error) {
		stamp, _, err := a.g.verify(a.in.node, e)
		return stamp, err
	}
	atEnd := func(e envelope, stamp journal.Stamp) {
		a.in.ended.Store(&ended{e, stamp})
		a.ch.held()
	}
	moved := func() { a.patience.moved(); a.ch.moved() }
	a.in.upload = newParts(body{id: a.in.ID, of: a.in.leaf}, a.ch, limitOf(a.contract), verify, moved, atEnd)
	a.later(a.ch.StopReading)
	return a.in.upload
}

// limitedReader reads at most so many bytes, and says so when there are more.
type limitedReader struct {
	from io.Reader
	left int64
}

// Read implements io.Reader.
func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// readAll reads a whole answer whose size may be known.
func readAll(from io.Reader, size int64) ([]byte, error) {
	if size < 0 {
		return io.ReadAll(from)
	}
	var all bytes.Buffer
	all.Grow(int(min(size, wholeAnswer)) + bytes.MinRead)
	_, err := all.ReadFrom(from)
	return all.Bytes(), err
}
