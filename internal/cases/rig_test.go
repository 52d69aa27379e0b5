package cases_test

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/files"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
	"dobosh/internal/work"
)

// rig is a room of cases with what it tells people and who looked.
type rig struct {
	*cases.Room
	t     testing.TB
	db    *storage.DB
	clock *clock.Manual
	store files.Folder
	cfg   cases.Config
	work  *work.Runner
	sure  bool // the clock is believed
	mu    sync.Mutex
	told  []notify.Notice // held by mu
	seen  []string        // numbers of cases that officers looked at; held by mu

	entries  []journal.Entry // held by mu
	officers []act.Actor     // who hold the role
}

// Append implements cases.Journal.
func (r *rig) Append(_ context.Context, e journal.Entry) (journal.Stamp, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, e)
	return journal.Stamp{}, nil
}

// Holders implements cases.Officers.
func (r *rig) Holders(context.Context, act.Role) ([]act.Actor, error) { return r.officers, nil }

// appeal begins a case that officers move on its page.
func (r *rig) appeal(about string) (c cases.Case) {
	r.t.Helper()
	must(r.t, r.write(func(ctx context.Context, tx *storage.Tx) (err error) {
		c, _, err = r.Open(ctx, tx, cases.Opening{Kind: "appeal", About: about, Source: "page", Service: "newborn-grant", Person: "p-1", Sector: "family", Channel: cases.ByPage})
		return err
	}))
	return c
}

// version is that which a case has now.
func (r *rig) version(c cases.Case) int {
	r.t.Helper()
	v, err := r.Case(r.t.Context(), officer(), c.Number)
	must(r.t, err)
	return v.Version
}

func newRig(t testing.TB, engine string) *rig {
	t.Helper()
	return newRigOf(t, engine, laws.Serbia(t))
}

// newRigOf is a room under the law of a pack.
func newRigOf(t testing.TB, engine string, pack *law.Pack) *rig {
	t.Helper()
	r := &rig{t: t, sure: true, db: testkit.Database(t, engine)(work.Migrations(), mailbox.Migrations(), cases.Migrations()), clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))}
	secret := sha256.Sum256([]byte("cases"))
	key, err := seal.New(secret[:])
	must(t, err)
	r.store = files.Folder(t.TempDir())
	member, err := registry.ParseID("RS-DEMO/GOV/ZRENJANIN")
	must(t, err)
	r.cfg = cases.Config{
		Member: member, Prefix: "ZR", PublicURL: "https://city.example", Pack: pack, DB: r.db, Key: key, Notifier: r, Officers: r, Journal: r, Files: r.store, NameKey: secret[:], Now: r.clock.Now,
		Title: func(registry.ID) lang.Text { return lang.Text{"sr": "Град", "en": "City"} }, Sure: func() bool { return r.sure },
	}
	r.restart(r.cfg.Pack)
	return r
}

// restart is the same node after its process died, with a pack.
func (r *rig) restart(pack *law.Pack) {
	r.t.Helper()
	r.work = work.New(r.db, r.clock.Now, slog.New(slog.DiscardHandler), "city")
	r.cfg.Pack, r.cfg.Work = pack, r.work
	r.Room = cases.New(r.cfg)
	r.WatchedBy(r)
	must(r.t, r.work.Begin(r.t.Context()))
}

// at sets the clock to a time of a day and does what is due then.
func (r *rig) at(day civil.Day, minutes int) {
	r.t.Helper()
	r.clock.Set(day.At(minutes))
	r.due()
}

func (r *rig) due() {
	r.t.Helper()
	_, err := r.work.RunDue(r.t.Context())
	must(r.t, err)
}

// byNumber calls people by their numbers.
type byNumber struct{}

// Pseudonym implements cases.Pseudonyms.
func (byNumber) Pseudonym(sector string, number jmbg.Number) (string, error) {
	return sector + " " + number.String(), nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if !problem.HasCode(err, code) {
		t.Errorf("error %v, want the problem %q", err, code)
	}
}

// Send implements cases.Notifier.
func (r *rig) Send(_ context.Context, tx *storage.Tx, n notify.Notice) error {
	tx.AfterCommit(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.told = append(r.told, n)
	})
	return n.Check()
}

// SendAll implements cases.Notifier.
func (r *rig) SendAll(ctx context.Context, tx *storage.Tx, notices ...notify.Notice) error {
	for _, n := range notices {
		if err := r.Send(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// Looked implements cases.Looks.
func (r *rig) Looked(_ context.Context, _ act.Actor, c cases.Case, seen ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, strings.Join(append([]string{c.Number}, seen...), " "))
	return nil
}

// notices takes what people were told since the last call.
func (r *rig) notices() (told []notify.Notice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	told, r.told = r.told, nil
	return told
}

func (r *rig) write(do func(ctx context.Context, tx *storage.Tx) error) error {
	return r.db.Write(r.t.Context(), do)
}

// open tells of a birth under a public service.
func (r *rig) open(about, source string) (c cases.Case, begun bool) {
	r.t.Helper()
	must(r.t, r.write(func(ctx context.Context, tx *storage.Tx) (err error) {
		c, begun, err = r.Open(ctx, tx, cases.Opening{Kind: "application", About: about, Source: source, Service: "newborn-grant", Occasion: "birth " + about, Channel: cases.ByEvent})
		return err
	}))
	return c, begun
}

// move moves a case and gives what became of it.
func (r *rig) move(m cases.Move) (c cases.Case, err error) {
	err = r.write(func(ctx context.Context, tx *storage.Tx) (err error) {
		c, err = r.Move(ctx, tx, m)
		return err
	})
	return c, err
}

func officer() act.Actor {
	return act.Actor{Account: "officer", Grants: []act.Grant{{Role: identity.Officer}}}
}

func officerOf(scope act.Scope) act.Actor {
	return act.Actor{Account: "officer-2", Grants: []act.Grant{{Role: identity.Officer, Scope: scope}}}
}

func mother() act.Actor {
	return act.Actor{Account: "mother", Persons: map[string]string{"family": "p-1"}}
}
