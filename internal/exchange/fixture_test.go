package exchange

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/exchange/link"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

// TestMain finds goroutines that a closed gateway left behind. The test server
// of PostgreSQL lives as long as the program.
func TestMain(m *testing.M) {
	testkit.NoneLeft(m)
}

var (
	morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	city    = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY"}
	state   = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE"}
	family  = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "family"}
	civilID = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE", Subsystem: "civil"}
	birthsS = civilID.With("births")
)

// the document of the fake register; what the contract gives is in it, and more.
const document = `{"born":"2026-11-01","mother":{"id":"MOTHER","name":"Ана","salary":123456789012345678901234567890},"secret":"no"}`

// side is one member's node.
type side struct {
	*Gateway
	member  registry.ID
	name    string
	key     ed25519.PrivateKey // of the journal
	tlsKey  ed25519.PrivateKey
	cert    tls.Certificate
	journal *notebook
	dir     string // of the journal
	server  *httptest.Server
	front   func(question envelope, next func(envelope) envelope) envelope // stands before the node, if set
	http    http.HandlerFunc                                               // what other requests get
	clock   *clock.Manual
	contact func() time.Time
	systems map[registry.ID]System
}

// notebook is a real journal that remembers what was appended, and can be stopped.
type notebook struct {
	*journal.Log
	mu      sync.Mutex
	entries []journal.Entry
	stops   string // kind of the entries that it does not take any more
}

func (j *notebook) Append(ctx context.Context, e journal.Entry) (journal.Stamp, error) {
	stamps, err := j.AppendAll(ctx, e)
	if err != nil {
		return journal.Stamp{}, err
	}
	return stamps[0], nil
}

func (j *notebook) AppendAll(ctx context.Context, entries ...journal.Entry) ([]journal.Stamp, error) {
	j.mu.Lock()
	stopped := slices.ContainsFunc(entries, func(e journal.Entry) bool { return j.stops == e.Kind })
	j.mu.Unlock()
	if stopped {
		return nil, journal.ErrStopped
	}
	stamps, err := j.Log.AppendAll(ctx, entries...)
	if err == nil {
		j.mu.Lock()
		j.entries = append(j.entries, entries...)
		j.mu.Unlock()
	}
	return stamps, err
}

func (j *notebook) stop(kind string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stops = kind
}

// of gives the entries of a kind.
func (j *notebook) of(kind string) (found []journal.Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.entries {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// lawBook holds the provisions that are not in force.
type lawBook struct{ lapsed law.Ref }

func (l *lawBook) InForce(ref law.Ref, day civil.Day) error {
	if ref == l.lapsed {
		return problem.New(problem.Forbidden, "provision-not-in-force", "provision", string(ref), "day", day.String())
	}
	return nil
}

// world is two members' nodes that know each other from one registry.
type world struct {
	tb          testing.TB
	authority   *registry.Authority
	city, state *side
	law         *lawBook
	sectors     *identity.Sectors
	system      http.HandlerFunc // the information system behind the state's node
	person      jmbg.Number
	log         *testkit.Buffer
}

// newWorld starts both nodes. change may alter the contract between them.
func newWorld(tb testing.TB, change func(*registry.Contract)) *world {
	tb.Helper()
	w := &world{tb: tb, law: &lawBook{}, person: jmbg.Make(civil.Date(1995, 5, 4), 85, 512), log: &testkit.Buffer{}}
	w.sectors = testkit.Must[*identity.Sectors](tb)(identity.NewSectors(map[string][]byte{"family": bytes.Repeat([]byte{1}, 32), ReceiptSector: bytes.Repeat([]byte{2}, 32)}))
	w.system = func(rw http.ResponseWriter, _ *http.Request) { w.write(rw, document) }
	key := testkit.Key("authority")
	signer := testkit.Must[note.Signer](tb)(journal.NewSigner("RS-TEST/registry", key))
	verifier := testkit.Must[note.Verifier](tb)(journal.NewKey("RS-TEST/registry", key.Public().(ed25519.PublicKey)))
	w.authority = testkit.Must[*registry.Authority](tb)(registry.NewAuthority(tb.Context(), testkit.Database(tb, storage.SQLite)(registry.Migrations()), signer, verifier, clock.NewManual(morning).Now))
	w.city, w.state = w.start(city), w.start(state)
	w.state.systems[birthsS] = Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.system(rw, r) }))
	w.say(
		registry.Statement{Member: &registry.Member{ID: city, Title: lang.Text{"en": "City"}, Subsystems: []string{"family", "other"}}},
		registry.Statement{Member: &registry.Member{ID: state, Title: lang.Text{"en": "State"}, Subsystems: []string{"civil"}}},
		w.city.statement(tb), w.state.statement(tb),
		registry.Statement{Service: &registry.Service{ID: birthsS}},
	)
	c := contract()
	if change != nil {
		change(&c)
	}
	w.agree(c)
	return w
}

