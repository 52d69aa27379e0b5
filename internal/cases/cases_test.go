package cases_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
)

func TestOneMatterIsOneCase(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		first, begun := r.open("birth-1", "event-1")
		if !begun {
			t.Fatal("the first event begins no case")
		}
		for _, source := range []string{"event-1", "event-2", "counter"} {
			again, begun := r.open("birth-1", source)
			if begun || again.ID != first.ID {
				t.Errorf("%s begins case %s beside %s", source, again.Number, first.Number)
			}
		}
		other, begun := r.open("birth-2", "event-3")
		if !begun || other.Number == first.Number {
			t.Error("another birth has no case of its own")
		}
		if _, ok := id.ParseCode(first.Number); !ok {
			t.Errorf("number %q has no fitting check character", first.Number)
		}
	})
}

func TestACaseGoesAsItsKindLetsIt(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c, _ := r.open("birth-1", "event-1")
		for _, m := range []cases.Move{
			{Case: c.ID, To: "granted", By: law.ByOfficer}, {Case: c.ID, To: "with-officer", By: law.ByParty}, {Case: c.ID, To: "elsewhere", By: law.ByRule},
		} {
			_, err := r.move(m)
			wantCode(t, err, "case-move")
		}
		_, err := r.move(cases.Move{Case: "none", To: "granted"})
		wantCode(t, err, "case-unknown")

		c, err = r.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: "p-1", Sector: "family"})
		must(t, err)
		told := r.notices()
		if len(told) != 1 || told[0].Person != "p-1" || !strings.Contains(told[0].Subject["sr"], c.Number) || !strings.Contains(told[0].Body["sr"], "Град") {
			t.Errorf("told %+v", told)
		}
		_, err = r.move(cases.Move{Case: c.ID, Version: c.Version - 1, To: "refused", By: law.ByOfficer})
		wantCode(t, err, "case-changed")
		ended, err := r.move(cases.Move{Case: c.ID, Version: c.Version, To: "refused", By: law.ByOfficer, Account: "officer", Why: "зато"})
		must(t, err)
		if !ended.Ended() || len(r.notices()) != 1 {
			t.Errorf("%+v: an outcome without a notice", ended)
		}
		again, err := r.move(cases.Move{Case: c.ID, To: "refused", By: law.ByOfficer})
		if err != nil || again.Version != ended.Version || len(r.notices()) != 0 {
			t.Errorf("the same move again: %v, version %d of %d", err, again.Version, ended.Version)
		}
	})
}

func TestNoOutcomeIsKeptFromItsPerson(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c, _ := r.open("birth-1", "event-1")
		_, err := r.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule})
		must(t, err)
		_, err = r.move(cases.Move{Case: c.ID, To: "refused", By: law.ByOfficer})
		wantCode(t, err, "case-nobody") // nobody is known who could be told
		ended, err := r.move(cases.Move{Case: c.ID, To: "nobody", By: law.ByOfficer})
		if err != nil || !ended.Ended() {
			t.Errorf("%v: a case of nobody cannot be ended", err)
		}
	})
	for _, kind := range laws.Serbia(t).CaseKinds() {
		for _, s := range kind.Statuses {
			if s.Phase.Ended() && (s.Notice == nil) == (len(s.Untold) == 0) {
				t.Errorf("kind %s, status %s: nobody is told and nothing says why", kind.ID, s.ID)
			}
		}
	}
}

