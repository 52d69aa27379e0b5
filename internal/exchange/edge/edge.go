package edge

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/edge/metadata"
	"dobosh/internal/kit/entrance"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/trace"
	"dobosh/internal/registry"

	"github.com/valyala/fasthttp"
)

// Asker puts requests to other institutions; [exchange.Gateway] is one.
type Asker interface {
	Ask(ctx context.Context, a exchange.Request) (exchange.Response, error)
}

// Config is what an edge needs from its node.
type Config struct {
	Asker   Asker
	Member  registry.ID                  // whose systems ask here
	State   func() *registry.State       // of the registry
	Dialect Dialect                      // of the errors of X-Road's interface
	Say     problem.Say                  // the sentences of problem documents
	InForce func(registry.Contract) bool // whether a contract stands now; nil for all
	// Descriptions of services, for getOpenAPI; nil for none.
	Descriptions Descriptions
	Archive      Archive           // for "/asic"; nothing is found in an empty one
	Hosts        *entrance.Hosts   // by which it is reached; nil for any
	Clients      map[string]Client // by code of the subsystem; those that are not here come as they like
	Observe      func(Seen)        // each request, when its response has begun; must not block; nil for nobody
	Traces       bool              // whether a request is a step of a trace, which Observe is told
	Log          *slog.Logger
}

// Descriptions finds the description of a service as it was registered; the
// catalogue does.
type Descriptions interface {
	Document(ctx context.Context, service registry.ID) (raw []byte, mediaType string, err error)
}

// Seen is what one request was like, without anything about persons.
type Seen struct {
	Method  string // empty where there was no request that could be read
	Status  int
	Message string           // X-Road-Id, as the client gave it; empty for none
	Route   string           // pattern of its path; empty where nothing leads there
	Refusal *problem.Problem // nil where it was answered
	From    net.Addr
	Begun   time.Time
	Took    time.Duration
	Trace   trace.Context // of this step; zero where traces are not kept
	Parent  [8]byte       // the client's
}

// The bounds of a connection. A client that is slower than they allow is left.
const (
	maxHead        = 32 << 10         // bytes of request line and headers
	maxConnections = 4096             // at once
	headTimeout    = 30 * time.Second // for a request line and headers
	stepTimeout    = 60 * time.Second // for each step of a body, and for a response
	idleTimeout    = 120 * time.Second
)

