package work_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

func TestAJobBelongsToItsTransaction(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := writing("room.write")
		p := r.process("a", r.db, q)
		undone := errors.New("undone")
		if err := r.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			return errors.Join(q.Add(ctx, tx, "never", work.None{}), undone)
		}); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		add(r, q, "once", work.None{})
		add(r, q, "once", work.None{})
		r.due(p, 1)
		r.due(p, 0)
		r.wantResults("once")
	})
}

// What a job writes and its end are one: where the one fails there is neither.
func TestTheEndOfAJobIsOneWithWhatItChanges(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		broken := true
		q := &work.Queue[work.None]{Name: "room.write", Do: func(ctx context.Context, t *work.Try[work.None]) error {
			return t.End(ctx, func(ctx context.Context, tx *storage.Tx) error {
				if err := done(t.Ref)(ctx, tx); err != nil || !broken {
					return err
				}
				return errors.New("the disk is full")
			})
		}}
		p := r.process("a", r.db, q)
		add(r, q, "one", work.None{})
		r.due(p, 1)
		r.wantResults()
		broken = false
		r.clock.Advance(time.Second)
		r.due(p, 1)
		r.wantResults("one")
	})
}

type letter struct {
	To string
	N  int
}

// Letters to one go one after the other; those to others do not wait for them.
func TestLines(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := &work.Queue[letter]{Name: "room.letters", Workers: 4, Attempts: 3, Order: func(l letter) string { return l.To }}
		q.Do = func(ctx context.Context, t *work.Try[letter]) error {
			if t.Ref == "ana0" {
				return errors.New("away")
			}
			return t.End(ctx, done(t.Ref))
		}
		p := r.process("a", r.db, q)
		for n := range 3 {
			for _, to := range []string{"ana", "boris", ""} {
				add(r, q, fmt.Sprint(to, n), letter{to, n})
			}
		}
		_, err := p.RunDue(t.Context())
		r.must(err)
		got := r.results()
		if len(got) != 6 || !slices.IsSorted(slices.DeleteFunc(slices.Clone(got), func(ref string) bool { return !strings.HasPrefix(ref, "boris") })) {
			t.Fatalf("done: %q", got)
		}
		waiting, err := q.Line(t.Context(), r.db.Read(t.Context()), "ana", 0, 10)
		r.must(err)
		if len(waiting) != 3 || waiting[0].Ref != "ana0" || waiting[0].Tries != 1 || waiting[0].Fault != "away" || waiting[1].Tries != 0 {
			t.Errorf("%+v", waiting)
		}
		r.clock.Advance(time.Second)
		r.due(p, 1)
		r.clock.Advance(time.Second)
		r.due(p, 3) // the first is put aside, and holds up nobody
		if got := r.results()[6:]; !slices.Equal(got, []string{"ana1", "ana2"}) {
			t.Errorf("done: %q", got)
		}
	})
}

func TestOrderOfALineIsThatOfAddition(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := writing("room.letters")
		q.Order = func(work.None) string { return "all" }
		q.Workers = 8
		p := r.process("a", r.db, q)
		var want []string
		for n := range 20 {
			want = append(want, fmt.Sprintf("%02d", n))
			add(r, q, want[n], work.None{}, work.In(time.Duration(20-n)*time.Millisecond)) // the last is due first
		}
		r.clock.Advance(time.Second)
		stop := r.running(p)
		testkit.Eventually(r, "all are done", func() bool { return len(r.results()) == len(want) })
		stop()
		r.wantResults(want...)
	})
}

func TestPauses(t *testing.T) {
	retry := work.Doubling(500*time.Millisecond, 5*time.Minute)
	for i, want := range []time.Duration{500, 500, 1000, 2000, 4000} {
		if got := retry(i); got != want*time.Millisecond {
			t.Errorf("after %d tries: %v, want %v", i, got, want*time.Millisecond)
		}
	}
	for _, tries := range []int{11, 40, 1 << 20} {
		if got := retry(tries); got != 5*time.Minute {
			t.Errorf("after %d tries: %v, want 5 minutes", tries, got)
		}
	}
	spread := work.Spread(retry)
	for range 100 {
		if got := spread(3); got < 1600*time.Millisecond || got > 2400*time.Millisecond {
			t.Errorf("spread: %v", got)
		}
	}
}