func TestTheClockStandsAndGoesOn(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c, _ := r.open("birth-1", "event-1")
		want(t, "a term runs before an officer has it", c.Until().IsZero(), true)
		c, err := r.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: "p-1", Sector: "family"})
		must(t, err)
		want(t, "last day", c.Last(), civil.Date(2026, 12, 23))
		r.clock.Advance(48 * time.Hour)
		must(t, r.Claim(t.Context(), officer(), c.Number))
		must(t, r.Ask(t.Context(), officer(), c.Number, 0, "Када сте се доселили?"))
		must(t, r.SendNow(t.Context(), officer(), c.Number))
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "it stands while she is asked", v.Until().IsZero(), true)
		want(t, "messages that she sees", len(v.Messages), 1)
		r.clock.Advance(72 * time.Hour)
		must(t, r.Answer(t.Context(), mother(), c.Number, "У мају."))
		v, err = r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "status after her answer", v.Case.Status, "with-officer")
		want(t, "last day: three later, and on to a Monday", v.Last(), civil.Date(2026, 12, 28))
		want(t, "who has it", v.Officer, "officer")
		want(t, "her answer", v.Messages[1].Said, "У мају.")

		r.notices()
		told := map[string]bool{}
		for range 2 { // two questions on one day are two messages
			must(t, r.Ask(t.Context(), officer(), c.Number, 0, "А где пре тога?"))
			must(t, r.SendNow(t.Context(), officer(), c.Number))
			must(t, r.Answer(t.Context(), mother(), c.Number, "Код мајке."))
			for _, n := range r.notices() {
				told[n.ID] = true
			}
		}
		want(t, "messages of two questions and of two answers taken", len(told), 4)
	})
}

func TestACaseIsSeenByItsPartyAndByOfficersOfItsScope(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c, _ := r.open("birth-1", "event-1")
		_, err := r.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: "p-1", Sector: "family"})
		must(t, err)
		both := mother()
		both.Grants = officer().Grants
		stranger := act.Actor{Account: "stranger", Persons: map[string]string{"family": "p-2"}}
		for name, tc := range map[string]struct {
			by   act.Actor
			code string
		}{
			"nobody": {act.Actor{}, "sign-in-needed"}, "stranger": {stranger, "case-unknown"},
			"officer of another service": {officerOf(act.Scope{Service: "parental-allowance"}), "case-unknown"},
		} {
			_, err := r.Case(t.Context(), tc.by, c.Number)
			if wantCode(t, err, tc.code); err == nil {
				t.Error(name)
			}
			_, err = r.Case(t.Context(), tc.by, "ZR-2026-0000-0000-0")
			if tc.code != "sign-in-needed" {
				wantCode(t, err, "case-unknown")
			}
		}
		want(t, "receipts of what was refused", len(r.seen), 0)
		v, err := r.Case(t.Context(), both, c.Number)
		if err != nil || !v.Own {
			t.Errorf("an officer does not see their own case as its party: %v", err)
		}
		wantCode(t, r.Claim(t.Context(), both, c.Number), "own-matter")
		_, err = r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "receipts of a look", len(r.seen), 1)

		must(t, r.Claim(t.Context(), officer(), c.Number))
		wantCode(t, r.Claim(t.Context(), officerOf(act.Scope{}), c.Number), "case-taken")
		must(t, r.Release(t.Context(), officer(), c.Number))
		must(t, r.Claim(t.Context(), officerOf(act.Scope{Service: "newborn-grant"}), c.Number))
	})
}

