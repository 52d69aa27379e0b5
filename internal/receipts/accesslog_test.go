package receipts_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/act/budget"
	"dobosh/internal/cases"
	"dobosh/internal/exchange"
	"dobosh/internal/files"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/notify"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/receipts"
	receiptpages "dobosh/internal/receipts/pages"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
	"dobosh/internal/work"
)

const person = "aaaaaaaaaaaaaaaaaaaaaaaaaa"

// before is the name of the person from when they were known by a contact alone.
const before = "bbbbbbbbbbbbbbbbbbbbbbbbbb"

func mila() act.Actor {
	return act.Actor{Account: "mila", Grants: []act.Grant{{Role: identity.Resident}}, Persons: map[string]string{exchange.ReceiptSector: person}}
}

func officer() act.Actor {
	return act.As("jovana", identity.Officer)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if !problem.HasCode(err, code) {
		t.Errorf("error %v, want the problem %q", err, code)
	}
}

// body is an institution with a node of its own.
type body struct {
	id     registry.ID
	db     *storage.DB
	log    *journal.Log
	system *receipts.System
	cases  *cases.Room
	later  *work.Runner
	files  files.Store
	away   bool

	mu   sync.Mutex
	told []notify.Notice // held by mu
}

// Send keeps what people are told by this body.
func (b *body) Send(_ context.Context, tx *storage.Tx, n notify.Notice) error {
	tx.AfterCommit(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.told = append(b.told, n)
	})
	return n.Check()
}

