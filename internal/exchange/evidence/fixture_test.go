package evidence_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/journal/timestamp"
	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

// TestMain finds goroutines that were left behind. The test server of PostgreSQL
// lives as long as the program.
func TestMain(m *testing.M) {
	testkit.NoneLeft(m)
}

var (
	morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	quiet   = slog.New(slog.DiscardHandler)
	city    = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY"}
	state   = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE"}
	family  = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "family"}
	civilID = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE", Subsystem: "civil"}
	births  = civilID.With("births")
)

const (
	registryOrigin = "RS-TEST/registry"
	witnessName    = "supervisor.example/witness"
	document       = `{"born":"2026-11-01","mother":{"name":"Ана"}}`
)

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

func verifierOf(tb testing.TB, origin string, key ed25519.PrivateKey) note.Verifier {
	tb.Helper()
	return testkit.Must[note.Verifier](tb)(journal.NewKey(origin, public(key)))
}

// side is one member's node: its journal and its key.
type side struct {
	*journal.Log
	tb     testing.TB
	member registry.ID
	key    ed25519.PrivateKey
	now    *clock.Manual
	room   *evidence.Room
	paper  *paper // instead of the journal, where it is set
}

func (s *side) origin() string { return evidence.Origin(s.member, "n1") }

func (s *side) signer() note.Signer {
	return testkit.Must[note.Signer](s.tb)(journal.NewSigner(s.origin(), s.key))
}

// statement is what the registry says of the node.
func (s *side) statement(former ...string) registry.Statement {
	pin := sha256.Sum256([]byte("tls " + s.origin()))
	log := testkit.Must[string](s.tb)(note.NewEd25519VerifierKey(s.origin(), public(s.key)))
	return registry.Statement{Node: &registry.Node{Member: s.member, Name: "n1", Address: "127.0.0.1:4001", TLS: hex.EncodeToString(pin[:]), Log: log, Former: former}}
}

// world is two nodes, a registry, a witness and a time-stamp authority.
type world struct {
	tb          testing.TB
	now         *clock.Manual
	authority   *registry.Authority
	city, state *side
	trust       evidence.Trust
	asked       exchange.RequestMeta // of the next exchange
	content     []byte               // beside it
}

func newWorld(tb testing.TB, change func(*registry.Contract)) *world {
	tb.Helper()
	w := &world{tb: tb, now: clock.NewManual(morning)}
	key := testkit.Key("authority")
	w.authority = testkit.Must[*registry.Authority](tb)(registry.NewAuthority(tb.Context(), testkit.Database(tb, storage.SQLite)(registry.Migrations()),
		testkit.Must[note.Signer](tb)(journal.NewSigner(registryOrigin, key)), verifierOf(tb, registryOrigin, key), w.now.Now))
	w.city, w.state = w.side(city), w.side(state)
	w.trust = evidence.Trust{Registry: verifierOf(tb, registryOrigin, key), Witnesses: []note.Verifier{testkit.Must[note.Verifier](tb)(journal.NewCosignerKey(witnessName, public(testkit.Key("witness"))))}}
	c := contract()
	if change != nil {
		change(&c)
	}
	w.say(
		registry.Statement{Member: &registry.Member{ID: city, Title: lang.Text{"en": "City"}, Subsystems: []string{"family", "other"}}},
		registry.Statement{Member: &registry.Member{ID: state, Title: lang.Text{"en": "State"}, Subsystems: []string{"civil"}}},
		registry.Statement{Member: &registry.Member{ID: registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "BYSTANDER"}, Title: lang.Text{"en": "Bystander"}}},
		w.city.statement(), w.state.statement(),
		registry.Statement{Service: &registry.Service{ID: births, Title: lang.Text{"en": "Births"}}},
		registry.Statement{Instrument: &registry.Instrument{Ref: "zfpp", Title: lang.Text{"en": "Family support act"}, From: civil.Date(2018, 1, 1)}},
	)
	w.agree(c)
	w.asked = exchange.RequestMeta{
		Version: 1, ID: "exchange-1", At: morning, Client: family, Service: births, Contract: c.ID, Method: "GET", Path: "/v1/births/b1",
		Purpose: c.Purpose, Provision: c.Provision, Matter: "case-1", Role: exchange.RoleRule,
	}
	return w
}

