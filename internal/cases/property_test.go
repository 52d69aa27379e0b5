package cases_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// deed is something that happens to one of a few matters.
type deed struct {
	what   string
	matter int
	which  int // of the statuses, the movers, the units or the hours
	by     law.Mover
}

// chance picks what happens in a life.
func chance(random *rand.Rand) (all []deed) {
	what := []string{
		"told", "told", "told", "moved", "moved", "moved", "moved", "moved", "asked", "answered", "handed over", "claimed", "released", "lost", "lost", "restored", "restored", "restored",
		"handled", "handled", "decided", "decided", "decided", "taken back", "taken back", "sent", "sent", "two minutes", "time", "time", "merged", "merged", "unmerged", "unmerged", "unmerged",
	}
	for range 20 + random.IntN(40) {
		all = append(all, deed{what[random.IntN(len(what))], random.IntN(2), random.IntN(41), law.Movers()[random.IntN(len(law.Movers()))]})
	}
	return append([]deed{{what: "told"}, {what: "handled"}}, all...)
}

// life is one sequence of deeds with what must hold after each.
type life struct {
	*rig
	run    string
	kind   law.CaseKind
	cases  map[int]cases.Case // as they stood; those that were lost are not among them
	lost   map[int]string     // the status that a lost case had; it may come back from the journal later
	latest map[string]time.Time
	ended  map[string]time.Time // when a case ended, as it was last seen
	did    map[string]int       // how often what was done, in all lives
}

// enacting is the room of a kind that is moved by one: it does what an officer decided.
type enacting struct{ *rig }

func (e enacting) Enact(_ context.Context, c cases.Case, d cases.Draft) error {
	_, err := e.move(cases.Move{Case: c.ID, To: d.To, By: law.ByOfficer, Account: d.Account, Why: d.Why})
	return err
}

func (enacting) Question(context.Context, cases.Case) (lang.Text, error) { return nil, nil }

// Whatever happens to a matter in whatever order, by officers whose word can be taken back, by clocks, when cases are
// joined and parted, also after its case was lost with the database and comes back, before or after somebody tells of
// it again: one body answers for it, its clock does not run backwards, it is one case, its outcome is told, once, who
// may see it stays as it was, one decision is open at most, and the numbers of leaders are those of the cases.
func TestWhateverHappensInWhateverOrder(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for kind, open := range map[string]func(t testing.TB, engine string) *rig{"application": newRig, "petition": seoul} {
		t.Run(kind, func(t *testing.T) {
			testkit.OnBoth(t, open, func(t *testing.T, r *rig) {
				begins := r.clock.Now()
				kind, _ := r.cfg.Pack.CaseKind(kind)
				if kind.Room != "" {
					r.EnactedBy(kind.Room, enacting{r})
				}
				did, random := map[string]int{}, rand.New(rand.NewPCG(seed, 0))
				for run := range 25 { // each is some fifty durable transactions
					r.clock.Set(begins)
					l := &life{
						rig: r, run: fmt.Sprint("run ", run), kind: kind, cases: map[int]cases.Case{}, lost: map[int]string{},
						latest: map[string]time.Time{}, ended: map[string]time.Time{}, did: did,
					}
					happened := chance(random)
					for i, d := range happened {
						l.notices()
						l.happens(d)
						if l.holds(d); t.Failed() {
							t.Fatalf("after %+v", happened[:i+1])
						}
					}
					l.numbers()
				}
				t.Logf("%v", did)
				for _, what := range []string{"outcome", "sent", "taken back", "restored", "restored after it was told again"} {
					if did[what] == 0 {
						t.Errorf("%s: %d times: the chances are poor", what, did[what])
					}
				}
				if _, merges := kind.Merged(); merges && did["unmerged"] == 0 {
					t.Error("never unmerged")
				}
			})
		})
	}
}

func (l *life) opening(matter int, source string) cases.Opening {
	about := fmt.Sprintf("%s, birth %d", l.run, matter)
	return cases.Opening{Kind: l.kind.ID, About: about, Source: source, Service: "newborn-grant", Occasion: about, Person: "p-1", Sector: "family", Channel: cases.ByEvent}
}

