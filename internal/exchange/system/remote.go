package system

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/problem"

	"github.com/valyala/fasthttp"
)

const (
	connectTimeout = 30 * time.Second // X-Road's
	idle           = 4 * time.Second  // how long an unused connection stays open: most systems close theirs after 5
	maxConnections = 1024             // to one system
	maxHead        = 64 << 10         // bytes of the head of a response
	ready          = 64 << 10         // bytes of a response that are read at once
)

// Remote is an information system reached over HTTP. It is safe for concurrent
// use.
type Remote struct {
	service string
	scheme  string
	host    string // for the header
	base    string // path before that of a request, without a slash at the end
	timeout time.Duration
	client  *fasthttp.HostClient
}

// New makes a system of its configuration. Nothing is reached yet.
func New(cfg Config) (*Remote, error) {
	u, err := cfg.parse()
	if err != nil {
		return nil, err
	}
	secure, err := cfg.tls()
	if err != nil {
		return nil, err
	}
	timeout := cmp.Or(cfg.Timeout, defaultTimeout)
	return &Remote{
		service: cfg.Service.String(), scheme: u.Scheme, host: u.Host, base: strings.TrimRight(u.EscapedPath(), "/"), timeout: timeout,
		client: &fasthttp.HostClient{
			Addr: hostPort(u.Host, u.Scheme), IsTLS: u.Scheme == "https", TLSConfig: secure,
			DialTimeout: dialStepped(timeout), NoDefaultUserAgentHeader: true, DisableHeaderNamesNormalizing: true, DisablePathNormalizing: true,
			MaxConns: maxConnections, MaxConnWaitTimeout: timeout, MaxIdleConnDuration: idle, ReadTimeout: timeout, WriteTimeout: timeout,
			ReadBufferSize: maxHead, StreamResponseBody: true, MaxResponseBodySize: ready,
			MaxIdemponentCallAttempts: 2, RetryIfErr: onlyReads,
		},
	}, nil
}

// onlyReads lets a request be put again that only reads, when the connection
// was closed before its response began, and any of which nothing was sent. Everything else reaches the system once.
func onlyReads(req *fasthttp.Request, _ int, err error) (resetTimeout, retry bool) {
	return false, errors.Is(err, errGone) || errors.Is(err, io.EOF) && (req.Header.IsGet() || req.Header.IsHead()) && !req.IsBodyStream()
}

func hostPort(host, scheme string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	if scheme == "https" {
		return net.JoinHostPort(strings.Trim(host, "[]"), "443")
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), "80")
}

// Punctual implements exchange.Punctual.
func (r *Remote) Punctual() {}

// Serve implements exchange.System.
func (r *Remote) Serve(ctx context.Context, c exchange.Call) (exchange.Result, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	resp.StreamBody = true
	r.write(req, c)
	if err := r.do(ctx, req, resp); err != nil {
		fasthttp.ReleaseResponse(resp)
		return exchange.Result{}, r.problem(err)
	}
	return result(resp, c.Method), nil
}

// do puts a request. One with a long body takes the time that its asker takes, step
// by step; then, as with any other, the response has to begin in time.
func (r *Remote) do(ctx context.Context, req *fasthttp.Request, resp *fasthttp.Response) error {
	for range maxConnections { // each that had ended is let go of
		if err := r.try(ctx, req, resp); !errors.Is(err, errGone) {
			return err
		}
	}
	return errGone
}

func (r *Remote) try(ctx context.Context, req *fasthttp.Request, resp *fasthttp.Response) error {
	if req.IsBodyStream() {
		return r.client.Do(req, resp)
	}
	deadline := time.Now().Add(r.timeout)
	if earlier, ok := ctx.Deadline(); ok && earlier.Before(deadline) {
		deadline = earlier
	}
	return r.client.DoDeadline(req, resp, deadline)
}

// write makes the request, each byte of path, query and headers as it came.
func (r *Remote) write(req *fasthttp.Request, c exchange.Call) {
	req.Header.DisableNormalizing()
	req.Header.SetNoDefaultContentType(true)
	req.Header.SetMethod(c.Method)
	target := cmp.Or(r.base+c.Path, "/")
	if c.Query != "" {
		target += "?" + c.Query
	}
	req.Header.SetRequestURI(target)
	req.Header.SetHost(r.host)
	req.URI().DisablePathNormalizing = true
	req.URI().SetScheme(r.scheme)
	req.UseHostHeader = true
	for _, h := range c.Headers {
		req.Header.Add(h.Name, h.Value)
	}
	switch body := c.Body.(type) {
	case nil:
	case *bytes.Reader:
		whole := make([]byte, body.Len())
		_, _ = io.ReadFull(body, whole) // from memory
		req.SetBodyRaw(whole)
	default:
		req.SetBodyStream(body, int(c.Size))
	}
}

// result takes the head of a response, and its body as it comes.
func result(resp *fasthttp.Response, method string) exchange.Result {
	out := exchange.Result{Status: resp.StatusCode(), Size: int64(resp.Header.ContentLength())}
	resp.Header.VisitAll(func(name, value []byte) {
		if !strings.EqualFold(string(name), "Content-Length") && !strings.EqualFold(string(name), "Transfer-Encoding") {
			out.Headers = append(out.Headers, exchange.Header{Name: string(name), Value: string(value)})
		}
	})
	if out.Size < 0 {
		out.Size = -1
	}
	stream := resp.BodyStream()
	if stream == nil || method == http.MethodHead {
		whole := bytes.Clone(resp.Body())
		fasthttp.ReleaseResponse(resp)
		if len(whole) > 0 && method != http.MethodHead {
			out.Body, out.Size = io.NopCloser(bytes.NewReader(whole)), int64(len(whole))
		}
		return out
	}
	out.Body = &body{resp: resp, from: stream}
	return out
}

// body is a response as it flows. It belongs to one goroutine.
type body struct {
	resp *fasthttp.Response
	from io.Reader
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.resp == nil {
		return 0, io.ErrClosedPipe
	}
	return b.from.Read(p)
}

// Close lets go of the connection, which is closed unless all was read.
func (b *body) Close() error {
	if b.resp == nil {
		return nil
	}
	err := b.resp.CloseBodyStream()
	fasthttp.ReleaseResponse(b.resp)
	b.resp = nil
	return err
}

// problem says what is wrong with the system.
func (r *Remote) problem(err error) error {
	var unknown *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return problem.New(problem.Unavailable, "system-host-unknown", "service", r.service).Because(err)
	case errors.As(err, &untrusted) || errors.Is(err, errPin) || errors.As(err, new(x509.UnknownAuthorityError)):
		return problem.New(problem.BadGateway, "system-untrusted", "service", r.service).Because(err)
	case errors.Is(err, fasthttp.ErrTimeout) || errors.Is(err, fasthttp.ErrNoFreeConns) || errors.As(err, &timeout) && timeout.Timeout():
		return problem.New(problem.Timeout, "system-away", "service", r.service).Because(err)
	case errors.As(err, new(*net.OpError)) || errors.Is(err, io.EOF) || errors.Is(err, fasthttp.ErrConnectionClosed) || errors.Is(err, errGone):
		return problem.New(problem.Unavailable, "system-away", "service", r.service).Because(err)
	}
	return problem.New(problem.BadGateway, "system-failed", "service", r.service).Because(err)
}

// Close lets go of idle connections.
func (r *Remote) Close() { r.client.CloseIdleConnections() }