func contract() registry.Contract {
	return registry.Contract{
		ID: "births", Consumer: family, Provider: civilID, Service: "births", Methods: []string{"GET", "POST", "HEAD", "OPTIONS"},
		Paths:  []string{"/v1/births/{birth}", "/v1/persons/{person}", "/"},
		Fields: []string{"/born", "/mother/name", "/mother/salary"}, Subjects: []string{"/mother/id", "path:person"},
		Purpose: "family-support", Provision: "zfpp/48", Sector: "family", From: civil.Date(2026, 1, 1), To: civil.Date(2026, 12, 31),
		Events: []string{"rs.births.registered"}, Area: "80152", Parameters: []string{"as", "x"},
	}
}

func (w *world) say(statements ...registry.Statement) {
	w.tb.Helper()
	if err := w.authority.Append(w.tb.Context(), statements...); err != nil {
		w.tb.Fatal(err)
	}
}

// agree makes a contract with the signatures of both.
func (w *world) agree(c registry.Contract) {
	w.tb.Helper()
	text := testkit.Must[string](w.tb)(c.Sign(w.city.signer(w.tb), w.state.signer(w.tb)))
	w.say(registry.Statement{Contract: text})
}

func (s *side) signer(tb testing.TB) note.Signer {
	tb.Helper()
	return testkit.Must[note.Signer](tb)(journal.NewSigner(s.member.String()+"/"+s.name, s.key))
}

func (s *side) statement(tb testing.TB) registry.Statement {
	tb.Helper()
	vkey := testkit.Must[string](tb)(note.NewEd25519VerifierKey(s.member.String()+"/"+s.name, s.key.Public().(ed25519.PublicKey)))
	return registry.Statement{Node: &registry.Node{Member: s.member, Name: s.name, Address: s.server.Listener.Addr().String(), TLS: credential.Pin(s.cert.Leaf), Log: vkey}}
}

func (w *world) start(member registry.ID) *side { return w.startNode(member, "n1") }

// startNode starts one of several nodes of a member. The registry does not know
// it yet.
func (w *world) startNode(member registry.ID, name string) *side {
	return w.startNodeOn(member, name, nil)
}

// startNodeOn is startNode for one that remembers together with others on a database.
func (w *world) startNodeOn(member registry.ID, name string, db *storage.DB) *side {
	w.tb.Helper()
	s := &side{member: member, name: name, key: testkit.Key("log " + member.String() + name), tlsKey: testkit.Key("tls " + member.String() + name), dir: w.tb.TempDir(), clock: clock.NewManual(morning), systems: map[registry.ID]System{}}
	s.contact = s.clock.Now
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.cert = testkit.Must[tls.Certificate](w.tb)(credential.SelfSigned(s.tlsKey, name, time.Now()))
	s.journal = &notebook{Log: testkit.Must[*journal.Log](w.tb)(journal.Open(w.tb.Context(), journal.Config{Dir: s.dir, Origin: member.String() + "/" + name, Key: s.key}, s.clock.Now, logger))}
	w.tb.Cleanup(func() {
		if err := s.journal.Close(); err != nil {
			w.tb.Error(err)
		}
	})
	s.Gateway = New(Config{
		Member: member, Node: name, Credential: credential.NewHolder(s.cert, w.authority.State, s.clock.Now), State: w.authority.State, Contact: func() time.Time { return s.contact() }, Journal: s.journal, Law: w.law,
		Sectors: w.sectors, Systems: func(service registry.ID) (System, bool) { found, ok := s.systems[service]; return found, ok }, DB: db, Now: s.clock.Now, Log: logger,
	})
	if err := s.Join(w.tb.Context()); err != nil {
		w.tb.Fatal(err)
	}
	remembering, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() { s.Remember(remembering) })
	w.tb.Cleanup(func() { stop(); ended.Wait() })
	s.serve(w.tb, logger)
	return s
}

func (s *side) serve(tb testing.TB, logger *slog.Logger) {
	s.handle = s.handleBehindFront
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if s.http == nil {
			http.NotFound(rw, r)
			return
		}
		s.http(rw, r)
	}))
	s.server.TLS = s.Credential.Server(link.Protocol)
	s.server.TLS.Certificates = []tls.Certificate{s.cert} // or the test server puts its own there
	s.server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){link.Protocol: s.ServeConn}
	s.server.Config.RegisterOnShutdown(s.Drain)
	s.server.Config.ErrorLog = slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
	s.server.StartTLS()
	tb.Cleanup(s.server.Close)
	tb.Cleanup(s.Gateway.Close)
}

