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

// consult asks the information system and settles what may leave: of a document the
// fields that were agreed, of anything else all or nothing.
func (in *inboundRequest) consult(named map[string]string) error {
	service := in.Service.String()
	system, ok := in.g.Systems(in.Service)
	if !ok {
		return problem.New(problem.NotFound, "service-unknown", "service", service)
	}
	if err := in.nameInRequest(named); err != nil {
		return err
	}
	answer, err := in.call(system)
	if err != nil {
		return err
	}
	in.out.Status, in.out.Type = answer.Status, valueOf(answer.Headers, "Content-Type")
	if err := refusedBy(answer.Status, service); err != nil && !(in.terms.everything && explained(answer.Status)) {
		return err
	}
	in.out.Headers = leaving(answer.Headers, in.terms.Contract)
	if checkHeaders(in.out.Headers, anyHeader) != nil || !plainText(in.out.Type) {
		return problem.New(problem.BadGateway, "system-failed", "service", service)
	}
	if len(answer.first) == 0 { // then its head is all that leaves
		if !in.terms.fields.whole && in.out.Type != "" {
			in.out.Type = typeOfFields(in.out.Type)
		}
		if explains(in.out.Headers) && len(in.out.subjects) == 0 && in.mustName() {
			return in.unnamed(errNobody)
		}
		return nil
	}

	if in.terms.everything { // short ones whole, long ones part by part
		in.out.Fields = []string{""}
		if err := in.somebody(); err != nil {
			return err
		}
		if answer.rest == nil {
			in.out.body = answer.first
			return nil
		}
		in.out.Parts, in.out.rest = true, io.MultiReader(bytes.NewReader(answer.first), answer.rest)
		return nil
	}
	if !isJSON(in.out.Type) {
		return problem.New(problem.BadGateway, "answer-not-json", "contract", in.terms.ID)
	}
	if !in.terms.fields.whole {
		in.out.Type = typeOfFields(in.out.Type)
	}
	document, err := scan(answer.first, in.terms.fields, in.terms.places, answer.names())
	if err != nil {
		return problem.New(problem.BadGateway, "answer-not-json", "contract", in.terms.ID).Because(err)
	}
	if err := in.nameInResponse(document); err != nil {
		return in.unnamed(err)
	}
	in.out.Fields = document.fields
	if err := in.somebody(); err != nil {
		return err
	}
	if len(document.leaves) > maxBody {
		in.out.Parts, in.out.rest = true, bytes.NewReader(document.leaves)
		return nil
	}
	in.out.body = document.leaves
	return nil
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

func isJSON(mediaType string) bool {
	if mediaType == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(mediaType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// call hands the request to the information system and waits for its response as
// long as it may take. The response is let go of with in.
func (in *inboundRequest) call(system System) (fetched, error) {
	begun := time.Now()
	defer func() { in.systemTook = time.Since(begun) }()
	f := fetch{system: system, call: in.asCall(), limit: limitOf(in.terms.Contract), whole: !in.terms.everything, memory: in.g.memory, rooms: &in.g.rooms}
	if _, punctual := system.(Punctual); punctual && f.whole && !in.Parts {
		answer := f.do(in.timeout)
		in.later(answer.end)
		if answer.err != nil {
			return fetched{}, in.systemProblem(answer.err)
		}
		return answer, nil
	}

	ctx, done := in.timeout, make(chan fetched, 1)
	in.g.consulting.do(func() { done <- f.do(ctx) })
	select {
	case answer := <-done:
		in.later(func() { in.g.consulting.do(answer.end) })
		if answer.err != nil {
			return fetched{}, in.systemProblem(answer.err)
		}
		return answer, nil
	case <-ctx.Done(): // a system that goes on regardless answers nobody
		in.g.consulting.do(func() { answer := <-done; answer.end() })
		return fetched{}, in.systemProblem(ctx.Err())
	}
}

var errTooLarge = errors.New("the answer is larger than agreed")

// systemProblem says who has to act when no response came.
func (in *inboundRequest) systemProblem(err error) error {
	service := in.Service.String()
	if p := new(problem.Problem); errors.As(err, &p) {
		return err
	}
	if errors.Is(err, errTooLarge) {
		return problem.New(problem.BadGateway, "answer-too-large", "service", service)
	}
	if in.upload != nil && in.upload.failed() != nil { // the body of the request did not come whole
		if errors.Is(in.upload.failed(), errLong) {
			return problem.New(problem.TooLarge, "question-too-large").Because(in.upload.failed())
		}
		return problem.New(problem.Invalid, "upload-broken").Because(in.upload.failed())
	}
	if in.timeout.Err() != nil {
		return problem.New(problem.Timeout, "system-away", "service", service).Because(err)
	}
	if errors.Is(err, errPanicked) {
		in.g.Log.Error("an information system panicked", attr("exchange", in.ID))
	}
	return problem.New(problem.BadGateway, "system-failed", "service", service).Because(err)
}

// asCall is the request as the information system sees it. A long body is proved as
// it is read.
func (in *inboundRequest) asCall() Call {
	call := Call{Method: in.Method, Path: in.Path, Query: in.Query, Size: int64(len(in.body)), Headers: make([]Header, 0, len(in.Headers)+8)}
	call.Headers = append(call.Headers, passing(in.Headers, in.terms.Contract)...) // also where the asker's node lets more travel
	for _, h := range [...]Header{
		{SectorHeader, in.terms.Sector}, {clientHeader, in.Client.String()}, {idHeader, cmp.Or(in.Message, in.ID)}, {requestIDHeader, RequestID(in.ID)},
		{issueHeader, in.Matter}, {"Content-Type", in.Type}, {"Accept", in.Accept}, {traceHeader, traceOf(in.Trace)},
	} {
		if h.Value != "" {
			call.Headers = append(call.Headers, h)
		}
	}
	switch {
	case in.Parts:
		verify := func(e envelope) (journal.Stamp, error) {
			stamp, _, err := in.g.verify(in.node, e)
			return stamp, err
		}
		atEnd := func(e envelope, stamp journal.Stamp) {
			in.ended.Store(&ended{e, stamp})
			in.ch.held()
		}
		in.upload = newParts(body{id: in.ID, of: in.leaf}, in.ch, limitOf(in.terms.Contract), verify, in.moved, atEnd)
		in.later(in.ch.StopReading)
		call.Body, call.Size = in.upload, -1
	case len(in.body) > 0:
		call.Body = bytes.NewReader(in.body)
	}
	return call
}
