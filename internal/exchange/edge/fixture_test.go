package edge

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/exchange"
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

	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/note"
)

// TestMain finds goroutines that a closed edge left behind. The clock of the
// server's Date lives as long as the program.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"), /* ends within ten seconds */
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner") /* ends within the idle time */)
}

var (
	morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	city    = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY"}
	state   = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE"}
	family  = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "family"}
	civilID = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE", Subsystem: "civil"}
	births  = civilID.With("births")
)

// document is what the register says; secret is not agreed.
const document = `{"born":"2026-11-01","mother":{"id":"MOTHER","name":"Ана"},"secret":"no"}`

// side is one member's node.
type side struct {
	*exchange.Gateway
	member  registry.ID
	name    string
	logKey  ed25519.PrivateKey
	cert    tls.Certificate
	journal *stoppable
	server  *httptest.Server
	clock   *clock.Manual
	contact func() time.Time
	systems map[registry.ID]exchange.System
}

// stoppable is a journal that takes no entries of one kind any more.
type stoppable struct {
	*journal.Log
	mu    sync.Mutex
	stops string
}

func (j *stoppable) Append(ctx context.Context, e journal.Entry) (journal.Stamp, error) {
	stamps, err := j.AppendAll(ctx, e)
	if err != nil {
		return journal.Stamp{}, err
	}
	return stamps[0], nil
}

func (j *stoppable) AppendAll(ctx context.Context, entries ...journal.Entry) ([]journal.Stamp, error) {
	j.mu.Lock()
	stops := j.stops
	j.mu.Unlock()
	for _, e := range entries {
		if e.Kind == stops {
			return nil, journal.ErrStopped
		}
	}
	return j.Log.AppendAll(ctx, entries...)
}

func (j *stoppable) stop(kind string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stops = kind
}

// lawBook holds the provision that is not in force.
type lawBook struct{ lapsed law.Ref }

func (l *lawBook) InForce(ref law.Ref, day civil.Day) error {
	if ref == l.lapsed {
		return problem.New(problem.Forbidden, "provision-not-in-force", "provision", string(ref), "day", day.String())
	}
	return nil
}

// world is two members' nodes, and the edge of one of them.
type world struct {
	tb          testing.TB
	authority   *registry.Authority
	city, state *side
	law         *lawBook
	sectors     *identity.Sectors
	system      http.HandlerFunc // behind the state's node
	person      jmbg.Number
	config      Config // of the city's edge
	address     string // of it, once it was asked
	secure      bool   // whether it is served over TLS
}

func contract() registry.Contract {
	return registry.Contract{
		ID: "births", Consumer: family, Provider: civilID, Service: "births", Methods: []string{"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"},
		Paths:  []string{"/v1/births/{birth}", "/v1/births/{birth}/", "/"},
		Fields: []string{"/born", "/mother/name"}, Subjects: []string{"/mother/id"}, Parameters: []string{"x", "a", "b"}, Passes: []string{"x-own"},
		Purpose: "family-support", Provision: "zfpp/48", Sector: "family", From: civil.Date(2026, 1, 1), To: civil.Date(2026, 12, 31),
	}
}

// files is a contract that lets everything of another service through.
func files() registry.Contract {
	c := contract()
	c.ID, c.Service, c.Fields, c.Subjects, c.Headers, c.Limit = "files", "files", []string{""}, []string{}, []string{"*"}, 1<<30
	c.Parameters, c.Passes = []string{"*"}, []string{"*"}
	return c
}

