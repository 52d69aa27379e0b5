package receipts_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/receipts"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// asks has the person ask why about the newest look at a body, and gives the question.
func (r *rig) asks(name, why string) receipts.Asked {
	r.t.Helper()
	r.look(name, 1, nil)
	r.settled()
	list, _ := r.all()
	must(r.t, r.MayAskWhy(mila(), list[0].ID))
	must(r.t, r.AskWhy(r.t.Context(), mila(), list[0].ID, why))
	return r.asked()[0]
}

// asked are the questions of the person, as they read them.
func (r *rig) asked() []receipts.Asked {
	r.t.Helper()
	asked, silent, err := r.Asked(r.t.Context(), mila())
	must(r.t, err)
	if len(silent) > 0 {
		r.t.Fatalf("silent: %v", silent)
	}
	return asked
}

// A question is a case of the body that looked: with a number, a term and an officer who answers, and the
// person goes on in its thread from wherever they asked.
func TestAQuestionIsACaseOfTheBodyThatLooked(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := r.asks("RS-T/GOV/B", "  Зашто? ")
		b := r.bodies["RS-T/GOV/B"]
		if q.Question.Question != "Зашто?" || q.Body["en"] != "Body RS-T/GOV/B" || q.Access != "act-B-0" || q.Here || !q.AnsweredAt.IsZero() {
			t.Fatalf("asked %+v", q)
		}
		if told := b.notices(); len(told) != 1 || told[0].Person != person || !strings.Contains(told[0].Subject["sr"], q.Number) {
			t.Errorf("told %+v, want that the question is here", told)
		}
		if last := civil.Date(2026, 12, 23); q.Until != last || len(q.Status) == 0 || len(q.Next) == 0 {
			t.Errorf("until %v (%v), want %v and what happens next", q.Until, q.Status, last)
		}

		r.clock.Advance(time.Minute)
		must(t, b.cases.Ask(t.Context(), officer(), q.Number, 0, "Који увид?"))
		must(t, b.cases.SendNow(t.Context(), officer(), q.Number))
		r.clock.Advance(time.Minute)
		must(t, r.Say(t.Context(), mila(), q.Ref, "Последњи."))
		q = r.asked()[0]
		if len(q.Said) != 2 || q.Said[0].By != law.ByOfficer || q.Said[1].Text != "Последњи." || q.Said[1].By != law.ByParty {
			t.Errorf("said %+v", q.Said)
		}

		v, err := b.cases.Case(t.Context(), officer(), q.Number)
		must(t, err)
		if about, found, err := b.system.About(t.Context(), q.Number); err != nil || !found || about.Purpose["en"] == "" || about.Cite["sr"] == "" {
			t.Errorf("about %+v, %v, %v: want the look", about, found, err)
		}
		b.notices()
		must(t, b.cases.Decide(t.Context(), officer(), q.Number, v.Version, "answered", "Због матичне књиге."))
		must(t, b.cases.SendNow(t.Context(), officer(), q.Number))
		q = r.asked()[0]
		if q.Answer != "Због матичне књиге." || q.AnsweredAt.IsZero() || len(b.notices()) != 1 {
			t.Errorf("%+v: want the answer, and that the person is told", q)
		}
		wantCode(t, b.cases.Decide(t.Context(), officer(), q.Number, v.Version, "answered", "Другачије."), "case-changed")
	})
}

// What an officer sees of a question leaves a receipt that the person finds, and nobody answers a question of
// their own or one of another body.
func TestWhoSeesAQuestionIsSeen(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := r.asks("RS-T/GOV/A", "Зашто?")
		if !q.Here {
			t.Error("a question to the body of this portal has no page here")
		}
		a := r.bodies["RS-T/GOV/A"]
		before := a.log.Size()
		_, err := a.cases.Case(t.Context(), officer(), q.Number)
		must(t, err)
		if a.log.Size() != before+1 {
			t.Error("a look at a question leaves no receipt")
		}
		_, err = r.bodies["RS-T/GOV/B"].cases.Case(t.Context(), officer(), q.Number)
		wantCode(t, err, "case-unknown")
		own := officer()
		own.Persons = map[string]string{exchange.ReceiptSector: person}
		wantCode(t, a.cases.Decide(t.Context(), own, q.Number, 1, "answered", "Зато."), "own-matter")
		for code, by := range map[string]act.Actor{"case-unknown": act.As("x", identity.Registrar)} {
			_, err := a.cases.Case(t.Context(), by, q.Number)
			if err == nil {
				t.Errorf("%s reads a question, want %s", by.Account, code)
			}
		}
	})
}

