package exchange

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
)

// What somebody asks for stands in the query, and in headers, as often as in the body. So they stand where the body stands: an
// opening goes before it, and the meta has only its length. The hash of the body, to which a journal commits beside that of the
// meta, is then a salted commitment to all three, and whoever leaves the body out shows none of them.
type opening struct {
	Salt    []byte   `json:"salt"` // so that nobody finds by trying what was left out
	Query   string   `json:"query,omitempty"`
	Headers []Header `json:"headers,omitempty"`
}

const (
	openingSalt = 32       // bytes
	maxOpening  = 64 << 10 // bytes of its JSON
)

// seal writes an opening before a body and gives its length; without query and headers there is none.
func (o opening) seal(body []byte) (content []byte, length int, err error) {
	if o.Query == "" && len(o.Headers) == 0 {
		return body, 0, nil
	}
	o.Salt = make([]byte, openingSalt)
	_, _ = rand.Read(o.Salt) // never fails
	head, err := json.Marshal(o)
	if err != nil {
		return nil, 0, err
	}
	if len(head) > maxOpening {
		return nil, 0, fmt.Errorf("%w: the query and the headers have %d bytes", errMessage, len(head))
	}
	return append(append(make([]byte, 0, len(head)+len(body)), head...), body...), len(head), nil
}

// cutOpening reads the opening before a body.
func cutOpening(content []byte, length int) (o opening, body []byte, err error) {
	if length < 0 || length > len(content) {
		return o, nil, fmt.Errorf("%w: an opening of %d bytes", errMessage, length)
	}
	if err := ReadMessage(content[:length], &o); err != nil {
		return o, nil, err
	}
	if len(o.Salt) != openingSalt {
		return o, nil, fmt.Errorf("%w: a salt of %d bytes", errMessage, len(o.Salt))
	}
	return o, content[length:], nil
}

// seal gives a request as its journal commits to it: its meta without query and headers, and its body behind them.
func (q *RequestMeta) seal(body []byte) (meta, content []byte, err error) {
	o := opening{Query: q.Query, Headers: q.Headers}
	if content, q.Opening, err = o.seal(body); err != nil {
		return nil, nil, err
	}
	q.Query, q.Headers = "", nil
	meta, err = json.Marshal(q)
	q.Opening, q.Query, q.Headers = 0, o.Query, o.Headers
	return meta, content, err
}

// Open takes query and headers out of what a journal committed to beside the meta, and gives the body behind them. A request from
// before there were openings has them itself.
func (q *RequestMeta) Open(content []byte) (body []byte, err error) {
	if q.Opening == 0 {
		return content, nil
	}
	o, body, err := cutOpening(content, q.Opening)
	if err != nil {
		return nil, err
	}
	if !plainQuery(o.Query) {
		return nil, fmt.Errorf("%w: the query is none", errMessage)
	}
	if err := checkHeaders(o.Headers, travels); err != nil {
		return nil, err
	}
	q.Query, q.Headers = o.Query, o.Headers
	return body, nil
}

// seal gives a response as its journal commits to it.
func (r *ResponseMeta) seal(body []byte) (meta, content []byte, err error) {
	headers := r.Headers
	if content, r.Opening, err = (opening{Headers: headers}).seal(body); err != nil {
		return nil, nil, err
	}
	r.Headers = nil
	meta, err = json.Marshal(r)
	r.Opening, r.Headers = 0, headers
	return meta, content, err
}

// Open does for a response what [RequestMeta.Open] does for a request.
func (r *ResponseMeta) Open(content []byte) (body []byte, err error) {
	if r.Opening == 0 {
		return content, nil
	}
	o, body, err := cutOpening(content, r.Opening)
	if err != nil {
		return nil, err
	}
	if o.Query != "" {
		return nil, fmt.Errorf("%w: a response with a query", errMessage)
	}
	if err := checkHeaders(o.Headers, anyHeader); err != nil {
		return nil, err
	}
	r.Headers = o.Headers
	return body, nil
}

// soundOpening reports whether the length of an opening can be one, and what it opens stands nowhere else.
func soundOpening(length int, elsewhere bool) bool {
	return length == 0 || length > 0 && length <= maxOpening && !elsewhere
}

// Opening is how many bytes of what a journal committed to beside a meta are the query and the headers; 0 for none.
func Opening(meta []byte) int {
	var m struct {
		Opening int `json:"opening"`
	}
	if json.Unmarshal(meta, &m) != nil || !soundOpening(m.Opening, false) {
		return 0
	}
	return m.Opening
}
