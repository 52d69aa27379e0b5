package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
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
	Source   string `json:"source,omitempty"`   // what an officer relied on, when no register said so
}

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

// inquiry gathers the facts of one assessment.
type inquiry struct {
	room    *Room
	service law.PublicService
	subject string // of the event
	matter  string
	day     civil.Day
	facts   known
	asked   map[string]bool
}

// gather asks until the outcome is certain, nothing is left to ask, or stop
// says so. Each path is asked once, whatever the number of facts it brings.
func (q *inquiry) gather(ctx context.Context, stop func(known) (bool, error)) (*rules.Rule, rules.Outcome, error) {
	for {
		rule, err := q.room.rules.on(q.service.Rule, q.day)
		if err != nil {
			return nil, rules.Outcome{}, err
		}
		outcome := rule.Decide(q.facts.values())
		stopped, err := stop(q.facts)
		if err != nil || stopped || outcome.Result == rules.No {
			return rule, outcome, err
		}
		need, path, found := q.next(rule)
		if !found {
			return rule, outcome, nil
		}
		if err := q.ask(ctx, rule, need, path); err != nil {
			return rule, outcome, err
		}
		// The rule of the day of birth decides, which the first answer tells.
		if day, err := civil.Parse(q.facts.text(factDay)); err == nil {
			q.day = day
		}
	}
}

// next finds the first fact that is missing and can be asked for.
func (q *inquiry) next(rule *rules.Rule) (rules.Need, string, bool) {
	for _, need := range rule.Needs() {
		if _, have := q.facts[need.Fact]; have {
			continue
		}
		if path, ok := q.path(need.Ask); ok && !q.asked[need.Service+path] {
			return need, path, true
		}
	}
	return rules.Need{}, "", false
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
		value := q.place(name)
		if !closed || value == "" {
			return "", false
		}
		b.WriteString(url.PathEscape(value))
		rest = tail
	}
	return b.String(), true
}

func (q *inquiry) place(name string) string {
	switch name {
	case "birth":
		return q.subject
	case "service":
		return q.service.ID
	}
	return q.facts.text(name)
}

// ask puts one question and takes every fact that its answer brings.
func (q *inquiry) ask(ctx context.Context, rule *rules.Rule, need rules.Need, path string) error {
	q.asked[need.Service+path] = true
	answer, err := q.room.ask(ctx, q.service, need.Service, path, q.matter, q.subjects())
	if problem.HasCode(err, "nothing-known") {
		return nil // the register knows nothing: the facts stay unknown
	}
	if err != nil {
		return &waitsFor{service: need.Service, err: err}
	}
	var document any
	if err := json.Unmarshal(answer.Body, &document); err != nil {
		return &waitsFor{service: need.Service, err: err}
	}
	for _, other := range append(rule.Needs(), rule.AtAcceptance()...) {
		if otherPath, ok := q.path(other.Ask); !ok || other.Service != need.Service || otherPath != path {
			continue
		}
		if value, there := lookUp(document, other.Pointer); there {
			q.facts[other.Fact] = knownFact{Value: value, Exchange: answer.Reply.ID, Register: need.Service, Origin: answer.Origin, Index: answer.Index}
		}
	}
	return nil
}

// subjects names the person in the sector of receipts, as far as known.
func (q *inquiry) subjects() []string {
	return q.room.subjectsOf(q.service.Sector, q.facts.text(factPerson))
}

func (r *Room) subjectsOf(sector, person string) []string {
	if person == "" {
		return nil
	}
	subject, err := r.Sectors.Translate(sector, exchange.ReceiptSector, person)
	if err != nil {
		return nil
	}
	return []string{subject}
}

// ask puts a question under the contract for the purpose of a public service.
func (r *Room) ask(ctx context.Context, s law.PublicService, service, path, matter string, subjects []string) (exchange.Answer, error) {
	to, err := registry.ParseID(service)
	if err != nil {
		return exchange.Answer{}, err
	}
	from := r.Member
	from.Subsystem = s.Subsystem
	return r.Asker.Ask(ctx, exchange.Ask{
		Client: from, Service: to, Method: "GET", Path: path, Purpose: s.Purpose,
		Matter: matter, Role: exchange.RoleRule, Subjects: subjects,
	})
}

// lookUp finds the value at a JSON pointer of object members.
func lookUp(document any, pointer string) (any, bool) {
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		object, ok := document.(map[string]any)
		if !ok {
			return nil, false
		}
		if document, ok = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]; !ok {
			return nil, false
		}
	}
	return document, document != nil
}

// waitsFor says which register an assessment waits for. Its cause is a
// problem whose sentence may be shown.
type waitsFor struct {
	service string
	err     error
}

func (w *waitsFor) Error() string { return fmt.Sprintf("waits for %s: %v", w.service, w.err) }
func (w *waitsFor) Unwrap() error { return w.err }

// waiting finds out whether an error means waiting.
func waiting(err error) (*waitsFor, bool) { return errors.AsType[*waitsFor](err) }
