package edge

import (
	"cmp"
	"io"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/edge/metadata"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"

	"github.com/valyala/fasthttp"
)

// xroadPath is where the paths of X-Road's interface begin.
const xroadPath = "/r1/"

// answer answers a request of X-Road's interface.
func (e *Edge) answer(ctx *fasthttp.RequestCtx, r head) {
	a, err := r.request(xroadPath)
	if err != nil {
		e.refuse(ctx, r, err)
		return
	}
	if a.Message == "" {
		a.Message = a.Service.Instance + "-" + uuid()
	}
	if metadata.Reserved(a.Service.Service) {
		e.answerReserved(ctx, r, a)
		return
	}
	answer, in, err := e.put(ctx, &a)
	// A refusal may be the information system's own answer, which passes with its status
	// and without X-Road-Error. Its body stays behind: under a contract for fields it was
	// not agreed, and under one for the whole answer this is no refusal.
	own := answer.Meta.Status != 0 && (problem.HasCode(err, "nothing-known") || problem.HasCode(err, "system-refused") || problem.HasCode(err, "system-failed"))
	if err != nil && !own {
		e.refuse(ctx, r, err)
		return
	}
	e.head(ctx, r, a, in)
	write(ctx, answer)
}

// put reads the body of a request and asks it, if its client may come like this.
func (e *Edge) put(ctx *fasthttp.RequestCtx, a *exchange.Request) (answer exchange.Response, in *incoming, err error) {
	if err := e.admit(ctx, a.Client); err != nil {
		return answer, nil, err
	}
	in, a.Body, a.Upload, err = e.body(ctx, a.Type)
	if err == nil {
		a.ID = id.New()
		answer, err = e.Asker.Ask(e.life, *a)
	}
	if answer.Stream == nil {
		in.linger()
	}
	return answer, in, err
}

// head writes the headers that name the exchange. A body that has not come to
// its end when the response begins cannot be named.
func (e *Edge) head(ctx *fasthttp.RequestCtx, r head, a exchange.Request, in *incoming) {
	h := &ctx.Response.Header
	h.Add(idHeader, a.Message)
	h.Add(clientHeader, a.Client.String())
	h.Add(serviceHeader, a.Service.String())
	request := exchange.RequestID(a.ID)
	h.Add(requestHeader, request)
	if sum, whole := in.digest(); whole {
		generated := ""
		if r.message == "" {
			generated = a.Message
		}
		h.Add(hashHeader, requestHash(r.headSum(request, generated), sum))
	}
}

// write writes what the information system answered.
func write(ctx *fasthttp.RequestCtx, answer exchange.Response) {
	h := &ctx.Response.Header
	for _, line := range answer.Headers {
		h.Add(line.Name, line.Value)
	}
	ctx.SetStatusCode(answer.Meta.Status)
	mediaType := answer.Meta.Type
	if len(answer.Body) > 0 || answer.Stream != nil {
		mediaType = cmp.Or(mediaType, "application/octet-stream")
	}
	if mediaType != "" {
		h.SetContentType(mediaType)
	}
	if answer.Stream != nil {
		ctx.Response.SetBodyStream(outgoing{answer.Stream, ctx.SetWriteDeadline}, -1)
		return
	}
	ctx.Response.SetBodyRaw(answer.Body)
}

// outgoing is a long body on its way to the client, which must take each step of
// it in time.
type outgoing struct {
	io.ReadCloser
	wait func(until time.Time) error
}

// Read implements io.Reader.
func (o outgoing) Read(p []byte) (int, error) {
	n, err := o.ReadCloser.Read(p)
	if err == nil {
		err = o.wait(time.Now().Add(stepTimeout))
	}
	return n, err
}
