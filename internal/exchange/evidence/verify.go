package evidence

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/registry"

	"golang.org/x/mod/sumdb/tlog"
)

// Verify checks an evidence file, offline and by itself. It never fails: what is
// wrong is in the report.
func Verify(raw []byte, trust Trust) Report {
	var r Report
	f, err := Parse(raw)
	if wrong, ok := errors.AsType[*FormError](err); ok {
		r.add(CheckForm, finding{Fails, wrong.Detail, wrong.Args})
		return r.sum()
	}
	r.add(CheckForm, holds("ok", "format", f.Format))

	c := &verification{File: f, trust: trust}
	var found finding
	c.said, found = readStatements(f.Registry, trust.Registry)
	r.add(CheckRegistry, found)
	for _, h := range f.Heads {
		var o opened
		o.Checkpoint, o.by, o.err = c.said.head(h.Checkpoint)
		c.heads = append(c.heads, o)
	}
	r.add(CheckSeal, c.checkSeal())

	request := c.checkRequest()
	r.add(CheckRequest, request)
	if request.result == Holds {
		response := c.checkResponse()
		r.add(CheckResponse, response)
		r.add(CheckArrived, c.checkArrived())
		c.checkContent(&r)
		if response.result != Fails { // what right there was to ask, and whether the response kept to it
			spans := c.said.spans(c.request.Contract)
			r.add(CheckContract, c.checkContract(spans))
			terms, right := c.checkRight(spans)
			r.add(CheckRight, right)
			r.add(CheckFields, c.checkFields(terms))
			r.add(CheckProvision, c.checkProvision())
		}
		r.Facts = c.facts()
	}

	r.add(CheckWitness, c.checkWitness())
	r.add(CheckTime, c.checkTime())
	r.add(CheckPublic, c.cosigned(f.Registry.Checkpoint, trust.Witnesses)) // then nobody was shown another registry
	return r.sum()
}

// verification is a file on its way through the checks.
type verification struct {
	File
	trust Trust
	said  statements
	heads []opened // as the file lists them

	request       exchange.RequestMeta
	response      exchange.ResponseMeta
	requestPlace  place  // of the request in the asker's journal
	responsePlace place  // of the response in the provider's
	asked, given  []byte // bodies, as far as they are in the file
	upload        *exchange.End
	download      *exchange.End
}

// opened is a head whose signature was looked at.
type opened struct {
	journal.Checkpoint
	by  signer
	err error
}

// place is an entry that is proved to be in a journal.
type place struct {
	index int64
	by    signer
	size  int64 // of the journal under the first of its heads
	leaf  tlog.Hash
	heads []int
}

func leafOf(statement string) tlog.Hash { return tlog.RecordHash([]byte(statement)) }

// checkSeal asks whether the maker's node signed all of the file.
func (c *verification) checkSeal() finding {
	text, err := c.sealed()
	if err != nil {
		return fails("changed", "maker", c.Made.By)
	}
	known := false
	for _, k := range c.said.keys {
		known = known || k.Verifier.Name() == c.Made.By
	}
	switch {
	case !known:
		return fails("stranger", "maker", c.Made.By)
	case !c.said.signed(c.Made.By, text, c.Seal):
		return fails("changed", "maker", c.Made.By)
	}
	return holds("ok", "maker", c.Made.By, "time", moment(c.Made.At))
}

var (
	errJournal  = errors.New("not under the signature of a node of the member")
	errUnproven = errors.New("a proof does not lead to its head")
)

// places proves every entry of a message. Each stands in another journal.
func (c *verification) places(m *Message) (list []place, err error) {
	for _, e := range m.Entries {
		p := place{index: e.Index, leaf: journal.Leaf(journal.Commitment(e.Salt, m.metaHash(), m.bodyHash()))}
		for i, proof := range e.Proofs {
			h := c.heads[proof.Head]
			if h.err != nil {
				return nil, errJournal
			}
			if h.Includes(proof.Hashes, e.Index, p.leaf) != nil {
				return nil, errUnproven
			}
			if i == 0 {
				p.by, p.size = h.by, h.Size
			} else if p.by.Verifier.Name() != h.by.Verifier.Name() {
				return nil, errUnproven
			}
			p.heads = append(p.heads, proof.Head)
		}
		for _, other := range list {
			if other.by.Verifier.Name() == p.by.Verifier.Name() {
				return nil, errUnproven
			}
		}
		list = append(list, p)
	}
	return list, nil
}

// placed proves a message and gives its place in the journal of the member whose
// message it is.
func (c *verification) placed(m *Message, sender registry.ID) (place, error) {
	list, err := c.places(m)
	if err != nil {
		return place{}, err
	}
	for _, p := range list {
		if p.by.Member == sender {
			return p, nil
		}
	}
	return place{}, errJournal
}

// unplaced says why a message is not proved.
func unplaced(err error, member registry.ID) finding {
	if errors.Is(err, errJournal) {
		return fails("journal", "member", member.String())
	}
	return fails("unproven", "member", member.String())
}

// stands says where a message is proved to stand.
func (p place) stands(detail string, pairs ...any) finding {
	if p.by.former && detail == "ok" {
		detail = "former"
	}
	return holds(detail, append(pairs, "origin", p.by.Verifier.Name(), "index", p.index, "size", p.size)...)
}

// checkRequest asks whether the request stands in a journal of who asks.
func (c *verification) checkRequest() finding {
	q, err := exchange.ReadRequest([]byte(c.Request.Meta))
	if err != nil {
		return fails("unreadable")
	}
	if q.ID != c.Exchange || q.Parts && len(c.Request.Body) > q.Opening {
		return fails("other")
	}
	c.request = q
	if c.requestPlace, err = c.placed(&c.Request, q.Client.Owner()); err != nil {
		return unplaced(err, q.Client.Owner())
	}
	if c.Request.Digest == nil {
		if c.asked, err = q.Open(c.Request.Body); err != nil {
			return fails("unreadable")
		}
	}
	return c.requestPlace.stands("ok", "member", q.Client.Owner().String(), "time", moment(q.At))
}