// SendAll keeps several.
func (b *body) SendAll(ctx context.Context, tx *storage.Tx, notices ...notify.Notice) error {
	for _, n := range notices {
		if err := b.Send(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// notices are what people were told since they were last asked for.
func (b *body) notices() (told []notify.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	told, b.told = b.told, nil
	return told
}

// rig is a portal and the nodes that it asks.
type rig struct {
	receipts.Room
	t      testing.TB
	clock  *clock.Manual
	bodies map[string]*body // by member
}

// names are the members, in the order of the registry.
func names() []string { return []string{"RS-T/GOV/A", "RS-T/GOV/B", "RS-T/GOV/C"} }

func newRig(t testing.TB, engine string) *rig {
	t.Helper()
	r := &rig{t: t, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), bodies: map[string]*body{}}
	key := sha256.Sum256([]byte("registry"))
	signer, err := journal.NewSigner("registry.example", ed25519.NewKeyFromSeed(key[:]))
	must(t, err)
	verifier, err := journal.NewKey("registry.example", ed25519.NewKeyFromSeed(key[:]).Public().(ed25519.PublicKey))
	must(t, err)
	authority, err := registry.NewAuthority(t.Context(), testkit.Database(t, storage.SQLite)(registry.Migrations()), signer, verifier, r.clock.Now)
	must(t, err)
	for i, name := range names() {
		if i > 0 {
			engine = storage.SQLite // one node of several need not be like the others
		}
		r.add(authority, engine, name)
	}
	portal := r.bodies[names()[0]].id
	portal.Subsystem = "portal"
	sealer, err := seal.Derive(key[:], "looks")
	must(t, err)
	r.Room = receipts.Room{Portal: portal, State: authority.State, Pack: laws.Serbia(t), Asker: r, Now: r.clock.Now, Key: sealer}
	return r
}

func (r *rig) add(authority *registry.Authority, engine, name string) {
	r.t.Helper()
	id, err := registry.ParseID(name)
	must(r.t, err)
	key := sha256.Sum256([]byte(name))
	log, err := journal.Open(context.Background(), journal.Config{Dir: r.t.TempDir(), Origin: strings.ToLower(name[len(name)-1:]) + ".example/log", Key: ed25519.NewKeyFromSeed(key[:])}, r.clock.Now, slog.New(slog.DiscardHandler))
	must(r.t, err)
	r.t.Cleanup(func() { must(r.t, log.Close()) })
	db := testkit.Database(r.t, engine)(work.Migrations(), mailbox.Migrations(), journal.Migrations(), cases.Migrations(), receipts.Migrations())
	projection := journal.Project(r.t.Context(), db, log, []string{"answer", "act"}, slog.New(slog.DiscardHandler))
	r.t.Cleanup(func() { must(r.t, projection.Close()) })
	sealer, err := seal.Derive(key[:], "cases")
	must(r.t, err)
	b := &body{id: id, db: db, log: log, files: files.Folder(r.t.TempDir())}
	title := func(registry.ID) lang.Text { return lang.Text{"sr": "Орган", "en": "Body"} }
	b.later = work.New(db, r.clock.Now, slog.New(slog.DiscardHandler), "body")
	b.cases = cases.New(cases.Config{Member: id, Prefix: "RS", PublicURL: "https://body.example", Title: title, Pack: laws.Serbia(r.t), DB: db, Key: sealer, Notifier: b, Journal: log, Work: b.later, Now: r.clock.Now})
	b.system, err = receipts.NewSystem(receipts.SystemConfig{
		Member: id, DB: db, Pack: laws.Serbia(r.t), Cases: b.cases, Journal: log, Title: title, Watch: &receipts.Watch{Member: id, DB: db, Journal: log, Now: r.clock.Now}, Now: r.clock.Now,
		Work: b.later, Files: b.files, Page: receiptpages.CopyPage, Key: sealer,
	})
	must(r.t, err)
	must(r.t, b.later.Begin(r.t.Context()))
	b.cases.WatchedBy(b.system)
	r.bodies[name] = b
	service := id
	service.Subsystem, service.Service = receipts.ServiceCode, receipts.ServiceCode
	must(r.t, authority.Append(r.t.Context(),
		registry.Statement{Member: &registry.Member{ID: id, Title: lang.Text{"sr": "Орган " + name, "en": "Body " + name}, Subsystems: []string{receipts.ServiceCode, "portal", "civil"}}},
		registry.Statement{Service: &registry.Service{ID: service, Title: lang.Text{"sr": "увиди", "en": "looks"}}}))
}

// Ask carries a question to the system of a body.
func (r *rig) Ask(ctx context.Context, a exchange.Request) (exchange.Response, error) {
	b := r.bodies[a.Service.Owner().String()]
	if b == nil || b.away {
		return exchange.Response{}, problem.New(problem.Unavailable, "node-away")
	}
	if a.Role != exchange.RolePerson || len(a.Subjects) != 1 || a.Subjects[0] != person && a.Subjects[0] != before {
		return exchange.Response{}, fmt.Errorf("the question does not say who stands behind it: %+v", a)
	}
	req := httptest.NewRequestWithContext(ctx, a.Method, a.Path+"?"+a.Query, strings.NewReader(string(a.Body)))
	w := httptest.NewRecorder()
	b.system.Handler().ServeHTTP(w, req)
	if w.Code != http.StatusOK {
		return exchange.Response{}, problem.New(problem.BadGateway, "system-failed").Because(errors.New(w.Body.String()))
	}
	return exchange.Response{Body: w.Body.Bytes()}, nil
}

// look writes n receipts into the journal of a body, a minute apart.
func (r *rig) look(name string, n int, change func(*journal.Receipt)) {
	r.t.Helper()
	b := r.bodies[name]
	receipt := journal.Receipt{Asker: name + "/civil", Role: exchange.RoleOfficer, Holder: name + "/civil", Act: exchange.ActRead, Purpose: "family-support", Provision: "zfpp/22/1", Fields: []string{"/born", "/no_such"}, Matter: "birth 7"}
	if change != nil {
		change(&receipt)
	}
	meta, err := json.Marshal(receipt)
	must(r.t, err)
	for i := range n {
		r.clock.Advance(time.Minute)
		_, err := b.log.Append(r.t.Context(), journal.Entry{Kind: "act", ID: fmt.Sprintf("act-%s-%d", name[len(name)-1:], i), At: r.clock.Now(), Subjects: []string{person}, Meta: meta})
		must(r.t, err)
	}
}

// settled waits until all receipts of the journals can be asked for.
func (r *rig) settled() {
	r.t.Helper()
	for _, b := range r.bodies {
		testkit.Reaches(r.t, "receipts", func() int64 {
			all, err := journal.Receipts(r.t.Context(), b.db, person, "", journal.MaxReceipts)
			must(r.t, err)
			return int64(len(all.Items))
		}, b.log.Size())
	}
}

// all reads the list to its end.
func (r *rig) all() (list []receipts.Access, pages int) {
	r.t.Helper()
	for after := page.Key(""); ; {
		p, silent, err := r.AccessLog(r.t.Context(), mila(), after)
		must(r.t, err)
		if len(silent) > 0 {
			r.t.Fatalf("silent: %v", silent)
		}
		list, pages = append(list, p.Items...), pages+1
		if after = p.Next; after == "" {
			return list, pages
		}
	}
}

func TestPagesAcrossNodes(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.look("RS-T/GOV/A", 30, nil)
		r.look("RS-T/GOV/B", 101, nil) // one node alone has more than a page
		r.look("RS-T/GOV/A", 3, nil)
		r.look("RS-T/GOV/C", 1, nil)
		r.settled()
		list, pages := r.all()
		if len(list) != 135 || pages != 3 {
			t.Errorf("%d looks on %d pages, want 135 on 3", len(list), pages)
		}
		if !slices.IsSortedFunc(list, func(a, b receipts.Access) int { return b.At.Compare(a.At) }) {
			t.Error("the newest does not come first")
		}
		seen := map[time.Time]bool{}
		for _, l := range list {
			if seen[l.At] {
				t.Fatalf("the look of %v comes twice", l.At)
			}
			seen[l.At] = true
		}
	})
}