func contract() registry.Contract {
	return registry.Contract{
		ID: "births", Consumer: family, Provider: civilID, Service: "births", Methods: []string{"GET"}, Paths: []string{"/v1/births/{birth}"},
		Fields: []string{"/born", "/mother/name"}, Subjects: []string{"/mother/id"}, Purpose: "family-support", Provision: "zfpp/48", Sector: "family",
		From: civil.Date(2026, 1, 1), To: civil.Date(2026, 12, 31),
	}
}

func (w *world) side(member registry.ID) *side {
	s := &side{tb: w.tb, member: member, key: testkit.Key("log " + member.String()), now: w.now}
	s.Log = testkit.Must[*journal.Log](w.tb)(journal.Open(w.tb.Context(), journal.Config{Dir: w.tb.TempDir(), Origin: s.origin(), Key: s.key}, w.now.Now, quiet))
	w.tb.Cleanup(func() { _ = s.Close() })
	s.room = &evidence.Room{Journal: s.Log, Registry: w.authority, Signer: s.signer(), Cosigned: s.cosigned, Now: w.now.Now}
	for range 5 {
		s.append(journal.Entry{Kind: "other", Meta: []byte("{}")})
	}
	return s
}

// cosigned has the newest checkpoint seen by the witness.
func (s *side) cosigned(context.Context, int64) []byte {
	witness := testkit.Must[note.Signer](s.tb)(journal.NewCosigner(witnessName, testkit.Key("witness"), s.now.Now))
	checkpoint := s.room.Journal.Checkpoint()
	return append(checkpoint[:len(checkpoint):len(checkpoint)], testkit.Must[string](s.tb)(journal.Cosign(checkpoint, witness))...)
}

func (s *side) append(e journal.Entry) journal.Stamp {
	s.tb.Helper()
	if e.At.IsZero() {
		e.At = s.now.Now()
	}
	if s.paper != nil {
		return s.paper.append(e)
	}
	return testkit.Must[journal.Stamp](s.tb)(s.Append(s.tb.Context(), e))
}

func (w *world) say(statements ...registry.Statement) {
	w.tb.Helper()
	if err := w.authority.Append(w.tb.Context(), statements...); err != nil {
		w.tb.Fatal(err)
	}
}

func (w *world) agree(c registry.Contract) {
	w.tb.Helper()
	w.say(registry.Statement{Contract: testkit.Must[string](w.tb)(c.Sign(w.city.signer(), w.state.signer()))})
}

// stamped has a side's journal time-stamped, as its keeper would.
func (w *world) stamped(s *side) {
	w.tb.Helper()
	dir := w.tb.TempDir()
	certificate := filepath.Join(dir, "tsa.crt")
	authority := testkit.Must[*timestamp.Authority](w.tb)(timestamp.LoadAuthority(filepath.Join(dir, "tsa.key"), certificate, "Test time", clock.System))
	server := httptest.NewServer(authority)
	defer server.Close()
	trust := testkit.Must[timestamp.Trust](w.tb)(timestamp.NewTrust(testkit.Must[[]byte](w.tb)(os.ReadFile(certificate))))
	keeper := testkit.Must[*timestamp.Keeper](w.tb)(timestamp.Start(w.tb.Context(), timestamp.Config{Dir: filepath.Join(dir, "stamps"), URL: server.URL, Trust: trust}, s.Log, clock.System, quiet))
	testkit.Eventually(w.tb, "a time-stamp", func() bool {
		if problem := keeper.State().Problem; problem != "" {
			w.tb.Fatal(problem)
		}
		return keeper.State().Size > 0
	})
	if err := keeper.Close(); err != nil {
		w.tb.Fatal(err)
	}
	w.trust.Stamper = &trust
	s.room.Stamped = func(index int64) (timestamp.Kept, bool, error) {
		return timestamp.Covering(filepath.Join(dir, "stamps"), index)
	}
}

