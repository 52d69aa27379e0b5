package edge

import (
	"errors"
	"net"
	"strings"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/problem"

	"github.com/valyala/fasthttp"
)

// request is the head of a request, as its client wrote it.
type request struct {
	method  string
	target  string // path, and query behind its question mark
	path    string
	query   string
	headers []line // in their order
	accept  string // all its values
	message string // X-Road-Id; empty for none
	tongue  string // Accept-Language
}

// line is one header.
type line struct {
	exchange.Header
	known string // its name, as the function known gives it
}

// maxHeaders bounds the lines of one request.
const maxHeaders = 128

// read takes the head of a request out of the server's memory, which does not
// last. What it could read stands in the request also beside an error.
func read(ctx *fasthttp.RequestCtx) (r request, err error) {
	raw := string(ctx.Request.Header.RawHeaders())
	if r.headers, err = readHeaders(raw); err != nil {
		return r, err
	}
	for _, h := range r.headers {
		switch h.known {
		case "accept":
			r.accept = join(r.accept, h.Value)
		case "accept-language":
			r.tongue = h.Value
		case "x-road-id":
			r.message = h.Value
		}
	}
	if r.method, err = verb(ctx.Method()); err != nil {
		return r, err
	}
	r.target = originForm(string(ctx.Request.Header.RequestURI()))
	r.path, r.query, _ = strings.Cut(r.target, "?")
	return r, nil
}

// verb gives a method that X-Road knows.
func verb(method []byte) (string, error) {
	for _, known := range [...]string{"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"} {
		if string(method) == known {
			return known, nil
		}
	}
	return "", problem.New(problem.Invalid, "method-unknown", "value", bounded(string(method)))
}

// originForm takes scheme and authority from the front of a target, where a
// client writes as if to a proxy (RFC 9112, section 3.2.2).
func originForm(target string) string {
	if _, rest, absolute := strings.Cut(target, "://"); absolute && !strings.HasPrefix(target, "/") {
		if at := strings.IndexByte(rest, '/'); at >= 0 {
			return rest[at:]
		}
		return "/"
	}
	return target
}

// readHeaders cuts the lines of a head, without the request line.
func readHeaders(raw string) ([]line, error) {
	headers := make([]line, 0, 16)
	for text := range strings.SplitSeq(raw, "\n") {
		text = strings.TrimSuffix(text, "\r")
		if text == "" {
			break
		}
		name, value, found := strings.Cut(text, ":")
		if !found || name == "" || strings.ContainsAny(name, " \t") || len(headers) == maxHeaders {
			return nil, problem.New(problem.Invalid, "question-headers")
		}
		headers = append(headers, line{exchange.Header{Name: name, Value: strings.Trim(value, " \t")}, known(name)})
	}
	return headers, nil
}

// known gives the lower-case name of a header that the edge reads or keeps to
// itself; empty for all others.
func known(name string) string {
	var lower [32]byte
	if len(name) > len(lower) {
		return ""
	}
	for i := range len(name) {
		b := name[i]
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	for _, n := range [...]string{
		"host", "accept", "content-type", "content-length", "user-agent", "connection", "x-road-client", "x-road-id", "x-road-issue", "x-road-security-server",
		"x-road-represented-party", "x-road-request-id", "x-road-request-hash", "dobosh-purpose", "dobosh-client", "dobosh-matter", "dobosh-behalf", "traceparent", "accept-language", "transfer-encoding", "keep-alive", "proxy-authenticate",
		"proxy-authorization", "te", "trailer", "upgrade", "server", "expect",
	} {
		if len(n) == len(name) && string(lower[:len(n)]) == n {
			return n
		}
	}
	return ""
}

// skipped reports whether X-Road takes a header out of a request, and out of
// what is hashed. It wants what known gives.
func skipped(known string) bool {
	switch known {
	case "transfer-encoding", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade", "connection", "user-agent", "host", "content-length", "server", "expect",
		"x-road-request-id", "x-road-request-hash":
		return true
	}
	return false
}

// join lists one more value of a header.
func join(list, value string) string {
	if list == "" {
		return value
	}
	return list + ", " + value
}

// unread says why a request could not be read.
func unread(err error) error {
	var timeout net.Error
	switch {
	case errors.As(err, new(*fasthttp.ErrSmallBuffer)):
		return problem.New(problem.TooLarge, "question-headers").Because(err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return problem.New(problem.Timeout, "upload-broken").Because(err)
	}
	return problem.New(problem.Invalid, "message-unreadable").Because(err)
}