func TestTheSameQuestionAgainIsOne(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		send := func(whose, body string) int {
			w := httptest.NewRecorder()
			r.bodies["RS-T/GOV/A"].system.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/questions/"+whose, strings.NewReader(body)))
			return w.Code
		}
		const question = `{"id":"01hx0000000000000000000000","look":"act","question":"Зашто?"}`
		for range 2 {
			if code := send(person, question); code != http.StatusOK {
				t.Fatalf("status %d", code)
			}
		}
		if asked := r.asked(); len(asked) != 1 {
			t.Errorf("%d questions, want one", len(asked))
		}
		r.clock.Advance(time.Minute)
		const message = `{"id":"01hx0000000000000000000001","look":"act","question":"Хвала.","follows":"01hx0000000000000000000000"}`
		if code := send("bbbbbbbbbbbbbbbbbbbbbbbbbb", message); code != http.StatusNotFound {
			t.Errorf("a message to somebody else's question: status %d", code)
		}
		if code := send(person, message); code != http.StatusOK || len(r.asked()) != 1 || len(r.asked()[0].Said) != 1 {
			t.Errorf("a message: status %d, %+v", code, r.asked())
		}
	})
}

// Questions of before they were cases get one, an answered one with its answer, and nobody is told of that again.
func TestQuestionsOfBeforeBecomeCases(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		b := r.bodies["RS-T/GOV/B"]
		r.exec(b, `insert into looks_questions (id, person, look, question, asked_at) values ('01hx0000000000000000000000', $1, 'act', 'Зашто?', 1700000000000000)`)
		r.exec(b, `insert into looks_questions (id, person, look, question, asked_at, answer, answered_at, answered_by) values ('01hx0000000000000000000001', $1, 'act', 'А ово?', 1700000000000000, 'Зато.', 1700000001000000, 'x')`)
		for _, q := range r.asked() { // also before
			if q.Question.Question == "" || q.Number != "" {
				t.Errorf("before: %+v", q)
			}
		}
		for range 2 {
			must(t, b.system.Adopt(t.Context()))
		}
		told := b.notices()
		if len(told) != 1 {
			t.Errorf("told %d times, want once, of the open one", len(told))
		}
		answered, open := r.asked()[0], r.asked()[1]
		if answered.Question.Question != "А ово?" || answered.Answer != "Зато." || answered.AnsweredAt.IsZero() || answered.Number == "" {
			t.Errorf("answered: %+v", answered)
		}
		if open.Question.Question != "Зашто?" || open.Number == "" || open.Until.IsZero() || !strings.Contains(told[0].Subject["sr"], open.Number) {
			t.Errorf("open: %+v", open)
		}
	})
}

// exec changes what a body keeps, about the person.
func (r *rig) exec(b *body, statement string) {
	r.t.Helper()
	must(r.t, b.db.Write(r.t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, statement, person)
		return err
	}))
}

// What a person asks about their own data is a case with the term of the law; the same right on one day is one.
func TestARequestAboutOnesDataIsACase(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		b := r.bodies["RS-T/GOV/A"]
		first, err := b.system.Request(t.Context(), mila(), "erasure", "Стари подаци.")
		must(t, err)
		again, err := b.system.Request(t.Context(), mila(), "erasure", "И адреса.")
		must(t, err)
		other, err := b.system.Request(t.Context(), mila(), "access", "Све.")
		must(t, err)
		if first != again || first == other {
			t.Errorf("cases %s, %s and %s: want one for a right", first, again, other)
		}
		v, err := b.cases.Case(t.Context(), mila(), first)
		must(t, err)
		if last := civil.Date(2026, 12, 23); v.Last() != last || len(v.Messages) != 2 || !v.Own {
			t.Errorf("until %v with %d messages, want %v with 2", v.Last(), len(v.Messages), last)
		}
		must(t, b.cases.Decide(t.Context(), officer(), first, v.Version, "in-part", "Решење остаје по закону."))
		must(t, b.cases.SendNow(t.Context(), officer(), first))
		if told := b.notices(); len(told) != 3 {
			t.Errorf("told %d times, want of two requests and one outcome", len(told))
		}
		_, err = b.system.Request(t.Context(), officer(), "access", "Све.")
		wantCode(t, err, "not-yours")
		requesting, err := b.system.Requesting()
		must(t, err)
		low := mila()
		low.Level = act.LevelContact
		wantCode(t, requesting.Right.Admit(low), "level-too-low")
	})
}

// A question whose case is kept no longer takes nothing from the others: they are still read.
func TestAnErasedQuestionLeavesTheOthers(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		b := r.bodies["RS-T/GOV/A"]
		q := r.asks("RS-T/GOV/A", "Зашто?")
		const other = `{"id":"01hx0000000000000000000000","look":"act","question":"А ово?"}`
		w := httptest.NewRecorder()
		b.system.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/questions/"+person, strings.NewReader(other)))
		v, err := b.cases.Case(t.Context(), officer(), q.Number)
		must(t, err)
		must(t, b.cases.Decide(t.Context(), officer(), q.Number, v.Version, "answered", "Зато."))
		must(t, b.cases.SendNow(t.Context(), officer(), q.Number))
		r.clock.Advance(20 * 366 * 24 * time.Hour)
		must(t, b.cases.Retain(t.Context()))
		asked := r.asked()
		if len(asked) != 2 {
			t.Fatalf("%d questions, want two", len(asked))
		}
		for _, a := range asked {
			if erased := a.ID == q.ID; erased != (a.Question.Question == "") || erased && (a.Answer != "" || a.Here) {
				t.Errorf("asked %+v", a.Question)
			}
		}
	})
}
