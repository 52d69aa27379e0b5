package services_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/act"
	"dobosh/internal/bus"
	"dobosh/internal/cases"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/account"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/registry"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
	"dobosh/internal/work"
	"dobosh/packs"
)

const (
	births    = "RS-DEMO/GOV/REGISTERS/civil/births"
	residents = "RS-DEMO/GOV/REGISTERS/residence/residents"
	payments  = "RS-DEMO/GOV/REGISTERS/payments/accounts"
	allowance = "parental-allowance"
	grant     = "newborn-grant"
	zrenjanin = "80152"
)

// rig is a room with registers that the test plays.
type rig struct {
	*services.Room
	runner    *work.Runner
	t         testing.TB
	cfg       services.Config
	clock     *clock.Manual
	registers *registers
	notices   *notices
	cases     *cases.Room
	log       *journal.Log
	sectors   *identity.Sectors
	mothers   int
}

func newRig(t testing.TB, engine string) *rig {
	t.Helper()
	now := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 123456000, time.UTC))
	key := sha256.Sum256([]byte("log"))
	log, err := journal.Open(context.Background(), journal.Config{Dir: t.TempDir(), Origin: "zrenjanin.example/log", Key: ed25519.NewKeyFromSeed(key[:])}, now.Now, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, log.Close()) })
	family, receipts := sha256.Sum256([]byte("family")), sha256.Sum256([]byte("receipts"))
	sectors, err := identity.NewSectors(map[string][]byte{"family": family[:], exchange.ReceiptSector: receipts[:]})
	must(t, err)
	shared, err := seal.Derive(key[:], "decisions")
	must(t, err)
	r := &rig{t: t, clock: now, log: log, sectors: sectors, notices: &notices{}, registers: &registers{
		births: map[string]map[string]any{}, residents: map[string]map[string]any{}, accounts: map[string]string{}, away: map[string]error{},
	}}
	r.cfg = services.Config{
		Member: memberID(t, "RS-DEMO/GOV/ZRENJANIN"), Prefix: "ZR", PublicURL: "https://city.example",
		Title: func(id registry.ID) lang.Text {
			return lang.Text{"sr": "Установа " + id.String(), "en": "Body " + id.String()}
		},
		Account: account.Make(840, 1), Pack: laws.Serbia(t), DB: testkit.Database(t, engine)(bus.Migrations(), work.Migrations(), cases.Migrations(), services.Migrations()), Asker: r.registers, Journal: log, Key: shared,
		Witness: nobody{}, Sectors: sectors, Trust: func() proof.Trust { return proof.Trust{Logs: []note.Verifier{log.Key()}} },
		Now: now.Now, Log: slog.New(slog.DiscardHandler),
	}
	r.restart(nil)
	return r
}

// restart is the same node after its process died, with another configuration
// where the test wants one.
func (r *rig) restart(change func(*services.Config)) {
	r.t.Helper()
	if change != nil {
		change(&r.cfg)
	}
	r.runner = work.New(r.cfg.DB, r.clock.Now, r.cfg.Log, "city")
	r.cfg.Work = r.runner
	r.cases = cases.New(cases.Config{
		Member: r.cfg.Member, Prefix: "ZR", PublicURL: r.cfg.PublicURL, Title: r.cfg.Title, Pack: r.cfg.Pack, DB: r.cfg.DB, Key: r.cfg.Key, Journal: r.log, Notifier: r.notices, Work: r.runner, Now: r.clock.Now,
	})
	r.cfg.Cases = r.cases
	r.Room = services.New(r.cfg)
	r.cases.WatchedBy(r.Room)
	r.cases.EnactedBy("services", r.Room)
	must(r.t, r.runner.Begin(r.t.Context()))
}