func TestAnErrorSaysHowLongAndWhetherAtAll(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		var fault error
		q := &work.Queue[work.None]{Name: "room.ask", Do: func(context.Context, *work.Try[work.None]) error { return fault }}
		p := r.process("a", r.db, q)
		find := func() work.Job[work.None] {
			found, err := q.Find(t.Context(), r.db.Read(t.Context()), "one")
			r.must(err)
			return found
		}
		add(r, q, "one", work.None{})
		for n, rest := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second} {
			fault = problem.New(problem.Unavailable, "node-away")
			r.due(p, 1)
			if found := find(); found.Tries != n+1 || found.Due.Sub(r.clock.Now()) != rest || found.Code != "node-away" || found.Fault != "node-away" {
				t.Errorf("after %d tries: %+v", n+1, found)
			}
			r.clock.Advance(rest - time.Millisecond)
			r.due(p, 0)
			r.clock.Advance(time.Millisecond)
		}
		fault = work.Rest(errors.New("knows nothing"), 24*time.Hour)
		r.due(p, 1)
		if found := find(); found.Due.Sub(r.clock.Now()) != 24*time.Hour || found.Code != "internal" {
			t.Errorf("%+v", found)
		}
		r.clock.Advance(24 * time.Hour)
		fault = fmt.Errorf("ask: %w", work.Final(problem.New(problem.Gone, "gone")))
		r.due(p, 1)
		if found := find(); !found.Dead.Equal(r.clock.Now()) || found.Code != "gone" {
			t.Errorf("%+v", found)
		}
	})
}

// What has to wait for something did not fail: nobody is warned, no try is counted, and
// it is looked at again when it said.
func TestWaitingIsNotFailing(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		var mayGo atomic.Bool
		why := errors.New("the clock is not confirmed")
		q := &work.Queue[work.None]{Name: "room.waits", Attempts: 2, Do: func(ctx context.Context, t *work.Try[work.None]) error {
			if !mayGo.Load() {
				return work.NotYet(why, 10*time.Second)
			}
			return t.End(ctx, done(t.Ref))
		}}
		var said bytes.Buffer
		p := work.New(r.db, r.clock.Now, slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn})), "a")
		p.Register(q)
		r.must(p.Begin(t.Context()))
		add(r, q, "1", work.None{})
		for range 5 {
			r.due(p, 1)
			found, err := q.Find(t.Context(), r.db.Read(t.Context()), "1")
			r.must(err)
			if found.Tries != 0 || !found.Dead.IsZero() || found.Fault != why.Error() || !found.Due.Equal(r.clock.Now().Add(10*time.Second)) {
				t.Fatalf("it waits as %+v", found)
			}
			r.clock.Advance(9 * time.Second)
			r.due(p, 0)
			r.clock.Advance(time.Second)
		}
		mayGo.Store(true)
		r.due(p, 1)
		r.wantResults("1")
		if said.Len() > 0 {
			t.Errorf("said: %s", said.String())
		}
	})
}

