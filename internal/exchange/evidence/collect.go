package evidence

import (
	"context"
	"errors"
	"slices"

	"dobosh/internal/exchange"
	"dobosh/internal/journal"
)

// The kinds of entries in which exchanges are recorded (docs/spec/exchange.md, 4.6).
const (
	kindQuestion = "question" // what this node asked
	kindAsked    = "asked"    // what it was asked
	kindAnswer   = "answer"   // what it answered
	kindReply    = "reply"    // what it was answered
	kindEnd      = "end"      // of a long body that it sent
	kindEnded    = "ended"    // of one that it got
)

// entry is an entry of this node's journal, with the stamp of the journal that it
// came from where it did.
type entry struct {
	journal.Entry
	own      journal.Stamp
	received *journal.Stamp
}

// leaf names the message by its leaf in its sender's journal.
func (e entry) leaf() string {
	stamp := e.own
	if e.received != nil {
		stamp = *e.received
	}
	return text(stamp.Leaf(metaHash(e.Meta), e.BodyHash()))
}

// exchangeEntries is what the journal has of one exchange.
type exchangeEntries struct {
	request      entry
	requestMeta  exchange.RequestMeta
	response     *entry
	responseMeta exchange.ResponseMeta
	upload       *entry
	download     *entry
	bare         bool // without bodies
}

func (c exchangeEntries) entries() (list []*entry) {
	for _, e := range []*entry{&c.request, c.upload, c.response, c.download} {
		if e != nil {
			list = append(list, e)
		}
	}
	return list
}

func (c exchangeEntries) holds(index int64) bool {
	return slices.ContainsFunc(c.entries(), func(e *entry) bool { return e.own.Index == index })
}

// maxFound bounds the entries that are looked at for one file: many exchanges with
// one id are somebody's mistake.
const maxFound = 2000

// entries finds the entries of an id, in the order of the log.
func (r *Room) entries(ctx context.Context, q journal.Query) (list []entry, err error) {
	q.Kinds, q.Limit = []string{kindQuestion, kindAsked, kindAnswer, kindReply, kindEnd, kindEnded}, journal.MaxFound
	for more := true; more && len(list) < maxFound; more = q.After != 0 {
		var found []journal.Logged
		if found, q.After, err = r.Journal.Search(ctx, q); err != nil {
			return nil, err
		}
		for _, l := range found {
			e, err := r.entry(ctx, l.Index)
			if isErased(err) {
				continue // it was erased meanwhile
			}
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		}
	}
	return list, nil
}

func (r *Room) entry(ctx context.Context, index int64) (e entry, err error) {
	if e.Entry, e.own, err = r.Journal.Read(ctx, index); err != nil || len(e.Received) == 0 {
		return e, err
	}
	stamp, err := journal.ParseStampBytes(e.Received)
	e.received = &stamp
	return e, err
}

// pair puts the entries of an id together: a response belongs to the request whose
// leaf it names, the end of a long body to the message whose leaf it names.
func pair(entries []entry) (list []exchangeEntries) {
	for _, e := range entries {
		if e.Kind != kindQuestion && e.Kind != kindAsked {
			continue
		}
		if q, err := exchange.ReadRequest(e.Meta); err == nil {
			list = append(list, exchangeEntries{request: e, requestMeta: q})
		}
	}
	for i := range list {
		list[i].complete(entries)
	}
	return list
}

func (c *exchangeEntries) complete(entries []entry) {
	question := c.request.leaf()
	for i := range entries {
		e := &entries[i]
		if e.Kind != kindAnswer && e.Kind != kindReply {
			continue
		}
		if said, err := exchange.ReadResponse(e.Meta); err == nil && said.Request == question {
			c.response, c.responseMeta = e, said
		}
	}
	for i := range entries {
		e := &entries[i]
		if e.Kind != kindEnd && e.Kind != kindEnded {
			continue
		}
		switch end, err := exchange.ReadEnd(e.Meta); {
		case err != nil:
		case end.Of == question && c.requestMeta.Parts:
			c.upload = e
		case c.response != nil && end.Of == c.response.leaf() && c.responseMeta.Parts:
			c.download = e
		}
	}
}

func isErased(err error) bool { return errors.Is(err, journal.ErrErased) }