// happens does the deed. What the room refuses is refused with a problem.
func (l *life) happens(d deed) {
	ctx := context.Background()
	l.clock.Advance(time.Duration(d.which) * time.Hour)
	was, there := l.cases[d.matter]
	other, both := l.cases[1-d.matter]
	join := cases.Joining{Number: was.Number, How: cases.Merged, Other: other.Number, Why: "иста ствар"}
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
			l.t.Errorf("told again: begun %v, case %s beside %s", begun, c.ID, was.ID)
		}
		l.cases[d.matter] = c
	case d.what == "restored" && l.lost[d.matter] != "":
		var c cases.Case
		for range 2 { // a restore that is repeated changes nothing
			err = l.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
				c, err = l.Restore(ctx, tx, l.opening(d.matter, "restore"), l.lost[d.matter], l.clock.Now())
				return err
			})
			if err != nil {
				break
			}
		}
		if err == nil {
			if got := c.Status; got != l.lost[d.matter] && !was.Ended() || there && c.ID != was.ID {
				l.t.Errorf("restored as %s, was %s", got, l.lost[d.matter])
			}
			l.cases[d.matter] = c
			l.ended[c.ID] = c.EndedAt // who was told before it was lost is not told again
			if there {
				l.did["restored after it was told again"]++
			}
		}
		delete(l.lost, d.matter)
	case d.what == "time" || d.what == "two minutes":
		l.clock.Advance(map[string]time.Duration{"time": time.Duration(d.which) * 12 * time.Hour, "two minutes": cases.UndoFor + time.Second}[d.what])
		if _, err := l.work.RunDue(ctx); err != nil {
			l.t.Errorf("%+v: %v", d, err)
		}
	case !there:
		return
	case d.what == "moved":
		l.moves(d, was)
	case d.what == "handled": // it comes to an officer, where its kind has a way there
		from, _ := l.kind.Status(was.Status)
		for _, way := range from.Moves {
			if to, _ := l.kind.Status(way.To); to.Phase == law.InHandling {
				_, err = l.move(cases.Move{Case: was.ID, To: to.ID, By: way.By[0], Person: "p-1", Sector: "family"})
				break
			}
		}
	case d.what == "decided":
		err = l.decides(d, was)
	case d.what == "taken back" || d.what == "sent":
		if was.Draft == "" {
			if err = l.decides(d, was); err != nil {
				break
			}
		}
		err = map[string]func(context.Context, act.Actor, string) error{"taken back": l.Undo, "sent": l.SendNow}[d.what](ctx, officer(), was.Number)
	case d.what == "merged" && both:
		err = l.Join(ctx, officer(), join)
	case d.what == "unmerged" && both:
		if err = l.Part(ctx, officer(), join); err == nil {
			l.ended[was.ID] = time.Time{}
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
		err = l.lose(ctx, d.matter, was)
	default:
		return
	}
	if err != nil && problem.Of(err).Kind == problem.Internal {
		l.t.Errorf("%+v: %v", d, err)
	}
	if err == nil {
		l.did[d.what]++
	}
}

// decides has an officer decide what their kind lets them, and now and then something else.
func (l *life) decides(d deed, was cases.Case) error {
	from, _ := l.kind.Status(was.Status)
	mine := slices.DeleteFunc(slices.Clone(from.Moves), func(m law.CaseMove) bool { return !slices.Contains(m.By, law.ByOfficer) })
	if len(mine) == 0 || d.which%7 == 0 {
		mine = from.Moves
	}
	if len(mine) == 0 {
		return problem.New(problem.Conflict, "case-move")
	}
	to := mine[d.which%len(mine)].To
	err := l.write(func(ctx context.Context, tx *storage.Tx) error {
		_, err := l.PutDraft(ctx, tx, officer(), was.ID, 0, cases.Draft{To: to, Why: "Разлог."})
		return err
	})
	if allowed := from.Lets(to, law.ByOfficer) && was.Draft == ""; allowed != (err == nil) {
		l.t.Errorf("an officer decides from %s to %s beside %q: %v", from.ID, to, was.Draft, err)
	}
	return err
}

// moves moves a case as its kind may or may not let somebody move it.
func (l *life) moves(d deed, was cases.Case) {
	to := l.kind.Statuses[d.which%len(l.kind.Statuses)]
	from, _ := l.kind.Status(was.Status)
	if d.which%2 == 0 && len(from.Moves) > 0 { // half of the moves are such as are allowed
		way := from.Moves[d.which/2%len(from.Moves)]
		to, _ = l.kind.Status(way.To)
		d.by = way.By[0]
	}
	_, err := l.move(cases.Move{Case: was.ID, To: to.ID, By: d.by, Person: "p-1", Sector: "family"})
	if allowed := from.Lets(to.ID, d.by) || from.ID == to.ID; allowed != (err == nil) {
		l.t.Errorf("from %s to %s by %s: %v", from.ID, to.ID, d.by, err)
	}
}

// lose takes a case away with all that belongs to it, as a database that is lost does.
func (l *life) lose(ctx context.Context, matter int, was cases.Case) error {
	l.lost[matter] = l.cases[matter].Status
	if !was.Ended() {
		l.did["lost while open"]++ // what was counted of it stays
	}
	delete(l.cases, matter)
	return l.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for _, statement := range []string{
			`delete from work_jobs where ref in (select id from cases_drafts where case_id = $1)`, `delete from work_jobs where ref like $1 || '/%'`, `delete from cases_drafts where case_id = $1`,
			`delete from cases_links where case_id = $1 or other = $1`, `delete from cases_cases where id = $1`, `delete from cases_custody where case_id = $1`,
			`delete from cases_steps where case_id = $1`, `delete from cases_heard where case_id = $1`, `delete from cases_messages where case_id = $1`,
		} {
			if _, err := tx.ExecContext(ctx, statement, was.ID); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	})
}