// A panic, and a try that takes too long, are errors like any other.
func TestATryHasAnEnd(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := &work.Queue[string]{Name: "room.ask", Attempts: 1, Timeout: time.Millisecond, Do: func(ctx context.Context, t *work.Try[string]) error {
			if t.Job == "panic" {
				panic("oh")
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		p := r.process("a", r.db, q)
		add(r, q, "1", "panic")
		add(r, q, "2", "sleep")
		r.due(p, 2)
		dead, err := p.Dead(t.Context(), "room.ask", "", 0)
		r.must(err)
		if len(dead.Items) != 2 {
			t.Fatalf("%+v", dead)
		}
		for _, d := range dead.Items {
			if want := map[string]string{"1": "panic: oh", "2": "context deadline exceeded"}[d.Ref]; !strings.Contains(d.Fault, want) {
				t.Errorf("%s: %q, want %q", d.Ref, d.Fault, want)
			}
		}
	})
}

func TestDeadList(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		broken := true
		var aside []string
		q := &work.Queue[letter]{Name: "room.letters", Attempts: 2}
		q.Do = func(ctx context.Context, t *work.Try[letter]) error {
			if broken {
				return fmt.Errorf("letter %d\x00 came back", t.Job.N)
			}
			return t.End(ctx, done(t.Ref))
		}
		q.Aside = func(_ context.Context, tx *storage.Tx, t *work.Try[letter], _ error) error {
			tx.AfterCommit(func() { aside = append(aside, t.Ref) })
			return nil
		}
		other := &work.Queue[work.None]{Name: "other", Do: func(context.Context, *work.Try[work.None]) error { return work.Final(errors.New("no")) }}
		p := r.process("a", r.db, q, other)
		for n := range 5 {
			add(r, q, fmt.Sprint(n), letter{N: n})
		}
		add(r, other, "x", work.None{})
		r.due(p, 6)
		r.clock.Advance(time.Second)
		r.due(p, 5)
		if slices.Sort(aside); !slices.Equal(aside, []string{"0", "1", "2", "3", "4"}) {
			t.Errorf("aside: %q", aside)
		}
		add(r, q, "3", letter{N: 3}) // it is one, also while it is dead
		r.due(p, 0)
		var all []work.Dead
		for after := page.Key(""); ; {
			some, err := p.Dead(t.Context(), "", after, 2)
			r.must(err)
			all = append(all, some.Items...)
			if after = some.Next; after == "" {
				break
			}
		}
		if len(all) != 6 || all[0].Queue != "other" || all[5].Ref != "4" || all[5].Fault != "letter 4 came back" || all[5].Tries != 2 || all[5].Job != `{"To":"","N":4}` || !all[5].At.Equal(r.clock.Now()) {
			t.Fatalf("%+v", all)
		}
		if of, err := p.Dead(t.Context(), "other", "", 0); err != nil || len(of.Items) != 1 {
			t.Errorf("%+v, %v", of, err)
		}

		r.must(p.TryAgain(t.Context(), "room.letters", "1"))
		r.due(p, 1) // once, and it is dead again
		broken = false
		r.due(p, 0)
		r.must(p.TryAgain(t.Context(), "room.letters", "1"))
		r.due(p, 1)
		r.wantResults("1")
		for _, err := range []error{p.TryAgain(t.Context(), "room.letters", "1"), p.Drop(t.Context(), "room.letters", "1", "why", "ana")} {
			if !problem.HasCode(err, "job-unknown") {
				t.Error(err)
			}
		}
		for _, reason := range []string{"", "  ", strings.Repeat("x", 2001)} {
			if err := p.Drop(t.Context(), "room.letters", "2", reason, "ana"); !problem.HasCode(err, "reason-needed") {
				t.Errorf("reason of %d bytes: %v", len(reason), err)
			}
		}
		r.must(p.Drop(t.Context(), "room.letters", "2", " it was sent by post ", "ana"))
		r.must(p.Drop(t.Context(), "room.letters", "4", "that one too", "ana"))
		dropped, err := p.Dropped(t.Context(), "", 1)
		r.must(err)
		rest, err := p.Dropped(t.Context(), dropped.Next, 1)
		r.must(err)
		both := append(dropped.Items, rest.Items...)
		slices.SortFunc(both, func(a, b work.Dropped) int { return strings.Compare(a.Ref, b.Ref) })
		if len(both) != 2 || both[0].Ref != "2" || both[0].Reason != "it was sent by post" || both[0].Actor != "ana" || both[0].Job != `{"To":"","N":2}` {
			t.Errorf("%+v", both)
		}
		counts, err := p.Counts(t.Context())
		r.must(err)
		if len(counts) != 2 || counts[0] != (work.Count{Queue: "other", Dead: 1}) || counts[1] != (work.Count{Queue: "room.letters", Dead: 2}) {
			t.Errorf("%+v", counts)
		}
	})
}

// What failed elsewhere comes with its error, and rests first.
func TestAJobThatWasTriedElsewhere(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := writing("room.write")
		p := r.process("a", r.db, q)
		add(r, q, "one", work.None{}, work.After(problem.New(problem.Unavailable, "node-away")))
		r.due(p, 0)
		found, err := q.Find(t.Context(), r.db.Read(t.Context()), "one")
		r.must(err)
		if found.Tries != 1 || found.Code != "node-away" || found.Due.Sub(r.clock.Now()) != 500*time.Millisecond {
			t.Errorf("%+v", found)
		}
		r.clock.Advance(500 * time.Millisecond)
		r.due(p, 1)
	})
}