func memberID(t testing.TB, s string) registry.ID {
	t.Helper()
	id, err := registry.ParseID(s)
	must(t, err)
	return id
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

// serbiaWith is the pack with pieces of some files replaced.
func serbiaWith(t testing.TB, file string, oldNew ...string) *law.Pack {
	t.Helper()
	pack, err := law.Load(edited(t, map[string][]string{file: oldNew}))
	must(t, err)
	return pack
}

func edited(t testing.TB, edits map[string][]string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	must(t, fs.WalkDir(packs.Serbia(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(packs.Serbia(), path)
		text := string(raw)
		for i := 0; i+1 < len(edits[path]); i += 2 {
			if !strings.Contains(text, edits[path][i]) {
				t.Fatalf("%s has no %q", path, edits[path][i])
			}
			text = strings.Replace(text, edits[path][i], edits[path][i+1], 1)
		}
		files[path] = &fstest.MapFile{Data: []byte(text)}
		return err
	}))
	return files
}

// nobody has cosigned anything.
type nobody struct{}

func (nobody) Cosigned() []byte { return nil }

// notices counts what was sent.
type notices struct {
	mu   sync.Mutex
	sent []notify.Notice
}

func (n *notices) Send(_ context.Context, tx *storage.Tx, notice notify.Notice) error {
	tx.AfterCommit(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.sent = append(n.sent, notice)
	})
	return notice.Check()
}

func (n *notices) SendAll(ctx context.Context, tx *storage.Tx, notices ...notify.Notice) error {
	for _, notice := range notices {
		if err := n.Send(ctx, tx, notice); err != nil {
			return err
		}
	}
	return nil
}

// registers plays the registers of the state.
type registers struct {
	mu        sync.Mutex
	births    map[string]map[string]any
	residents map[string]map[string]any
	accounts  map[string]string
	paid      bool
	away      map[string]error // by service
	asked     []exchange.Request
}

func (f *registers) Ask(_ context.Context, a exchange.Request) (exchange.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, a)
	if err := f.away[a.Service.String()]; err != nil {
		return exchange.Response{}, err
	}
	document, ok := f.answer(strings.Split(strings.TrimPrefix(a.Path, "/v1/"), "/"))
	if !ok {
		return exchange.Response{}, problem.New(problem.NotFound, "nothing-known", "service", a.Service.String())
	}
	body, err := json.Marshal(document)
	return exchange.Response{Meta: exchange.ResponseMeta{ID: fmt.Sprintf("exchange-%d", len(f.asked))}, Body: body, Origin: "registers.example/log", Index: int64(len(f.asked))}, err
}

func (f *registers) answer(path []string) (map[string]any, bool) {
	switch path[0] {
	case "births":
		document, ok := f.births[path[1]]
		return document, ok
	case "residents":
		document, ok := f.residents[path[1]]
		return document, ok
	case "grants":
		return map[string]any{"paid": f.paid}, true
	case "accounts":
		number, ok := f.accounts[path[1]]
		return map[string]any{"account": number}, ok
	}
	return nil, false
}

func (f *registers) set(service string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away[service] = err
}

// questions lists the paths asked since the last call.
func (f *registers) questions() (paths []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.asked {
		paths = append(paths, a.Path)
	}
	f.asked = nil
	return paths
}

// mother is a person with residence in Zrenjanin and an account.
func (r *rig) mother() act.Actor {
	r.t.Helper()
	r.mothers++
	number := jmbg.Make(civil.Date(1990, 1, 1).AddDays(r.mothers/500), 85, 500+r.mothers%500)
	persons := map[string]string{}
	for _, sector := range []string{"family", exchange.ReceiptSector} {
		person, err := r.sectors.Pseudonym(sector, number)
		must(r.t, err)
		persons[sector] = person
	}
	person := persons["family"]
	r.registers.mu.Lock()
	defer r.registers.mu.Unlock()
	r.registers.residents[person] = map[string]any{"citizen": true, "resident": true, "municipality": zrenjanin, "settlement": "zr-07"}
	r.registers.accounts[person] = account.Make(160, int64(r.mothers))
	return act.Actor{Account: fmt.Sprintf("mother-%d", r.mothers), Grants: []act.Grant{{Role: identity.Resident}}, Persons: persons}
}

func officer() act.Actor {
	return act.Actor{Account: "jovana", Name: "Јована", Grants: []act.Grant{{Role: identity.Officer}}}
}

// colleague is another officer, who releases what the first prepared.
func colleague() act.Actor {
	return act.Actor{Account: "vera", Name: "Вера", Grants: []act.Grant{{Role: identity.Officer}}}
}

// officerOf may decide under one public service only.
func officerOf(service string) act.Actor {
	return act.Actor{Account: "dragan", Grants: []act.Grant{{Role: identity.Officer, Scope: act.Scope{Service: service}}}}
}

