package exchange

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/textproto"
	"regexp"
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

// plainRequest reports whether a header of a request may pass under every contract: it
// says how an answer is wanted, or is one of those that X-Road adds to a question.
func plainRequest(canonical string) bool {
	switch canonical {
	case "Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Encoding", "Content-Language", "Idempotency-Key", "If-Match", "If-Modified-Since",
		"If-None-Match", "If-Range", "If-Unmodified-Since", "Prefer", "Range", "Soapaction":
		return true
	}
	return strings.HasPrefix(canonical, "X-Road-")
}

// plain reports whether a header of a response may leave under every contract for
// whole responses: it says how to read the response.
func plain(canonical string) bool {
	switch canonical {
	case "Content-Disposition", "Etag", "Location":
		return true
	}
	return terse(canonical) != nil
}

// terse gives how the value of a header looks that may leave also under a contract for
// fields: it has no room for anything about anybody. nil for any other header.
func terse(canonical string) *regexp.Regexp {
	switch canonical {
	case "Allow":
		return methodList
	case "Cache-Control":
		return directives
	case "Content-Language":
		return languages
	case "Last-Modified":
		return httpDate
	case "Retry-After":
		return delayOrDate
	}
	return nil
}

const (
	dateForm      = `(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT`
	directiveForm = `(no-store|no-cache|no-transform|public|private|immutable|must-revalidate|proxy-revalidate|must-understand|(max-age|s-maxage|stale-while-revalidate|stale-if-error)=\d{1,9})`
)

var (
	methodList  = regexp.MustCompile(`^((GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE)(, ?|$))*$`)
	directives  = regexp.MustCompile(`^` + directiveForm + `(, ?` + directiveForm + `)*$`)
	languages   = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?(, ?[A-Za-z]{2,3}(-[A-Za-z]{2,4})?){0,7}$`)
	httpDate    = regexp.MustCompile(`^` + dateForm + `$`)
	delayOrDate = regexp.MustCompile(`^(\d{1,6}|` + dateForm + `)$`)
)

// Headers that pass under no contract, by what stands in their names when only letters
// and digits are left of them.
var (
	// credentials are borne by names with one of these in them.
	credentials = regexp.MustCompile(`auth[eo](nt|r)|oauth|credential|cookie|token|jwt|bearer|secret|passw|passphrase|passcode|session|sessid|apikey|accesskey|subscriptionkey|csrf|xsrf|dpop|signature|clientcert|sslc|principal|impersonat|remoteuser|webauth|assertion`)
	// disguises let their reader take a request for another one, or for that of somebody else.
	disguises = regexp.MustCompile(`override|forward|httpmethod|httpverb|rewrite|tunnel|original(url|uri|path|method|host|ip)|originatingip|remoteaddr|remoteip|remotehost|realip|clientip|connectingip|clusterip|proxyuser|http2settings`)
)

// never reports whether a header passes under no contract, in neither direction: it bears a
// credential, or it lets its reader take the request for another one or for that of somebody else. A
// program that puts headers into variables takes "_" and "." for "-".
func never(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	for _, word := range words {
		switch word {
		case "auth", "ip", "dn", "pin", "otp", "proxy", "sm", "iv":
			return true
		}
	}
	switch strings.Join(words, "-") {
	case "via", "x-host", "x-method", "x-verb", "x-scheme", "x-request-uri", "x-request-url", "x-request-path", "x-uri", "x-url", "x-path":
		return true
	}
	joined := strings.Join(words, "")
	return credentials.MatchString(joined) || disguises.MatchString(joined)
}

// passing gives the headers of a request that travel under a contract.
func passing(headers []Header, c *registry.Contract) (list []Header) {
	for _, h := range headers {
		if passes(h.Name, c) {
			list = append(list, h)
		}
	}
	return list
}

// passes reports whether a header of a request travels under a contract: the plain ones,
// those that it names, and those in which it finds persons.
func passes(name string, c *registry.Contract) bool {
	canonical := textproto.CanonicalMIMEHeaderKey(name)
	if !travels(canonical) || !travels(textproto.CanonicalMIMEHeaderKey(strings.NewReplacer("_", "-", ".", "-").Replace(name))) || never(name) {
		return false
	}
	return plainRequest(canonical) || agreed(c.Passes, name) || slices.ContainsFunc(c.Subjects, func(where string) bool {
		kind, named := cutSubject(where)
		return kind == headerSubject && strings.EqualFold(named, name)
	})
}

// agreed reports whether a list of a contract names a header.
func agreed(list []string, name string) bool {
	return slices.ContainsFunc(list, func(named string) bool { return named == "*" || strings.EqualFold(named, name) })
}

// explains reports whether headers that leave have room for something about somebody.
func explains(headers []Header) bool {
	return slices.ContainsFunc(headers, func(h Header) bool {
		form := terse(textproto.CanonicalMIMEHeaderKey(h.Name))
		return form == nil || !form.MatchString(h.Value)
	})
}

// typeOfFields is how the node calls the fields of a document whose type the information
// system has told: by a name that stands here, or as JSON, and without parameters. What
// else stands in a type could tell more than was agreed.
func typeOfFields(told string) string {
	media, _, err := mime.ParseMediaType(told)
	switch {
	case err != nil:
		return "application/json"
	case media == "application/geo+json", media == "application/hal+json", media == "application/ld+json", media == "application/problem+json", media == "application/vnd.api+json":
		return media
	}
	return "application/json"
}

// leaving gives the headers of a response that may leave under a contract. The
// type of the response is not among them, since the response has it.
func leaving(headers []Header, c *registry.Contract) (list []Header) {
	whole := slices.Contains(c.Fields, "")
	for _, h := range headers {
		name := textproto.CanonicalMIMEHeaderKey(h.Name)
		if ofConnection(name) || name == "Content-Type" || name == "Date" || strings.HasPrefix(name, "X-Road-") || strings.HasPrefix(name, "Dobosh-") || never(h.Name) {
			continue
		}
		form := terse(name)
		switch {
		case whole && (plain(name) || agreed(c.Headers, h.Name)), // as it is
			!whole && form != nil && form.MatchString(h.Value),
			!whole && form == nil && slices.ContainsFunc(c.Headers, func(named string) bool { return strings.EqualFold(named, h.Name) }): // by its name: an asterisk is for what was not looked at
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