// The jobs of a line are taken by hand, in their order; what came put aside is
// taken once somebody has it tried again.
func TestByHand(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := &work.Queue[letter]{Name: "room.letters", ByHand: true, Attempts: 1, Order: func(l letter) string { return l.To }}
		p := r.process("a", r.db, q)
		for n := range 3 {
			add(r, q, fmt.Sprint("ana", n), letter{"ana", n}, work.Aside(problem.New(problem.Gone, "gone"), 7))
		}
		add(r, q, "boris", letter{To: "boris"})
		r.due(p, 0)
		take := func() *work.Try[letter] {
			taken, err := q.Take(t.Context(), "ana")
			r.must(err)
			return taken
		}
		if taken := take(); taken != nil {
			t.Errorf("%+v", taken)
		}
		r.write(func(ctx context.Context, tx *storage.Tx) error { return q.TryLineAgain(ctx, tx, "ana") })
		first := take()
		if first == nil || first.Ref != "ana0" || first.Tries != 8 {
			t.Fatalf("%+v", first)
		}
		r.must(first.Fail(t.Context(), errors.New("again")))
		second := take()
		r.must(second.Back(t.Context()))
		if again := take(); again.Ref != "ana1" || again.Tries != 8 {
			t.Errorf("%+v", again)
		} else {
			r.must(again.End(t.Context(), done(again.Ref)))
		}
		left, err := q.Line(t.Context(), r.db.Read(t.Context()), "ana", 0, 10)
		r.must(err)
		if len(left) != 2 || left[0].Ref != "ana0" || left[0].Tries != 8 || left[0].Dead.IsZero() || left[1].Ref != "ana2" || !left[1].Dead.IsZero() {
			t.Errorf("%+v", left)
		}
		var n int
		r.must(r.db.Read(t.Context()).QueryRowContext(t.Context(), `select `+q.CountOf(`name`)+` from (select 'ana' as name) as one`).Scan(&n))
		if n != 2 {
			t.Errorf("%d in the line", n)
		}
		r.write(func(ctx context.Context, tx *storage.Tx) error { return q.RemoveLine(ctx, tx, "ana") })
		if left, err := q.Line(t.Context(), r.db.Read(t.Context()), "ana", 0, 10); err != nil || len(left) != 0 {
			t.Errorf("%+v, %v", left, err)
		}
		r.wantResults("ana1")
	})
}

func TestCounts(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := writing("room.write")
		p := r.process("a", r.db, q)
		start := r.clock.Now()
		add(r, q, "now", work.None{})
		add(r, q, "later", work.None{}, work.In(time.Hour))
		add(r, q, "claimed", work.None{})
		r.clock.Advance(time.Minute)
		counts, err := p.Counts(t.Context())
		r.must(err)
		if len(counts) != 1 || counts[0].Queue != "room.write" || counts[0].Waiting != 3 || counts[0].Due != 2 || counts[0].Dead != 0 || !counts[0].Oldest.Equal(start) {
			t.Errorf("%+v", counts)
		}
	})
}

// A process that was slow, and whose job another has taken over, does not do it
// again: nothing of what it writes commits.
func TestASlowProcessEndsNothing(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		slow, fast := writing("room.write"), writing("room.write")
		a := r.process("a", r.db, slow)
		add(r, slow, "one", work.None{})
		claimed, err := a.Claim(t.Context())
		r.must(err)
		if claimed.Len() != 1 {
			t.Fatalf("%d claimed", claimed.Len())
		}
		b := r.process("b", r.open(), fast)
		r.due(b, 0)
		r.must(b.TakeOver(t.Context(), "a"))
		add(r, slow, "two", work.None{})
		r.due(a, 0) // who was taken for dead gets nothing
		r.due(b, 2)
		r.must(claimed.Do(t.Context()))
		r.wantResults("one", "two")
	})
}

func TestAProcessTakesOverItsOwn(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		first := writing("room.write")
		a := r.process("a", r.db, first)
		add(r, first, "one", work.None{})
		_, err := a.Claim(t.Context())
		r.must(err)
		r.due(a, 0)
		again := r.process("a", r.open(), writing("room.write"))
		r.due(again, 1)
		r.wantResults("one")
	})
}

