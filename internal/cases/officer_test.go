package cases_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/testkit"
)

func atDesk(account string, scope act.Scope) act.Actor {
	return act.Actor{Account: account, Name: account, Grants: []act.Grant{{Role: identity.Officer, Scope: scope}}}
}

func TestWhatAnOfficerDecidedCanBeTakenBackForTwoMinutes(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.appeal("decision-1")
		r.notices()
		must(t, r.Decide(t.Context(), officer(), c.Number, c.Version, "late", "Касно."))
		wantCode(t, r.Decide(t.Context(), officer(), c.Number, c.Version+1, "late", "Опет."), "case-changed")
		next, err := r.Next(t.Context(), officer())
		must(t, err)
		want(t, "the next while it waits", next, "")
		want(t, "told before it holds", len(r.notices()), 0)
		want(t, "in the journal before it holds", len(r.entries), 0)

		wantCode(t, r.Undo(t.Context(), atDesk("another", act.Scope{}), c.Number), "not-your-draft")
		must(t, r.Undo(t.Context(), officer(), c.Number))
		r.clock.Advance(cases.UndoFor + time.Second)
		r.due()
		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "status after it was taken back", v.Case.Status, "received")
		want(t, "what became of it", v.Drafts[0].State, cases.DraftUndone)
		want(t, "told of what was taken back", len(r.notices()), 0)
		want(t, "in the journal of what was taken back", len(r.entries), 0)
		wantCode(t, r.Undo(t.Context(), officer(), c.Number), "draft-holds")

		must(t, r.Decide(t.Context(), officer(), c.Number, v.Version, "late", "Касно."))
		r.clock.Advance(cases.UndoFor - time.Second)
		r.due()
		want(t, "told a second before", len(r.notices()), 0)
		r.clock.Advance(time.Second)
		r.due()
		own, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "status when the two minutes are over", own.Case.Status, "late")
		want(t, "what the party reads of it", own.Steps[len(own.Steps)-1].Why, "Касно.")
		want(t, "drafts that the party sees", len(own.Drafts), 0)
		want(t, "told of it", len(r.notices()), 1)
		want(t, "in the journal", len(r.entries), 1)
		wantCode(t, r.Undo(t.Context(), officer(), c.Number), "draft-holds")

		// What is sent at once does not wait.
		other := r.appeal("decision-2")
		must(t, r.Decide(t.Context(), officer(), other.Number, other.Version, "with-second", "Даље."))
		must(t, r.SendNow(t.Context(), officer(), other.Number))
		v, err = r.Case(t.Context(), officer(), other.Number)
		must(t, err)
		want(t, "status of what was sent at once", v.Case.Status, "with-second")
		want(t, "who decided", v.Drafts[0].Account, "officer")
	})
}

func TestASecondOfficerConfirmsOrReturns(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c, second := r.appeal("decision-1"), atDesk("second", act.Scope{})
		must(t, r.Decide(t.Context(), officer(), c.Number, c.Version, "replaced", "У праву је."))
		r.clock.Advance(time.Hour)
		r.due()
		want(t, "it holds without a second", len(r.entries), 0)
		wantCode(t, r.Confirm(t.Context(), officer(), c.Number, r.version(c)), "four-eyes")
		party := mother()
		party.Grants = officer().Grants
		wantCode(t, r.Confirm(t.Context(), party, c.Number, r.version(c)), "own-matter")
		wantCode(t, r.Confirm(t.Context(), second, c.Number, c.Version), "case-changed")
		n, err := r.Count(t.Context(), second, cases.Wanted{Second: true}, 10)
		must(t, err)
		want(t, "cases that wait for the second", n, 1)
		n, err = r.Count(t.Context(), officer(), cases.Wanted{Second: true}, 10)
		must(t, err)
		want(t, "cases that wait for the first", n, 0)

		must(t, r.Return(t.Context(), second, c.Number, r.version(c), "Нема разлога."))
		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "why it was returned", v.Drafts[0].Said, "Нема разлога.")
		want(t, "status after it was returned", v.Case.Status, "received")

		must(t, r.Decide(t.Context(), officer(), c.Number, v.Version, "replaced", "Ево разлога."))
		must(t, r.Confirm(t.Context(), second, c.Number, r.version(c)))
		want(t, "it holds at once", len(r.entries), 0)
		r.clock.Advance(cases.UndoFor)
		r.due()
		v, err = r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "status after both", v.Case.Status, "replaced")
		want(t, "the journal names both", string(r.entries[0].Meta), fmt.Sprintf(`{"case":"%s","kind":"appeal","officer":"officer","second":"second","status":"replaced"}`, c.Number))
	})
}