// newWorld starts both nodes. change may alter the contract between them.
func newWorld(tb testing.TB, change func(*registry.Contract)) *world {
	tb.Helper()
	w := &world{tb: tb, law: &lawBook{}, person: jmbg.Make(civil.Date(1995, 5, 4), 85, 512)}
	w.sectors = testkit.Must[*identity.Sectors](tb)(identity.NewSectors(map[string][]byte{"family": bytes.Repeat([]byte{1}, 32), exchange.ReceiptSector: bytes.Repeat([]byte{2}, 32)}))
	w.system = func(rw http.ResponseWriter, _ *http.Request) { w.write(rw, document) }
	key := testkit.Key("authority")
	signer := testkit.Must[note.Signer](tb)(journal.NewSigner("RS-TEST/registry", key))
	verifier := testkit.Must[note.Verifier](tb)(journal.NewKey("RS-TEST/registry", key.Public().(ed25519.PublicKey)))
	w.authority = testkit.Must[*registry.Authority](tb)(registry.NewAuthority(tb.Context(), testkit.Database(tb, storage.SQLite)(registry.Migrations()), signer, verifier, clock.NewManual(morning).Now))
	w.city, w.state = w.start(city), w.start(state)
	system := exchange.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.system(rw, r) }))
	w.state.systems[births], w.state.systems[civilID.With("files")] = system, system
	w.say(
		registry.Statement{Member: &registry.Member{ID: city, Title: lang.Text{"en": "City"}, Subsystems: []string{"family", "other"}}},
		registry.Statement{Member: &registry.Member{ID: state, Title: lang.Text{"en": "State"}, Subsystems: []string{"civil"}}},
		w.city.statement(tb, nil), w.state.statement(tb, nil),
		registry.Statement{Service: &registry.Service{ID: births}}, registry.Statement{Service: &registry.Service{ID: civilID.With("files"), Kind: registry.ServiceREST}},
	)
	c := contract()
	if change != nil {
		change(&c)
	}
	w.agree(c)
	w.agree(files())
	w.config = Config{Asker: w.city, Member: city, State: w.authority.State, Log: slog.New(slog.DiscardHandler)}
	return w
}

func (w *world) say(statements ...registry.Statement) {
	w.tb.Helper()
	if err := w.authority.Append(w.tb.Context(), statements...); err != nil {
		w.tb.Fatal(err)
	}
}

func (w *world) agree(c registry.Contract) {
	w.tb.Helper()
	w.say(registry.Statement{Contract: testkit.Must[string](w.tb)(c.Sign(w.city.signer(w.tb), w.state.signer(w.tb)))})
}

func (s *side) signer(tb testing.TB) note.Signer {
	tb.Helper()
	return testkit.Must[note.Signer](tb)(journal.NewSigner(s.member.String()+"/"+s.name, s.logKey))
}

// statement is what the registry says of the node.
func (s *side) statement(tb testing.TB, change func(*registry.Node)) registry.Statement {
	tb.Helper()
	vkey := testkit.Must[string](tb)(note.NewEd25519VerifierKey(s.member.String()+"/"+s.name, s.logKey.Public().(ed25519.PublicKey)))
	n := &registry.Node{Member: s.member, Name: s.name, Address: s.server.Listener.Addr().String(), TLS: credential.Pin(s.cert.Leaf), Log: vkey}
	if change != nil {
		change(n)
	}
	return registry.Statement{Node: n}
}

func (w *world) start(member registry.ID) *side {
	w.tb.Helper()
	s := &side{member: member, name: "n1", logKey: testkit.Key("log " + member.String()), clock: clock.NewManual(morning), systems: map[registry.ID]exchange.System{}}
	s.contact = s.clock.Now
	logger := slog.New(slog.DiscardHandler)
	s.cert = testkit.Must[tls.Certificate](w.tb)(credential.SelfSigned(testkit.Key("tls "+member.String()), s.name, time.Now()))
	s.journal = &stoppable{Log: testkit.Must[*journal.Log](w.tb)(journal.Open(w.tb.Context(), journal.Config{Dir: w.tb.TempDir(), Origin: member.String() + "/" + s.name, Key: s.logKey}, s.clock.Now, logger))}
	w.tb.Cleanup(func() {
		if err := s.journal.Close(); err != nil {
			w.tb.Error(err)
		}
	})
	s.Gateway = exchange.New(exchange.Config{
		Member: member, Node: s.name, Credential: credential.NewHolder(s.cert, w.authority.State, s.clock.Now), State: w.authority.State, Contact: func() time.Time { return s.contact() }, Journal: s.journal, Law: w.law,
		Sectors: w.sectors, Systems: func(service registry.ID) (exchange.System, bool) { found, ok := s.systems[service]; return found, ok }, Now: s.clock.Now, Log: logger,
	})
	s.server = httptest.NewUnstartedServer(http.NotFoundHandler())
	s.server.TLS = s.Credential.Server(link.Protocol)
	s.server.TLS.Certificates = []tls.Certificate{s.cert} // or the test server puts its own there
	s.server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){link.Protocol: s.ServeConn}
	s.server.Config.RegisterOnShutdown(s.Drain)
	s.server.Config.ErrorLog = slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
	s.server.StartTLS()
	w.tb.Cleanup(s.server.Close)
	w.tb.Cleanup(s.Gateway.Close)
	return s
}

// write answers as JSON, with the person of the world for MOTHER.
func (w *world) write(rw http.ResponseWriter, body string) {
	rw.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(rw, strings.ReplaceAll(body, "MOTHER", testkit.Must[string](w.tb)(w.sectors.Pseudonym("family", w.person))))
}

