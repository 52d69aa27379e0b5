package exchange

import (
	"bytes"
	"cmp"
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

// maxDocument bounds a response that has to be whole before anything of it may
// leave, whatever its contract allows, in bytes.
const maxDocument = 64 << 20

// consult asks the information system and settles what may leave.
func (a *inboundRequest) consult(named map[string]string) error {
	system, ok := a.g.Systems(a.in.Service)
	if !ok {
		return problem.New(problem.NotFound, "service-unknown", "service", a.in.Service.String())
	}
	if err := a.nameInQuestion(named); err != nil {
		return err
	}
	answer, err := a.call(system)
	if err != nil {
		return err
	}
	a.out.Status, a.out.Type = answer.Status, valueOf(answer.Headers, "Content-Type")
	if err := refusedBy(answer.Status, a.in.Service.String()); err != nil && !(a.terms.everything && explained(answer.Status)) {
		return err
	}
	a.out.Headers = leaving(answer.Headers, a.contract)
	if checkHeaders(a.out.Headers, anyHeader) != nil || !plainText(a.out.Type) {
		return problem.New(problem.BadGateway, "system-failed", "service", a.in.Service.String())
	}
	switch {
	case len(answer.first) == 0:
		return nil
	case a.terms.everything:
		a.pass(answer)
		return nil
	}
	return a.agreed(answer.first)
}

// explained reports whether a status of 4xx or 5xx comes from the information
// system itself, so that what it says beside it is part of a whole response.
func explained(status int) bool {
	return status < 600 && status != http.StatusBadGateway && status != http.StatusServiceUnavailable && status != http.StatusGatewayTimeout
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

// pass lets a response leave as it is: short ones whole, long ones part by part.
func (a *inboundRequest) pass(answer fetched) {
	a.out.Fields = []string{""}
	if answer.rest == nil {
		a.out.body = answer.first
		return
	}
	a.out.Parts, a.out.rest = true, io.MultiReader(bytes.NewReader(answer.first), answer.rest)
}

// agreed settles what of a document leaves.
func (a *inboundRequest) agreed(raw []byte) error {
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

// call hands the request to the information system and waits for its response as
// long as it may take. The response is let go of with a.
func (a *inboundRequest) call(system System) (fetched, error) {
	begun := time.Now()
	defer func() { a.system = time.Since(begun) }()
	f := fetch{system: system, call: a.question(), limit: limitOf(a.contract), whole: !a.terms.everything, memory: a.g.memory}
	ctx, done := a.timeout, make(chan fetched, 1)
	a.g.consulting.do(func() { done <- f.do(ctx) })
	select {
	case answer := <-done:
		a.later(func() { answer.close(a.g.consulting) })
		if answer.err != nil {
			return fetched{}, a.systemProblem(answer.err)
		}
		return answer, nil
	case <-ctx.Done(): // a system that goes on regardless answers nobody
		a.g.consulting.do(func() { answer := <-done; answer.close(a.g.consulting) })
		return fetched{}, a.systemProblem(ctx.Err())
	}
}

var errTooLarge = errors.New("the answer is larger than agreed")

// systemProblem says whose turn it is when no response came.
func (a *inboundRequest) systemProblem(err error) error {
	service := a.in.Service.String()
	switch p := new(problem.Problem); {
	case errors.As(err, &p):
		return err
	case errors.Is(err, errTooLarge):
		return problem.New(problem.BadGateway, "answer-too-large", "service", service)
	case a.in.upload != nil && a.in.upload.failed() != nil:
		return a.uploadProblem()
	case a.timeout.Err() != nil:
		return problem.New(problem.Timeout, "system-away", "service", service).Because(err)
	case errors.Is(err, errPanicked):
		a.g.Log.Error("an information system panicked", attr("exchange", a.in.ID))
	}
	return problem.New(problem.BadGateway, "system-failed", "service", service).Because(err)
}

// uploadProblem says why the body of a request did not come whole.
func (a *inboundRequest) uploadProblem() error {
	if errors.Is(a.in.upload.failed(), errLong) {
		return problem.New(problem.TooLarge, "question-too-large").Because(a.in.upload.failed())
	}
	return problem.New(problem.Invalid, "upload-broken").Because(a.in.upload.failed())
}

// request is the request as the information system sees it.
func (a *inboundRequest) question() Call {
	in := a.in
	call := Call{Method: in.Method, Path: in.Path, Query: in.Query, Size: int64(len(in.body)), Headers: make([]Header, 0, len(in.Headers)+8)}
	call.Headers = append(call.Headers, in.Headers...)
	for _, h := range [...]Header{
		{SectorHeader, a.contract.Sector}, {clientHeader, in.Client.String()}, {idHeader, cmp.Or(in.Message, in.ID)}, {requestIDHeader, RequestID(in.ID)},
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

// uploaded is the long body of the request, proved as it is read.
func (a *inboundRequest) uploaded() io.Reader {
	verify := func(e envelope) (journal.Stamp, error) {
		stamp, _, err := a.g.verify(a.in.node, e)
		return stamp, err
	}
	atEnd := func(e envelope, stamp journal.Stamp) {
		a.in.ended.Store(&ended{e, stamp})
		a.ch.held()
	}
	moved := func() { a.timeout.moved(); a.ch.moved() }
	a.in.upload = newParts(body{id: a.in.ID, of: a.in.leaf}, a.ch, limitOf(a.contract), verify, moved, atEnd)
	a.later(a.ch.StopReading)
	return a.in.upload
}
