package edge

import (
	"encoding/json"
	"net"
	"net/http"

	"dobosh/internal/kit/entrance"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"

	"github.com/valyala/fasthttp"
)

// turnedAway is the status and the code for a request that names a host by which the
// edge is not reached, or that a web page made; 0 for one that may come in. Two names
// are as bad as none.
func (r head) turnedAway(hosts *entrance.Hosts, at net.Addr) (status int, code string) {
	if hosts != nil && len(r.hosts) == 0 {
		return entrance.Misdirected(""), "host-unknown"
	}
	for _, host := range r.hosts {
		if hosts != nil && !hosts.Knows(host, at) {
			return entrance.Misdirected(host), "host-unknown"
		}
	}
	if entrance.ByAPage(r.origin, r.site) {
		return http.StatusForbidden, "cross-site"
	}
	return 0, ""
}

// turnAway answers a request that is not meant for the edge. It is none of X-Road's
// interface, so its answer is a problem document with a plain status.
func (e *Edge) turnAway(ctx *fasthttp.RequestCtx, status int, code string) {
	ctx.SetUserValue(refusal{}, problem.New(problem.Forbidden, code))
	body, _ := json.Marshal(map[string]any{ // texts and a number
		"type": "/problems#" + code, "title": e.Say(lang.En, "problem."+code), "status": status, "code": code,
	})
	ctx.SetStatusCode(status)
	ctx.SetContentType("application/problem+json")
	ctx.Response.SetBodyRaw(body)
	ctx.SetConnectionClose()
}