// holds looks at what must hold whatever happened.
func (l *life) holds(d deed) {
	told := l.notices()
	var ids []string
	for _, n := range told {
		if slices.Contains(ids, n.Person+n.ID) {
			l.t.Errorf("after %+v: told twice under one name, so that the second is lost: %s", d, n.ID)
		}
		ids = append(ids, n.Person+n.ID)
	}
	for matter, c := range l.cases {
		v, err := l.Case(context.Background(), mother(), c.Number)
		if err != nil {
			l.t.Fatalf("after %+v: %v", d, err)
		}
		l.cases[matter] = v.Case
		last := v.Custody[len(v.Custody)-1]
		if last.Body != v.Body || last.Unit != v.Unit {
			l.t.Errorf("after %+v: %s %s answers, and the chain ends with %s %s", d, v.Body, v.Unit, last.Body, last.Unit)
		}
		if until := v.Until(); !until.IsZero() {
			if until.Before(l.latest[c.ID]) {
				l.t.Errorf("after %+v: the clock went back from %s to %s", d, l.latest[c.ID], until)
			}
			l.latest[c.ID] = until
		}
		if _, err := l.Case(context.Background(), act.Actor{Account: "stranger", Persons: map[string]string{"family": "p-2"}}, c.Number); v.Visibility != l.kind.Visibility || !problem.HasCode(err, "case-unknown") {
			l.t.Errorf("after %+v: visible to %s, a stranger gets %v", d, v.Visibility, err)
		}
		if v.Case.Ended() != v.Phase.Ended() {
			l.t.Errorf("after %+v: %s since %s", d, v.Phase, v.EndedAt)
		}
		status, _ := l.kind.Status(v.Case.Status)
		if !v.EndedAt.Equal(l.ended[c.ID]) {
			l.ended[c.ID] = v.EndedAt
			of := func(n string) bool { return strings.Contains(n, c.ID) }
			if v.Case.Ended() && len(status.Untold) == 0 && !slices.ContainsFunc(ids, of) {
				l.t.Errorf("after %+v: it came to %s and nobody was told", d, v.Case.Status)
			}
			l.did["outcome"]++
		}
		if n, want := l.count(`select count(*) from cases_drafts where case_id = $1 and state in ('undoable', 'second', 'sealing')`, c.ID), map[bool]int{true: 1}[v.Draft != ""]; n != want {
			l.t.Errorf("after %+v: %d decisions are open, and the case says %q", d, n, v.Draft)
		}
	}
	if d.what == "time" { // also the clocks of cases that were restored
		if n := l.count(`select count(*) from cases_cases where ended_at = 0 and mark <= $1`, storage.Micros(l.clock.Now())); n > 0 {
			l.t.Errorf("after %+v: %d clocks have something to do and do not", d, n)
		}
	}
	about := []any{"none", "none"}
	for matter, c := range l.cases {
		about[matter] = c.Occasion
	}
	if n := l.count(`select count(*) from cases_cases where occasion in ($1, $2)`, about...); n != len(l.cases) {
		l.t.Errorf("after %+v: %d cases of %d matters", d, n, len(l.cases))
	}
}

func (l *life) count(query string, args ...any) (n int) {
	if err := l.db.Read(context.Background()).QueryRowContext(context.Background(), query, args...).Scan(&n); err != nil {
		l.t.Fatal(err)
	}
	return n
}

// numbers compares what was counted with what there is.
func (l *life) numbers() {
	all := `(select week, body, unit, service, kind, place, what, value, n from cases_sums union all select week, body, unit, service, kind, place, what, value, n from cases_counted) c`
	of := func(what string) int { return l.count(`select coalesce(sum(n), 0) from `+all+` where what = $1`, what) }
	if open, are := of("open"), l.count(`select count(*) from cases_cases where ended_at = 0`); open != are+l.did["lost while open"] {
		l.t.Errorf("%d cases are counted as open; %d are, and %d were lost", open, are, l.did["lost while open"])
	}
	if ended, days := of("ended"), of("days"); ended != days {
		l.t.Errorf("%d cases are counted as ended, and the days of %d", ended, days)
	}
	if n := l.count(`select count(*) from (select sum(n) as n from ` + all + ` where what in ('ended', 'days', 'late') group by week, body, unit, service, kind, place, what, value) s where n < 0`); n > 0 {
		l.t.Errorf("%d numbers of what ended are below nought", n)
	}
}