func TestLooksAtTheSameInstant(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for range 40 {
			for _, name := range names() {
				r.look(name, 1, nil)
				r.clock.Advance(-time.Minute)
			}
		}
		r.settled()
		if list, _ := r.all(); len(list) != 120 {
			t.Errorf("%d looks, want 120", len(list))
		}
	})
}

func TestALookInWords(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.look("RS-T/GOV/B", 1, nil)
		r.look("RS-T/GOV/A", 1, func(x *journal.Receipt) {
			x.Role, x.Holder, x.Fields = exchange.RolePerson, "RS-DEMO/GOV/REGISTERS/civil/births", []string{"/born"}
		})
		r.look("RS-T/GOV/C", 1, func(x *journal.Receipt) {
			*x = journal.Receipt{Asker: "???", Purpose: "gone", Provision: "gone/1"}
		})
		r.settled()
		list, _ := r.all()
		bad, own, other := list[0], list[1], list[2]
		if !own.Own || other.Own {
			t.Errorf("own %v and %v, want true and false", own.Own, other.Own)
		}
		if other.Body["en"] != "Body RS-T/GOV/B" || other.Cite["sr"] == "" || other.Purpose["sr"] == "" || other.Matter != "birth 7" || other.Fields[1]["en"] != "no such" {
			t.Errorf("look %+v", other)
		}
		if own.Fields[0]["en"] != "the child's date of birth" {
			t.Errorf("fields %v, want the words of the rule", own.Fields)
		}
		if bad.Cite != nil || bad.Purpose != nil || bad.Act != "act" {
			t.Errorf("a receipt that says little becomes %+v", bad)
		}
	})
}

// Looking at the page is journaled like every look, and must not push the looks
// of others off it.
func TestOwnLooksInARowAreOne(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.look("RS-T/GOV/B", 1, nil)
		mine := func(x *journal.Receipt) { x.Role = exchange.RolePerson }
		r.look("RS-T/GOV/B", 120, mine)
		r.look("RS-T/GOV/B", 1, nil)
		r.look("RS-T/GOV/B", 1, mine)
		r.settled()
		list, _ := r.all()
		var own []bool
		for _, l := range list {
			own = append(own, l.Own)
		}
		if want := []bool{true, false, true, false}; !slices.Equal(own, want) {
			t.Errorf("own looks %v, want %v", own, want)
		}
	})
}

// described has words for a field that no rule needs, and others for one that a
// rule does.
type described struct{}

