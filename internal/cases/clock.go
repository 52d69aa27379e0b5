package cases

import (
	"encoding/json"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
)

// Clock is how long a body has for a case. The zero Clock is that of a case without a
// term.
type Clock struct {
	Term   string    `json:"term,omitempty"`  // of the pack
	From   civil.Day `json:"from,omitzero"`   // day of the event with which it began
	Due    civil.Day `json:"due,omitzero"`    // last day of the term, as far as it is known
	Stands civil.Day `json:"stands,omitzero"` // day since which it stands; none where it runs
	Pauses []Pause   `json:"pauses,omitempty"`
}

// Pause is a time in which the clock stood.
type Pause struct {
	From civil.Day `json:"from"`
	To   civil.Day `json:"to"`  // first day on which it ran again
	Why  string    `json:"why"` // status that says the reason
}

// Runs reports whether there is a term that goes on.
func (k Clock) Runs() bool { return k.Term != "" && k.Stands.IsZero() }

// Ends is the instant at which the term has ended, after its last day; zero while no term
// runs.
func (k Clock) Ends() time.Time {
	if !k.Runs() {
		return time.Time{}
	}
	return k.Due.AddDays(1).Start()
}

// start begins a term with an event on a day, once: a second event does not set it back.
func (k *Clock) start(term law.Term, day civil.Day) {
	if k.Term == "" {
		k.Term, k.From, k.Due = term.ID, day, term.Ends(day)
	}
}

// stand stops the clock on a day.
func (k *Clock) stand(day civil.Day) {
	if k.Runs() {
		k.Stands = day
	}
}

// run lets the clock go on from a day; what it stood is added.
func (k *Clock) run(day civil.Day, why string) {
	if k.Stands.IsZero() {
		return
	}
	if n := k.Stands.DaysUntil(day); n > 0 {
		k.Due = k.Due.AddDays(n)
		k.Pauses = append(k.Pauses, Pause{k.Stands, day, why})
	}
	k.Stands = civil.Day{}
}

// text is how the clock is kept: nothing where there is no term.
func (k Clock) text() (string, error) {
	if k.Term == "" {
		return "", nil
	}
	raw, err := json.Marshal(k)
	return string(raw), err
}