// One of two processes dies with a job in its hands. The other sees that its beat
// stands, and does it; one that lives keeps what it has.
func TestADeadProcessIsSeen(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		queue := writing("room.write")
		dead := r.process("dead", r.db, queue)
		add(r, queue, "of the dead", work.None{})
		_, err := dead.Claim(t.Context())
		r.must(err)

		hold, held := make(chan struct{}), make(chan struct{})
		long := &work.Queue[work.None]{Name: "room.long", Do: func(ctx context.Context, t *work.Try[work.None]) error {
			close(held)
			<-hold
			return t.End(ctx, done(t.Ref))
		}}
		alive := r.idle("alive", r.open(), long)
		alive.Pace(time.Millisecond, 5*time.Millisecond, time.Minute)
		stopAlive := r.running(alive)
		add(r, long, "of the living", work.None{})
		<-held

		other := r.idle("other", r.open(), writing("room.write"), writing("room.long"))
		other.Pace(time.Millisecond, 5*time.Millisecond, 2*time.Second)
		stop := r.running(other)
		testkit.Eventually(r, "the job of the dead is done", func() bool { return len(r.results()) == 1 })
		close(hold)
		testkit.Eventually(r, "that of the living too", func() bool { return len(r.results()) == 2 })
		stop()
		stopAlive()
		r.wantResults("of the dead", "of the living")
	})
}

// A clock that ran ahead puts jobs off; once it is set right they are due. What
// waits for an instant of its own goes on waiting.
func TestClockThatIsSetRight(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := writing("room.write")
		p := r.process("a", r.db, q)
		r.clock.Advance(240 * time.Hour)
		add(r, q, "now", work.None{})
		add(r, q, "soon", work.None{}, work.In(time.Hour))
		add(r, q, "term", work.None{}, work.At(r.clock.Now()))
		r.clock.Advance(-240 * time.Hour)
		r.due(p, 2)
		r.clock.Advance(239 * time.Hour)
		r.due(p, 0)
		r.clock.Advance(time.Hour)
		r.due(p, 1)
		if got := r.results(); got[2] != "term" {
			t.Errorf("done: %q", got)
		}
	})
}

// Nothing but being woken makes these go on: the runner looks once an hour.
func TestItWakesAtOnce(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := writing("room.write")
		q.Order = func(work.None) string { return "line" }
		p := r.idle("a", r.db, q)
		p.Pace(time.Hour, time.Hour, time.Hour)
		stop := r.running(p)
		add(r, q, "1", work.None{})
		testkit.Eventually(r, "it is done", func() bool { return len(r.results()) == 1 })
		r.write(func(ctx context.Context, tx *storage.Tx) error {
			return errors.Join(q.Add(ctx, tx, "2", work.None{}), q.Add(ctx, tx, "3", work.None{}))
		})
		testkit.Eventually(r, "both are done", func() bool { return len(r.results()) == 3 })
		stop()
		r.wantResults("1", "2", "3")
	})
}

func TestWhatIsBrokenOffGoesBack(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		began := make(chan struct{})
		q := &work.Queue[work.None]{Name: "room.write", Do: func(ctx context.Context, _ *work.Try[work.None]) error {
			close(began)
			<-ctx.Done()
			return ctx.Err()
		}}
		stop := r.running(r.idle("a", r.db, q))
		add(r, q, "one", work.None{})
		<-began
		stop()
		found, err := q.Find(t.Context(), r.db.Read(t.Context()), "one")
		r.must(err)
		if found.Tries != 0 || found.Fault != "" {
			t.Errorf("%+v", found)
		}
		r.due(r.process("b", r.db, writing("room.write")), 1) // another has it at once
		r.wantResults("one")
	})
}

// A job that takes its process down with it is put aside after as many tries as
// any other, and so is one that nobody can read.
func TestJobsThatCannotBeDone(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		deadly := func() *work.Queue[letter] {
			return &work.Queue[letter]{Name: "room.letters", Attempts: 2, Do: func(ctx context.Context, t *work.Try[letter]) error { return t.End(ctx, done(t.Ref)) }}
		}
		q := deadly()
		p := r.process("a", r.db, q)
		add(r, q, "deadly", letter{})
		for range 2 {
			if claimed, err := p.Claim(t.Context()); err != nil || claimed.Len() != 1 {
				t.Fatalf("%d claimed, %v", claimed.Len(), err)
			}
			p = r.process("a", r.db, deadly())
		}
		r.write(func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `insert into work_jobs (queue, ref, job, line, place, lane, added, due, put) values ('room.letters', 'odd', '[]', '', 1, 0, 1, 1, 1)`)
			return err
		})
		r.due(p, 2)
		r.wantResults()
		dead, err := p.Dead(t.Context(), "", "", 0)
		r.must(err)
		if len(dead.Items) != 2 {
			t.Errorf("%+v", dead)
		}
	})
}

