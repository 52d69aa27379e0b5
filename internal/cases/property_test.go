package cases_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"dobosh/internal/cases"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"

	"pgregory.net/rapid"
)

// deed is something that happens to one of a few matters.
type deed struct {
	what   string
	matter int
	which  int // of the statuses, the movers, the units or the hours
	by     law.Mover
}

func deeds() *rapid.Generator[[]deed] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) deed {
		return deed{
			what:   rapid.SampledFrom([]string{"told", "moved", "moved", "moved", "asked", "answered", "handed over", "claimed", "released", "lost", "restored"}).Draw(t, "what"),
			matter: rapid.IntRange(0, 1).Draw(t, "matter"), which: rapid.IntRange(0, 40).Draw(t, "which"), by: rapid.SampledFrom(law.Movers()).Draw(t, "by"),
		}
	}), 8, 60)
}

// life is one sequence of deeds with what must hold after each.
type life struct {
	*rig
	t      *rapid.T
	run    string
	kind   law.CaseKind
	cases  map[int]cases.Case // as they stood; those that were lost are not among them
	lost   map[int]string     // the status that a lost case had
	latest map[string]time.Time
}

// Whatever happens to a matter in whatever order, also after its case was lost with the database and comes back: one
// body answers for it, its clock does not run backwards, it is one case, its outcome is told, and who may see it
// stays as it was.
func TestWhateverHappensInWhateverOrder(t *testing.T) {
	must(t, flag.Set("rapid.checks", "25")) // each is some ten durable transactions
	kind, _ := laws.Serbia(t).CaseKind("application")
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		runs, outcomes := 0, 0
		rapid.Check(t, func(t *rapid.T) {
			runs++
			l := &life{rig: r, t: t, run: fmt.Sprint("run ", runs), kind: kind, cases: map[int]cases.Case{}, lost: map[int]string{}, latest: map[string]time.Time{}}
			for _, d := range append([]deed{{what: "told"}}, deeds().Draw(t, "deeds")...) {
				if l.happens(d) {
					outcomes++
				}
				l.holds(d)
			}
		})
		if outcomes < 5 {
			t.Errorf("%d outcomes in %d lives: the chances are poor", outcomes, runs)
		}
	})
}

func (l *life) opening(matter int, source string) cases.Opening {
	about := fmt.Sprintf("%s, birth %d", l.run, matter)
	return cases.Opening{Kind: l.kind.ID, About: about, Source: source, Service: "newborn-grant", Occasion: about, Person: "p-1", Sector: "family", Channel: cases.ByEvent}
}

