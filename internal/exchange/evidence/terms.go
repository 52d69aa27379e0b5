package evidence

import (
	"slices"
	"strings"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/civil"
	"dobosh/internal/registry"
)

// A provider goes by the newest state of the registry that it has, which may be as
// old as stale; the clock of the registry may be ahead by skew.
const (
	stale = 24 * time.Hour
	skew  = 5 * time.Minute
)

// checkTerms asks what right there was to ask, and whether the answer kept to it.
func (c *checking) checkTerms(r *Report) {
	spans := c.book.spans(c.question.Contract)
	r.add(CheckContract, c.checkContract(spans))
	terms, right := c.checkRight(spans)
	r.add(CheckRight, right)
	r.add(CheckFields, c.checkFields(terms))
	r.add(CheckProvision, c.checkProvision())
}

// read reports whether something was given.
func (c *checking) read() bool { return c.reply.Act == exchange.ActRead }

// unless is a finding that counts against an exchange only if something was given.
func (c *checking) unless(refused string, against finding) finding {
	if c.read() {
		return against
	}
	return open(refused, "code", c.code())
}

func (c *checking) code() string {
	if c.reply.Refusal == nil {
		return "—"
	}
	return c.reply.Refusal.Code
}

// checkContract asks whether both sides signed the contract that is named.
func (c *checking) checkContract(spans []span) finding {
	if len(spans) == 0 {
		if c.read() {
			return fails("absent", "contract", c.question.Contract)
		}
		return open("absent", "contract", c.question.Contract)
	}
	for _, s := range spans {
		if !c.book.signedByBoth(s) {
			return fails("unsigned", "contract", s.ID)
		}
	}
	both := spans[len(spans)-1].Signers()
	return holds("ok", "contract", spans[0].ID, "asker", both[0].String(), "provider", both[1].String())
}

// checkRight asks whether the question was within the contract as it stood, or as
// it stood before a change that may not have come to the provider yet.
func (c *checking) checkRight(spans []span) (*span, finding) {
	at := c.at()
	for i := range slices.Backward(spans) {
		s := &spans[i]
		over := !s.to.IsZero() && !s.to.After(at.Add(-stale))
		if s.from.After(at.Add(skew)) || over || c.outside(*s) != "" {
			continue
		}
		if !s.to.IsZero() && !s.to.After(at) {
			return s, c.unless("refused", holds("former", "contract", s.ID, "time", moment(s.to)))
		}
		return s, c.unless("refused", holds("ok", "contract", s.ID))
	}
	if len(spans) == 0 {
		return nil, open("unknown")
	}
	return nil, c.unless("refused", fails("outside", "contract", c.question.Contract, "what", c.outside(spans[len(spans)-1])))
}

// outside names the first thing in which a question is not within a contract; ""
// when it is.
func (c *checking) outside(s span) string {
	q, day := c.question, civil.Of(c.at())
	switch {
	case s.Provider != q.Service.System() || s.Service != q.Service.Service:
		return "service"
	case !c.lets(s.Contract):
		return "client"
	case !exchange.Covers(s.Contract, q.Method, q.Path):
		return "path"
	case !s.Holds(day):
		return "period"
	case c.read() && (c.reply.Contract != s.ID || c.reply.Purpose != s.Purpose):
		return "purpose"
	case c.read() && c.reply.Provision != s.Provision:
		return "provision"
	}
	return ""
}

// lets reports whether a contract lets the client ask.
func (c *checking) lets(terms registry.Contract) bool {
	asks := c.question.Client.System()
	if c.question.Behalf != (registry.ID{}) {
		if !slices.Contains(terms.Delegates, asks) {
			return false
		}
		asks = c.question.Behalf.System()
	}
	if terms.Group == (registry.ID{}) {
		return asks == terms.Consumer
	}
	for _, by := range []time.Time{c.at().Add(skew), c.at().Add(-stale)} {
		if g, ok := c.book.group(terms.Group, by); ok && g.Holds(asks) {
			return true
		}
	}
	return false
}

// checkFields asks whether nothing left that was not agreed: by what the provider
// says, and by the answer itself where it is in the file.
func (c *checking) checkFields(terms *span) finding {
	switch {
	case !c.read():
		return holds("none")
	case terms == nil:
		return open("unknown")
	}
	for _, field := range c.reply.Fields {
		if !slices.Contains(terms.Fields, field) {
			return fails("more", "field", field)
		}
	}
	if slices.Contains(terms.Fields, "") {
		return holds("all", "contract", terms.ID)
	}
	list := strings.Join(c.reply.Fields, ", ")
	if c.Answer.Digest != nil || c.reply.Parts {
		return open("gone", "fields", list)
	}
	if !exchange.Agreed(terms.Contract, c.Answer.Body) {
		return fails("body")
	}
	if list == "" {
		return holds("none")
	}
	return holds("ok", "fields", list)
}

// checkProvision asks whether the instrument of the provision was in force on the
// day, as far as the registry says.
func (c *checking) checkProvision() finding {
	ref := c.question.Provision
	if c.read() {
		ref = c.reply.Provision
	}
	day := civil.Of(c.at())
	i, ok := c.book.instrument(ref.Instrument(), c.at())
	if !ok {
		return open("unknown", "provision", ref)
	}
	if day.Before(i.From) || !i.To.IsZero() && day.After(i.To) {
		return c.unless("refused", fails("lapsed", "provision", ref, "day", day))
	}
	return holds("ok", "provision", ref, "day", day)
}
