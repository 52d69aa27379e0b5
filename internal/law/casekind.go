package law

import (
	"slices"
	"strings"

	"dobosh/internal/kit/lang"
)

// Phase is how far a case has come. Phases are few and the same in every country, so that
// nodes, queues and other programs understand each other; what a kind of case calls its
// statuses is the pack's.
type Phase string

// The phases, in the order of most cases.
const (
	Received     Phase = "received"      // it is here; nobody has looked at it
	Triage       Phase = "triage"        // whose it is and what is known of it is being found out
	InHandling   Phase = "in-handling"   // it waits for the body
	WaitingParty Phase = "waiting-party" // it waits for the person
	WaitingBody  Phase = "waiting-body"  // it waits for another body
	Decided      Phase = "decided"       // there is an outcome, of which the person is told
	Closed       Phase = "closed"        // nothing is left to be done
)

// Ended reports whether a case in this phase has an outcome.
func (p Phase) Ended() bool { return p == Decided || p == Closed }

// Mover is who may move a case.
type Mover string

// The movers.
const (
	ByParty   Mover = "party"   // the person whose case it is
	ByOfficer Mover = "officer" // of the body that is accountable
	ByRule    Mover = "rule"    // the program, where the law leaves nothing to weigh
	ByClock   Mover = "clock"   // a term that has ended
)

// Movers lists the movers.
func Movers() []Mover { return []Mover{ByParty, ByOfficer, ByRule, ByClock} }

// CaseKind says how matters of one kind go: the statuses they can have, who moves them, when
// the clock runs and what a person is told.
type CaseKind struct {
	ID         string       `yaml:"id"`
	Title      lang.Text    `yaml:"title"` // "жалба"
	Provision  Ref          `yaml:"provision"`
	Term       string       `yaml:"term"`       // within which the body decides; empty for none
	Silence    string       `yaml:"silence"`    // kind of the case with which the party goes on when the term ends in silence; empty for none
	Raise      string       `yaml:"raise"`      // form with which a person begins one; empty where nobody does
	Voice      bool         `yaml:"voice"`      // people raise one where they say what they have to say; its form asks for a "subject"
	Again      string       `yaml:"again"`      // kind of the case with which the party goes on who is not content with the outcome; empty for none
	Thresholds []Threshold  `yaml:"thresholds"` // what numbers of supports oblige the body to, the least first
	Room       string       `yaml:"room"`       // that moves cases of this kind by acts of its own; empty where the page of the case does
	Visibility Visibility   `yaml:"visibility"` // at the beginning; only a person's act widens it
	Retention  int          `yaml:"retention"`  // years after the end for which a case is kept
	Statuses   []CaseStatus `yaml:"statuses"`   // the first is that of a new case
	Span       `yaml:",inline"`
	Evidence   `yaml:",inline"`
}

// Appealed reports whether a party appeals against the outcome of such a case: against what silence stands for, so
// against what is said as well.
func (k CaseKind) Appealed() bool { return k.Silence != "" }

// VoiceSubject is the field of the form of a voice that says in one line what it is about.
const VoiceSubject = "subject"

// Threshold is a number of supports from which on a body is obliged to something.
type Threshold struct {
	Supports  int       `yaml:"supports"`
	Title     lang.Text `yaml:"title"` // to what
	Provision Ref       `yaml:"provision"`
}

// Visibility is who may see that there is a case and what it is about.
type Visibility string

// The visibilities.
const (
	Sealed  Visibility = "sealed"  // those who are named
	Parties Visibility = "parties" // its parties and the officers of its scope
	Public  Visibility = "public"  // everybody
)

// Wider reports whether more people see what has this visibility than what has the other.
func (v Visibility) Wider(than Visibility) bool {
	order := []Visibility{Sealed, Parties, Public}
	return slices.Index(order, v) > slices.Index(order, than)
}

// CaseStatus is one status of a kind of case.
type CaseStatus struct {
	ID       string      `yaml:"id"`
	Phase    Phase       `yaml:"phase"`
	Title    lang.Text   `yaml:"title"`    // on lists: "код службеника"
	Next     lang.Text   `yaml:"next"`     // to the person: what happens now
	Stands   lang.Text   `yaml:"stands"`   // why no clock runs, or why it stands still; empty where it runs
	Pause    string      `yaml:"pause"`    // reason of the term for which it stands still here; empty where it does not
	Answered string      `yaml:"answered"` // status in which an answer of the party leads; empty where the case waits for none
	Moves    []CaseMove  `yaml:"moves"`
	Unit     string      `yaml:"unit"`   // of the body, which answers for the case from here on; empty where that stays
	Notice   *CaseNotice `yaml:"notice"` // to the person when the case comes here
	Merged   bool        `yaml:"merged"` // an officer brings a case here by merging it into another; its notice names {other}
	Untold   lang.Text   `yaml:"untold"` // why nobody is told of this outcome; empty where somebody is
}

