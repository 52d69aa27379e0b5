package edge

import (
	"slices"
	"strings"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/problem"

	"github.com/valyala/fasthttp"
)

// head is the head of a request, as its client wrote it.
type head struct {
	method   string
	hosts    []string // that the request names
	origin   []string // values of Origin
	site     []string // values of Sec-Fetch-Site
	target   string   // path, and query behind its question mark
	path     string
	query    string
	headers  []line // in their order
	accept   string // all its values
	message  string // X-Road-Id; empty for none
	trace    string // W3C traceparent, or the step that follows it
	language string // Accept-Language
}

// line is one header.
type line struct {
	exchange.Header
	known string // its name, as the function known gives it
}

// maxHeaders bounds the lines of one request.
const maxHeaders = 128

// methods are those that X-Road knows.
var methods = [...]string{"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"}

// read takes the head of a request out of the server's memory, which does not
// last. What it could read stands in the head also beside an error.
func read(ctx *fasthttp.RequestCtx) (r head, err error) {
	raw := string(ctx.Request.Header.RawHeaders())
	if r.headers, err = readHeaders(raw); err != nil {
		return r, err
	}
	for _, h := range r.headers {
		switch h.known {
		case "accept":
			if r.accept != "" {
				r.accept += ", "
			}
			r.accept += h.Value
		case "accept-language":
			r.language = h.Value
		case "x-road-id":
			r.message = h.Value
		case "traceparent":
			r.trace = bounded(h.Value)
		case "host":
			r.hosts = append(r.hosts, h.Value)
		case "origin":
			r.origin = append(r.origin, h.Value)
		case "sec-fetch-site":
			r.site = append(r.site, h.Value)
		}
	}
	method := slices.IndexFunc(methods[:], func(m string) bool { return m == string(ctx.Method()) })
	if method < 0 {
		return r, problem.New(problem.Invalid, "method-unknown", "value", bounded(string(ctx.Method())))
	}
	r.method = methods[method]

	r.target = string(ctx.Request.Header.RequestURI())
	// A client that writes as if to a proxy puts scheme and authority in front (RFC 9112, section 3.2.2).
	if _, rest, absolute := strings.Cut(r.target, "://"); absolute && !strings.HasPrefix(r.target, "/") {
		authority, _, _ := strings.Cut(rest, "/")
		r.hosts = append(r.hosts, authority)
		if r.target = "/"; strings.Contains(rest, "/") {
			r.target = rest[strings.IndexByte(rest, '/'):]
		}
	}
	r.path, r.query, _ = strings.Cut(r.target, "?")
	return r, nil
}

// readHeaders cuts the lines of a head, without the request line.
func readHeaders(raw string) ([]line, error) {
	headers := make([]line, 0, min(strings.Count(raw, "\n"), maxHeaders))
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
		"host", "origin", "sec-fetch-site", "accept", "content-type", "content-length", "user-agent", "connection", "x-road-client", "x-road-id", "x-road-issue", "x-road-security-server",
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
