package contracts

import (
	"time"

	"dobosh/internal/registry"
)

// Side is one of the two who make a contract.
type Side string

// The sides. The asker is the consumer, or the owner of the group that asks.
const (
	Asker    Side = "asker"
	Provider Side = "provider"
)

// Other is the side at the other end of the table.
func (s Side) Other() Side {
	if s == Asker {
		return Provider
	}
	return Asker
}

// State is how far a proposal has come.
type State string

// The states. Only an open proposal waits for a person.
const (
	Open      State = "open"      // waits for the side that did not write the text
	Approved  State = "approved"  // both have signed; the registry has not said so yet
	InForce   State = "in-force"  // the registry holds this very text
	Refused   State = "refused"   // with a reason
	Withdrawn State = "withdrawn" // by the author of the text
	Failed    State = "failed"    // the registry did not take it
	Ended     State = "ended"     // it was in force and is no more
)

// States lists all states in the order in which they come.
func States() []State { return []State{Open, Approved, InForce, Refused, Withdrawn, Failed, Ended} }

// Act is what moves a proposal on. The last two are not acts of a side: the
// registry says so.
type Act string

// The acts.
const (
	Propose  Act = "propose"
	Amend    Act = "amend"
	Approve  Act = "approve"
	Refuse   Act = "refuse"
	Withdraw Act = "withdraw"
	Fail     Act = "fail"

	stand Act = "stand"
	stop  Act = "stop"
)

// reasoned acts say why.
func (a Act) reasoned() bool { return a == Refuse || a == Fail }

// written acts carry the text.
func (a Act) written() bool { return a == Propose || a == Amend || a == Approve }

// Proposal is one contract on its way from being asked for to being in force.
type Proposal struct {
	ID       string            `json:"id"`
	Contract registry.Contract `json:"contract"` // the newest text
	Author   Side              `json:"author"`   // who wrote it
	State    State             `json:"state"`
	Version  int               `json:"version"` // counts every change here; an act names the one it was made from
	Reason   string            `json:"reason,omitempty"`
	Waits    bool              `json:"waits"` // for somebody here
	Opened   time.Time         `json:"opened"`
	Changed  time.Time         `json:"changed"`
	Steps    []Step            `json:"steps,omitempty"` // with one proposal only
	Carried  *Carried          `json:"carried,omitempty"`

	step   int    // number of the newest act of a side
	text   string // the note as it is signed so far
	digest string // of the contract's text
	peer   registry.ID
}

// Step is one act of a side.
type Step struct {
	N       int       `json:"n"`
	Act     Act       `json:"act"`
	Side    Side      `json:"side"`
	Officer string    `json:"officer,omitempty"` // account here; empty for the other side's
	Reason  string    `json:"reason,omitempty"`
	At      time.Time `json:"at"`
}

// Carried says of a letter, or of a statement for the registry, that it has
// not arrived yet.
type Carried struct {
	To    registry.ID `json:"to,omitzero"` // empty for the registry
	Since time.Time   `json:"since"`
	Tries int         `json:"tries"`
	Fault string      `json:"fault,omitempty"` // code of the last problem
}

// respondent is the side that an open proposal waits for.
func (p Proposal) respondent() Side { return p.Author.Other() }

// follows tells the state after an act of a side, and whether the side may do
// it now. This is the whole machine:
//
//	open      —amend→ open, —approve→ approved, —refuse→ refused   by the side whose turn it is
//	open      —withdraw→ withdrawn                                 by the author
//	approved  —fail→ failed                                        by who approved
//	any       —stand→ in-force, in-force —stop→ ended              by the registry
//
// The registry may speak before the letter with the approval has arrived; the
// letter then changes nothing any more.
func (p Proposal) follows(act Act, by Side) (State, bool) {
	switch {
	case act == stand:
		return InForce, true
	case act == stop:
		return Ended, p.State == InForce
	case p.State == Open && by == p.respondent():
		next, ok := map[Act]State{Amend: Open, Approve: Approved, Refuse: Refused}[act]
		return next, ok
	case p.State == Open:
		return Withdrawn, act == Withdraw
	case p.State == Approved:
		return Failed, act == Fail && by == p.respondent()
	case p.State == InForce || p.State == Ended:
		return p.State, act == Approve && by == p.respondent()
	}
	return p.State, false
}

// after is the proposal after an act that may follow.
func (p Proposal) after(act Act, by Side, state State, reason string) Proposal {
	p.State, p.Reason = state, reason
	p.Version++
	if act != stand && act != stop {
		p.step++
	}
	if act == Amend {
		p.Author = by
	}
	return p
}

// verdict is what to do with a letter.
type verdict int

const (
	take      verdict = iota // it follows
	undo                     // it follows what was before our own last act, which no longer counts
	known                    // it came before, or crossed with one that counts
	early                    // something before it is missing
	malformed                // it cannot follow
)

// weigh says what to do with act number n of the other side. last is our newest
// step; the zero Step when the newest is not ours. When our withdrawal crossed
// with what the other side did in its turn, its act counts.
func (p Proposal) weigh(n int, act Act, by Side, last Step) verdict {
	switch {
	case n > p.step+1:
		return early
	case n == p.step+1:
		if _, ok := p.follows(act, by); !ok {
			return malformed
		}
		return take
	case n == p.step && last.Act == Withdraw && last.Side != by && act != Withdraw:
		if _, ok := p.undone().follows(act, by); !ok {
			return malformed
		}
		return undo
	}
	return known
}

// undone is the proposal without our withdrawal.
func (p Proposal) undone() Proposal {
	p.step--
	if p.State == Withdrawn {
		p.State = Open
	}
	return p
}
