package exchange

import (
	"maps"
	"net/http"
	"net/textproto"
	"slices"
)

// Header is one line of the head of an HTTP message. Their order is kept.
type Header struct {
	Name, Value string
}

// valueOf gives the last value of a header, as X-Road takes it; empty for none.
func valueOf(headers []Header, name string) string {
	name = textproto.CanonicalMIMEHeaderKey(name)
	for i := len(headers) - 1; i >= 0; i-- {
		if textproto.CanonicalMIMEHeaderKey(headers[i].Name) == name {
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
