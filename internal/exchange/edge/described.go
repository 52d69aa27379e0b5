package edge

import (
	_ "embed"

	"github.com/valyala/fasthttp"
)

// openAPI describes all routes of the edge.
//
//go:embed openapi.json
var openAPI []byte

// described tells a program what can be asked here, in OpenAPI 3.1.
func (e *Edge) described(ctx *fasthttp.RequestCtx, _ head) {
	ctx.SetContentType("application/json")
	ctx.SetBody(openAPI)
}
