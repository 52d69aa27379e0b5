package pages

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
	"dobosh/internal/testkit/laws"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

// gathered is what nodes know of a person, and one body that answers.
type gathered struct {
	mu    sync.Mutex
	err   error // of everything that changes something
	empty bool
	pack  *law.Pack
	calls []string
}

func (f *gathered) note(call string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
	return f.err
}

func list[T any](f *gathered, items ...T) page.Page[T] {
	if f.empty {
		return page.Page[T]{}
	}
	return page.Page[T]{Items: items, Next: page.KeyOf("next")}
}

func (f *gathered) AccessLog(context.Context, act.Actor, page.Key) (page.Page[receipts.Access], []lang.Text, error) {
	one := receipts.Access{ID: "l1", At: pages.Now, Body: pages.Both("Град Зрењанин, дечја заштита", "City of Zrenjanin, child protection"), Role: "rule", Holder: pages.Both("Матична служба", "Civil register"),
		Purpose: pages.Both("одлучивање о родитељском додатку", "deciding on the parental allowance"), Cite: pages.Both("чл. 22 Закона о финансијској подршци породици са децом", "Art. 22 of the Law on Financial Support to Families with Children"),
		Fields: []lang.Text{pages.Both("редослед рођења детета", "the child's order of birth"), pages.Both("дан рођења детета", "the child's day of birth")}, Matter: "ZR-2026-4H45-H6KB-E"}
	two, own := one, one
	two.ID, two.At, two.Role = "l2", pages.Now.Add(-80*time.Hour), "officer"
	own.ID, own.Own = "l3", true
	return list(f, one, own, two), []lang.Text{pages.Both("Регистар исплата", "Payments register")}, nil
}

func (f *gathered) MayAskWhy(by act.Actor, look string) error {
	if by.Account != "milica" || look != "l1" {
		return problem.New(problem.NotFound, "look-unknown")
	}
	return nil
}

func (f *gathered) AskWhy(_ context.Context, _ act.Actor, look, question string) error {
	return f.note("ask " + look + " " + question)
}

func question1() receipts.Question {
	return receipts.Question{ID: "q1", Access: "l1", Question: "Зашто сте гледали моје податке?\nХвала.", AskedAt: pages.Now}
}

func (f *gathered) Asked(context.Context, act.Actor) ([]receipts.Asked, []lang.Text, error) {
	if f.empty {
		return nil, nil, nil
	}
	done := question1()
	done.ID, done.Answer, done.AnsweredAt = "q2", "Да бисмо утврдили редослед рођења.", pages.Now
	done.Next = pages.Both("Можете да поднесете притужбу.", "You can complain.")
	far := question1()
	far.ID, far.Number, far.Status, far.Until = "q3", "RE-2026-4H45-H6KB-E", pages.Both("чека одговор", "waits"), civil.Date(2026, 12, 23)
	far.Said = []receipts.Said{{By: law.ByOfficer, Text: "Који увид?", At: pages.Now}, {By: law.ByParty, Text: "Последњи.", At: pages.Now}}
	near, city := far, pages.Both("Град Зрењанин", "City of Zrenjanin")
	near.ID, near.Number = "q4", "ZR-2026-4H45-H6KB-E"
	return []receipts.Asked{{Question: question1(), Body: city, Ref: "r1"}, {Question: done, Body: city, Ref: "r2"}, {Question: far, Body: city, Ref: "r3"}, {Question: near, Body: city, Ref: "r4", Here: true}}, nil, nil
}

// Saying is that of the room, over this.
func (f *gathered) Saying() (act.Act, error) {
	return receipts.Saying(func(_ context.Context, _ act.Actor, ref, text string) error { return f.note("say " + ref + " " + text) })
}

// Requesting is that of the room, over the form of the pack.
func (f *gathered) Requesting() (act.Act, error) {
	return (&receipts.System{SystemConfig: receipts.SystemConfig{Pack: f.pack}}).Requesting()
}

// Mine is a copy that is ready.
func (f *gathered) Mine(context.Context, string) (receipts.Mine, error) {
	return receipts.Mine{Ready: true, Ends: pages.Now, Size: 4}, nil
}

// Fetch gives it out.
func (f *gathered) Fetch(_ context.Context, _ act.Actor, number string) (int64, io.ReadCloser, error) {
	if f.empty {
		return 0, nil, problem.New(problem.Gone, "copy-gone")
	}
	return 4, io.NopCloser(strings.NewReader("copy")), nil
}

// About is the look that a question is about, once it is known.
func (f *gathered) About(context.Context, string) (receipts.Access, bool, error) {
	return receipts.Access{At: pages.Now, Body: pages.Both("Град Зрењанин", "City of Zrenjanin"), Role: "officer"}, !f.empty, nil
}

func (f *gathered) Unusual(context.Context, act.Actor, page.Key) (page.Page[receipts.Noted], error) {
	one := receipts.Noted{Look: receipts.Look{ID: "01hxlook", Account: "dragan", Service: "grant", Matter: "decision 01hx", At: pages.Now}, Why: receipts.Codes()}
	two := one
	two.ID, two.Account, two.Said = "01hxother", "vera", "Странка је звала."
	three := two
	three.ID, three.Said = "01hxthird", ""
	return list(f, one, two, three), nil
}

func (f *gathered) Find(_ context.Context, _ act.Actor, look string) (receipts.Noted, error) {
	return receipts.Noted{Look: receipts.Look{ID: look, Account: "dragan", Matter: "decision 01hx", At: pages.Now}, Why: receipts.Codes()}, nil
}

// ExplainAct is that of the room, over this.
func (f *gathered) ExplainAct() (act.Act, error) {
	return receipts.ExplainAct(f.Find, func(_ context.Context, _ act.Actor, look, words string) error {
		return f.note("explain " + look + " " + words)
	})
}

func open(t testing.TB, g *gathered) *portal.Portal {
	words, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	watch, err := NewWatch(g)
	if err != nil {
		t.Fatal(err)
	}
	own, err := New(g)
	if err != nil {
		t.Fatal(err)
	}
	g.pack = laws.Serbia(t)
	questions, err := NewQuestions(g)
	if err != nil {
		t.Fatal(err)
	}
	return pages.Open(t, pages.Config(words), own, questions, watch)
}
