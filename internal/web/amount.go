package web

import (
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/rules"
	"time"
)

// amount is a plan as it is shown: one figure large, what it is beside it, and
// under it how it is paid.
type amount struct {
	Figure string
	Unit   string
	Words  []string
}

// amountOf puts the figure forward that the person will see on the account:
// the one payment, or the monthly one; where there are both, the sum.
func (s speaker) amountOf(p rules.Plan) amount {
	switch {
	case p.Months == 0:
		return amount{p.Total.In(s.tag), s.say("amount.once", "n", whole(p.Total)), nil}
	case p.Once == 0:
		return amount{p.Monthly.In(s.tag), s.say("amount.monthly", "n", whole(p.Monthly), "months", p.Months), s.instalments(p)}
	}
	words := append([]string{s.say("amount.first", "amount", s.dinars(p.Once))}, s.instalments(p)...)
	return amount{p.Total.In(s.tag), s.say("amount.total", "n", whole(p.Total)), words}
}

func (s speaker) instalments(p rules.Plan) []string {
	words := []string{s.say("amount.months", "amount", s.dinars(p.Monthly), "months", p.Months)}
	if p.Last != p.Monthly && p.Last != 0 {
		words = append(words, s.say("amount.last", "amount", s.dinars(p.Last)))
	}
	if p.Once == 0 {
		words = append(words, s.say("amount.all", "amount", s.dinars(p.Total)))
	}
	return words
}

// term is a clock: until when, by which provision, what happens then.
type term struct {
	Until  civil.Day
	Left   int // days, not negative
	Passed int // hundredths of the whole
	By     lang.Text
	Then   string
}

// termOf reads a term that began and ends at two instants. The last day is the
// one before whose end the term is over.
func (s speaker) termOf(from, until, now time.Time, by lang.Text, then string) term {
	last := civil.Of(until.Add(-time.Nanosecond))
	t := term{Until: last, Left: max(0, civil.Of(now).DaysUntil(last)), By: by, Then: then}
	if whole := until.Sub(from); whole > 0 {
		t.Passed = int(min(100, max(0, 100*now.Sub(from)/whole)))
	}
	return t
}