func TestLanes(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		q := &work.Queue[int]{Name: "room.mail", Lanes: 3, Lane: func(lane int) int { return lane }, Do: func(ctx context.Context, t *work.Try[int]) error { return t.End(ctx, done(t.Ref)) }}
		p := r.process("a", r.db, q)
		for n, lane := range []int{2, 1, 0, 2, 1, 0} {
			add(r, q, fmt.Sprint(lane, "-", n), lane)
		}
		add(r, q, "0-later", 0, work.In(time.Hour))
		r.due(p, 6)
		r.wantResults("0-2", "0-5", "1-1", "1-4", "2-0", "2-3")
	})
}

// Jobs that are done together are settled each by itself; where nobody is at the
// other end the queue rests, and no try counts.
func TestBatches(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		var calls [][]string
		var away atomic.Bool
		q := &work.Queue[work.None]{Name: "room.mail", Batch: 3, Attempts: 2}
		q.DoAll = func(ctx context.Context, tries []*work.Try[work.None]) error {
			var refs []string
			for _, t := range tries {
				refs = append(refs, t.Ref)
			}
			calls = append(calls, refs)
			if away.Load() {
				return work.Rest(errors.New("no server"), time.Hour)
			}
			return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
				for _, t := range tries {
					if t.Ref == "bad" {
						if err := t.Again(ctx, tx, time.Minute, errors.New("mailbox full")); err != nil {
							return err
						}
						continue
					}
					if err := errors.Join(t.Done(ctx, tx), done(t.Ref)(ctx, tx)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		p := r.process("a", r.db, q)
		away.Store(true)
		for _, ref := range []string{"1", "2", "bad", "3"} {
			add(r, q, ref, work.None{})
		}
		if _, err := p.RunDue(t.Context()); err == nil {
			t.Error("nobody says that no server is there")
		}
		away.Store(false)
		r.due(p, 4)
		r.wantResults("1", "2", "3")
		found, err := q.Find(t.Context(), r.db.Read(t.Context()), "bad")
		r.must(err)
		if found.Tries != 1 || found.Fault != "mailbox full" || found.Due.Sub(r.clock.Now()) != time.Minute {
			t.Errorf("%+v", found)
		}
		if len(calls) != 3 || len(calls[1]) != 3 || len(calls[2]) != 1 {
			t.Errorf("%q", calls)
		}
	})
}

// A queue that rests since nobody is at the other end begins nothing that is
// added meanwhile.
func TestAQueueThatRests(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		var calls atomic.Int32
		q := &work.Queue[work.None]{Name: "room.mail", Batch: 1}
		q.DoAll = func(context.Context, []*work.Try[work.None]) error {
			calls.Add(1)
			return work.Rest(errors.New("no server"), time.Hour)
		}
		witness := writing("room.write")
		p := r.idle("a", r.db, q, witness)
		p.Pace(time.Millisecond, time.Hour, time.Hour)
		stop := r.running(p)
		add(r, q, "1", work.None{})
		testkit.Eventually(r, "it was tried", func() bool { return calls.Load() == 1 })
		add(r, q, "2", work.None{})
		for n := range 5 {
			add(r, witness, fmt.Sprint(n), work.None{})
			testkit.Eventually(r, "others are done", func() bool { return len(r.results()) == n+1 })
		}
		stop()
		if n := calls.Load(); n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestRounds(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		var rounds []string
		broken := false
		every := func(node string) *work.Schedule {
			return work.Every("room.round", time.Hour, func(context.Context) error {
				rounds = append(rounds, node)
				if broken {
					return errors.New("broken")
				}
				return nil
			})
		}
		a, b := r.process("a", r.db, every("a")), r.process("b", r.open(), every("b"))
		r.due(b, 1)
		r.due(a, 0)
		r.clock.Advance(59 * time.Minute)
		r.due(a, 0)
		r.clock.Advance(time.Minute)
		r.due(a, 1)
		r.due(b, 0)
		if !slices.Equal(rounds, []string{"b", "a"}) {
			t.Errorf("%q", rounds)
		}
		broken = true
		r.clock.Advance(time.Hour)
		r.due(a, 1)
		broken = false
		r.clock.Advance(10 * time.Second)
		r.due(b, 1)
		r.clock.Advance(time.Hour - time.Second)
		again := r.process("a", r.db, every("a")) // a start begins no round before its time
		r.due(again, 0)
	})
}

