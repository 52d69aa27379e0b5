package services

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/kit/text"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/rules"
)

// knownFact is a fact with the way it came.
type knownFact struct {
	Value    any    `json:"value"`
	Exchange string `json:"exchange,omitempty"`
	Register string `json:"register,omitempty"` // member/subsystem/service that said so
	Origin   string `json:"origin,omitempty"`   // log of the register
	Index    int64  `json:"index,omitempty"`    // of the answer in that log
	Source   string `json:"source,omitempty"`   // in rows of before: what an officer relied on, when no register said so

	Found *found     `json:"found,omitempty"` // by an officer; nil where a register said so
	Was   *knownFact `json:"was,omitempty"`   // what was known before it was corrected; nil for nothing
}

// byOfficer reports whether an officer found the fact out or corrected it: no register is asked for it again.
func (k knownFact) byOfficer() bool { return k.Found != nil || k.Source != "" }

// known are facts by name.
type known map[string]knownFact

func (k known) values() map[string]any {
	values := make(map[string]any, len(k))
	for name, fact := range k {
		values[name] = fact.Value
	}
	return values
}

func (k known) text(name string) string {
	s, _ := k[name].Value.(string)
	return s
}

// The facts that the room itself must know about.
const (
	factPerson  = "mother.person" // whom an offer is for
	factDay     = "child.born"    // the day whose law decides
	factName    = "child.given_name"
	factAccount = "account"
)

// inquiry gathers the facts of one event under one public service.
type inquiry struct {
	room    *Room
	service law.PublicService
	subject string    // of the event
	matter  string    // named on every question
	event   civil.Day // of the event, for as long as the day of birth is not known
	progress
}

// progress is how far an inquiry has come. It outlives a wait.
type progress struct {
	Facts known           `json:"facts"`
	Asked map[string]bool `json:"asked"` // questions that were answered, whatever the answer said
}

func (r *Room) inquire(s law.PublicService, subject, matter string, event civil.Day, so progress) *inquiry {
	if !s.Holds(event) { // an event may say any time, and what happened another day than it says
		event = civil.Of(r.Now())
	}
	if so.Facts == nil {
		so.Facts = known{}
	}
	if so.Asked == nil {
		so.Asked = map[string]bool{}
	}
	return &inquiry{room: r, service: s, subject: subject, matter: matter, event: event, progress: so}
}

// day is the day whose law decides: that of the birth, which the first answer
// tells.
func (q *inquiry) day() civil.Day {
	if day, err := civil.Parse(q.Facts.text(factDay)); err == nil {
		return day
	}
	return q.event
}

// errNotOffered says that there was no such public service on the day that decides.
var errNotOffered = errors.New("the public service is not of that day")

// gather asks until the outcome is certain, nothing is left to ask, or the
// person turns out not to want it. Each question is put once, whatever the
// number of facts it brings. What only fills sentences is not worth a question of
// its own.
func (q *inquiry) gather(ctx context.Context) (rules.Outcome, error) {
	wanted := "" // by whom it is known to be
	for {
		if !q.service.Holds(q.day()) {
			return rules.Outcome{}, errNotOffered
		}
		rule, err := q.room.rules.on(q.service.Rule, q.day())
		if err != nil {
			return rules.Outcome{}, &waitsFor{who: q.service.Body, err: err}
		}
		if values := q.Facts.values(); rule.Weigh(values) != rules.Unknown {
			return rule.Decide(values), nil
		}
		if person := q.Facts.text(factPerson); person != wanted {
			unwanted, err := objected(ctx, q.room.DB.Read(ctx), person, q.service.ID)
			if err != nil || unwanted {
				return rule.Decide(q.Facts.values()), err
			}
			wanted = person
		}
		asked := false
		for _, need := range rule.Needs() {
			path, ok := q.path(need.Ask)
			_, have := q.Facts[need.Fact]
			if have || need.Text || !ok || q.Asked[need.Service+path] {
				continue
			}
			if err := q.ask(ctx, rule, need, path); err != nil {
				return rules.Outcome{}, err
			}
			asked = true
			break // what came may have made the outcome certain
		}
		if !asked {
			return rule.Decide(q.Facts.values()), nil
		}
	}
}

