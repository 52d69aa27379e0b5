package edge

import (
	"encoding/json"
	"strconv"
	"strings"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"

	"github.com/valyala/fasthttp"
)

// ownPath is where the paths of the edge's own interface begin. Who asks is said as
// in X-Road's; Dobosh-Client means the same as X-Road-Client.
const ownPath = "/v1/ask/"

// answerOwn answers a request of the edge's own interface: a problem has the
// status that it has, and a document that says who has to act.
func (e *Edge) answerOwn(ctx *fasthttp.RequestCtx, r head) {
	a, err := r.request(ownPath)
	if err != nil {
		e.explain(ctx, r, err)
		return
	}
	answer, _, err := e.put(ctx, &a)
	h := &ctx.Response.Header
	if a.ID != "" {
		h.Add("Dobosh-Exchange", a.ID) // in the journals of both nodes
	}
	if timing := serverTiming(answer.Hops); timing != "" {
		h.Add("Server-Timing", timing)
	}
	if answer.Origin != "" {
		h.Add("Dobosh-Log", answer.Origin) // of the provider, and where the response stands in it
		h.Add("Dobosh-Index", strconv.FormatInt(answer.Index, 10))
	}
	if err != nil {
		e.explain(ctx, r, err)
		return
	}
	write(ctx, answer)
}

// serverTiming says how long each step took, in milliseconds (W3C Server Timing).
func serverTiming(hops []exchange.Hop) string {
	var b strings.Builder
	for i, hop := range hops {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(hop.Name + ";dur=" + strconv.FormatFloat(hop.Took.Seconds()*1000, 'f', 3, 64))
	}
	return b.String()
}

// explain answers with a problem document (RFC 9457), in the language that the
// client prefers.
func (e *Edge) explain(ctx *fasthttp.RequestCtx, r head, err error) {
	p := problem.Of(err)
	ctx.SetUserValue(refusal{}, p)
	tag := lang.En
	if r.language != "" {
		tag = lang.Accept(r.language)
	}
	body, _ := json.Marshal(p.Document(tag, e.Say)) // strings and numbers
	ctx.SetStatusCode(p.Kind.Status())
	ctx.SetContentType("application/problem+json")
	ctx.Response.Header.Add("Content-Language", string(tag))
	if p.Kind == problem.TooMany {
		seconds := p.Args["seconds"]
		if seconds == "" {
			seconds = "60"
		}
		ctx.Response.Header.Add("Retry-After", seconds)
	}
	ctx.Response.SetBodyRaw(body)
}
