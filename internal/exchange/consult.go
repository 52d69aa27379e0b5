package exchange

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Headers with which a node tells the information system behind it who asks.
const (
	SectorHeader = "Dobosh-Sector" // in which persons are named in path and answer
	clientHeader = "X-Road-Client"
	idHeader     = "X-Road-Id"
)

// consultTimeout bounds the information system's time for one answer.
const consultTimeout = 20 * time.Second

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
	answer, err := g.call(ctx, system, in, c)
	if err != nil {
		return nil, err
	}
	out.Status, out.Type = answer.status, answer.header.Get("Content-Type")
	if answer.status >= 400 {
		return nil, g.refused(in, answer, named, c, out)
	}
	return g.agreed(answer, c, named, out)
}

// refused passes on that the system refused. A question about a person whom
// the system does not know still concerns that person.
func (g *Gateway) refused(in received, answer *captured, named map[string]string, c registry.Contract, out *outcome) error {
	out.subjects = g.subjects(c, named, nil)
	service := in.Service.String()
	switch {
	case answer.status == http.StatusNotFound:
		return problem.New(problem.NotFound, "nothing-known", "service", service)
	case answer.status == http.StatusServiceUnavailable || answer.status == http.StatusBadGateway || answer.status == http.StatusGatewayTimeout:
		return problem.New(problem.Unavailable, "system-away", "service", service)
	case answer.status >= 500:
		return problem.New(problem.BadGateway, "system-failed", "service", service)
	}
	return problem.New(problem.Invalid, "system-refused", "service", service)
}

// agreed keeps back the fields that were not agreed and finds the persons
// concerned in the whole answer.
func (g *Gateway) agreed(answer *captured, c registry.Contract, named map[string]string, out *outcome) ([]byte, error) {
	allowed := parseFields(c.Fields)
	if allowed.whole && !isJSON(out.Type) {
		out.subjects, out.Fields = g.subjects(c, named, nil), []string{""}
		return answer.body.Bytes(), nil
	}
	if !isJSON(out.Type) {
		return nil, problem.New(problem.BadGateway, "answer-not-json", "contract", c.ID)
	}
	filtered, left, err := allowed.filter(answer.body.Bytes())
	if err != nil {
		return nil, problem.New(problem.BadGateway, "answer-not-json", "contract", c.ID).Because(err)
	}
	out.subjects, out.Fields = g.subjects(c, named, answer.body.Bytes()), left
	return filtered, nil
}

func isJSON(mediaType string) bool {
	media, _, err := mime.ParseMediaType(mediaType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// subjects finds the persons concerned and names them in [ReceiptSector]. A
// value that is no pseudonym of the contract's sector names nobody.
func (g *Gateway) subjects(c registry.Contract, named map[string]string, document []byte) []string {
	var whole any
	if len(document) > 0 {
		_ = decodeJSON(document, &whole) // it was read once already
	}
	var found []string
	for _, where := range c.Subjects {
		values := []string{}
		if name, inPath := strings.CutPrefix(where, "path:"); inPath {
			values = append(values, named[name])
		} else {
			values = at(whole, tokens(where))
		}
		for _, value := range values {
			if subject, err := g.Sectors.Translate(c.Sector, ReceiptSector, value); err == nil && !slices.Contains(found, subject) {
				found = append(found, subject)
			}
		}
	}
	return found
}

// call hands the question to the information system.
func (g *Gateway) call(ctx context.Context, system http.Handler, in received, c registry.Contract) (answer *captured, err error) {
	ctx, cancel := context.WithTimeout(ctx, consultTimeout)
	defer cancel()
	target := in.Path
	if in.Query != "" {
		target += "?" + in.Query
	}
	req, err := http.NewRequestWithContext(ctx, in.Method, target, bytes.NewReader(in.body))
	if err != nil {
		return nil, problem.New(problem.Invalid, "message-forged").Because(err)
	}
	req.RequestURI = target
	req.Header.Set(SectorHeader, c.Sector)
	req.Header.Set(clientHeader, in.Client.String())
	req.Header.Set(idHeader, in.ID)
	if in.Type != "" {
		req.Header.Set("Content-Type", in.Type)
	}
	answer = &captured{header: http.Header{}, status: http.StatusOK}
	defer func() {
		if cause := recover(); cause != nil {
			answer, err = nil, problem.New(problem.BadGateway, "system-failed", "service", in.Service.String())
			g.Log.ErrorContext(ctx, "an information system panicked", attr("exchange", in.ID))
		}
	}()
	system.ServeHTTP(answer, req)
	if answer.tooLarge {
		return nil, problem.New(problem.BadGateway, "answer-too-large", "service", in.Service.String()).Because(errors.New("over the limit of a body"))
	}
	return answer, nil
}

// captured is a response kept in memory, up to the limit of a body.
type captured struct {
	header   http.Header
	status   int
	wrote    bool
	body     bytes.Buffer
	tooLarge bool
}

func (c *captured) Header() http.Header { return c.header }

func (c *captured) WriteHeader(status int) {
	if !c.wrote {
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