// path fills the template of a question; false while a fact for it is missing.
func (q *inquiry) path(template string) (string, bool) {
	var b strings.Builder
	for rest := template; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		value := q.Facts.text(name)
		switch name {
		case "birth":
			value = q.subject
		case "service":
			value = q.service.ID
		}
		if !closed || value == "" {
			return "", false
		}
		b.WriteString(url.PathEscape(value))
		rest = tail
	}
	return b.String(), true
}

// maxAnswer bounds the answer of a register, in bytes.
const maxAnswer = 10 << 20

// ask puts one question, under the contract for the purpose of the public service,
// and takes every fact that its answer brings, unless it is known already: what an
// officer found stays. A person whom nobody can name is not known.
func (q *inquiry) ask(ctx context.Context, rule *rules.Rule, need rules.Need, path string) error {
	subjects, err := q.room.subjectsOf(q.service.Sector, q.Facts.text(factPerson))
	if err != nil {
		return err
	}
	to, err := registry.ParseID(need.Service)
	if err != nil {
		return &waitsFor{who: need.Service, err: err}
	}
	from := q.room.Member
	from.Subsystem = q.service.Subsystem
	answer, err := q.room.Asker.Ask(ctx, exchange.Request{
		Client: from, Service: to, Method: "GET", Path: path, Purpose: q.service.Purpose,
		Matter: q.matter, Role: exchange.RoleRule, Subjects: subjects,
	})
	if problem.HasCode(err, "nothing-known") {
		q.Asked[need.Service+path] = true
		return nil // the register knows nothing: the facts stay unknown
	}
	if err != nil {
		return &waitsFor{who: need.Service, err: err}
	}
	var document any
	if err := strict.Upto(maxAnswer).Decode(answer.Body, &document); err != nil {
		return &waitsFor{who: need.Service, err: err}
	}
	q.Asked[need.Service+path] = true
	for _, needs := range [][]rules.Need{rule.Needs(), rule.AtAcceptance()} {
		for i := range needs {
			other := &needs[i]
			if _, have := q.Facts[other.Fact]; have || other.Service != need.Service {
				continue
			}
			if otherPath, ok := q.path(other.Ask); !ok || otherPath != path {
				continue
			}
			value, there := lookUp(document, other.Pointer)
			if value, there = fit(value, there); !there || other.Type == "person" && !q.room.names(q.service.Sector, value) {
				continue
			}
			q.Facts[other.Fact] = knownFact{Value: value, Exchange: answer.Meta.ID, Register: need.Service, Origin: answer.Origin, Index: answer.Index}
		}
	}
	return nil
}

// fit makes of what a register says what may stand in a decision: a text does that is
// a line. What is none is as unknown as what the register did not say.
func fit(value any, there bool) (any, bool) {
	said, is := value.(string)
	if !is {
		return value, there
	}
	line, err := text.Line(said, maxFact)
	return line, err == nil
}

// names reports whether a value is the pseudonym of somebody in the sector.
func (r *Room) names(sector string, value any) bool {
	person, ok := value.(string)
	subjects, err := r.subjectsOf(sector, person)
	return ok && err == nil && len(subjects) > 0
}

// lookUp finds the value at a JSON pointer of object members.
func lookUp(document any, pointer string) (any, bool) {
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		object, ok := document.(map[string]any)
		if !ok {
			return nil, false
		}
		if strings.Contains(name, "~") {
			name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
		}
		if document, ok = object[name]; !ok {
			return nil, false
		}
	}
	return document, document != nil
}

// waitsFor says for whom an assessment waits: a register, or, where the law
// itself is the reason, the body that decides. Its cause is a problem whose
// sentence may be shown.
type waitsFor struct {
	who string // data service or member
	err error
}

func (w *waitsFor) Error() string { return fmt.Sprintf("waits for %s: %v", w.who, w.err) }
func (w *waitsFor) Unwrap() error { return w.err }
