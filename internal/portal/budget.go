package portal

import (
	"net/http"
	"strconv"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/entrance"
	"dobosh/internal/kit/problem"
)

// budgets are what one address, or one account, may ask of a portal that costs more than
// a page. They are generous: behind one address there may be a village, and whoever
// stands at a counter sends many forms.
type budgets struct {
	signIns  *entrance.Rate // of an address: each makes the provider work
	unknown  *entrance.Rate // forms of nobody, of an address
	accounts *entrance.Rate // forms of an account
	costly   *entrance.Rate // guesses, and papers that are made, of an account or of the address of nobody
}

func newBudgets(now clock.Now) budgets {
	return budgets{
		signIns:  entrance.NewRate(120, time.Second, now),
		unknown:  entrance.NewRate(60, 2*time.Second, now),
		accounts: entrance.NewRate(100, time.Second, now),
		costly:   entrance.NewRate(120, time.Second, now),
	}
}

// spend takes a form from the budget of who sends it, before anything of it is read.
//
// Problem: too-often.
func (v *Visit) spend() error {
	switch {
	case v.R.Method == http.MethodGet || v.R.Method == http.MethodHead:
		return nil
	case v.Known:
		return tooOften(v.budgets.accounts.Take(v.Actor.Account))
	}
	return tooOften(v.budgets.unknown.Take(v.Address(v.R)))
}

// Costly takes a page that is a guess, or that costs much more to make than others, from
// the budget of who asks for it.
//
// Problem: too-often.
func (v *Visit) Costly() error {
	if v.Known {
		return tooOften(v.budgets.costly.Take("account " + v.Actor.Account))
	}
	return tooOften(v.budgets.costly.Take(v.Address(v.R)))
}

// tooOften is the problem of whoever has to wait; nil for no time.
func tooOften(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return problem.New(problem.TooMany, "too-often", "seconds", strconv.Itoa(int(wait/time.Second)+1))
}
