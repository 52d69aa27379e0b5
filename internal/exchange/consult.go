package exchange

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Headers with which a node tells the information system behind it who asks.
const (
	SectorHeader = "Dobosh-Sector" // in which persons are named in path and answer

	clientHeader    = "X-Road-Client"
	idHeader        = "X-Road-Id"
	issueHeader     = "X-Road-Issue"
	requestIDHeader = "X-Road-Request-Id"
)

// covers reports whether the contract lets a method and path through, and the
// segments that its pattern names.
func covers(c registry.Contract, method, path string) (named map[string]string, ok bool) {
	if !slices.Contains(c.Methods, method) {
		return nil, false
	}
	for _, pattern := range c.Paths {
		if named, ok := match(pattern, path); ok {
			return named, true
		}
	}
	return nil, false
}

// consult asks the information system and gives what may leave.
func (g *Gateway) consult(ctx context.Context, in received, c registry.Contract, named map[string]string, out *outcome) ([]byte, error) {
	system, ok := g.Systems(in.Service)
	if !ok {
		return nil, problem.New(problem.NotFound, "service-unknown", "service", in.Service.String())
	}
	// Who cannot be named in a receipt is not asked about: there would be an
	// answer that the person never hears of.
	if err := g.name(out, c, func(where string) []string { return inPath(where, named) }); err != nil {
		return nil, problem.New(problem.NotFound, "nothing-known", "service", in.Service.String()).Because(err)
	}
	answer, err := g.call(ctx, system, in, c)
	if err != nil {
		return nil, err
	}
	out.Status, out.Type = answer.Status, valueOf(answer.Headers, "Content-Type")
	if err := refusedBy(answer.Status, in.Service.String()); err != nil {
		return nil, err
	}
	if in.Method == http.MethodHead || len(answer.body) == 0 {
		return nil, nil
	}
	return g.agreed(answer, c, out)
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

// agreed keeps back the fields that were not agreed and finds the persons
// concerned in the whole answer.
func (g *Gateway) agreed(answer answered, c registry.Contract, out *outcome) ([]byte, error) {
	allowed := parseFields(c.Fields)
	if !isJSON(out.Type) {
		if !allowed.whole || slices.ContainsFunc(c.Subjects, func(where string) bool { return !strings.HasPrefix(where, pathSubject) }) {
			return nil, problem.New(problem.BadGateway, "answer-not-json", "contract", c.ID)
		}
		out.Fields = []string{""}
		return answer.body, nil
	}
	document, err := parseDocument(answer.body)
	if err != nil {
		return nil, problem.New(problem.BadGateway, "answer-not-json", "contract", c.ID).Because(err)
	}
	err = g.name(out, c, func(where string) []string { return inDocument(where, document) })
	if err != nil {
		return nil, problem.New(problem.BadGateway, "system-failed", "service", out.Holder.String()).Because(err)
	}
	filtered, left := allowed.filter(document)
	out.Fields = left
	return filtered, nil
}

func isJSON(mediaType string) bool {
	media, _, err := mime.ParseMediaType(mediaType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// pathSubject begins the place of a person who is named by a segment of the path.
const pathSubject = "path:"

func inPath(where string, named map[string]string) []string {
	if name, is := strings.CutPrefix(where, pathSubject); is && named[name] != "" {
		return []string{named[name]}
	}
	return nil
}

func inDocument(where string, document value) []string {
	if strings.HasPrefix(where, pathSubject) {
		return nil
	}
	return document.at(tokens(where))
}

// maxSubjects bounds the persons whom one answer may concern, as the journal
// bounds them.
const maxSubjects = journal.MaxSubjects

// name adds the persons whom find finds at the contract's places to the answer,
// in [ReceiptSector]. An empty value names nobody; one that is no pseudonym of
// the contract's sector is an error.
func (g *Gateway) name(out *outcome, c registry.Contract, find func(where string) []string) error {
	for _, where := range c.Subjects {
		for _, person := range find(where) {
			if person == "" {
				continue
			}
			subject, err := g.Sectors.Translate(c.Sector, ReceiptSector, person)
			if err != nil {
				return fmt.Errorf("name a person at %s: %w", where, err)
			}
			if slices.Contains(out.subjects, subject) {
				continue
			}
			if len(out.subjects) == maxSubjects {
				return fmt.Errorf("more than %d persons in one answer", maxSubjects)
			}
			out.subjects = append(out.subjects, subject)
		}
	}
	return nil
}

// answered is an answer of an information system, whole.
type answered struct {
	Result
	body []byte
}

// call hands the question to the information system and waits for it as long as
// it may take.
func (g *Gateway) call(ctx context.Context, system System, in received, c registry.Contract) (answered, error) {
	ctx, cancel := context.WithTimeout(ctx, g.Patience)
	defer cancel()
	type outcome struct {
		answered
		err error
	}
	done := make(chan outcome, 1)
	g.consulting.Go(func() {
		whole, err := serveWhole(ctx, system, g.question(in, c))
		done <- outcome{whole, err}
	})
	select {
	case o := <-done:
		if o.err != nil {
			return answered{}, g.systemProblem(ctx, in, o.err)
		}
		return o.answered, nil
	case <-ctx.Done(): // a system that goes on regardless writes to nobody
		return answered{}, g.systemProblem(ctx, in, ctx.Err())
	}
}

var errTooLarge = errors.New("the answer is larger than agreed")

// serveWhole reads an answer into memory, up to the limit of a body.
func serveWhole(ctx context.Context, system System, c Call) (answered, error) {
	result, err := system.Serve(ctx, c)
	if err != nil || result.Body == nil {
		return answered{Result: result}, err
	}
	defer func() { _ = result.Body.Close() }() // read only
	body, err := io.ReadAll(io.LimitReader(result.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = errTooLarge
	}
	return answered{result, body}, err
}

// systemProblem says whose turn it is when no answer came.
func (g *Gateway) systemProblem(ctx context.Context, in received, err error) error {
	service := in.Service.String()
	switch p := new(problem.Problem); {
	case errors.As(err, &p):
		return err
	case ctx.Err() != nil:
		return problem.New(problem.Timeout, "system-away", "service", service).Because(err)
	case errors.Is(err, errTooLarge):
		return problem.New(problem.BadGateway, "answer-too-large", "service", service)
	case errors.Is(err, errPanicked):
		g.Log.ErrorContext(ctx, "an information system panicked", attr("exchange", in.ID))
		return problem.New(problem.BadGateway, "system-failed", "service", service)
	}
	return problem.New(problem.BadGateway, "system-failed", "service", service).Because(err)
}

// question is the question as the information system sees it.
func (g *Gateway) question(in received, c registry.Contract) Call {
	call := Call{Method: in.Method, Path: in.Path, Query: in.Query, Size: int64(len(in.body))}
	if len(in.body) > 0 {
		call.Body = bytes.NewReader(in.body)
	}
	for _, h := range []Header{
		{SectorHeader, c.Sector}, {clientHeader, in.Client.String()}, {idHeader, cmp.Or(in.Message, in.ID)}, {requestIDHeader, in.ID},
		{issueHeader, in.Matter}, {"Content-Type", in.Type}, {"Accept", in.Accept},
	} {
		if h.Value != "" {
			call.Headers = append(call.Headers, h)
		}
	}
	return call
}
