package edge

import (
	"crypto/sha512"
	"log/slog"
	"mime"
	"net/http"

	"dobosh/internal/exchange/edge/metadata"
	"dobosh/internal/kit/problem"

	"github.com/valyala/fasthttp"
)

// anyPath is where everything comes that is at no other path. X-Road takes SOAP
// messages at any path.
const anyPath = "/"

// soap answers the SOAP messages of X-Road's tools: which services there are over
// SOAP, namely none, and to everything else a fault. What is no SOAP message has
// come to a wrong path.
func (e *Edge) soap(ctx *fasthttp.RequestCtx, r head) {
	if r.method != http.MethodPost || !isSOAP(r) {
		e.refuse(ctx, r, problem.New(problem.Invalid, "service-path"))
		return
	}
	in, raw, err := e.envelope(ctx)
	var m metadata.Message
	if err == nil {
		m, err = e.listed(ctx, raw)
	}
	in.linger()
	if err != nil {
		e.fault(ctx, err)
		return
	}
	ctx.SetContentType(metadata.XML)
	ctx.Response.SetBodyRaw(metadata.NoMethods(m))
}

// isSOAP reports whether a request says that it is SOAP: a message, one of SOAP
// 1.2, or one with attachments.
func isSOAP(r head) bool {
	for _, h := range r.headers {
		if h.known != "content-type" {
			continue
		}
		switch media, _, _ := mime.ParseMediaType(h.Value); media {
		case "text/xml", "application/soap+xml", "multipart/related":
			return true
		}
	}
	return false
}

// envelope reads the body of a SOAP message, if it is not longer than one.
func (e *Edge) envelope(ctx *fasthttp.RequestCtx) (in *incoming, raw []byte, err error) {
	size := ctx.Request.Header.ContentLength()
	if ctx.RequestBodyStream() == nil {
		return nil, nil, nil // which is no message
	}
	in = &incoming{from: ctx.RequestBodyStream(), wait: ctx.SetReadDeadline, size: int64(size), hash: sha512.New()}
	if size > metadata.MaxSOAP {
		return in, nil, problem.New(problem.TooLarge, "question-too-large")
	}
	_, raw, rest, err := in.begin(metadata.MaxSOAP)
	if rest != nil {
		err = problem.New(problem.TooLarge, "question-too-large")
	}
	return in, raw, err
}

// listed reads a message that asks for a list, from one who may.
func (e *Edge) listed(ctx *fasthttp.RequestCtx, raw []byte) (metadata.Message, error) {
	m, err := metadata.ReadSOAP(raw)
	if err != nil {
		return m, problem.New(problem.Invalid, "soap-unreadable").Because(err)
	}
	if err := e.mayRead(ctx, m.Client, m.Service); err != nil {
		return m, err
	}
	switch _, known := e.State().Service(m.Service); {
	case m.Service.Service == metadata.ListMethods, m.Service.Service == metadata.AllowedMethods:
		return m, nil
	case known && !metadata.Reserved(m.Service.Service):
		return m, problem.New(problem.Invalid, "soap-unspoken", "service", m.Service.String())
	}
	return m, problem.New(problem.NotFound, "service-unknown", "service", m.Service.String())
}

// fault answers a SOAP message with a problem. As in X-Road its status is 200.
func (e *Edge) fault(ctx *fasthttp.RequestCtx, err error) {
	p := problem.Of(err)
	ctx.SetUserValue(refusal{}, p)
	f, text := said(p)
	code, detail := f.in(e.Dialect), uuid()
	e.Log.Info("refused at the edge", slog.String("detail", detail), slog.String("code", p.Code))
	ctx.Response.Header.Set(errorHeader, code)
	ctx.SetContentType(metadata.XML)
	ctx.Response.SetBodyRaw(metadata.Fault(code, text, detail))
}