// open serves the city's edge until the test ends.
func (w *world) open() string {
	w.tb.Helper()
	if w.address != "" {
		return w.address
	}
	listener := testkit.Must[net.Listener](w.tb)(new(net.ListenConfig).Listen(w.tb.Context(), "tcp", "127.0.0.1:0"))
	w.address = listener.Addr().String()
	if w.secure {
		listener = tls.NewListener(listener, TLS(w.city.cert))
	}
	e := New(w.config)
	done := make(chan error, 1)
	go func() { done <- e.Serve(listener) }()
	w.tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testkit.Patience)
		defer cancel()
		if err := e.Shutdown(ctx); err != nil {
			w.tb.Error(err)
		}
		if err := e.Close(); err != nil {
			w.tb.Error(err)
		}
		if err := <-done; err != nil {
			w.tb.Error(err)
		}
	})
	return w.address
}

// answered is what a client gets, its headers as they are on the wire.
type answered struct {
	status int
	lines  []string // "name: value", in their order
	header http.Header
	body   string
}

// raw sends a request as it is written, to its last byte, and reads the response.
func (w *world) raw(method, request string) answered {
	w.tb.Helper()
	return exchangeOn(w.tb, testkit.Must[net.Conn](w.tb)(new(net.Dialer).DialContext(w.tb.Context(), "tcp", w.open())), method, request)
}

func exchangeOn(tb testing.TB, conn net.Conn, method, request string) answered {
	tb.Helper()
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, request); err != nil {
		tb.Fatal(err)
	}
	var seen bytes.Buffer
	resp := testkit.Must[*http.Response](tb)(http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &seen)), &http.Request{Method: method}))
	defer func() { _ = resp.Body.Close() }()
	body := testkit.Must[[]byte](tb)(io.ReadAll(resp.Body))
	head, _, _ := strings.Cut(seen.String(), "\r\n\r\n")
	return answered{resp.StatusCode, strings.Split(head, "\r\n")[1:], resp.Header, string(body)}
}

// ask asks the edge as the family's system does, unless the headers, names and
// values in turn, say otherwise.
func (w *world) ask(method, target, body string, headers ...string) answered {
	w.tb.Helper()
	return w.raw(method, written(method, target, body, headers...))
}

func written(method, target, body string, headers ...string) string {
	var b strings.Builder
	b.WriteString(method + " " + target + " HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n")
	if len(headers) == 0 {
		headers = []string{"X-Road-Client", family.String()}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		b.WriteString(headers[i] + ": " + headers[i+1] + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Length: " + itoa(len(body)) + "\r\n")
	}
	return b.String() + "\r\n" + body
}

// agreeOn amends the contract.
func (w *world) agreeOn(change func(*registry.Contract)) {
	c := contract()
	change(&c)
	w.agree(c)
}

// Serve implements exchange.System.
func (f failing) Serve(context.Context, exchange.Call) (exchange.Result, error) {
	return exchange.Result{}, f.err
}

// otherCertificate is one that no subsystem is known by.
func otherCertificate(w *world) *tls.Certificate {
	return new(testkit.Must[tls.Certificate](w.tb)(credential.SelfSigned(testkit.Key("other"), "other", time.Now())))
}

// overTLS puts the plain request over TLS, with a certificate or without one.
func overTLS(own func(*world) *tls.Certificate) func(*world) answered {
	return func(w *world) answered {
		cfg := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
		if own != nil {
			cfg.Certificates = []tls.Certificate{*own(w)}
		}
		d := tls.Dialer{Config: cfg}
		return exchangeOn(w.tb, testkit.Must[net.Conn](w.tb)(d.DialContext(w.tb.Context(), "tcp", w.open())), "GET", written("GET", plainTarget, ""))
	}
}

// halfClosed sends a request and no more.
func (w *world) halfClosed(method, request string) answered {
	w.tb.Helper()
	conn := testkit.Must[net.Conn](w.tb)(new(net.Dialer).DialContext(w.tb.Context(), "tcp", w.open()))
	return exchangeOn(w.tb, halfClosing{conn.(*net.TCPConn)}, method, request)
}

// halfClosing is a connection whose client goes after what it wrote.
type halfClosing struct{ *net.TCPConn }

// Write implements io.Writer.
func (c halfClosing) Write(p []byte) (int, error) {
	n, err := c.TCPConn.Write(p)
	if err == nil {
		err = c.CloseWrite()
	}
	return n, err
}
