package admission

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

// TestMain finds goroutines that were left behind. The test server of
// PostgreSQL lives as long as the program.
func TestMain(m *testing.M) {
	testkit.NoneLeft(m)
}

var (
	morning    = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	supervisor = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "SUPERVISOR"}
	city       = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY"}
	village    = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "VILLAGE"}
)

// acts remembers what was journaled.
type acts struct {
	mu   sync.Mutex
	meta []string
	err  error
}

func (a *acts) Append(_ context.Context, e journal.Entry) (journal.Stamp, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil {
		a.meta = append(a.meta, string(e.Meta))
	}
	return journal.Stamp{}, a.err
}

// rig is an authority that listens.
type rig struct {
	t         *testing.T
	clock     *clock.Manual
	authority *registry.Authority
	holder    *credential.Holder
	office    *Office
	acts      *acts
	address   string
}

// newRig opens an authority on SQLite.
func newRig(t *testing.T) *rig {
	return newRigOn(t, testkit.Database(t, storage.SQLite))
}

func newRigOn(t *testing.T, open func(...fs.FS) *storage.DB) *rig {
	t.Helper()
	r := &rig{t: t, clock: clock.NewManual(morning), acts: &acts{}}
	db := open(registry.Migrations(), Migrations())
	origin := "RS-TEST/registry"
	signer := testkit.Must[note.Signer](t)(journal.NewSigner(origin, testkit.Key(origin)))
	verifier := testkit.Must[note.Verifier](t)(journal.NewKey(origin, testkit.Key(origin).Public().(ed25519.PublicKey)))
	r.authority = testkit.Must[*registry.Authority](t)(registry.NewAuthority(t.Context(), db, signer, verifier, r.clock.Now))
	tlsKey, issuerKey := testkit.Key("tls supervisor"), testkit.Key("issuer")
	root := testkit.Must[[]byte](t)(credential.MakeRoot(issuerKey, "RS-TEST nodes", r.clock.Now()))
	issuer := testkit.Must[*credential.Issuer](t)(credential.NewIssuer(issuerKey, root, 0, r.clock.Now))
	own := testkit.Must[[]byte](t)(issuer.Issue(tlsKey.Public(), supervisor, "supervisor"))
	r.holder = credential.NewHolder(testkit.Must[tls.Certificate](t)(credential.Around(tlsKey, own)), r.authority.State, r.clock.Now)
	listener := testkit.Must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	r.address = listener.Addr().String()
	r.office = NewOffice(OfficeConfig{DB: db, Registry: r.authority, Issuer: issuer, Holder: r.holder, Address: r.address, Key: fmt.Sprint(verifier), Journal: r.acts, Now: r.clock.Now, Log: slog.New(slog.DiscardHandler)})
	r.say(
		registry.Statement{Member: &registry.Member{ID: supervisor, Title: lang.Text{"en": "Supervisor"}, Subsystems: []string{"registry"}}},
		registry.Statement{Node: &registry.Node{Member: supervisor, Name: "supervisor", Address: r.address, TLS: r.holder.Pin(), Log: logKey(t, supervisor, "supervisor")}},
		registry.Statement{Issuer: &registry.Issuer{Certificate: root}},
	)
	r.serve(listener)
	return r
}

func (r *rig) say(statements ...registry.Statement) {
	r.t.Helper()
	if err := r.authority.Append(r.t.Context(), statements...); err != nil {
		r.t.Fatal(err)
	}
}

// serve answers as a node does: joiners over their protocol, nodes over
// HTTP/1.1, where each request is asked whose it is.
func (r *rig) serve(listener net.Listener) {
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if _, err := r.holder.Peer(req.TLS); err != nil {
				w.WriteHeader(http.StatusUnauthorized)
			}
		}),
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){Protocol: r.office.ServeConn},
		ErrorLog:     slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(tls.NewListener(listener, r.holder.Admitting(Protocol))) }()
	r.t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			r.t.Error(err)
		}
	})
}

func logKey(t *testing.T, member registry.ID, name string) string {
	t.Helper()
	origin := member.String() + "/" + name
	return fmt.Sprint(testkit.Must[note.Verifier](t)(journal.NewKey(origin, testkit.Key("log "+origin).Public().(ed25519.PublicKey))))
}

func grant(member registry.ID, node string) Grant {
	return Grant{Member: member, Title: lang.Text{"sr": "Место", "en": "Place"}, Subsystems: []string{"family"}, Node: node}
}

// offer makes a token and reads it again.
func (r *rig) offer(g Grant) Token {
	r.t.Helper()
	text, _, err := r.office.Offer(r.t.Context(), g, "vera", 0)
	if err != nil {
		r.t.Fatal(err)
	}
	return testkit.Must[Token](r.t)(ParseToken(text))
}

// addressOf is an address at which nobody listens, another for each node.
func addressOf(token Token) string {
	return fmt.Sprintf("127.0.0.1:%d", 1024+crc32.ChecksumIEEE([]byte(token.Member.String()+token.Node))%200)
}

// joiner is a node of the token's member and name, with keys of its own.
func (r *rig) joiner(token Token) Joiner {
	r.t.Helper()
	return Joiner{
		Token: token, TLS: testkit.Key("tls " + token.Member.String() + token.Node), Log: logKey(r.t, token.Member, token.Node),
		Address: addressOf(token), Now: r.clock.Now(),
	}
}

// joined admits a node and gives what it shows on connections.
func (r *rig) joined(member registry.ID, node string) (Admitted, *credential.Holder) {
	r.t.Helper()
	j := r.joiner(r.offer(grant(member, node)))
	in, err := j.Join(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	own := testkit.Must[tls.Certificate](r.t)(credential.Around(j.TLS, in.Certificate))
	return in, credential.NewHolder(own, r.authority.State, r.clock.Now)
}

// renewal asks the office for a certificate around key, showing own.
func (r *rig) client(own *credential.Holder) *Client {
	return NewClient(r.address, func(pin string) bool { return pin == r.holder.Pin() }, own.Own)
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if !problem.HasCode(err, code) {
		t.Errorf("want %s, got %v", code, err)
	}
}

// selfSigned is a node that no issuer has certified.
func (r *rig) selfSigned(key crypto.Signer) *credential.Holder {
	return credential.NewHolder(testkit.Must[tls.Certificate](r.t)(credential.SelfSigned(key, "n1", r.clock.Now())), r.authority.State, r.clock.Now)
}

// logSigner signs as the journal of a node.
func logSigner(t *testing.T, member registry.ID, node string) note.Signer {
	t.Helper()
	origin := member.String() + "/" + node
	return testkit.Must[note.Signer](t)(journal.NewSigner(origin, testkit.Key("log "+origin)))
}