// handleBehindFront lets the front of a side see, and alter, what comes and what
// leaves.
func (s *side) handleBehindFront(ctx context.Context, peer *tls.ConnectionState, stream *link.Stream) {
	if s.front == nil {
		s.serveStream(ctx, peer, stream)
		return
	}
	question, err := readEnvelope(stream, 2*maxBody, anySize)
	if err != nil {
		return
	}
	_ = stream.Finish(s.front(question, func(question envelope) envelope {
		m := &memory{in: bytes.NewReader(question.bytes())}
		s.Gateway.serve(ctx, peer, m)
		answer, _ := readEnvelope(&m.out, maxBody, anySize)
		return answer
	}).bytes())
}

func anySize(int) error { return nil }

// memory is a channel whose other side is not there.
type memory struct {
	in  *bytes.Reader
	out bytes.Buffer
}

func (m *memory) Read(p []byte) (int, error)  { return m.in.Read(p) }
func (m *memory) Write(p []byte) (int, error) { return m.out.Write(p) }
func (m *memory) Finish(p []byte) error       { _, err := m.out.Write(p); return err }
func (m *memory) StopReading()                {}
func (m *memory) moved()                      {}
func (m *memory) held()                       {}

// pseudonym names the person of the world in a sector.
func (w *world) pseudonym(sector string) string {
	return testkit.Must[string](w.tb)(w.sectors.Pseudonym(sector, w.person))
}

// write answers as JSON, with the person of the world for MOTHER.
func (w *world) write(rw http.ResponseWriter, body string) {
	rw.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(rw, strings.ReplaceAll(body, "MOTHER", w.pseudonym("family")))
}

func (w *world) question() Request {
	return Request{Client: family, Service: birthsS, Method: http.MethodGet, Path: "/v1/births/b1", Matter: "case-1", Role: RoleRule, Subjects: []string{w.pseudonym(ReceiptSector)}}
}

func (w *world) ask() (Response, error) { return w.city.Ask(w.tb.Context(), w.question()) }

// refusals gives the responses in the provider's journal that say no.
func (w *world) refusals() (found []ResponseMeta) {
	w.tb.Helper()
	for _, e := range w.state.journal.of("answer") {
		var r ResponseMeta
		if err := json.Unmarshal(e.Meta, &r); err != nil {
			w.tb.Fatal(err)
		}
		if r.Act == ActRefused {
			found = append(found, r)
		}
	}
	return found
}

func wantCode(tb testing.TB, err error, code string) *problem.Problem {
	tb.Helper()
	if p := new(problem.Problem); errors.As(err, &p) && p.Code == code {
		return p
	}
	tb.Errorf("want %s, got %v", code, err)
	return problem.Of(err)
}

// message makes a message of a node's own, in its journal.
func (s *side) message(tb testing.TB, q RequestMeta, body []byte) envelope {
	tb.Helper()
	return s.messageOf(tb, testkit.Must[[]byte](tb)(json.Marshal(q)), body)
}

func (s *side) messageOf(tb testing.TB, meta, body []byte) envelope {
	tb.Helper()
	stamp := testkit.Must[journal.Stamp](tb)(s.journal.Append(tb.Context(), journal.Entry{Kind: "question", ID: "by-hand", At: s.clock.Now(), Meta: meta, Body: body}))
	return envelope{kind: sealed, meta: meta, body: body, stamp: stamp.Bytes()}
}

// send puts a message to the state's node over the given certificate.
func (w *world) send(cert tls.Certificate, m envelope) (answer envelope, err error) {
	w.tb.Helper()
	secure := credential.NewHolder(cert, w.authority.State, w.city.clock.Now).Client(credential.Pin(w.state.cert.Leaf), link.Protocol)
	conn, err := link.Dial(w.tb.Context(), w.state.server.Listener.Addr().String(), secure, link.Config{})
	if err != nil {
		return answer, err
	}
	defer conn.Wait()
	defer conn.Close()
	s, err := conn.Open(w.tb.Context())
	if err != nil {
		return answer, err
	}
	defer s.Close()
	if err := s.Finish(m.bytes()); err != nil && !errors.Is(err, link.ErrReset) {
		return answer, err
	}
	return readEnvelope(s, maxBody, anySize)
}

// byHand is a request that the state's node would answer.
func (w *world) byHand(id string) RequestMeta {
	return RequestMeta{
		Version: Version, ID: id, At: w.city.clock.Now(), Client: family, Service: birthsS, Contract: "births", Method: http.MethodGet, Path: "/v1/births/b1",
		Purpose: "family-support", Provision: "zfpp/48", Role: RoleSystem,
	}
}