func TestTheNearestClockComesFirst(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		var expected []string
		for i := range 5 {
			c, _ := r.open(fmt.Sprintf("birth-%d", i), "event")
			if i == 4 {
				expected = append(expected, c.Number) // its clock does not run
				continue
			}
			_, err := r.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: "p-1", Sector: "family"})
			must(t, err)
			expected = append(expected, c.Number)
			r.clock.Advance(24 * time.Hour)
		}
		found, err := r.Queue(t.Context(), officer(), cases.Wanted{}, "")
		must(t, err)
		var got []string
		for _, c := range found.Items {
			got = append(got, c.Number)
			if c.Person != "" {
				t.Error("a list names somebody")
			}
		}
		want(t, "queue", strings.Join(got, " "), strings.Join(expected, " "))
		for wish, n := range map[cases.Wanted]int{{}: 5, {Phase: law.InHandling}: 4, {Waits: true}: 4, {Free: true}: 5, {Mine: true}: 0, {Service: "parental-allowance"}: 0} {
			count, err := r.Count(t.Context(), officer(), wish, 100)
			must(t, err)
			want(t, fmt.Sprintf("count of %+v", wish), count, n)
		}
		next, err := r.Next(t.Context(), officer())
		must(t, err)
		want(t, "the next", next, expected[0])
		must(t, r.Claim(t.Context(), officer(), expected[2]))
		next, err = r.Next(t.Context(), officer())
		must(t, err)
		want(t, "the next when one is taken", next, expected[2])
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
			_, _, err := r.Open(ctx, tx, cases.Opening{Kind: "appeal", About: "decision", Source: "page", Person: "p-1", Sector: "family", Channel: cases.ByPage})
			return err
		}))
		count, err := r.Count(t.Context(), officer(), cases.Wanted{Waits: true}, 100)
		must(t, err)
		want(t, "those that wait, with an appeal that was received", count, 5)
		none, err := r.Queue(t.Context(), officerOf(act.Scope{Service: "parental-allowance"}), cases.Wanted{}, "")
		if err != nil || len(none.Items) != 0 {
			t.Errorf("an officer of another service sees %d cases, %v", len(none.Items), err)
		}
		_, err = r.Queue(t.Context(), mother(), cases.Wanted{}, "")
		wantCode(t, err, "not-allowed")
		own, err := r.Own(t.Context(), mother(), "")
		must(t, err)
		want(t, "her own cases", len(own.Items), 5)
	})
}

// What must hold whatever is done in whatever order, with a fixed seed of chances.
func TestWhateverHappensACaseIsWhole(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		chance := rand.New(rand.NewPCG(10, 2026))
		kind, _ := laws.Serbia(t).CaseKind("application")
		due := map[string]time.Time{}
		outcomes := 0
		for range 400 {
			about := fmt.Sprintf("birth-%d", chance.IntN(40))
			c, _ := r.open(about, fmt.Sprintf("event-%d", chance.IntN(1000)))
			r.clock.Advance(time.Duration(chance.IntN(40)) * time.Hour)
			to, by := kind.Statuses[chance.IntN(len(kind.Statuses))], law.Movers()[chance.IntN(len(law.Movers()))]
			was, _ := kind.Status(c.Status)
			moved, err := r.move(cases.Move{Case: c.ID, To: to.ID, By: by, Person: "p-1", Sector: "family"})
			allowed := was.Lets(to.ID, by) || was.ID == to.ID
			if (err == nil) != allowed {
				t.Fatalf("from %s to %s by %s: %v", was.ID, to.ID, by, err)
			}
			if err != nil {
				continue
			}
			if until := moved.Until(); !until.IsZero() {
				if until.Before(due[c.ID]) {
					t.Errorf("the clock of %s ran backwards", c.Number)
				}
				due[c.ID] = until
			}
			if moved.Ended() && was.ID != to.ID {
				outcomes++
				if told := r.notices(); len(to.Untold) == 0 && len(told) == 0 {
					t.Errorf("%s came to %s and nobody was told", c.Number, to.ID)
				}
			}
			r.notices()
			if chance.IntN(4) == 0 && !moved.Ended() {
				must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
					return r.HandOver(ctx, tx, c.ID, "RS-DEMO/GOV/ZRENJANIN", fmt.Sprintf("unit-%d", chance.IntN(3)), "reorganised")
				}))
			}
		}
		if outcomes < 10 {
			t.Fatalf("only %d outcomes: the chances are poor", outcomes)
		}
		var accountable, all int
		must(t, r.db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*), (select count(*) from cases_cases c where c.unit = (select k.unit from cases_custody k where k.case_id = c.id order by k.number desc limit 1)) from cases_cases`).Scan(&all, &accountable))
		want(t, "cases whose body is the last of their custody", accountable, all)
		if all > 40 {
			t.Errorf("%d cases for 40 matters", all)
		}
	})
}