func TestDaily(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		var at []time.Time
		p := r.process("a", r.db, work.Daily("room.daily", 3*time.Hour, func(context.Context) error {
			at = append(at, r.clock.Now())
			return nil
		}))
		r.clock.Set(time.Date(2027, 3, 26, 12, 0, 0, 0, time.UTC))
		r.due(p, 1)
		for range 72 {
			r.clock.Advance(time.Hour)
			_, err := p.RunDue(t.Context())
			r.must(err)
		}
		want := []time.Time{time.Date(2027, 3, 26, 12, 0, 0, 0, time.UTC), time.Date(2027, 3, 27, 2, 0, 0, 0, time.UTC), time.Date(2027, 3, 28, 2, 0, 0, 0, time.UTC), time.Date(2027, 3, 29, 1, 0, 0, 0, time.UTC)}
		if !slices.EqualFunc(at, want, time.Time.Equal) {
			t.Errorf("%v, want %v", at, want)
		}
	})
}

// Three processes on one database do many jobs: each is done once.
func TestManyProcesses(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		const many = 60
		var once sync.Map
		queue := func() *work.Queue[int] {
			return &work.Queue[int]{Name: "room.write", Workers: 8, Order: func(n int) string { return fmt.Sprint("line-", n%10) },
				Retry: work.Doubling(time.Millisecond, time.Millisecond),
				Do: func(ctx context.Context, t *work.Try[int]) error {
					if _, before := once.LoadOrStore(t.Ref, true); !before && t.Job%7 == 0 {
						return errors.New("not the first time")
					}
					return t.End(ctx, done(t.Ref))
				}}
		}
		first := queue()
		var stops []func()
		for n := range 3 {
			q, db := first, r.db
			if n > 0 {
				q, db = queue(), r.open()
			}
			p := work.New(db, func() time.Time { return time.Now().UTC() }, nolog(), fmt.Sprint("node-", n))
			p.Register(q)
			p.Pace(5*time.Millisecond, 50*time.Millisecond, time.Minute)
			stops = append(stops, r.running(p))
		}
		for n := range many / 20 {
			r.write(func(ctx context.Context, tx *storage.Tx) error {
				for i := range 20 {
					if err := first.Add(ctx, tx, fmt.Sprintf("%03d", 20*n+i), 20*n+i); err != nil {
						return err
					}
				}
				return nil
			})
		}
		testkit.Eventually(r, "all are done", func() bool { return len(r.results()) >= many })
		for _, stop := range stops {
			stop()
		}
		lines, seen := map[byte]string{}, map[string]bool{}
		for _, ref := range r.results() {
			if line := ref[2]; seen[ref] || lines[line] > ref {
				t.Errorf("%s after %s, seen %v", ref, lines[line], seen[ref])
			}
			lines[ref[2]], seen[ref] = ref, true
		}
		if len(seen) != many {
			t.Errorf("%d jobs were done", len(seen))
		}
	})
}

func TestRegisterRefuses(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		p := r.process("a", r.db, writing("room.write"))
		for name, of := range map[string]func() (*work.Runner, work.Work){
			"no name": func() (*work.Runner, work.Work) { return r.idle("b", r.db), writing("Room write") },
			"nothing": func() (*work.Runner, work.Work) { return r.idle("b", r.db), &work.Queue[int]{Name: "room.write"} },
			"twice": func() (*work.Runner, work.Work) {
				return r.idle("b", r.db, writing("room.write")), writing("room.write")
			},
			"too late": func() (*work.Runner, work.Work) { return p, writing("room.other") },
			"of two": func() (*work.Runner, work.Work) {
				q := writing("room.write")
				r.idle("b", r.db, q)
				return r.idle("c", r.db), q
			},
			"no batch": func() (*work.Runner, work.Work) {
				return r.idle("b", r.db), &work.Queue[int]{Name: "x", DoAll: func(context.Context, []*work.Try[int]) error { return nil }}
			},
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: it was registered", name)
					}
				}()
				runner, w := of()
				runner.Register(w)
			}()
		}
		q := writing("room.write")
		if err := r.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error { return q.Add(ctx, tx, "1", work.None{}) }); err == nil {
			t.Error("a job of no runner was added")
		}
		r.idle("b", r.db, q)
		for _, ref := range []string{"", strings.Repeat("x", 1101)} {
			if err := r.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error { return q.Add(ctx, tx, ref, work.None{}) }); err == nil {
				t.Errorf("a ref of %d bytes was taken", len(ref))
			}
		}
	})
}