// checkResponse asks whether a response to this very request stands in a journal of
// who was asked.
func (c *verification) checkResponse() finding {
	if c.Response == nil {
		return open("none")
	}
	r, err := exchange.ReadResponse([]byte(c.Response.Meta))
	if err != nil {
		return fails("unreadable")
	}
	if !c.answers(r) {
		return fails("other")
	}
	c.response = r
	if c.responsePlace, err = c.placed(c.Response, r.Holder.Owner()); err != nil {
		c.response = exchange.ResponseMeta{}
		return unplaced(err, r.Holder.Owner())
	}
	if c.Response.Digest == nil {
		if c.given, err = r.Open(c.Response.Body); err != nil {
			c.response = exchange.ResponseMeta{}
			return fails("unreadable")
		}
	}
	if r.Refusal != nil {
		return c.responsePlace.stands("refused", "member", r.Holder.Owner().String(), "time", moment(r.At), "code", r.Refusal.Code)
	}
	return c.responsePlace.stands("ok", "member", r.Holder.Owner().String(), "time", moment(r.At))
}

// answers reports whether a response is to the request of the file.
func (c *verification) answers(r exchange.ResponseMeta) bool {
	return r.ID == c.Exchange && r.Request == text(c.requestPlace.leaf) && r.Asker == c.request.Client && r.Holder == c.request.Service &&
		r.Behalf == c.request.Behalf && r.Matter == c.request.Matter && r.Role == c.request.Role && !(r.Parts && len(c.Response.Body) > r.Opening)
}

func text(leaf tlog.Hash) string { return base64.StdEncoding.EncodeToString(leaf[:]) }

// checkArrived asks whether the response stands in a journal of who asked, too.
func (c *verification) checkArrived() finding {
	if c.response.ID == "" {
		return open("unshown", "member", c.request.Client.Owner().String())
	}
	list, err := c.places(c.Response)
	if err != nil {
		return open("unshown", "member", c.request.Client.Owner().String())
	}
	for _, p := range list {
		if p.by.Member == c.request.Client.Owner() {
			return p.stands("ok", "member", p.by.Member.String())
		}
	}
	return open("unshown", "member", c.request.Client.Owner().String())
}

// checkContent asks what of the bodies is in the file.
func (c *verification) checkContent(r *Report) {
	asked, end := c.content(&c.Request, c.asked, c.Upload, c.request.Parts, c.request.Opening, c.requestPlace)
	c.upload = end
	r.add(CheckAsked, asked)
	if c.response.Act != exchange.ActRead {
		return
	}
	given, end := c.content(c.Response, c.given, c.Download, c.response.Parts, c.response.Opening, c.responsePlace)
	c.download = end
	r.add(CheckGiven, given)
}

// content says what is there of the body of a message, which is proved already.
func (c *verification) content(m *Message, body []byte, last *Message, parts bool, opening int, at place) (finding, *exchange.End) {
	digest := m.bodyHash()
	switch {
	case !parts && last != nil:
		return fails("wrong"), nil
	case parts && m.Digest != nil && opening == 0: // with one, it is query and headers that are not shown
		return fails("wrong"), nil
	case parts && last == nil:
		return open("broken-off"), nil
	case parts && m.Digest != nil:
		found, end := c.long(last, at)
		if found.result == Holds {
			found = open("unshown", "digest", text(digest))
		}
		return found, end
	case parts:
		return c.long(last, at)
	case m.Digest != nil && opening > 0:
		return open("unshown", "digest", text(digest)), nil
	case m.Digest != nil:
		return open("gone", "digest", text(digest)), nil
	case len(m.Body) == 0:
		return holds("empty"), nil
	}
	return holds("ok", "bytes", len(body), "digest", text(sha256.Sum256(body))), nil
}

// long says what a long body was, by the end that its sender's journal holds.
func (c *verification) long(last *Message, of place) (finding, *exchange.End) {
	end, err := exchange.ReadEnd([]byte(last.Meta))
	if err != nil || end.Version != exchange.Version || end.ID != c.Exchange || end.Of != text(of.leaf) || len(last.Body) > 0 || last.Digest != nil {
		return fails("wrong"), nil
	}
	if _, err := c.placed(last, of.by.Member); err != nil {
		return fails("wrong"), nil
	}
	return holds("long", "bytes", end.Size, "digest", end.Digest), &end
}

// facts are what the exchange was.
func (c *verification) facts() Facts {
	q, r := c.request, c.response
	f := Facts{
		ID: c.Exchange, Asked: q.At, Answered: r.At, Client: q.Client, Service: q.Service, Behalf: q.Behalf, Names: c.said.names(),
		Contract: q.Contract, Purpose: q.Purpose, Provision: q.Provision, Matter: q.Matter, Role: q.Role, Method: q.Method,
		Act: r.Act, Status: r.Status, Fields: r.Fields,
	}
	if r.Refusal != nil {
		f.Code = r.Refusal.Code
	}
	if r.Act == exchange.ActRead {
		f.Contract, f.Purpose, f.Provision = r.Contract, r.Purpose, r.Provision
	}
	return f
}

// at is when the exchange took place: by the provider's clock, or by the asker's
// while nobody answered.
func (c *verification) at() time.Time {
	if c.response.ID != "" {
		return c.response.At
	}
	return c.request.At
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
