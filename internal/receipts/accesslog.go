package receipts

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/act/budget"
	"dobosh/internal/exchange"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/kit/strict"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// Access is one access to data about the person, in words for people.
type Access struct {
	ID      string // names the look and who looked, for [Room.AskWhy]
	Number  string // of the exchange or the act, by which an auditor finds it
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

// maxAnswer bounds the answer of one institution, in bytes.
const maxAnswer = 10 << 20

// Asker puts a question to another institution.
type Asker interface {
	Ask(ctx context.Context, a exchange.Request) (exchange.Response, error)
}

// Room gathers what the nodes answer.
type Room struct {
	Portal registry.ID // subsystem of this node's member that asks for the person
	State  func() *registry.State
	Pack   *law.Pack
	Asker  Asker
	Words  Descriptions // nil for no descriptions
	Now    clock.Now
	Key    *seal.Sealer   // of the ids of looks; the same on all nodes of the member
	Looks  *budget.Budget // of a person who has it gathered; nil for no bound
	Whys   *budget.Budget // of a person who asks why; nil for no bound

	kept kept
}

// Budgets of a person. Whoever turns pages, or asks about each look of a month, does not
// come near them.
const (
	looksBurst, looksEach = 30, 10 * time.Second
	whysBurst, whysEach   = 10, 10 * time.Minute
)

// NewBudgets makes the budgets of the room over a database.
func NewBudgets(db *storage.DB, now clock.Now) (looks, whys *budget.Budget) {
	return &budget.Budget{Name: "looks.gather", Burst: looksBurst, Each: looksEach, DB: db, Now: now},
		&budget.Budget{Name: "looks.ask", Burst: whysBurst, Each: whysEach, DB: db, Now: now}
}

// Descriptions give the fields of a data service the words of its description, by JSON
// pointer; none for a service that has none.
type Descriptions interface {
	Words(ctx context.Context, service registry.ID) map[string]lang.Text
}

// mostNames bounds under how many names of one person the bodies are asked: the present one, and those of contacts that were
// joined to it, the ones of longest standing first.
const mostNames = 10

// namesOf are the names under which receipts are about a person.
//
// Problem: not-yours.
func namesOf(by act.Actor) ([]string, error) {
	names := by.Names(exchange.ReceiptSector)
	if by.Is(exchange.ReceiptSector) == "" {
		return nil, notYours()
	}
	return names[:min(len(names), mostNames)], nil
}

// spend takes from a budget under each name: who was joined to somebody has spent what they had spent before.
func spend(ctx context.Context, of *budget.Budget, names []string) error {
	for _, name := range names {
		if err := of.Spend(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// gatherAll gathers under each name of a person, and tells what was gathered by it.
func gatherAll[A, T any](ctx context.Context, r *Room, names []string, path, query string, items func(service registry.ID, name string, a A) []T) (all []T, silent []lang.Text) {
	for _, name := range names {
		found, quiet := gather(ctx, r, ask{path: path, person: name, query: query}, func(service registry.ID, a A) []T { return items(service, name, a) })
		all = append(all, found...)
		for _, body := range quiet {
			if !slices.ContainsFunc(silent, func(t lang.Text) bool { return maps.Equal(t, body) }) {
				silent = append(silent, body)
			}
		}
	}
	return all, silent
}

// looked is a receipt, and the name under which it is about the person.
type looked struct {
	sentReceipt
	name string
}

// AccessLog lists the accesses to data about the person on all nodes, also from before a contact was joined to them, the newest
// first, and the bodies that did not answer. Each gathering is itself a look that the
// person will see; what was gathered is kept for a minute, so that loading a page again is none.
//
// Problem: too-often.
func (r *Room) AccessLog(ctx context.Context, by act.Actor, after page.Key) (page.Page[Access], []lang.Text, error) {
	names, err := namesOf(by)
	if err != nil {
		return page.Page[Access]{}, nil, err
	}
	query := ""
	if after.Columns(3) == nil { // a key that somebody else made asks for the first page
		after = ""
	} else {
		query = "after=" + string(after)
	}
	key := keptKey{strings.Join(names, " "), after}
	if p, ok := r.kept.get(key, r.Now()); ok {
		return p.page, p.silent, nil
	}
	if err := spend(ctx, r.Looks, names); err != nil {
		return page.Page[Access]{}, nil, err
	}
	answers, silent := gatherAll(ctx, r, names, "/v1/receipts/", query, func(_ registry.ID, name string, a receiptsAnswer) (all []looked) {
		for _, receipt := range a.Receipts {
			all = append(all, looked{receipt, name})
		}
		return all
	})
	// The order of the receipts of one node, which all nodes share, so that one key pages through all of them.
	slices.SortFunc(answers, func(a, b looked) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Index, a.Index), cmp.Compare(b.Origin, a.Origin))
	})
	cut := page.Of(answers[:min(len(answers), pageSize+1)], pageSize, func(l looked) page.Key {
		return page.KeyOf(strconv.FormatInt(storage.Micros(l.At), 10), strconv.FormatInt(l.Index, 10), l.Origin)
	})
	out := page.Page[Access]{Next: cut.Next}
	words := r.dictionary(ctx)
	for _, l := range cut.Items {
		out.Items = append(out.Items, r.access(l.sentReceipt, l.name, words))
	}
	if ctx.Err() == nil {
		r.kept.put(key, keptPage{r.Now().Add(keepPage), out, silent}, r.Now())
	}
	return out, silent, nil
}

// sealedFor makes an id of something that was shown to a person, bound to them, so that nobody asks about what
// was not shown to them.
func (r *Room) sealedFor(person string, columns ...string) string {
	return base64.RawURLEncoding.EncodeToString(r.Key.Seal([]byte(page.KeyOf(columns...)), []byte(person)))
}

// shown reads an id of [Room.sealedFor] with n columns, of which the first is a member, the second what was shown.
//
// Problems: not-yours, look-unknown.
func (r *Room) shown(by act.Actor, ref string, n int) (person string, who registry.ID, columns []string, err error) {
	names, err := namesOf(by)
	if err != nil {
		return "", who, nil, err
	}
	sealed, err := base64.RawURLEncoding.DecodeString(ref)
	if err == nil {
		raw := sealed
		for _, person = range names { // under one of which it was shown to them
			if sealed, err = r.Key.Open(raw, []byte(person)); err == nil {
				break
			}
		}
	}
	if err == nil {
		if columns = page.Key(sealed).Columns(n); columns == nil {
			err = errors.New("another id")
		} else {
			who, err = registry.ParseID(columns[0])
		}
	}
	if err != nil {
		return person, who, nil, problem.New(problem.NotFound, "look-unknown").Because(err)
	}
	return person, who, columns, nil
}

func notYours() error { return problem.New(problem.Forbidden, "not-yours") }

// access says a receipt in words for people. A field that has no words keeps its
// own name.
func (r *Room) access(l sentReceipt, person string, words dictionary) Access {
	state := r.State()
	who, _ := registry.ParseID(l.Asker)
	holder, _ := registry.ParseID(l.Holder)
	v := Access{
		ID: r.sealedFor(person, append([]string{who.Owner().String(), l.ID}, aboutOf(l.Receipt, l.At).columns()...)...), At: l.At, Body: state.Title(who), Role: l.Role, Holder: state.Title(holder),
		Number: l.ID, Act: l.Act, Fields: make([]lang.Text, 0, len(l.Receipt.Fields)), Matter: l.Matter, Own: l.Role == exchange.RolePerson,
	}
	for _, pointer := range l.Receipt.Fields {
		label, ok := words(holder)[pointer]
		if !ok {
			plain := strings.TrimSpace(strings.NewReplacer("/", " ", "_", " ", "*", "").Replace(pointer))
			label = lang.Text{"sr": plain, "en": plain}
		}
		v.Fields = append(v.Fields, label)
	}
	inLaw(r.Pack, l.Purpose, l.Provision, &v)
	return v
}

// dictionary names the fields of a service, by pointer.
type dictionary func(service registry.ID) map[string]lang.Text

// dictionary gives the words of the rules that need a field, or else those of the
// service's description, each looked up once. A holder that is no service keeps
// what others answered, so its words are those of all rules.
func (r *Room) dictionary(ctx context.Context) dictionary {
	known := map[registry.ID]map[string]lang.Text{}
	return func(service registry.ID) map[string]lang.Text {
		if known[service] != nil {
			return known[service]
		}
		// What registrars see of a parent whom they look up, and an answer of which
		// everything was agreed: no rule needs it, so no pack names it.
		words := map[string]lang.Text{
			"":             said().Text("seen.all"),
			"/person":      said().Text("seen.person"),
			"/name/given":  said().Text("seen.given"),
			"/name/family": said().Text("seen.family"),
			"/born":        said().Text("seen.born"),
			"/name":        said().Text("seen.name"),
			"/contact":     said().Text("seen.contact"),
		}
		if r.Words != nil {
			maps.Copy(words, r.Words.Words(ctx, service))
		}
		for _, rule := range r.Pack.Rules() {
			for _, fact := range rule.Facts {
				if fact.Service == service.String() || service.Service == "" {
					words[fact.Pointer] = fact.Label
				}
			}
		}
		known[service] = words
		return words
	}
}

// atOnce bounds how many bodies are asked at the same time.
const atOnce = 32

// ask is a question of a person to the system of a body.
type ask struct {
	method, path, person, query string
	body                        []byte
}

// gather asks every member that answers for its receipts, many at the same
// time, and names those that did not answer, in the order of the registry.
func gather[A, T any](ctx context.Context, r *Room, a ask, items func(registry.ID, A) []T) (all []T, silent []lang.Text) {
	a.method = http.MethodGet
	state := r.State()
	services := slices.DeleteFunc(state.Services(), func(s registry.Service) bool { return s.ID.Service != ServiceCode })
	answers, failed := make([][]T, len(services)), make([]bool, len(services))
	room := make(chan struct{}, atOnce)
	var asks sync.WaitGroup
	for i, service := range services {
		room <- struct{}{}
		asks.Go(func() {
			defer func() { <-room }()
			var body A
			answer, err := r.ask(ctx, service.ID, a)
			failed[i] = err != nil || strict.Upto(maxAnswer).AllowUnknown().Decode(answer.Body, &body) != nil
			if !failed[i] {
				answers[i] = items(service.ID, body)
			}
		})
	}
	asks.Wait()
	for i, service := range services {
		if failed[i] {
			silent = append(silent, state.Title(service.ID.Owner()))
		}
	}
	return slices.Concat(answers...), silent
}

func (r *Room) ask(ctx context.Context, service registry.ID, a ask) (exchange.Response, error) {
	question := exchange.Request{
		Client: r.Portal, Service: service, Method: a.method, Path: a.path + a.person, Query: a.query, Role: exchange.RolePerson, Body: a.body, Subjects: []string{a.person},
	}
	if a.body != nil {
		question.Type = "application/json"
	}
	return r.Asker.Ask(ctx, question)
}

// MayAskWhy is the error of whoever may not ask about a look: it has to be one that was
// shown to them.
//
// Problems: not-yours, look-unknown.
func (r *Room) MayAskWhy(by act.Actor, look string) error {
	_, _, _, err := r.shown(by, look, 2+aboutColumns)
	return err
}

// AskWhy sends the person's question to the body that looked, about a look that was shown
// to them.
//
// Problems: question-form, look-unknown, too-often.
func (r *Room) AskWhy(ctx context.Context, by act.Actor, look, question string) error {
	person, who, columns, err := r.shown(by, look, 2+aboutColumns)
	if err != nil {
		return err
	}
	if !sayable(question) {
		return problem.New(problem.Invalid, "question-form").At("question", "question-form")
	}
	if err := r.Whys.Spend(ctx, person); err != nil {
		return err
	}
	body, err := json.Marshal(sent{ID: id.New(), Access: columns[1], Question: strings.TrimSpace(question), About: aboutFrom(columns[2:])})
	if err != nil {
		return err
	}
	_, err = r.ask(ctx, answers(who), ask{method: http.MethodPost, path: "/v1/questions/", person: person, body: body})
	return err
}

// Asked is a question with the body that it went to.
type Asked struct {
	Question
	Body lang.Text
	Ref  string // names the question and the body, for [Room.Say]
	Here bool   // its case is of this body, and has a page here

	Unchecked bool // nobody has compared the term in which it is answered with the text of the law yet
}

// Asked lists the person's questions to all bodies, the newest first: of each
// body at most the newest fifty. It names the bodies that did not answer.
//
// Problem: too-often, by the same budget as the access log: it asks all bodies too.
func (r *Room) Asked(ctx context.Context, by act.Actor) ([]Asked, []lang.Text, error) {
	names, err := namesOf(by)
	if err != nil {
		return nil, nil, err
	}
	if err := spend(ctx, r.Looks, names); err != nil {
		return nil, nil, err
	}
	questions, silent := gatherAll(ctx, r, names, "/v1/questions/", "", func(service registry.ID, person string, a questionsAnswer) []Asked {
		out := make([]Asked, len(a.Questions))
		for i, q := range a.Questions {
			out[i] = Asked{Question: q, Body: r.State().Title(service.Owner()), Ref: r.sealedFor(person, service.Owner().String(), q.ID, q.Access), Here: service.Owner() == r.Portal.Owner() && q.Number != "", Unchecked: r.unchecked(q.AskedAt)}
		}
		return out
	})
	slices.SortFunc(questions, func(a, b Asked) int { return cmp.Or(b.AskedAt.Compare(a.AskedAt), cmp.Compare(b.ID, a.ID)) })
	return questions, silent, nil
}

// unchecked reports whether nobody has compared the term for answering a question with the text of the law yet.
func (r *Room) unchecked(asked time.Time) bool {
	kind, _ := r.Pack.CaseKind(QuestionKind)
	term, ok := r.Pack.Term(kind.Term, civil.Of(asked))
	return ok && !term.Verified
}

// Say sends a message about a question to the body that it went to. ref is that of a question which was shown
// to the person.
//
// Problems: not-yours, look-unknown, question-form, too-often.
func (r *Room) Say(ctx context.Context, by act.Actor, ref, text string) error {
	person, who, columns, err := r.shown(by, ref, 3)
	if err != nil {
		return err
	}
	if !sayable(text) {
		return problem.New(problem.Invalid, "question-form").At("text", "question-form")
	}
	if err := r.Whys.Spend(ctx, person); err != nil {
		return err
	}
	body, err := json.Marshal(sent{ID: id.New(), Access: columns[2], Question: strings.TrimSpace(text), Follows: columns[1]})
	if err != nil {
		return err
	}
	_, err = r.ask(ctx, answers(who), ask{method: http.MethodPost, path: "/v1/questions/", person: person, body: body})
	return err
}

// answers is the data service of a member that tells who looked and takes questions about it.
func answers(member registry.ID) registry.ID {
	to := member.Owner()
	to.Subsystem, to.Service = ServiceCode, ServiceCode
	return to
}

// saying is a message about a question.
type saying struct{ Ref, Text string }

// Saying is the act with which a person goes on about a question.
func (r *Room) Saying() (act.Act, error) { return Saying(r.Say) }

// Saying makes the act of what sends the message.
func Saying(say func(ctx context.Context, by act.Actor, ref, text string) error) (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "look.say", Page: "/messages/{question}/say", Right: act.SignedIn(),
		Fields: []act.Field[saying]{
			act.OfLine("question", func(in *saying) *string { return &in.Ref }, act.InPath(), act.Most(500)),
			act.OfText("text", func(in *saying) *string { return &in.Text }, act.Most(maxQuestion), act.Says("look.message")),
		},
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			return true, say(ctx, by, in.Ref, in.Text)
		},
	}.Act()
}
