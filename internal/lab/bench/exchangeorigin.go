package bench

import (
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/valyala/fasthttp"
)

// origin is the information system that is asked: it answers every question
// with the same kilobyte, and remembers which it was asked when somebody wants
// to know.
type origin struct {
	server   *fasthttp.Server
	listener net.Listener
	ended    chan error

	mu     sync.Mutex
	asked  map[string]int // by number of the question
	counts bool
}

func startOrigin() (*origin, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &origin{listener: listener, ended: make(chan error, 1), asked: map[string]int{}}
	answer := []byte(document())
	o.server = &fasthttp.Server{Name: "origin", NoDefaultDate: true, StreamRequestBody: true, MaxRequestBodySize: 1, Handler: func(ctx *fasthttp.RequestCtx) {
		if file, is := strings.CutPrefix(string(ctx.Path()), "/v1/files/"); is {
			serveFile(ctx, file)
			return
		}
		o.note(string(ctx.Path()))
		ctx.SetContentType("application/json")
		ctx.SetBody(answer)
	}}
	go func() { o.ended <- o.server.Serve(listener) }()
	return o, nil
}

// serveFile answers a pattern of so many bytes, or says what a body was.
func serveFile(ctx *fasthttp.RequestCtx, file string) {
	if size, err := strconv.ParseInt(file, 10, 64); err == nil {
		ctx.SetContentType("application/octet-stream")
		ctx.SetBodyStream(pattern(size), int(size))
		return
	}
	got, err := sumUp(ctx.RequestBodyStream())
	if err != nil {
		ctx.Error("the body broke off", fasthttp.StatusBadRequest)
		return
	}
	ctx.SetContentType("application/json")
	_ = json.NewEncoder(ctx).Encode(got) // the node may have gone
}

// document is a JSON object of twenty fields and one kilobyte.
func document() string {
	fields := make([]string, 20)
	for i := range fields {
		fields[i] = fmt.Sprintf(`"field-%02d":%q`, i+1, strings.Repeat(string(rune('a'+i)), 36))
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func (o *origin) note(path string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.counts {
		o.asked[path[strings.LastIndexByte(path, '/')+1:]]++
	}
}

// count begins to remember.
func (o *origin) count() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts = true
}

func (o *origin) times(number string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked[number]
}

func (o *origin) address() string { return o.listener.Addr().String() }

func (o *origin) close() error {
	if err := o.server.Shutdown(); err != nil {
		return err
	}
	return <-o.ended
}