// happens does the deed, and reports whether an outcome came of it. What the room refuses is refused with a problem.
func (l *life) happens(d deed) (outcome bool) {
	ctx := context.Background()
	l.clock.Advance(time.Duration(d.which) * time.Hour)
	was, there := l.cases[d.matter]
	var err error
	switch {
	case d.what == "told":
		var c cases.Case
		var begun bool
		err = l.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
			c, begun, err = l.Open(ctx, tx, l.opening(d.matter, fmt.Sprint("event ", d.which)))
			return err
		})
		if err == nil && begun == there || there && c.ID != was.ID {
			l.t.Fatalf("told again: begun %v, case %s beside %s", begun, c.ID, was.ID)
		}
		l.cases[d.matter] = c
		delete(l.lost, d.matter)
	case d.what == "restored" && l.lost[d.matter] != "":
		for range 2 { // a restore that is repeated changes nothing
			err = l.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
				l.cases[d.matter], err = l.Restore(ctx, tx, l.opening(d.matter, "restore"), l.lost[d.matter], l.clock.Now())
				return err
			})
			if err != nil {
				break
			}
		}
		if got := l.cases[d.matter].Status; err == nil && got != l.lost[d.matter] {
			l.t.Fatalf("restored as %s, was %s", got, l.lost[d.matter])
		}
		delete(l.lost, d.matter)
	case !there:
		return false
	case d.what == "moved":
		to := l.kind.Statuses[d.which%len(l.kind.Statuses)]
		from, _ := l.kind.Status(was.Status)
		if d.which%2 == 0 && len(from.Moves) > 0 { // half of the moves are such as are allowed
			way := from.Moves[d.which/2%len(from.Moves)]
			to, _ = l.kind.Status(way.To)
			d.by = way.By[0]
		}
		l.notices()
		var moved cases.Case
		err = l.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
			moved, err = l.Move(ctx, tx, cases.Move{Case: was.ID, To: to.ID, By: d.by, Person: "p-1", Sector: "family"})
			return err
		})
		if allowed := from.Lets(to.ID, d.by) || from.ID == to.ID; allowed != (err == nil) {
			l.t.Fatalf("from %s to %s by %s: %v", from.ID, to.ID, d.by, err)
		}
		if outcome = err == nil && moved.Ended() && !was.Ended(); outcome && len(l.notices()) == 0 && len(to.Untold) == 0 {
			l.t.Fatalf("it came to %s and nobody was told", to.ID)
		}
	case d.what == "asked":
		if err = l.Ask(ctx, officer(), was.Number, 0, "Када сте се доселили?"); err == nil {
			err = l.SendNow(ctx, officer(), was.Number)
		}
	case d.what == "answered":
		err = l.Answer(ctx, mother(), was.Number, "У мају.")
	case d.what == "claimed":
		err = l.Claim(ctx, officer(), was.Number)
	case d.what == "released":
		err = l.Release(ctx, officer(), was.Number)
	case d.what == "handed over":
		err = l.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			return l.HandOver(ctx, tx, was.ID, was.Body, fmt.Sprint("unit-", d.which%3), "reorganised")
		})
	case d.what == "lost":
		l.lost[d.matter] = l.status(was.ID)
		delete(l.cases, d.matter)
		err = l.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			for _, statement := range []string{`delete from cases_cases where id = $1`, `delete from cases_custody where case_id = $1`, `delete from cases_steps where case_id = $1`, `delete from cases_heard where case_id = $1`} {
				if _, err := tx.ExecContext(ctx, statement, was.ID); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil && problem.Of(err).Kind == problem.Internal {
		l.t.Fatalf("%+v: %v", d, err)
	}
	return outcome
}

func (l *life) status(id string) (status string) {
	if err := l.db.Read(context.Background()).QueryRowContext(context.Background(), `select status from cases_cases where id = $1`, id).Scan(&status); err != nil {
		l.t.Fatal(err)
	}
	return status
}

// holds looks at what must hold whatever happened.
func (l *life) holds(d deed) {
	for matter, c := range l.cases {
		v, err := l.Case(context.Background(), mother(), c.Number)
		if err != nil {
			l.t.Fatalf("after %+v: %v", d, err)
		}
		l.cases[matter] = v.Case
		last := v.Custody[len(v.Custody)-1]
		if last.Body != v.Body || last.Unit != v.Unit {
			l.t.Fatalf("after %+v: %s %s answers, and the chain ends with %s %s", d, v.Body, v.Unit, last.Body, last.Unit)
		}
		if until := v.Until(); !until.IsZero() {
			if until.Before(l.latest[c.ID]) {
				l.t.Fatalf("after %+v: the clock went back from %s to %s", d, l.latest[c.ID], until)
			}
			l.latest[c.ID] = until
		}
		if v.Visibility != l.kind.Visibility {
			l.t.Fatalf("after %+v: visible to %s", d, v.Visibility)
		}
		if v.Case.Ended() != v.Phase.Ended() {
			l.t.Fatalf("after %+v: %s since %s", d, v.Phase, v.EndedAt)
		}
	}
	var n int
	about := []any{}
	for matter := range 2 {
		if c, there := l.cases[matter]; there {
			about = append(about, c.Occasion)
		}
	}
	for len(about) < 2 {
		about = append(about, "none")
	}
	if err := l.db.Read(context.Background()).QueryRowContext(context.Background(), `select count(*) from cases_cases where occasion in ($1, $2)`, about...).Scan(&n); err != nil {
		l.t.Fatal(err)
	}
	if n != len(l.cases) {
		l.t.Fatalf("after %+v: %d cases of %d matters", d, n, len(l.cases))
	}
}
