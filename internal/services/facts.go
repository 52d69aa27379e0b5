package services

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
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

// gather asks until the outcome is certain, nothing is left to ask, or the
// person turns out not to want it. Each question is put once, whatever the
// number of facts it brings.
func (q *inquiry) gather(ctx context.Context) (rules.Outcome, error) {
	for {
		rule, err := q.room.rules.on(q.service.Rule, q.day())
		if err != nil {
			return rules.Outcome{}, &waitsFor{who: q.service.Body, err: err}
		}
		outcome := rule.Decide(q.Facts.values())
		if outcome.Result != rules.Unknown {
			return outcome, nil
		}
		unwanted, err := objected(ctx, q.room.DB.Read(ctx), q.Facts.text(factPerson), q.service.ID)
		if err != nil || unwanted {
			return outcome, err
		}
		need, path, found := q.next(rule)
		if !found {
			return outcome, nil
		}
		if err := q.ask(ctx, rule, need, path); err != nil {
			return outcome, err
		}
	}
}

// next finds the first fact that is missing and can be asked for. What only
// fills sentences is not worth a question of its own.
func (q *inquiry) next(rule *rules.Rule) (rules.Need, string, bool) {
	for _, need := range rule.Needs() {
		if _, have := q.Facts[need.Fact]; have || need.Text {
			continue
		}
		if path, ok := q.path(need.Ask); ok && !q.Asked[need.Service+path] {
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
	return q.Facts.text(name)
}

// maxAnswer bounds the answer of a register, in bytes.
const maxAnswer = 10 << 20

// ask puts one question and takes every fact that its answer brings.
func (q *inquiry) ask(ctx context.Context, rule *rules.Rule, need rules.Need, path string) error {
	subjects, err := q.room.subjectsOf(q.service.Sector, q.Facts.text(factPerson))
	if err != nil {
		return err
	}
	answer, err := q.room.ask(ctx, q.service, need.Service, path, q.matter, subjects)
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
	for _, other := range slices.Concat(rule.Needs(), rule.AtAcceptance()) {
		if otherPath, ok := q.path(other.Ask); ok && other.Service == need.Service && otherPath == path {
			q.take(other, document, answer)
		}
	}
	return nil
}

// take keeps one fact of an answer, unless it is known already: what an officer
// found stays. A person whom nobody can name is not known.
func (q *inquiry) take(need rules.Need, document any, answer exchange.Response) {
	if _, have := q.Facts[need.Fact]; have {
		return
	}
	value, there := lookUp(document, need.Pointer)
	if !there || need.Type == "person" && !q.room.names(q.service.Sector, value) {
		return
	}
	q.Facts[need.Fact] = knownFact{Value: value, Exchange: answer.Meta.ID, Register: need.Service, Origin: answer.Origin, Index: answer.Index}
}

// names reports whether a value is the pseudonym of somebody in the sector.
func (r *Room) names(sector string, value any) bool {
	person, ok := value.(string)
	subjects, err := r.subjectsOf(sector, person)
	return ok && err == nil && len(subjects) > 0
}

// ask puts a question under the contract for the purpose of a public service.
func (r *Room) ask(ctx context.Context, s law.PublicService, service, path, matter string, subjects []string) (exchange.Response, error) {
	to, err := registry.ParseID(service)
	if err != nil {
		return exchange.Response{}, err
	}
	from := r.Member
	from.Subsystem = s.Subsystem
	return r.Asker.Ask(ctx, exchange.Request{
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

// waitsFor says for whom an assessment waits: a register, or, where the law
// itself is the reason, the body that decides. Its cause is a problem whose
// sentence may be shown.
type waitsFor struct {
	who string // data service or member
	err error
}

func (w *waitsFor) Error() string { return fmt.Sprintf("waits for %s: %v", w.who, w.err) }
func (w *waitsFor) Unwrap() error { return w.err }

// waiting finds out whether an error means waiting.
func waiting(err error) (*waitsFor, bool) { return errors.AsType[*waitsFor](err) }
