package pages

import (
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/portal"
	"dobosh/internal/rules"
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
func amountOf(v *portal.Visit, p rules.Plan) amount {
	switch {
	case p.Months == 0:
		return amount{p.Total.In(v.Tag), v.Say("amount.once", "n", portal.Whole(p.Total)), nil}
	case p.Once == 0:
		return amount{p.Monthly.In(v.Tag), v.Say("amount.monthly", "n", portal.Whole(p.Monthly), "months", p.Months), instalments(v, p)}
	}
	words := append([]string{v.Say("amount.first", "amount", v.Dinars(p.Once))}, instalments(v, p)...)
	return amount{p.Total.In(v.Tag), v.Say("amount.total", "n", portal.Whole(p.Total)), words}
}

func instalments(v *portal.Visit, p rules.Plan) []string {
	words := []string{v.Say("amount.months", "amount", v.Dinars(p.Monthly), "months", p.Months)}
	if p.Last != p.Monthly && p.Last != 0 {
		words = append(words, v.Say("amount.last", "amount", v.Dinars(p.Last)))
	}
	if p.Once == 0 {
		words = append(words, v.Say("amount.all", "amount", v.Dinars(p.Total)))
	}
	return words
}

// lastDay is the last day of a term that is over at an instant.
func lastDay(until time.Time) civil.Day { return civil.Of(until.Add(-time.Nanosecond)) }
