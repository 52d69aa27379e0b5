package cases_test

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/files"
	"dobosh/internal/identity"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/notify"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
)

// rig is a room of cases with what it tells people and who looked.
type rig struct {
	*cases.Room
	t     testing.TB
	db    *storage.DB
	clock *clock.Manual
	store files.Folder
	mu    sync.Mutex
	told  []notify.Notice // held by mu
	seen  []string        // numbers of cases that officers looked at; held by mu
}

func newRig(t testing.TB, engine string) *rig {
	t.Helper()
	r := &rig{t: t, db: testkit.Database(t, engine)(cases.Migrations()), clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))}
	secret := sha256.Sum256([]byte("cases"))
	key, err := seal.New(secret[:])
	must(t, err)
	r.store = files.Folder(t.TempDir())
	member, err := registry.ParseID("RS-DEMO/GOV/ZRENJANIN")
	must(t, err)
	r.Room = cases.New(cases.Config{
		Member: member, Prefix: "ZR", PublicURL: "https://city.example", Pack: laws.Serbia(t), DB: r.db, Key: key, Notifier: r, Files: r.store, Now: r.clock.Now,
		Title: func(registry.ID) lang.Text { return lang.Text{"sr": "Град", "en": "City"} },
	})
	r.WatchedBy(r)
	return r
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

// Looked implements cases.Looks.
func (r *rig) Looked(_ context.Context, _ act.Actor, c cases.Case) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, c.Number)
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