func (described) Words(_ context.Context, service registry.ID) map[string]lang.Text {
	if service.Service != "births" {
		return nil
	}
	return map[string]lang.Text{"/weight": {"sr": "тежина", "en": "weight"}, "/born": {"sr": "дан", "en": "day"}}
}

func TestFieldsHaveTheWordsOfTheirDescription(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.Words = described{}
		r.look("RS-T/GOV/B", 1, func(x *journal.Receipt) {
			x.Holder, x.Fields = "RS-DEMO/GOV/REGISTERS/civil/births", []string{"/weight", "/born", "/no_such", ""}
		})
		r.settled()
		list, _ := r.all()
		var said []string
		for _, f := range list[0].Fields {
			said = append(said, f["en"])
		}
		if want := []string{"weight", "the child's date of birth", "no such", "the whole answer"}; !slices.Equal(said, want) {
			t.Errorf("%q, want %q", said, want)
		}
	})
}

func TestBodiesThatDoNotAnswerAreNamed(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.look("RS-T/GOV/A", 2, nil)
		r.settled()
		r.bodies["RS-T/GOV/C"].away, r.bodies["RS-T/GOV/B"].away = true, true
		p, silent, err := r.AccessLog(t.Context(), mila(), "")
		must(t, err)
		if len(p.Items) != 2 || len(silent) != 2 || silent[0]["en"] != "Body RS-T/GOV/B" || silent[1]["en"] != "Body RS-T/GOV/C" {
			t.Errorf("%d looks, silent %v", len(p.Items), silent)
		}
		_, silent, err = r.Asked(t.Context(), mila())
		must(t, err)
		if len(silent) != 2 {
			t.Errorf("silent %v, want two", silent)
		}
	})
}

func TestKeysThatNobodyMade(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.look("RS-T/GOV/A", 2, nil)
		r.settled()
		for _, key := range []page.Key{"x", page.KeyOf("1", "2"), "&after=1", page.Key(strings.Repeat("a", 600))} {
			p, silent, err := r.AccessLog(t.Context(), mila(), key)
			must(t, err)
			if len(p.Items) != 2 || len(silent) != 0 {
				t.Errorf("key %.20q: %d looks, silent %v; want the first page", key, len(p.Items), silent)
			}
		}
		_, silent, err := r.AccessLog(t.Context(), mila(), page.KeyOf("a", "b", "c"))
		must(t, err)
		if len(silent) != 3 {
			t.Errorf("silent %v, want that nobody understands", silent)
		}
	})
}

func TestQuestionsThatAreNone(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.look("RS-T/GOV/B", 1, nil)
		r.settled()
		list, _ := r.all()
		for _, question := range []string{"", " \n", "\xff", "а\x00б", "а\u202eб", "а\u2066б", strings.Repeat("а", 2001)} {
			wantCode(t, r.AskWhy(t.Context(), mila(), list[0].ID, question), "question-form")
		}
		for _, look := range []string{"", "x", string(page.KeyOf("one")), string(page.KeyOf("no member", "act"))} {
			wantCode(t, r.AskWhy(t.Context(), mila(), look, "Зашто?"), "look-unknown")
			wantCode(t, r.MayAskWhy(mila(), look), "look-unknown")
		}
		handler := r.bodies["RS-T/GOV/B"].system.Handler()
		for _, body := range []string{"", "{}", `{"id":"short","look":"a","question":"?"}`, `{"id":"01hx0000000000000000000000","look":"","question":"?"}`, `{"id":"01hx0000000000000000000000","look":"a","question":" "}`, `{"id":"01hx0000000000000000000000","look":"a","question":"a\u0000b"}`, `{"id":"01hx0000000000000000000000","look":"a","question":"a\u202eb"}`, strings.Repeat(" ", 17<<10)} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/questions/"+person, strings.NewReader(body)))
			if w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%.40q: status %d", body, w.Code)
			}
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/receipts/"+person+"?after=x", nil))
		if w.Code != http.StatusBadRequest {
			t.Errorf("a key that nobody made: status %d", w.Code)
		}
	})
}