func TestOfTwoOfficersWhoDecideAtOnceOneIsTold(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.appeal("decision-1")
		r.notices()
		said := make([]error, 8)
		var all sync.WaitGroup
		for i := range said {
			all.Go(func() {
				by := atDesk(fmt.Sprintf("officer-%d", i), act.Scope{})
				if said[i] = r.Decide(context.WithoutCancel(t.Context()), by, c.Number, c.Version, "late", "Касно."); said[i] == nil {
					said[i] = r.SendNow(context.WithoutCancel(t.Context()), by, c.Number)
				}
			})
		}
		all.Wait()
		done := 0
		for _, err := range said {
			if err == nil {
				done++
				continue
			}
			wantCode(t, err, "case-changed")
		}
		want(t, "decisions that hold", done, 1)
		want(t, "told", len(r.notices()), 1)
		want(t, "in the journal", len(r.entries), 1)
	})
}

func TestWhatTheKindDoesNotKnowIsNotDone(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c, offer := r.appeal("decision-1"), mustOpen(r)
		for _, to := range []string{"upheld", "withdrawn", "received", "elsewhere", ""} {
			wantCode(t, r.Decide(t.Context(), officer(), c.Number, c.Version, to, "Зато."), "case-move")
		}
		wantCode(t, r.Decide(t.Context(), officer(), offer.Number, offer.Version, "granted", "Зато."), "case-move") // its room moves it
		wantCode(t, r.Decide(t.Context(), officer(), c.Number, c.Version-1, "late", "Зато."), "case-changed")
		wantCode(t, r.Decide(t.Context(), mother(), c.Number, c.Version, "late", "Зато."), "not-allowed")
		wantCode(t, r.Decide(t.Context(), officerOf(act.Scope{Service: "parental-allowance"}), c.Number, c.Version, "late", "Зато."), "case-unknown")
		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "what became of it", v.Case.Status+fmt.Sprint(len(v.Drafts)), "received0")
	})
}

func mustOpen(r *rig) cases.Case {
	c, _ := r.open("birth-1", "event-1")
	return c
}