// CaseMove is a way out of a status.
type CaseMove struct {
	To      string      `yaml:"to"`
	By      []Mover     `yaml:"by"`
	Eyes    int         `yaml:"eyes"`    // officers whom it takes: 2 where another has to confirm it; 0 for one
	Reasons []lang.Text `yaml:"reasons"` // the usual ones, of which an officer picks one or writes another
}

// CaseNotice is what a person is told. The sentences may name {body}, {number}, {phone} and {day}, and
// nothing that others should not read.
type CaseNotice struct {
	Subject lang.Text `yaml:"subject"`
	Body    lang.Text `yaml:"body"`
}

// Names reports whether a notice says a value, as "day".
func (n CaseNotice) Names(value string) bool {
	for _, text := range []lang.Text{n.Subject, n.Body} {
		for _, s := range text {
			if strings.Contains(s, "{"+value+"}") {
				return true
			}
		}
	}
	return false
}

// CaseKinds lists the kinds of case, also those not yet or no longer in use.
func (p *Pack) CaseKinds() []CaseKind { return slices.Clone(p.cases) }

// CaseKind finds a kind of case by its id.
func (p *Pack) CaseKind(id string) (CaseKind, bool) {
	return find(p.cases, func(x CaseKind) bool { return x.ID == id })
}

// Status finds a status by its id.
func (k CaseKind) Status(id string) (CaseStatus, bool) {
	return find(k.Statuses, func(x CaseStatus) bool { return x.ID == id })
}

// Begins is the status of a new case.
func (k CaseKind) Begins() CaseStatus { return k.Statuses[0] }

// Merged is the status of a case that was merged into another; ok is false for a kind of which none are.
func (k CaseKind) Merged() (CaseStatus, bool) {
	return find(k.Statuses, func(x CaseStatus) bool { return x.Merged })
}

// Lets reports whether somebody may move a case from this status to another.
func (s CaseStatus) Lets(to string, by Mover) bool {
	return slices.ContainsFunc(s.Moves, func(m CaseMove) bool { return m.To == to && slices.Contains(m.By, by) })
}

// Clocked is the status into which the end of the term moves a case from this one; not ok for none.
func (s CaseStatus) Clocked() (to string, ok bool) {
	m, ok := find(s.Moves, func(m CaseMove) bool { return slices.Contains(m.By, ByClock) })
	return m.To, ok
}

// Move finds the way to another status.
func (s CaseStatus) Move(to string) (CaseMove, bool) {
	return find(s.Moves, func(m CaseMove) bool { return m.To == to })
}