func TestWhoMayNot(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for _, by := range []act.Actor{{}, officer(), {Account: "x", Persons: map[string]string{"family": person}}} {
			_, _, err := r.AccessLog(t.Context(), by, "")
			wantCode(t, err, "not-yours")
			_, _, err = r.Asked(t.Context(), by)
			wantCode(t, err, "not-yours")
			wantCode(t, r.AskWhy(t.Context(), by, "x", "Зашто?"), "not-yours")
			wantCode(t, r.MayAskWhy(by, "x"), "not-yours")
			wantCode(t, r.Say(t.Context(), by, "x", "Зашто?"), "not-yours")
		}
	})
}

// A page that is loaded again asks nobody, for a minute: each asking is an entry in the
// journals of all bodies. Beyond that there is a budget for each person.
func TestLookingIsBounded(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.look("RS-T/GOV/B", 1, nil)
		r.settled()
		counted := &countedAsker{of: r}
		r.Asker = counted
		db := testkit.Database(t, r.bodies["RS-T/GOV/A"].db.Engine())(budget.Migrations())
		r.Looks, r.Whys = receipts.NewBudgets(db, r.clock.Now)
		for range 50 {
			p, _, err := r.AccessLog(t.Context(), mila(), "")
			must(t, err)
			if len(p.Items) != 1 {
				t.Fatalf("%d looks", len(p.Items))
			}
		}
		if n := counted.n.Load(); n != 3 {
			t.Errorf("%d bodies were asked for one page, want each of 3 once", n)
		}
		r.clock.Advance(time.Minute)
		_, _, err := r.AccessLog(t.Context(), mila(), "")
		must(t, err)
		if n := counted.n.Load(); n != 6 {
			t.Errorf("%d asked after a minute, want 6", n)
		}

		var refused error
		for i := 0; i < 100 && refused == nil; i++ {
			_, _, refused = r.AccessLog(t.Context(), mila(), page.KeyOf("1", fmt.Sprint(i), "x")) // always another page
		}
		wantCode(t, refused, "too-often")
		if p := problem.Of(refused); p.Kind != problem.TooMany || p.Wait() == "10" && p.Args["seconds"] == "" {
			t.Errorf("refused with %+v, want how long to wait", p)
		}
		_, _, err = r.Asked(t.Context(), mila())
		wantCode(t, err, "too-often")
	})
}

// A question is about a look that was shown to whoever asks, and there are so many of
// them and no more.
func TestQuestionsAreAboutOnesOwnLooks(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.look("RS-T/GOV/B", 1, nil)
		r.settled()
		list, _ := r.all()
		jovan := mila()
		jovan.Account, jovan.Persons = "jovan", map[string]string{exchange.ReceiptSector: "bbbbbbbbbbbbbbbbbbbbbbbbbb"}
		wantCode(t, r.AskWhy(t.Context(), jovan, list[0].ID, "Зашто?"), "look-unknown")
		wantCode(t, r.MayAskWhy(jovan, list[0].ID), "look-unknown")
		wantCode(t, r.AskWhy(t.Context(), mila(), string(page.KeyOf("RS-T/GOV/B", "act-B-0")), "Зашто?"), "look-unknown")

		db := testkit.Database(t, r.bodies["RS-T/GOV/A"].db.Engine())(budget.Migrations())
		r.Looks, r.Whys = receipts.NewBudgets(db, r.clock.Now)
		taken := 0
		for range 200 {
			err := r.AskWhy(t.Context(), mila(), list[0].ID, "Зашто?")
			if err == nil {
				taken++
				continue
			}
			wantCode(t, err, "too-often")
		}
		if taken != 10 {
			t.Errorf("%d of 200 questions were taken, want 10", taken)
		}
	})
}

// countedAsker counts what bodies are asked.
type countedAsker struct {
	of *rig
	n  atomic.Int64
}

func (c *countedAsker) Ask(ctx context.Context, q exchange.Request) (exchange.Response, error) {
	c.n.Add(1)
	return c.of.Ask(ctx, q)
}