func TestADeputySeesToTheCasesOfWhoIsAway(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		away, deputy := atDesk("away", act.Scope{Service: "newborn-grant"}), atDesk("deputy", act.Scope{})
		narrow := atDesk("narrow", act.Scope{Service: "parental-allowance"})
		r.officers = []act.Actor{away, deputy, narrow}
		c := r.appeal("decision-1")
		must(t, r.Claim(t.Context(), away, c.Number))
		wantCode(t, r.Claim(t.Context(), deputy, c.Number), "case-taken")
		monday := civil.Date(2026, 11, 23)
		for _, wrong := range []struct {
			absence cases.Absence
			code    string
		}{
			{cases.Absence{From: monday, To: monday.AddDays(-1), Deputy: "deputy"}, "absence-days"},
			{cases.Absence{From: monday.AddDays(-9), To: monday.AddDays(-2), Deputy: "deputy"}, "absence-days"},
			{cases.Absence{From: monday, To: monday.AddDays(4), Deputy: "narrow"}, "deputy-scope"},
			{cases.Absence{From: monday, To: monday.AddDays(4), Deputy: "away"}, "deputy-scope"},
			{cases.Absence{From: monday, To: monday.AddDays(4), Deputy: "nobody"}, "deputy-scope"},
		} {
			wantCode(t, r.Leave(t.Context(), away, wrong.absence), wrong.code)
		}
		must(t, r.Leave(t.Context(), away, cases.Absence{From: monday.AddDays(1), To: monday.AddDays(4), Deputy: "deputy"}))
		wantCode(t, r.Leave(t.Context(), deputy, cases.Absence{From: monday, To: monday, Deputy: "away"}), "deputy-scope")

		sees := func(day string, expected int) {
			t.Helper()
			n, err := r.Count(t.Context(), deputy, cases.Wanted{Mine: true}, 10)
			must(t, err)
			want(t, "cases of the deputy "+day, n, expected)
		}
		sees("before", 0)
		r.clock.Advance(24 * time.Hour)
		sees("on the first day", 1)
		next, err := r.Next(t.Context(), deputy)
		must(t, err)
		want(t, "the next of the deputy", next, c.Number)
		must(t, r.Claim(t.Context(), deputy, c.Number))
		must(t, r.Release(t.Context(), deputy, c.Number))
		must(t, r.Claim(t.Context(), away, c.Number))
		r.clock.Advance(4 * 24 * time.Hour)
		sees("after the last day", 0)
	})
}

func TestNoCaseStaysWhereNobodySeesToIt(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		first, deputy, other := atDesk("first", act.Scope{}), atDesk("deputy", act.Scope{}), atDesk("other", act.Scope{})
		r.officers = []act.Actor{first, deputy, other}
		a, b, c := r.appeal("decision-1"), r.appeal("decision-2"), r.appeal("decision-3")
		must(t, r.Claim(t.Context(), first, a.Number))
		must(t, r.Claim(t.Context(), deputy, b.Number))
		must(t, r.Claim(t.Context(), other, c.Number))
		must(t, r.Leave(t.Context(), first, cases.Absence{From: civil.Date(2026, 11, 23), To: civil.Date(2026, 12, 4), Deputy: "deputy"}))
		free := func() (n int) {
			t.Helper()
			must(t, r.FreeOrphans(t.Context()))
			n, err := r.Count(t.Context(), other, cases.Wanted{Free: true}, 10)
			must(t, err)
			return n
		}
		want(t, "free while all are here", free(), 0)
		r.officers = []act.Actor{first, other} // the account of the deputy ends
		want(t, "free when the deputy is gone", free(), 2)
		must(t, r.Claim(t.Context(), other, a.Number))
		r.officers = []act.Actor{atDesk("other", act.Scope{Service: "parental-allowance"})} // a role ends in the middle
		want(t, "free when nobody has the scope", free(), 3)
	})
}

func TestWhatHasEndedIsFoundByItsOutcome(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for i, to := range []string{"late", "with-second", "late"} {
			c := r.appeal(fmt.Sprintf("decision-%d", i))
			must(t, r.Decide(t.Context(), officer(), c.Number, c.Version, to, "Зато."))
			must(t, r.SendNow(t.Context(), officer(), c.Number))
			r.clock.Advance(time.Hour)
		}
		for wish, n := range map[cases.Wanted]int{{}: 1, {Ended: true}: 2, {Ended: true, Status: "late"}: 2, {Ended: true, Status: "upheld"}: 0} {
			found, err := r.Queue(t.Context(), officer(), wish, "")
			must(t, err)
			want(t, fmt.Sprintf("cases of %+v", wish), len(found.Items), n)
		}
		found, err := r.Queue(t.Context(), officer(), cases.Wanted{Ended: true}, "")
		must(t, err)
		if !found.Items[0].EndedAt.After(found.Items[1].EndedAt) {
			t.Error("the newest outcome is not first")
		}
		_, err = r.Count(t.Context(), officer(), cases.Wanted{Mine: true}, 10)
		must(t, err)
	})
}