// checkCaseKind finds statuses that stand twice or lead nowhere, that nobody reaches, from
// which there is no end, and outcomes of which nobody is told.
func (d *draft) checkCaseKind(e entry[CaseKind]) Findings {
	kind := e.value
	found := rests(d, e, kind.Provision, kind.From)
	pauses := func(reason string) bool {
		return has(d.terms, func(x Term) bool { _, ok := x.Pause(reason); return x.ID == kind.Term && ok })
	}
	if kind.Term != "" && !has(d.terms, func(x Term) bool { return x.ID == kind.Term }) {
		found = append(found, e.says("term", "term %q is not in the pack", kind.Term))
	}
	if kind.Silence != "" && !has(d.cases, func(x CaseKind) bool { return x.ID == kind.Silence }) {
		found = append(found, e.says("silence", "case kind %q is not in the pack", kind.Silence))
	}
	if kind.Raise != "" && !has(d.forms, func(x Form) bool { return x.ID == kind.Raise }) {
		found = append(found, e.says("raise", "form %q is not in the pack", kind.Raise))
	}
	found = append(found, d.checkVoice(e)...)
	wrong := func(format string, args ...any) { found = append(found, e.says("statuses", format, args...)) }
	seen := map[string]bool{}
	for _, s := range kind.Statuses {
		if seen[s.ID] {
			wrong("status %q is here twice", s.ID)
		}
		seen[s.ID] = true
		if told := s.Notice != nil; s.Phase.Ended() && told == (len(s.Untold) > 0) {
			wrong("status %q is an outcome: it needs a notice, or a reason why nobody is told", s.ID)
		}
		if s.Pause != "" && (len(s.Stands) == 0 || !pauses(s.Pause)) {
			wrong("status %q: the clock stands still for %q, which the term does not know or nobody is told", s.ID, s.Pause)
		}
		if s.Phase.Ended() && len(s.Stands) > 0 {
			wrong("status %q: after an outcome no clock runs that could stand", s.ID)
		}
	}
	for _, s := range kind.Statuses {
		if s.Answered != "" && !s.Lets(s.Answered, ByParty) {
			wrong("status %q: the party may not move it to %q by an answer", s.ID, s.Answered)
		}
		clocked := 0
		for _, m := range s.Moves {
			if slices.Contains(m.By, ByClock) {
				clocked++
			}
			if clocked > 1 {
				wrong("status %q: the end of the term leads two ways", s.ID)
			}
			if !seen[m.To] {
				wrong("status %q leads to %q, which there is not", s.ID, m.To)
			}
			if (m.Eyes > 0 || len(m.Reasons) > 0) && !slices.Contains(m.By, ByOfficer) {
				wrong("status %q: no officer moves it to %q, who could confirm it or give a reason", s.ID, m.To)
			}
		}
		if !seen[s.ID] {
			continue
		}
		if reach := kind.reach(s.ID); !slices.ContainsFunc(reach, func(id string) bool { to, _ := kind.Status(id); return to.Phase.Ended() }) {
			wrong("from status %q there is no way to an end", s.ID)
		}
	}
	ends := func(effects ...Effect) bool {
		return has(d.terms, func(x Term) bool { return x.ID == kind.Term && slices.Contains(effects, x.Then) })
	}
	if ends(Appeal) && kind.Silence == "" {
		found = append(found, e.says("silence", "term %q ends in silence: with which kind of case does the party go on?", kind.Term))
	}
	if ends(Lapse, Granted, Refused) && kind.Room == "" && !slices.ContainsFunc(kind.Statuses, func(s CaseStatus) bool { _, ok := s.Clocked(); return ok }) {
		wrong("the end of term %q decides, and no status is moved by the clock", kind.Term)
	}
	from := kind.reach(kind.Begins().ID)
	for _, s := range kind.Statuses {
		if s.Merged && (!s.Phase.Ended() || s.Notice == nil) {
			wrong("status %q is of a merged case: it is an end, and its notice says where the case goes on", s.ID)
		}
		if !s.Merged && !slices.Contains(from, s.ID) {
			wrong("status %q is not reached from %q", s.ID, kind.Begins().ID)
		}
	}
	return found
}

// checkVoice finds a kind that people cannot raise, whose answer leads nowhere, and thresholds out of order.
func (d *draft) checkVoice(e entry[CaseKind]) (found Findings) {
	kind := e.value
	asks := has(d.forms, func(x Form) bool {
		return x.ID == kind.Raise && slices.ContainsFunc(x.Fields, func(f FormField) bool { return f.Name == VoiceSubject && !f.Optional })
	})
	if kind.Voice && !asks {
		found = append(found, e.says("voice", "people raise kind %q: its form has to ask for %q", kind.ID, VoiceSubject))
	}
	if kind.Again != "" && !has(d.cases, func(x CaseKind) bool { return x.ID == kind.Again && x.Raise == "" }) {
		found = append(found, e.says("again", "case kind %q is not in the pack, or people raise it by themselves", kind.Again))
	}
	most := 0
	for _, t := range kind.Thresholds {
		found = append(found, rests(d, e, t.Provision, kind.From)...)
		if t.Supports <= most {
			found = append(found, e.says("thresholds", "%d supports stand behind %d: the least is first", t.Supports, most))
		}
		most = t.Supports
	}
	return found
}

// reach lists the statuses to which one leads, itself among them.
func (k CaseKind) reach(from string) []string {
	reached := []string{from}
	for i := 0; i < len(reached); i++ {
		s, _ := k.Status(reached[i])
		for _, m := range s.Moves {
			if !slices.Contains(reached, m.To) {
				reached = append(reached, m.To)
			}
		}
	}
	return reached
}
