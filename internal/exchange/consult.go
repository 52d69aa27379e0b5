package exchange

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
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
	system, ok := g.Systems[in.Service]
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
	out.Status, out.Type = answer.status, answer.header.Get("Content-Type")
	if err := refusedBy(answer.status, in.Service.String()); err != nil {
		return nil, err
	}
	if in.Method == http.MethodHead || answer.body.Len() == 0 {
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
func (g *Gateway) agreed(answer *captured, c registry.Contract, out *outcome) ([]byte, error) {
	allowed := parseFields(c.Fields)
	if !isJSON(out.Type) {
		if !allowed.whole || slices.ContainsFunc(c.Subjects, func(where string) bool { return !strings.HasPrefix(where, pathSubject) }) {
			return nil, problem.New(problem.BadGateway, "answer-not-json", "contract", c.ID)
		}
		out.Fields = []string{""}
		return answer.body.Bytes(), nil
	}
	document, err := parseDocument(answer.body.Bytes())
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

// call hands the question to the information system and waits for it as long as
// it may take.
func (g *Gateway) call(ctx context.Context, system http.Handler, in received, c registry.Contract) (*captured, error) {
	ctx, cancel := context.WithTimeout(ctx, g.Patience)
	defer cancel()
	req, err := g.request(ctx, in, c)
	if err != nil {
		return nil, problem.New(problem.Invalid, "message-forged").Because(err)
	}
	answered := make(chan *captured, 1)
	g.consulting.Go(func() { answered <- g.capture(system, req, in.ID) })
	var answer *captured
	select {
	case answer = <-answered:
	case <-ctx.Done(): // a system that goes on regardless writes to nobody
		return nil, problem.New(problem.Timeout, "system-away", "service", in.Service.String()).Because(ctx.Err())
	}
	switch {
	case answer.failed:
		return nil, problem.New(problem.BadGateway, "system-failed", "service", in.Service.String())
	case answer.tooLarge:
		return nil, problem.New(problem.BadGateway, "answer-too-large", "service", in.Service.String())
	}
	return answer, nil
}

// request is the question as the information system sees it.
func (g *Gateway) request(ctx context.Context, in received, c registry.Contract) (*http.Request, error) {
	target := in.Path
	if in.Query != "" {
		target += "?" + in.Query
	}
	req, err := http.NewRequestWithContext(ctx, in.Method, target, bytes.NewReader(in.body))
	if err != nil {
		return nil, err
	}
	req.RequestURI = target
	for name, value := range map[string]string{
		SectorHeader: c.Sector, clientHeader: in.Client.String(), idHeader: cmp.Or(in.Message, in.ID), requestIDHeader: in.ID,
		issueHeader: in.Matter, "Content-Type": in.Type, "Accept": in.Accept,
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	return req, nil
}

// capture runs an information system, which may panic.
func (g *Gateway) capture(system http.Handler, req *http.Request, exchange string) (answer *captured) {
	answer = &captured{header: http.Header{}, status: http.StatusOK}
	defer func() {
		if cause := recover(); cause != nil {
			answer.failed = true
			g.Log.ErrorContext(req.Context(), "an information system panicked", attr("exchange", exchange))
		}
	}()
	system.ServeHTTP(answer, req)
	return answer
}

// captured is a response kept in memory, up to the limit of a body.
type captured struct {
	header   http.Header
	status   int
	wrote    bool
	body     bytes.Buffer
	tooLarge bool
	failed   bool
}

func (c *captured) Header() http.Header { return c.header }

func (c *captured) WriteHeader(status int) {
	if !c.wrote && status >= 200 { // what is informational is not passed on
		c.status, c.wrote = status, true
	}
}

func (c *captured) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	if c.body.Len()+len(p) > maxBody {
		c.tooLarge = true
		return 0, errors.New("the answer is larger than agreed")
	}
	return c.body.Write(p)
}
