package receipts_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/page"
	"dobosh/internal/receipts"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/acts"
)

// book is a journal that keeps what was appended, or is away.
type book struct {
	entries []journal.Entry
	err     error
}

func (b *book) Append(_ context.Context, e journal.Entry) (journal.Stamp, error) {
	if b.err == nil {
		b.entries = append(b.entries, e)
	}
	return journal.Stamp{}, b.err
}

// guard is a watch over the looks of one body, on a Monday at noon.
type guard struct {
	*receipts.Watch
	book  *book
	clock *clock.Manual
	n     int
}

func newGuard(t testing.TB, engine string) *guard {
	r := newRig(t, storage.SQLite)
	b, now := &book{}, clock.NewManual(time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC))
	db := testkit.Database(t, engine)(journal.Migrations(), receipts.Migrations())
	return &guard{Watch: &receipts.Watch{Member: r.bodies["RS-T/GOV/A"].id, DB: db, Journal: b, Now: now.Now}, book: b, clock: now}
}

// look notes one look of jovana's.
func (g *guard) look(t testing.TB, change func(*receipts.Look)) {
	t.Helper()
	g.n++
	l := receipts.Look{ID: fmt.Sprintf("01hx%022d", g.n), Account: "jovana", Person: "p1", Service: "grant", Matter: "offer 1", At: g.clock.Now(), Waits: true}
	if change != nil {
		change(&l)
	}
	must(t, g.Note(t.Context(), l))
}

func auditor() act.Actor { return act.As("jelena", identity.Auditor) }

func (g *guard) unusual(t testing.TB, by act.Actor) (list []receipts.Noted) {
	t.Helper()
	for after := page.Key(""); ; {
		p, err := g.Unusual(t.Context(), by, after)
		must(t, err)
		list = append(list, p.Items...)
		if after = p.Next; after == "" {
			return list
		}
	}
}

func TestWhatIsUnusual(t *testing.T) {
	testkit.OnBoth(t, newGuard, func(t *testing.T, g *guard) {
		g.look(t, nil)
		g.look(t, nil) // the same person again
		if list := g.unusual(t, auditor()); len(list) != 0 {
			t.Errorf("usual looks are shown: %+v", list)
		}
		for why, change := range map[string]func(*receipts.Look){
			receipts.NoMatter: func(l *receipts.Look) { l.Waits = false },
			receipts.OwnData:  func(l *receipts.Look) { l.Own = true },
			receipts.AtNight:  func(l *receipts.Look) { l.At = time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC) }, // 21 at home
		} {
			g.look(t, change)
			if list := g.unusual(t, auditor()); !slices.Equal(list[0].Why, []string{why}) {
				t.Errorf("%s: %v", why, list[0].Why)
			}
		}
		g.look(t, func(l *receipts.Look) { l.At, l.Waits = time.Date(2026, 11, 28, 11, 0, 0, 0, time.UTC), false }) // a Saturday
		if list := g.unusual(t, auditor()); !slices.Equal(list[0].Why, []string{receipts.NoMatter, receipts.AtNight}) {
			t.Errorf("two reasons: %v", list[0].Why)
		}

		// The thirty-first person of a day, and nobody of the next.
		before := len(g.unusual(t, auditor()))
		for i := range 40 {
			g.look(t, func(l *receipts.Look) { l.Account, l.Person = "dragan", fmt.Sprint("p", i) })
		}
		g.look(t, func(l *receipts.Look) { l.Account, l.Person = "dragan", "p3" }) // was met before
		list := g.unusual(t, auditor())
		if n := len(list) - before; n != 10 || !slices.Equal(list[0].Why, []string{receipts.TooMany}) {
			t.Errorf("%d of 40 persons in a day are too many, want 10", n)
		}
		g.look(t, func(l *receipts.Look) { l.Account, l.Person, l.At = "dragan", "p50", l.At.Add(24*time.Hour) })
		if n := len(g.unusual(t, auditor())); n != len(list) {
			t.Errorf("the next day begins with %d unusual looks", n-len(list))
		}
	})
}

// Whoever looked explains, once, and it stands in the journal; nobody explains for others,
// and only who protects personal data sees all.
func TestWhoLookedExplains(t *testing.T) {
	testkit.OnBoth(t, newGuard, func(t *testing.T, g *guard) {
		g.look(t, func(l *receipts.Look) { l.Waits = false })
		g.look(t, func(l *receipts.Look) { l.Account, l.Waits = "dragan", false })
		dragan := act.As("dragan", identity.Officer)
		if all, own := g.unusual(t, auditor()), g.unusual(t, officer()); len(all) != 2 || len(own) != 1 || own[0].Account != "jovana" {
			t.Fatalf("auditor sees %+v, jovana %+v", all, own)
		}
		_, err := g.Unusual(t.Context(), mila(), "")
		wantCode(t, err, "not-allowed")
		_, err = g.Unusual(t.Context(), act.Actor{}, "")
		wantCode(t, err, "sign-in-needed")

		look := g.unusual(t, officer())[0].ID
		wantCode(t, g.Explain(t.Context(), dragan, look, "Зато."), "look-unknown")
		wantCode(t, g.Explain(t.Context(), auditor(), look, "Зато."), "look-unknown")
		g.book.err = errors.New("away")
		wantCode(t, g.Explain(t.Context(), officer(), look, "Зато."), "journal-away")
		g.book.err = nil
		if n := g.unusual(t, officer())[0]; n.Said != "" {
			t.Errorf("explained without the journal: %+v", n)
		}
		must(t, g.Explain(t.Context(), officer(), look, "Странка је звала."))
		wantCode(t, g.Explain(t.Context(), officer(), look, "Друго."), "look-explained")
		if n := g.unusual(t, officer())[0]; n.Said != "Странка је звала." || !n.When.Equal(g.clock.Now()) {
			t.Errorf("explained %+v", n)
		}
		if len(g.book.entries) != 1 || string(g.book.entries[0].Body) != "Странка је звала." || !slices.Equal(g.book.entries[0].Subjects, []string{"p1"}) {
			t.Errorf("the journal has %+v", g.book.entries)
		}

		explain, err := g.ExplainAct()
		must(t, err)
		acts.Refuses(t, explain, dragan, map[string]string{"look": g.unusual(t, dragan)[0].ID}, map[string]any{"reason": "Молба."})
	})
}

func TestLooksAreForgotten(t *testing.T) {
	testkit.OnBoth(t, newGuard, func(t *testing.T, g *guard) {
		g.look(t, nil)
		g.look(t, func(l *receipts.Look) { l.Waits = false })
		kept := func() (n int) {
			must(t, g.Forget(t.Context()))
			must(t, g.DB.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from looks_noted`).Scan(&n))
			return n
		}
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{0, 2}, {9 * 24 * time.Hour, 1}, {800 * 24 * time.Hour, 0}} {
			g.clock.Advance(c.after)
			if n := kept(); n != c.want {
				t.Errorf("%d looks after %v, want %d", n, c.after, c.want)
			}
		}
	})
}