// What bodies saw and were asked under a contact is the person's when it was joined to them, is asked about under the name it stands
// under, and is nobody else's; both budgets are spent.
func TestWhatWasUnderAContactIsTheirsOnceItIsJoined(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		joined := mila()
		joined.Aliases = map[string][]string{exchange.ReceiptSector: {before}}
		contact := act.Actor{Account: "contact:1", Grants: joined.Grants, Persons: map[string]string{exchange.ReceiptSector: before}}
		b := r.bodies["RS-T/GOV/B"]
		number, err := b.system.Request(t.Context(), contact, "erasure", "Раније.")
		must(t, err)
		r.look("RS-T/GOV/A", 2, nil)
		meta, err := json.Marshal(journal.Receipt{Asker: "RS-T/GOV/B/civil", Role: exchange.RoleOfficer, Holder: "RS-T/GOV/B/civil", Act: exchange.ActRead, Purpose: "family-support", Provision: "zfpp/22/1", Fields: []string{"/born"}, Matter: "birth 7"})
		must(t, err)
		r.clock.Advance(time.Minute)
		_, err = b.log.Append(t.Context(), journal.Entry{Kind: "act", ID: "act-before", At: r.clock.Now(), Subjects: []string{before}, Meta: meta})
		must(t, err)
		for name, of := range map[string]string{"RS-T/GOV/A": person, "RS-T/GOV/B": before} {
			testkit.Eventually(t, "receipts about "+of, func() bool {
				all, err := journal.Receipts(t.Context(), r.bodies[name].db, of, "", journal.MaxReceipts)
				must(t, err)
				return len(all.Items) >= map[string]int{person: 2, before: 1}[of]
			})
		}
		list := func(by act.Actor) []receipts.Access {
			t.Helper()
			p, silent, err := r.AccessLog(t.Context(), by, "")
			must(t, err)
			if len(silent) > 0 {
				t.Errorf("silent: %v", silent)
			}
			return p.Items
		}
		if n := len(list(mila())); n != 2 {
			t.Errorf("before it was joined: %d looks, want 2", n)
		}
		all := list(joined)
		if len(all) != 3 || all[0].Number != "act-before" {
			t.Fatalf("after it was joined: %+v", all)
		}
		must(t, r.AskWhy(t.Context(), joined, all[0].ID, "Зашто?"))
		must(t, r.AskWhy(t.Context(), joined, all[1].ID, "Зашто?"))
		wantCode(t, r.AskWhy(t.Context(), mila(), all[0].ID, "Зашто?"), "look-unknown")
		asked, _, err := r.Asked(t.Context(), joined)
		must(t, err)
		if len(asked) != 2 {
			t.Errorf("%d questions, want one under each name", len(asked))
		}

		again, err := b.system.Request(t.Context(), joined, "access", "Све.")
		must(t, err)
		v, err := b.cases.Case(t.Context(), joined, again)
		must(t, err)
		if len(v.Messages) != 1 || !strings.Contains(v.Messages[0].Said, number) {
			t.Errorf("the officer is not told of %s: %+v", number, v.Messages)
		}
	})
}

// What somebody has spent under a contact they have spent: to join it to an electronic identity gives nothing back.
func TestJoiningGivesNoBudgetBack(t *testing.T) {
	r := newRig(t, storage.SQLite)
	db := testkit.Database(t, storage.SQLite)(budget.Migrations())
	r.Looks, r.Whys = receipts.NewBudgets(db, r.clock.Now)
	contact := act.Actor{Account: "contact:1", Persons: map[string]string{exchange.ReceiptSector: before}}
	spends := func(by act.Actor) (err error) {
		for i := 0; i < 100 && err == nil; i++ {
			_, _, err = r.AccessLog(t.Context(), by, page.KeyOf("1", fmt.Sprint(i), "x"))
		}
		return err
	}
	wantCode(t, spends(contact), "too-often")
	joined := mila()
	joined.Aliases = map[string][]string{exchange.ReceiptSector: {before}}
	_, _, err := r.AccessLog(t.Context(), joined, "")
	wantCode(t, err, "too-often")
	_, _, err = r.AccessLog(t.Context(), mila(), "") // without it there is all that is theirs
	must(t, err)
	wantCode(t, spends(mila()), "too-often")
}
