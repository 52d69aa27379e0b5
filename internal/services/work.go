package services

import (
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/work"
)

// later is what the room does after a transaction, with the help of other
// institutions. The ref of each job is the id of what it is about.
type later struct {
	assess  *work.Queue[work.None] // gather the facts of an assessment
	seal    *work.Queue[work.None] // put a decision into the journal
	account *work.Queue[work.None] // learn the account of the payments of a decision
	hear    *work.Queue[bus.Event] // take an event in that could not be taken in at once
}

// untilTomorrow is how long a register rests that answered and knows no account:
// every question leaves a trace that the person sees.
const untilTomorrow = 24 * time.Hour

// register tells the queue of the node what the room does later.
func (r *Room) register() {
	r.later = later{
		assess:  &work.Queue[work.None]{Name: "services.assess", Workers: r.Workers, Do: r.assess},
		seal:    &work.Queue[work.None]{Name: "services.seal", Workers: sealers, Do: r.sealLater},
		account: &work.Queue[work.None]{Name: "services.account", Workers: r.Workers, Do: r.learnAccount},
		hear:    &work.Queue[bus.Event]{Name: "services.hear", Workers: 4, Retry: work.Doubling(100*time.Millisecond, 30*time.Second), Attempts: 20, Do: r.hearLater},
	}
	r.Work.Register(r.later.assess, r.later.seal, r.later.account, r.later.hear, work.Every("services.lapse", time.Hour, r.LapseOffers))
}
