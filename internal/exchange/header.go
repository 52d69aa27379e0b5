package exchange

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"dobosh/internal/registry"
)

// Header is one line of the head of an HTTP message. Their order is kept.
type Header struct {
	Name, Value string
}

// Bounds of the headers of one message.
const (
	maxHeaders     = 64       // lines
	maxHeaderBytes = 16 << 10 // names and values together
)

// MarshalJSON writes a header as a list of its name and its value.
func (h Header) MarshalJSON() ([]byte, error) { return json.Marshal([2]string{h.Name, h.Value}) }

// UnmarshalJSON implements json.Unmarshaler.
func (h *Header) UnmarshalJSON(raw []byte) error {
	var pair []string
	if err := json.Unmarshal(raw, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("%w: a header is a name and a value", errMessage)
	}
	h.Name, h.Value = pair[0], pair[1]
	return nil
}

// ofConnection reports whether a header is about one connection, or about the
// program at its end, and travels no further. They are those that X-Road
// removes.
func ofConnection(canonical string) bool {
	switch canonical {
	case "Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Server", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade", "User-Agent":
		return true
	}
	return false
}

// ofNode reports whether a header of a request is written by the nodes, from
// what the request says elsewhere.
func ofNode(canonical string) bool {
	switch canonical {
	case "Accept", "Content-Type", "Traceparent", clientHeader, idHeader, issueHeader, requestIDHeader, "X-Road-Request-Hash":
		return true
	}
	return strings.HasPrefix(canonical, "Dobosh-")
}

// plain reports whether a header of a response may leave under every contract: it
// says how to read the response, not what is in it.
func plain(canonical string) bool {
	switch canonical {
	case "Allow", "Cache-Control", "Content-Disposition", "Content-Language", "Etag", "Last-Modified", "Location", "Retry-After":
		return true
	}
	return false
}

// passing gives the headers of a request that travel.
func passing(headers []Header) (list []Header) {
	for _, h := range headers {
		if name := textproto.CanonicalMIMEHeaderKey(h.Name); !ofConnection(name) && !ofNode(name) {
			list = append(list, h)
		}
	}
	return list
}

// leaving gives the headers of a response that may leave under a contract. The
// type of the response is not among them, since the response has it.
func leaving(headers []Header, c *registry.Contract) (list []Header) {
	all := slices.Contains(c.Headers, "*")
	for _, h := range headers {
		name := textproto.CanonicalMIMEHeaderKey(h.Name)
		if ofConnection(name) || name == "Content-Type" || name == "Date" || strings.HasPrefix(name, "X-Road-") || strings.HasPrefix(name, "Dobosh-") {
			continue
		}
		if all || plain(name) || slices.ContainsFunc(c.Headers, func(agreed string) bool { return strings.EqualFold(agreed, h.Name) }) {
			list = append(list, h)
		}
	}
	return list
}

// checkHeaders refuses headers that are none, or too many.
func checkHeaders(headers []Header, fits func(canonical string) bool) error {
	size := 0
	for _, h := range headers {
		size += len(h.Name) + len(h.Value)
		if !token(h.Name) || !fieldValue(h.Value) || !fits(textproto.CanonicalMIMEHeaderKey(h.Name)) {
			return fmt.Errorf("%w: a header is none, or is not to be here", errMessage)
		}
	}
	if len(headers) > maxHeaders || size > maxHeaderBytes {
		return fmt.Errorf("%w: %d headers of %d bytes", errMessage, len(headers), size)
	}
	return nil
}

// valueOf gives the last value of a header, as X-Road takes it; empty for none.
func valueOf(headers []Header, canonical string) string {
	for i := len(headers) - 1; i >= 0; i-- {
		if textproto.CanonicalMIMEHeaderKey(headers[i].Name) == canonical {
			return headers[i].Value
		}
	}
	return ""
}

// headersOf lists the headers of net/http in the order of their names, since it
// keeps no other.
func headersOf(h http.Header) (list []Header) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			list = append(list, Header{name, value})
		}
	}
	return list
}

// token reports whether a text is a token (RFC 9110, section 5.6.2), as names of
// headers are.
func token(s string) bool {
	for i := range len(s) {
		if b := s[i]; b <= ' ' || b >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", b) >= 0 {
			return false
		}
	}
	return s != ""
}

// fieldValue reports whether a text can be the value of a header: UTF-8 on one
// line.
func fieldValue(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f || r == '\uFFFD' })
}

// travels reports whether a header may be among those of a request.
func travels(canonical string) bool { return !ofConnection(canonical) && !ofNode(canonical) }

// anyHeader reports whether a header may be among those of a response.
func anyHeader(canonical string) bool {
	return !ofConnection(canonical) && textproto.CanonicalMIMEHeaderKey("Content-Type") != canonical
}