// Edge serves one listener. It is safe for concurrent use.
type Edge struct {
	Config
	server *fasthttp.Server
	routes []route
	life   context.Context // of the requests under way
	end    context.CancelFunc
	large  chan struct{} // memory for so many large documents at once

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// New makes an edge.
func New(cfg Config) *Edge {
	if cfg.Observe == nil {
		cfg.Observe = func(Seen) {}
	}
	if cfg.Say == nil {
		cfg.Say = func(_ lang.Tag, key string, _ ...string) string { return key }
	}
	if cfg.InForce == nil {
		cfg.InForce = func(registry.Contract) bool { return true }
	}
	e := &Edge{Config: cfg, conns: map[net.Conn]struct{}{}, large: make(chan struct{}, maxDocuments)}
	e.routes = e.answers()
	e.life, e.end = context.WithCancel(context.Background())
	e.server = &fasthttp.Server{
		Handler: e.serve, ErrorHandler: e.unreadable, ConnState: e.track, Logger: quiet{cfg.Log},
		StreamRequestBody: true, DisablePreParseMultipartForm: true, DisableHeaderNamesNormalizing: true, NoDefaultServerHeader: true, NoDefaultContentType: true,
		ReadBufferSize: maxHead, Concurrency: maxConnections, MaxRequestBodySize: 1,
		ReadTimeout: headTimeout, WriteTimeout: stepTimeout, IdleTimeout: idleTimeout, CloseOnShutdown: true,
	}
	return e
}

// Serve answers on a listener until Shutdown or Close, and returns nil then.
func (e *Edge) Serve(l net.Listener) error { return e.server.Serve(l) }

// Shutdown takes no new connection, lets the requests under way end and returns
// when they have, or with the error of ctx.
func (e *Edge) Shutdown(ctx context.Context) error { return e.server.ShutdownWithContext(ctx) }

// Close cuts every connection and ends the requests under way.
func (e *Edge) Close() error {
	e.end()
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.conns {
		_ = c.Close() // its goroutine learns of it
	}
	return nil
}

// track remembers the open connections. One that was answered has given up its place at
// the entrance to whoever needs it.
func (e *Edge) track(c net.Conn, state fasthttp.ConnState) {
	if in := entrance.Of(c); state == fasthttp.StateIdle && in != nil {
		in.Leave()
	}
	if state != fasthttp.StateNew && state != fasthttp.StateClosed {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if state == fasthttp.StateNew {
		e.conns[c] = struct{}{}
		return
	}
	delete(e.conns, c)
}

// route is what one path leads to, or every path that begins with it where it ends
// with a slash.
type route struct {
	act.Row
	answer func(ctx *fasthttp.RequestCtx, r head)
}

// answers are all routes. Who is known is the client that a request names and
// whose connection is the one that was agreed for it.
func (e *Edge) answers() []route {
	return []route{
		{act.Row{Pattern: xroadPath, Right: act.SignedIn()}, e.answer},
		{act.Row{Pattern: ownPath, Right: act.SignedIn()}, e.answerOwn},
		{act.Row{Pattern: "/" + metadata.ListClients, Right: act.Anyone()}, e.listClients},
		{act.Row{Pattern: "/asic", Right: act.SignedIn()}, e.asic},
		{act.Row{Pattern: "/verificationconf", Right: act.Anyone()}, e.verificationConf},
		{act.Row{Pattern: "/openapi.json", Right: act.Anyone()}, e.described},
		{act.Row{Pattern: anyPath, Right: act.SignedIn()}, e.soap},
	}
}

// Rows lists every route with who may.
func (e *Edge) Rows() (rows []act.Row) {
	for _, to := range e.routes {
		rows = append(rows, to.Row)
	}
	return rows
}

// serve answers one request: it finds what its path leads to.
func (e *Edge) serve(ctx *fasthttp.RequestCtx) {
	begun := time.Now()
	if in := entrance.Of(ctx.Conn()); in != nil && !in.Enter() {
		ctx.SetConnectionClose()
		return
	}
	r, err := read(ctx)
	to := slices.IndexFunc(e.routes, func(to route) bool {
		return r.path == to.Pattern || strings.HasSuffix(to.Pattern, "/") && strings.HasPrefix(r.path, to.Pattern)
	})
	seen := Seen{Method: r.method, Message: bounded(r.message), From: ctx.RemoteAddr(), Begun: begun}
	if to >= 0 {
		seen.Route = e.routes[to].Pattern
	}
	if e.Traces {
		before, _ := trace.Parse(r.trace) // what is none begins a new one
		seen.Trace, seen.Parent = before.Child(), before.Span
		r.trace = seen.Trace.String()
	}
	switch status, code := r.turnedAway(e.Hosts, ctx.LocalAddr()); {
	case status != 0:
		e.turnAway(ctx, status, code)
	case err != nil:
		e.refuse(ctx, r, err)
	case to < 0:
		e.refuse(ctx, r, problem.New(problem.Invalid, "service-path"))
	default:
		e.routes[to].answer(ctx, r)
	}
	seen.Status, seen.Took = ctx.Response.StatusCode(), time.Since(begun)
	seen.Refusal, _ = ctx.UserValue(refusal{}).(*problem.Problem)
	e.Observe(seen)
}

// unreadable answers what is no HTTP request within the bounds.
func (e *Edge) unreadable(ctx *fasthttp.RequestCtx, err error) {
	var timeout net.Error
	switch {
	case errors.As(err, new(*fasthttp.ErrSmallBuffer)):
		err = problem.New(problem.TooLarge, "question-headers").Because(err)
	case errors.As(err, &timeout) && timeout.Timeout():
		err = problem.New(problem.Timeout, "upload-broken").Because(err)
	default:
		err = problem.New(problem.Invalid, "message-unreadable").Because(err)
	}
	e.refuse(ctx, head{}, err)
	e.Observe(Seen{Status: ctx.Response.StatusCode(), From: ctx.RemoteAddr(), Begun: time.Now()})
}

// quiet lets the server's own lines, which are about broken connections, be
// written at the lowest level.
type quiet struct{ log *slog.Logger }

// Printf implements fasthttp.Logger. What is printed may hold what a client
// sent, and stays away.
func (q quiet) Printf(string, ...any) { q.log.Debug("a connection at the edge broke") }
