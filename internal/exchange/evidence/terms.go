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

// read reports whether something was given.
func (c *verification) read() bool { return c.response.Act == exchange.ActRead }

// unless is a finding that counts against an exchange only if something was given.
func (c *verification) unless(refused string, against finding) finding {
	if c.read() {
		return against
	}
	return open(refused, "code", c.code())
}

func (c *verification) code() string {
	if c.response.Refusal == nil {
		return "—"
	}
	return c.response.Refusal.Code
}

// checkContract asks whether both sides signed the contract that is named.
func (c *verification) checkContract(spans []span) finding {
	if len(spans) == 0 {
		if c.read() {
			return fails("absent", "contract", c.request.Contract)
		}
		return open("absent", "contract", c.request.Contract)
	}
	for _, s := range spans {
		if !c.said.signedByBoth(s) {
			return fails("unsigned", "contract", s.ID)
		}
	}
	both := spans[len(spans)-1].Signers()
	return holds("ok", "contract", spans[0].ID, "asker", both[0].String(), "provider", both[1].String())
}

// checkRight asks whether the request was within the contract as it stood, or as
// it stood before a change that may not have come to the provider yet.
func (c *verification) checkRight(spans []span) (*span, finding) {
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
	return nil, c.unless("refused", fails("outside", "contract", c.request.Contract, "what", c.outside(spans[len(spans)-1])))
}

// outside names the first thing in which a request is not within a contract; ""
// when it is.
func (c *verification) outside(s span) string {
	q, day := c.request, civil.Of(c.at())
	switch {
	case s.Provider != q.Service.System() || s.Service != q.Service.Service:
		return "service"
	case !c.lets(s.Contract):
		return "client"
	case !exchange.Covers(s.Contract, q.Method, q.Path):
		return "path"
	case !s.Holds(day):
		return "period"
	case c.read() && (c.response.Contract != s.ID || c.response.Purpose != s.Purpose):
		return "purpose"
	case c.read() && c.response.Provision != s.Provision:
		return "provision"
	}
	return ""
}

// lets reports whether a contract lets the client ask.
func (c *verification) lets(terms registry.Contract) bool {
	asks := c.request.Client.System()
	if c.request.Behalf != (registry.ID{}) {
		if !slices.Contains(terms.Delegates, asks) {
			return false
		}
		asks = c.request.Behalf.System()
	}
	if terms.Group == (registry.ID{}) {
		return asks == terms.Consumer
	}
	for _, by := range []time.Time{c.at().Add(skew), c.at().Add(-stale)} {
		if g, ok := c.said.group(terms.Group, by); ok && g.Holds(asks) {
			return true
		}
	}
	return false
}

// checkFields asks whether nothing left that was not agreed: by what the provider
// says, and by the response itself where it is in the file.
func (c *verification) checkFields(terms *span) finding {
	switch {
	case !c.read():
		return holds("none")
	case terms == nil:
		return open("unknown")
	}
	for _, field := range c.response.Fields {
		if !slices.Contains(terms.Fields, field) {
			return fails("more", "field", field)
		}
	}
	if slices.Contains(terms.Fields, "") {
		return holds("all", "contract", terms.ID)
	}
	list := strings.Join(c.response.Fields, ", ")
	if c.Response.Digest != nil || c.response.Parts {
		return open("gone", "fields", list)
	}
	if !exchange.Agreed(terms.Contract, c.given) {
		return fails("body")
	}
	if list == "" {
		return holds("none")
	}
	return holds("ok", "fields", list)
}

// checkProvision asks whether the instrument of the provision was in force on the
// day, as far as the registry says.
func (c *verification) checkProvision() finding {
	ref := c.request.Provision
	if c.read() {
		ref = c.response.Provision
	}
	day := civil.Of(c.at())
	i, ok := c.said.instrument(ref.Instrument(), c.at())
	if !ok {
		return open("unknown", "provision", ref)
	}
	if day.Before(i.From) || !i.To.IsZero() && day.After(i.To) {
		return c.unless("refused", fails("lapsed", "provision", ref, "day", day))
	}
	return holds("ok", "provision", ref, "day", day)
}
