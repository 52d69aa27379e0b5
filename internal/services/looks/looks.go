package looks

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// Look is one access to data about the person, in words for people.
type Look struct {
	ID      string // names the look and who looked, for [Room.AskWhy]
	At      time.Time
	Body    lang.Text // who looked
	Role    string    // as in package exchange
	Holder  lang.Text // who held the data
	Act     string
	Purpose lang.Text
	Cite    lang.Text
	Fields  []lang.Text // what was seen
	Matter  string
	Own     bool // the person looked
}

// Asker puts a question to another institution.
type Asker interface {
	Ask(ctx context.Context, a exchange.Ask) (exchange.Answer, error)
}

// Room gathers what the nodes answer.
type Room struct {
	Portal registry.ID // subsystem of this node's member that asks for the person
	State  func() *registry.State
	Pack   *law.Pack
	Asker  Asker
}

// Looks lists the accesses to data about the person on all nodes, the newest
// first, and the bodies that did not answer.
func (r *Room) Looks(ctx context.Context, by identity.Actor, after page.Key) (page.Page[Look], []lang.Text, error) {
	person := by.Is(exchange.ReceiptSector)
	if person == "" {
		return page.Page[Look]{}, nil, problem.New(problem.Forbidden, "not-yours")
	}
	query := ""
	if after != "" {
		query = "after=" + string(after)
	}
	answers, silent := gather(ctx, r, "/v1/receipts/"+person, query, func(a receiptsAnswer) []look { return a.Receipts })
	slices.SortFunc(answers, newest)
	cut := page.Of(answers, pageSize, func(l look) page.Key {
		return page.KeyOf(strconv.FormatInt(storage.Micros(l.At), 10), strconv.FormatInt(l.Index, 10), l.Origin)
	})
	out := page.Page[Look]{Next: cut.Next}
	for _, l := range cut.Items {
		out.Items = append(out.Items, r.view(l))
	}
	return out, silent, nil
}

// newest is the order of the receipts of one node, which all nodes share, so
// that one key pages through all of them.
func newest(a, b look) int {
	return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Index, a.Index), cmp.Compare(b.Origin, a.Origin))
}

func (r *Room) view(l look) Look {
	state := r.State()
	who, _ := registry.ParseID(l.Asker)
	holder, _ := registry.ParseID(l.Holder)
	v := Look{
		ID: string(page.KeyOf(who.Owner().String(), l.ID)), At: l.At, Body: state.Title(who), Role: l.Role, Holder: state.Title(holder),
		Act: l.Act, Fields: r.fields(l.Holder, l.Receipt.Fields), Matter: l.Matter, Own: l.Role == exchange.RolePerson,
	}
	if purpose, ok := r.Pack.Purpose(l.Purpose); ok {
		v.Purpose = purpose.Title
	}
	if provision, ok := r.Pack.Provision(law.Ref(l.Provision)); ok {
		v.Cite = lang.Text{"sr": provision.Cite(lang.SrCyrl), "en": provision.Cite(lang.En)}
	}
	return v
}

// fields names what was seen in the words of the rules that need it; a field
// that no rule names keeps its own name.
func (r *Room) fields(service string, pointers []string) []lang.Text {
	labels := map[string]lang.Text{}
	for _, rule := range r.Pack.Rules() {
		for _, fact := range rule.Facts {
			if fact.Service == service {
				labels[fact.Pointer] = fact.Label
			}
		}
	}
	named := make([]lang.Text, 0, len(pointers))
	for _, pointer := range pointers {
		label, ok := labels[pointer]
		if !ok {
			plain := strings.NewReplacer("/", " ", "_", " ", "*", "").Replace(pointer)
			label = lang.Text{"sr": strings.TrimSpace(plain), "en": strings.TrimSpace(plain)}
		}
		named = append(named, label)
	}
	return named
}

// gather asks every member that answers for its receipts, at the same time.
func gather[A, T any](ctx context.Context, r *Room, path, query string, items func(A) []T) (all []T, silent []lang.Text) {
	var mu sync.Mutex
	var asks sync.WaitGroup
	state := r.State()
	for _, service := range state.Services() {
		if service.ID.Service != ServiceCode {
			continue
		}
		asks.Go(func() {
			answer, err := r.ask(ctx, service.ID, "GET", path, query, nil)
			var body A
			if err == nil {
				err = json.Unmarshal(answer.Body, &body)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				silent = append(silent, state.Title(service.ID))
				return
			}
			all = append(all, items(body)...)
		})
	}
	asks.Wait()
	return all, silent
}

func (r *Room) ask(ctx context.Context, service registry.ID, method, path, query string, body []byte) (exchange.Answer, error) {
	a := exchange.Ask{Client: r.Portal, Service: service, Method: method, Path: path, Query: query, Role: exchange.RolePerson, Body: body, Subjects: []string{path[strings.LastIndexByte(path, '/')+1:]}}
	if body != nil {
		a.Type = "application/json"
	}
	return r.Asker.Ask(ctx, a)
}

// AskWhy sends the person's question to the body that looked.
func (r *Room) AskWhy(ctx context.Context, by identity.Actor, look, question string) error {
	person := by.Is(exchange.ReceiptSector)
	if person == "" {
		return problem.New(problem.Forbidden, "not-yours")
	}
	if !sayable(question) {
		return problem.New(problem.Invalid, "question-form").At("question", "question-form")
	}
	columns := page.Key(look).Columns(2)
	if columns == nil {
		return problem.New(problem.NotFound, "look-unknown")
	}
	who, err := registry.ParseID(columns[0])
	if err != nil {
		return problem.New(problem.NotFound, "look-unknown").Because(err)
	}
	to := who.Owner()
	to.Subsystem, to.Service = ServiceCode, ServiceCode
	body, err := json.Marshal(Question{ID: id.New(), Look: columns[1], Question: strings.TrimSpace(question)})
	if err != nil {
		return err
	}
	_, err = r.ask(ctx, to, "POST", "/v1/questions/"+person, "", body)
	return err
}

// Asked is a question with the body that it went to.
type Asked struct {
	Question
	Body lang.Text
}

// Asked lists the person's questions to all bodies, the newest first.
func (r *Room) Asked(ctx context.Context, by identity.Actor) ([]Asked, []lang.Text, error) {
	person := by.Is(exchange.ReceiptSector)
	if person == "" {
		return nil, nil, problem.New(problem.Forbidden, "not-yours")
	}
	questions, silent := gather(ctx, r, "/v1/questions/"+person, "", func(a questionsAnswer) []Asked {
		out := make([]Asked, len(a.Questions))
		for i, q := range a.Questions {
			out[i] = Asked{Question: q}
		}
		return out
	})
	slices.SortFunc(questions, func(a, b Asked) int { return b.AskedAt.Compare(a.AskedAt) })
	return questions, silent, nil
}