// birth records a birth and gives the event of it.
func (r *rig) birth(mother act.Actor, born civil.Day, order int) bus.Event {
	r.registers.mu.Lock()
	defer r.registers.mu.Unlock()
	ref := fmt.Sprintf("birth-%d", len(r.registers.births)+1)
	r.registers.births[ref] = map[string]any{"born": born.String(), "live": true, "order": order, "given_name": "Милица", "mother": mother.Is("family")}
	return bus.Event{SpecVersion: "1.0", ID: "event-of-" + ref, Source: "RS-DEMO/GOV/REGISTERS/civil", Type: "rs.births.registered", Subject: ref, Time: r.clock.Now(), Data: json.RawMessage(`{"area":"80152"}`)}
}

// change changes what the register says about a birth; nil takes a fact away.
func (r *rig) change(e bus.Event, fact string, value any) {
	r.registers.mu.Lock()
	defer r.registers.mu.Unlock()
	if value == nil {
		delete(r.registers.births[e.Subject], fact)
		return
	}
	r.registers.births[e.Subject][fact] = value
}

func today() civil.Day { return civil.Date(2026, 11, 23) }

// born is four days before the events of the tests.
func born() civil.Day { return today().AddDays(-4) }

func (r *rig) hear(events ...bus.Event) {
	r.t.Helper()
	for _, e := range events {
		must(r.t, r.Hear(r.t.Context(), e))
	}
	r.work()
}

// jobs are the queues of the room that hold jobs and no rounds.
func jobs() []string {
	return []string{"services.assess", "services.seal", "services.account", "services.anew"}
}

func (r *rig) work() int {
	r.t.Helper()
	n, err := r.runner.RunDue(r.t.Context(), jobs()...)
	must(r.t, err)
	must(r.t, r.SealLeft(r.t.Context()))
	return n
}

// offersOf gives the offers of a person by public service.
func (r *rig) offersOf(by act.Actor) map[string]services.Offer {
	r.t.Helper()
	list, err := r.Offers(r.t.Context(), by, "")
	must(r.t, err)
	offers := map[string]services.Offer{}
	for _, o := range list.Items {
		if _, double := offers[o.Service]; double {
			r.t.Fatalf("two offers of %s", o.Service)
		}
		offers[o.Service] = o
	}
	return offers
}

// offered is a mother with her open offer of the city's grant.
func (r *rig) offered() (act.Actor, services.Offer) { return r.offeredOf(grant, 1) }

func (r *rig) offeredOf(service string, order int) (act.Actor, services.Offer) {
	r.t.Helper()
	mother := r.mother()
	r.hear(r.birth(mother, born(), order))
	o, ok := r.offersOf(mother)[service]
	if !ok {
		r.t.Fatalf("no offer of %s", service)
	}
	return mother, o
}

func (r *rig) assessments(state services.AssessmentState) []services.Assessment {
	r.t.Helper()
	return all(r.t, func(after page.Key) (page.Page[services.Assessment], error) {
		return r.Assessments(r.t.Context(), officer(), state, after)
	})
}

func (r *rig) referrals() []services.Referral {
	r.t.Helper()
	return all(r.t, func(after page.Key) (page.Page[services.Referral], error) {
		return r.Referrals(r.t.Context(), officer(), after)
	})
}

func (r *rig) paymentsIn(state services.PaymentState) []services.Payment {
	r.t.Helper()
	return all(r.t, func(after page.Key) (page.Page[services.Payment], error) {
		return r.Payments(r.t.Context(), officer(), state, after)
	})
}

// all reads a list to its end.
func all[T any](t testing.TB, read func(page.Key) (page.Page[T], error)) (items []T) {
	t.Helper()
	for after, pages := page.Key(""), 0; ; pages++ {
		p, err := read(after)
		must(t, err)
		items = append(items, p.Items...)
		if p.Next == "" {
			return items
		}
		if after = p.Next; pages > 100 {
			t.Fatal("the list has no end")
		}
	}
}

// entries counts what the journal holds of one kind.
func (r *rig) entries(kind string) (found []journal.Entry) {
	r.t.Helper()
	for i := range r.log.Size() {
		e, _, err := r.log.Read(r.t.Context(), i)
		must(r.t, err)
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// listener takes the place of the bus.
type listener struct{ types []string }

func (l *listener) Consume(_ context.Context, _ *storage.DB, c bus.Consumer) error {
	l.types = c.Types
	return nil
}
