package contracts

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
	"dobosh/internal/work"

	"golang.org/x/mod/sumdb/note"
)

// TestMain finds goroutines that were left behind. The test server of
// PostgreSQL lives as long as the program.
func TestMain(m *testing.M) {
	testkit.NoneLeft(m)
}

var (
	morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	city    = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY"}
	state   = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE"}
	third   = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "THIRD"}
	officer = act.As("signs", identity.Contracts)
	auditor = act.As("looks", identity.Auditor)
	clerk   = act.As("clerk", identity.Officer)
)

// world is a registry with three members, each with a desk, and what carries
// letters between them.
type world struct {
	t         testing.TB
	authority *registry.Authority
	clock     *clock.Manual
	pack      *law.Pack
	desks     map[registry.ID]*Room
	journals  map[registry.ID]*pages
	away      map[registry.ID]bool
	refuses   string // code with which the registry refuses everything
}

// pages are a journal that only remembers.
type pages struct {
	mu      sync.Mutex
	entries []journal.Entry
	full    bool
}

func (p *pages) Append(_ context.Context, e journal.Entry) (journal.Stamp, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full {
		return journal.Stamp{}, storage.ErrNotFound
	}
	p.entries = append(p.entries, e)
	return journal.Stamp{}, nil
}

func signerOf(t testing.TB, name string) note.Signer {
	t.Helper()
	s, err := journal.NewSigner(name, testkit.Key(name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func log(member registry.ID) string { return member.String() + "/n1" }

func system(member registry.ID, name string) registry.ID {
	member.Subsystem = name
	return member
}

func newWorld(t testing.TB, engine string) *world {
	t.Helper()
	return newWorldUnder(t, engine, laws.Serbia(t))
}

func newWorldUnder(t testing.TB, engine string, pack *law.Pack) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(morning), pack: pack, desks: map[registry.ID]*Room{}, journals: map[registry.ID]*pages{}, away: map[registry.ID]bool{}}
	const origin = "RS-TEST/registry"
	verifier, err := journal.NewKey(origin, testkit.Key(origin).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	db := testkit.Database(t, storage.SQLite)(registry.Migrations())
	if w.authority, err = registry.NewAuthority(t.Context(), db, signerOf(t, origin), verifier, w.clock.Now); err != nil {
		t.Fatal(err)
	}
	for member, systems := range map[registry.ID][]string{city: {"family", "tax"}, state: {"civil", "residence"}, third: {"portal"}} {
		w.join(member, systems...)
	}
	civilService, residents := system(state, "civil").With("births"), system(state, "residence").With("residents")
	for _, s := range []registry.ID{civilService, residents, system(city, "tax").With("rates")} {
		w.say(registry.Statement{Service: &registry.Service{ID: s, Title: lang.Text{"en": s.Service}}})
	}
	for member := range map[registry.ID]bool{city: true, state: true, third: true} {
		w.open(member, engine)
	}
	return w
}

// join registers a member with one node.
func (w *world) join(member registry.ID, systems ...string) {
	w.t.Helper()
	n := newKey(w.t, member, log(member))
	w.say(registry.Statement{Member: &registry.Member{ID: member, Title: lang.Text{"en": member.Member}, Subsystems: systems}}, registry.Statement{Node: &n})
}

// newKey is the node of a member, with a key of its journal made from a name.
func newKey(t testing.TB, member registry.ID, name string) registry.Node {
	t.Helper()
	vkey, err := note.NewEd25519VerifierKey(log(member), testkit.Key(name).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	pin := sha256.Sum256([]byte(name))
	return registry.Node{Member: member, Name: "n1", Address: "127.0.0.1:4001", TLS: hex.EncodeToString(pin[:]), Log: vkey}
}

func (w *world) say(statements ...registry.Statement) {
	w.t.Helper()
	if err := w.authority.Append(w.t.Context(), statements...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) open(member registry.ID, engine string) {
	w.t.Helper()
	w.journals[member] = &pages{}
	db := testkit.Database(w.t, engine)(work.Migrations(), Migrations())
	runner := work.New(db, w.clock.Now, slog.New(slog.DiscardHandler), member.Member)
	w.desks[member] = New(Config{
		Member: member, DB: db, Work: runner, State: w.authority.State, Registry: submits{w, member}, Courier: w,
		Law: w.pack, Signer: signerOf(w.t, log(member)), Journal: w.journals[member], Now: w.clock.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err := runner.Begin(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// submits brings statements of a member to the registry.
type submits struct {
	*world
	member registry.ID
}

func (s submits) Submit(ctx context.Context, st registry.Statement) error {
	if s.refuses != "" {
		return problem.New(problem.Invalid, s.refuses)
	}
	return s.authority.Submitter(s.member, signerOf(s.t, log(s.member))).Submit(ctx, st)
}

// Carry implements Courier between the desks. Who sends is known by the letter
// alone, as the tests of the wire check the rest.
func (w *world) Carry(ctx context.Context, to registry.Node, letter string) error {
	if w.away[to.Member] {
		return problem.New(problem.Unavailable, "node-away", "body", to.Member.String())
	}
	l, err := readLetter(letter, w.desks[to.Member].keys)
	if err != nil {
		return err
	}
	return w.desks[to.Member].Take(ctx, l.From, letter)
}

// settle carries everything that is due, as often as it takes, while time
// passes.
func (w *world) settle() {
	w.t.Helper()
	for range 8 {
		for _, desk := range w.desks {
			if _, err := desk.Work.RunDue(w.t.Context()); err != nil {
				w.t.Fatal(err)
			}
			if err := desk.compare(w.t.Context()); err != nil {
				w.t.Fatal(err)
			}
		}
		w.clock.Advance(time.Minute)
	}
}

// births is a contract as a city might ask for it.
func births() registry.Contract {
	return registry.Contract{
		ID: "births", Consumer: system(city, "family"), Provider: system(state, "civil"), Service: "births", Methods: []string{"GET"},
		Paths: []string{"/v1/births/{birth}"}, Fields: []string{"/born"}, Subjects: []string{"/mother"}, Purpose: "family-support", Provision: "zfpp/48",
		Sector: "family", Quota: 100, Retention: 30, From: civil.Date(2026, 11, 23),
	}
}

// proposed is a proposal that has arrived on the other side.
func (w *world) proposed() Proposal {
	w.t.Helper()
	p, err := w.desks[city].Propose(w.t.Context(), officer, id.New(), births())
	if err != nil {
		w.t.Fatal(err)
	}
	w.settle()
	return w.at(city, p.ID)
}

func (w *world) at(member registry.ID, proposal string) Proposal {
	w.t.Helper()
	p, err := w.desks[member].Proposal(w.t.Context(), officer, proposal)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// both wants the same state on both sides.
func (w *world) both(proposal string, want State) {
	w.t.Helper()
	for _, member := range []registry.ID{city, state} {
		if p := w.at(member, proposal); p.State != want {
			w.t.Errorf("%s: %s (%s), want %s", member.Member, p.State, p.Reason, want)
		}
	}
}

func ok(t testing.TB, _ Proposal, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