// message is what travels between two journals.
type message struct {
	meta, body []byte
	stamp      journal.Stamp
}

func (m message) leaf() string {
	leaf := m.stamp.Leaf(sha256.Sum256(m.meta), sha256.Sum256(m.body))
	return base64.StdEncoding.EncodeToString(leaf[:])
}

// sends makes a message durable in the journal of its sender.
func (s *side) sends(kind string, meta any, body []byte, change func(*journal.Entry)) message {
	s.tb.Helper()
	m := message{meta: testkit.Must[[]byte](s.tb)(json.Marshal(meta)), body: body}
	e := journal.Entry{Kind: kind, ID: "exchange-1", Subjects: []string{"person"}, Meta: m.meta, Body: body}
	if change != nil {
		change(&e)
	}
	m.stamp = s.append(e)
	return m
}

// takes records a message of the other side.
func (s *side) takes(kind string, m message, change func(*journal.Entry)) {
	s.tb.Helper()
	e := journal.Entry{Kind: kind, ID: "exchange-1", Subjects: []string{"person"}, Meta: m.meta, Body: m.body, Received: m.stamp.Bytes()}
	if change != nil {
		change(&e)
	}
	s.append(e)
}

// ask lets the city ask: both nodes write what they would. change may alter the
// reply.
func (w *world) ask(body string, change func(*exchange.ResponseMeta)) {
	w.tb.Helper()
	q := w.asked
	question := w.city.sends("question", q, w.content, nil)
	w.state.takes("asked", question, nil)
	reply := exchange.ResponseMeta{
		Version: 1, ID: q.ID, At: w.now.Now(), Request: question.leaf(), Asker: q.Client, Holder: q.Service, Behalf: q.Behalf, Act: exchange.ActRead,
		Contract: q.Contract, Purpose: q.Purpose, Provision: q.Provision, Matter: q.Matter, Role: q.Role, Status: 200, Type: "application/json", Fields: []string{"/born", "/mother/name"},
	}
	if change != nil {
		change(&reply)
	}
	if reply.Refusal != nil {
		reply.Act, reply.Status, reply.Type, reply.Fields = exchange.ActRefused, 0, "", nil
	}
	answer := w.state.sends("answer", reply, []byte(body), nil)
	w.city.takes("reply", answer, nil)
	for _, s := range []*side{w.city, w.state} {
		s.append(journal.Entry{Kind: "other", Meta: []byte("{}")})
	}
}

// export makes the file of one side.
func (s *side) export(options ...evidence.Option) []byte {
	s.tb.Helper()
	return testkit.Must[[]byte](s.tb)(s.room.Export(s.tb.Context(), "exchange-1", options...))
}

// details are the answers of a report by question, and its verdict.
func details(r evidence.Report) map[string]string {
	found := map[string]string{"": string(r.Verdict)}
	for _, c := range r.Checks {
		found[c.Name] = string(c.Result) + " " + c.Detail
	}
	return found
}

// resealed is a file that its maker altered and sealed again.
func resealed(tb testing.TB, raw []byte, maker *side, change func(*evidence.File)) []byte {
	tb.Helper()
	f := testkit.Must[evidence.File](tb)(evidence.Parse(raw))
	change(&f)
	f.Seal = nil
	sum := sha256.Sum256(testkit.Must[[]byte](tb)(canonical.Marshal(f)))
	f.Seal = testkit.Must[[]byte](tb)(maker.room.Signer.Sign([]byte("dobosh evidence v1\n" + hex.EncodeToString(sum[:]) + "\n")))
	return testkit.Must[[]byte](tb)(canonical.Marshal(f))
}
