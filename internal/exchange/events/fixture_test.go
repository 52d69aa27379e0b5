package events

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"

	"golang.org/x/mod/sumdb/note"
)

// TestMain finds goroutines that a room left behind. The test server of
// PostgreSQL lives as long as the program.
func TestMain(m *testing.M) {
	testkit.NoneLeft(m, "github.com/nats-io/nats.go/jetstream.(*pullConsumer).fetch.func1") // ends within a second of what it was asked for
}

var (
	morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	city    = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY"}
	state   = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE"}
	family  = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "family"}
	civilID = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE", Subsystem: "civil"}
)

const born = "rs.births.registered"

// side is one member's node.
type side struct {
	*Room
	member  registry.ID
	key     ed25519.PrivateKey // of the journal
	cert    tls.Certificate
	journal *recorder
	gateway *exchange.Gateway
	server  *httptest.Server
	clock   *clock.Manual
	front   http.HandlerFunc // stands before the feed, if set
}

// recorder is a real journal that remembers what was appended, and can be stopped.
type recorder struct {
	*journal.Log
	mu      sync.Mutex
	entries []journal.Entry
	stopped bool
}

func (j *recorder) Append(ctx context.Context, e journal.Entry) (journal.Stamp, error) {
	j.mu.Lock()
	stopped := j.stopped
	j.mu.Unlock()
	if stopped {
		return journal.Stamp{}, journal.ErrStopped
	}
	stamp, err := j.Log.Append(ctx, e)
	if err == nil {
		j.mu.Lock()
		j.entries = append(j.entries, e)
		j.mu.Unlock()
	}
	return stamp, err
}

func (j *recorder) stop(stopped bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stopped = stopped
}

// of gives the entries of a kind.
func (j *recorder) of(kind string) (found []journal.Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.entries {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// lawBook holds the provision that is not in force.
type lawBook struct {
	mu     sync.Mutex
	lapsed law.Ref
}

func (l *lawBook) InForce(ref law.Ref, day civil.Day) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ref == l.lapsed {
		return problem.New(problem.Forbidden, "provision-not-in-force", "provision", string(ref), "day", day.String())
	}
	return nil
}

func (l *lawBook) lapse(ref law.Ref) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lapsed = ref
}

// world is two members' nodes that know each other from one registry. The state
// gives events, the city follows them.
type world struct {
	tb          testing.TB
	authority   *registry.Authority
	city, state *side
	law         *lawBook
	log         *testkit.Buffer
}

func contract() registry.Contract {
	return registry.Contract{
		ID: "births", Consumer: family, Provider: civilID, Purpose: "family-support", Provision: "zfpp/48", Sector: "family",
		From: civil.Date(2026, 1, 1), To: civil.Date(2026, 12, 31), Events: []string{born}, Area: "80152",
	}
}

// newWorld starts both nodes on SQLite.
func newWorld(tb testing.TB) *world {
	tb.Helper()
	return newWorldOn(tb, testkit.Database(tb, storage.SQLite))
}

// newWorldOn starts both nodes; the city keeps its tables in the database that
// open opens.
func newWorldOn(tb testing.TB, open func(...fs.FS) *storage.DB) *world {
	tb.Helper()
	w := &world{tb: tb, law: &lawBook{}, log: &testkit.Buffer{}}
	key := testkit.Key("authority")
	signer := testkit.Must[note.Signer](tb)(journal.NewSigner("RS-TEST/registry", key))
	verifier := testkit.Must[note.Verifier](tb)(journal.NewKey("RS-TEST/registry", key.Public().(ed25519.PublicKey)))
	w.authority = testkit.Must[*registry.Authority](tb)(registry.NewAuthority(tb.Context(), testkit.Database(tb, storage.SQLite)(registry.Migrations()), signer, verifier, clock.NewManual(morning).Now))
	w.city, w.state = w.start(city, open), w.start(state, testkit.Database(tb, storage.SQLite))
	w.say(
		registry.Statement{Member: &registry.Member{ID: city, Title: lang.Text{"en": "City"}, Subsystems: []string{"family", "other"}}},
		registry.Statement{Member: &registry.Member{ID: state, Title: lang.Text{"en": "State"}, Subsystems: []string{"civil"}}},
		w.city.statement(tb), w.state.statement(tb),
	)
	w.agree(contract())
	return w
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
	return testkit.Must[note.Signer](tb)(journal.NewSigner(s.member.String()+"/n1", s.key))
}

func (s *side) statement(tb testing.TB) registry.Statement {
	tb.Helper()
	vkey := testkit.Must[string](tb)(note.NewEd25519VerifierKey(s.member.String()+"/n1", s.key.Public().(ed25519.PublicKey)))
	return registry.Statement{Node: &registry.Node{Member: s.member, Name: "n1", Address: s.server.Listener.Addr().String(), TLS: credential.Pin(s.cert.Leaf), Log: vkey}}
}

func (w *world) start(member registry.ID, open func(...fs.FS) *storage.DB) *side {
	w.tb.Helper()
	s := &side{member: member, key: testkit.Key("log " + member.String()), clock: clock.NewManual(morning)}
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.cert = testkit.Must[tls.Certificate](w.tb)(credential.SelfSigned(testkit.Key("tls "+member.String()), "n1", time.Now()))
	s.journal = &recorder{Log: testkit.Must[*journal.Log](w.tb)(journal.Open(w.tb.Context(), journal.Config{Dir: w.tb.TempDir(), Origin: member.String() + "/n1", Key: s.key}, s.clock.Now, logger))}
	w.tb.Cleanup(func() {
		if err := s.journal.Close(); err != nil {
			w.tb.Error(err)
		}
	})
	s.gateway = exchange.New(exchange.Config{
		Member: member, Node: "n1", Credential: credential.NewHolder(s.cert, w.authority.State, s.clock.Now), State: w.authority.State, Contact: s.clock.Now,
		Journal: s.journal, Law: w.law, Now: s.clock.Now, Log: logger,
	})
	w.tb.Cleanup(s.gateway.Close)
	s.Room = s.room(w.tb, open, w.tb.TempDir(), logger)
	s.serve(w.tb, logger)
	return s
}

// room opens the room on a database and a folder for the stream.
func (s *side) room(tb testing.TB, open func(...fs.FS) *storage.DB, dir string, logger *slog.Logger) *Room {
	tb.Helper()
	db := open(Migrations(), bus.Migrations(), work.Migrations())
	runner := work.New(db, s.clock.Now, logger, "n1")
	r := New(Config{
		Gateway: s.gateway, DB: db, Work: runner, Stream: startBus(tb, bus.Config{Dir: dir}), Now: s.clock.Now, Log: logger,
	})
	if err := runner.Begin(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return r
}

func (s *side) serve(tb testing.TB, logger *slog.Logger) {
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.front != nil {
			s.front(w, r)
			return
		}
		s.Feed().ServeHTTP(w, r)
	}))
	s.server.TLS = s.gateway.Credential.Server()
	s.server.TLS.Certificates = []tls.Certificate{s.cert} // or the test server puts its own there
	s.server.Config.ErrorLog = slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
	s.server.StartTLS()
	tb.Cleanup(s.server.Close)
}

func startBus(tb testing.TB, cfg bus.Config) *bus.Bus {
	tb.Helper()
	cfg.Name = "test"
	b := testkit.Must[*bus.Bus](tb)(bus.Start(tb.Context(), cfg, slog.New(slog.DiscardHandler)))
	tb.Cleanup(func() {
		if err := b.Close(); err != nil {
			tb.Error(err)
		}
	})
	return b
}

func birth(id, area string) bus.Event {
	return bus.Event{SpecVersion: "1.0", ID: id, Source: civilID.String(), Type: born, Subject: "birth-" + id, Time: morning,
		DataContentType: "application/json", Data: json.RawMessage(`{"area":"` + area + `"}`)}
}

// publish puts events into a node's stream.
func publish(tb testing.TB, to Stream, events ...bus.Event) {
	tb.Helper()
	if _, err := to.PublishAll(tb.Context(), events); err != nil {
		tb.Fatal(err)
	}
}

// ids gives the events of a node's stream, in order.
func ids(tb testing.TB, from Stream) (found []string) {
	tb.Helper()
	for after := uint64(0); ; {
		events := testkit.Must[[]bus.Sequenced](tb)(from.Fetch(tb.Context(), nil, after, maxPage, 0))
		if len(events) == 0 {
			return found
		}
		for _, e := range events {
			found, after = append(found, e.Event.ID), e.Sequence
		}
	}
}

// inBackground runs something until stop.
func inBackground(tb testing.TB, run func(context.Context)) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { run(ctx); close(done) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	tb.Cleanup(stop)
	return stop
}

func wantCode(tb testing.TB, err error, code string) *problem.Problem {
	tb.Helper()
	if !problem.HasCode(err, code) {
		tb.Errorf("want %s, got %v", code, err)
	}
	return problem.Of(err)
}

// fromState is the source that the city follows.
func fromState() source { return source{"births", "n1"} }

// at gives where the city stands with it.
func (w *world) at() followed {
	w.tb.Helper()
	return testkit.Must[followed](w.tb)(w.city.followed(w.tb.Context(), fromState()))
}

// take lets the city take one page in.
func (w *world) take() error {
	_, err := w.city.step(w.tb.Context(), fromState(), true)
	return err
}

// connection is what another node knows of a connection of this one's.
func (s *side) connection() *tls.ConnectionState {
	return &tls.ConnectionState{PeerCertificates: []*x509.Certificate{s.cert.Leaf}}
}
