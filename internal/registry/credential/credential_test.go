package credential

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/note"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	morning = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	city    = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY"}
)

// world is a registry in which a city has nodes.
type world struct {
	t         *testing.T
	authority *registry.Authority
	clock     *clock.Manual
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(morning)}
	db := testkit.Database(t, storage.SQLite)(registry.Migrations())
	signer := testkit.Must[note.Signer](t)(journal.NewSigner("RS-TEST/registry", testkit.Key("registry")))
	verifier := testkit.Must[note.Verifier](t)(journal.NewKey("RS-TEST/registry", testkit.Key("registry").Public().(ed25519.PublicKey)))
	w.authority = testkit.Must[*registry.Authority](t)(registry.NewAuthority(t.Context(), db, signer, verifier, w.clock.Now))
	w.say(registry.Statement{Member: &registry.Member{ID: city, Title: lang.Text{"en": "City"}, Subsystems: []string{"family"}}})
	return w
}

func (w *world) say(statements ...registry.Statement) {
	w.t.Helper()
	if err := w.authority.Append(w.t.Context(), statements...); err != nil {
		w.t.Fatal(err)
	}
}

// node states a node with the key of a name, and perhaps the next.
func (w *world) node(name, key, next string) {
	w.t.Helper()
	n := registry.Node{Member: city, Name: name, Address: "127.0.0.1:1", TLS: pinOfSeed(w.t, key)}
	if next != "" {
		n.Next = pinOfSeed(w.t, next)
	}
	origin := city.String() + "/" + name
	n.Log = fmt.Sprint(testkit.Must[note.Verifier](w.t)(journal.NewKey(origin, testkit.Key(origin).Public().(ed25519.PublicKey))))
	w.say(registry.Statement{Node: &n})
}

func pinOfSeed(t *testing.T, key string) string {
	t.Helper()
	return testkit.Must[string](t)(PinOf(testkit.Key(key).Public()))
}

// issuer makes an issuer and names it in the registry, before the others.
func (w *world) issuer(name string, named bool) *Issuer {
	w.t.Helper()
	root := testkit.Must[[]byte](w.t)(MakeRoot(testkit.Key(name), name, w.clock.Now()))
	if named {
		before, _ := w.authority.State().Issuer()
		before.Certificate = testkit.Must[[]byte](w.t)(With(root, before.Certificate, w.clock.Now()))
		w.say(registry.Statement{Issuer: &before})
	}
	return testkit.Must[*Issuer](w.t)(NewIssuer(testkit.Key(name), root, 0, w.clock.Now))
}

// issued is a holder with a certificate of an issuer; without one the node
// signed it.
func (w *world) issued(by *Issuer, key string) *Holder {
	w.t.Helper()
	own := testkit.Must[tls.Certificate](w.t)(SelfSigned(testkit.Key(key), "n1", w.clock.Now()))
	if by != nil {
		own = testkit.Must[tls.Certificate](w.t)(Around(testkit.Key(key), testkit.Must[[]byte](w.t)(by.Issue(testkit.Key(key).Public(), city, "n1"))))
	}
	return NewHolder(own, w.authority.State, w.clock.Now)
}

// meet lets two holders shake hands and gives what each of them says.
func meet(t *testing.T, server, client *tls.Config) (atServer, atClient error) {
	t.Helper()
	listener := testkit.Must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	defer func() { _ = listener.Close() }()
	done := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			err = tls.Server(conn, server).HandshakeContext(t.Context())
			_ = conn.Close()
		}
		done <- err
	}()
	raw := testkit.Must[net.Conn](t)(net.Dial("tcp", listener.Addr().String()))
	atClient = tls.Client(raw, client).HandshakeContext(t.Context())
	if atClient == nil {
		_, _ = io.Copy(io.Discard, raw) // until the server has judged too
	}
	_ = raw.Close()
	return <-done, atClient
}

func TestWhoIsLetIn(t *testing.T) {
	w := newWorld(t)
	w.node("n1", "one", "")
	w.node("n2", "two", "")
	server := w.issued(nil, "one")

	t.Run("by the pin alone while no issuer is named", func(t *testing.T) {
		if at, _ := meet(t, server.Server(), w.issued(nil, "two").Client(server.Pin())); at != nil {
			t.Error(at)
		}
		if at, _ := meet(t, server.Server(), w.issued(nil, "stranger").Client(server.Pin())); !errors.Is(at, ErrPeer) {
			t.Errorf("a stranger: %v", at)
		}
		if _, at := meet(t, server.Server(), w.issued(nil, "two").Client(pinOfSeed(t, "two"))); !errors.Is(at, ErrPeer) {
			t.Errorf("a server that is another: %v", at)
		}
	})

	issuer := w.issuer("issuer", true)
	server = w.issued(issuer, "one")
	for what, c := range map[string]struct {
		client *Holder
		want   error
	}{
		"issued":                      {w.issued(issuer, "two"), nil},
		"signed by itself":            {w.issued(nil, "two"), ErrCertificate},
		"of another issuer":           {w.issued(w.issuer("other", false), "two"), ErrCertificate},
		"issued, not in the registry": {w.issued(issuer, "stranger"), ErrPeer},
	} {
		if at, _ := meet(t, server.Server(), c.client.Client(server.Pin())); !errors.Is(at, c.want) {
			t.Errorf("%s: %v", what, at)
		}
		if _, at := meet(t, c.client.Server(), server.Client(c.client.Pin())); c.want == ErrCertificate && !errors.Is(at, c.want) {
			t.Errorf("as a server, %s: %v", what, at)
		}
	}
	t.Run("an issuer of the same name", func(t *testing.T) {
		root := testkit.Must[[]byte](t)(MakeRoot(testkit.Key("forger"), "issuer", morning))
		forger := testkit.Must[*Issuer](t)(NewIssuer(testkit.Key("forger"), root, 0, w.clock.Now))
		if at, _ := meet(t, server.Server(), w.issued(forger, "two").Client(server.Pin())); !errors.Is(at, ErrCertificate) {
			t.Error(at)
		}
	})
}

func TestDatesOfACertificate(t *testing.T) {
	w := newWorld(t)
	w.node("n1", "one", "")
	own := w.issued(w.issuer("issuer", true), "one")
	open := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{own.Own().Leaf}}
	for _, c := range []struct {
		skew time.Duration
		want error
	}{
		{0, nil}, {-time.Hour, nil}, {time.Hour, nil}, {-time.Hour - time.Second, ErrCertificate},
		{DefaultLife - time.Second, nil}, {DefaultLife, ErrCertificate}, {DefaultLife + time.Hour, ErrCertificate},
	} {
		w.clock.Set(morning.Add(c.skew))
		if _, err := own.Peer(open); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.skew, err)
		}
	}
}

// While a key changes both are the node's, for those who come and for those who
// go there.
func TestBothKeysOfANode(t *testing.T) {
	w := newWorld(t)
	w.node("n1", "one", "one-next")
	w.node("n2", "two", "")
	other := w.issued(nil, "two")
	next := w.issued(nil, "one-next")
	if at, _ := meet(t, other.Server(), next.Client(other.Pin())); at != nil {
		t.Errorf("coming with the next key: %v", at)
	}
	for _, pin := range []string{pinOfSeed(t, "one"), pinOfSeed(t, "one-next")} {
		if _, at := meet(t, next.Server(), other.Client(pin)); at != nil {
			t.Errorf("going to %.8s: %v", pin, at)
		}
	}
	w.node("n1", "one-next", "")
	if at, _ := meet(t, other.Server(), w.issued(nil, "one").Client(other.Pin())); !errors.Is(at, ErrPeer) {
		t.Errorf("with the key of before: %v", at)
	}
}

func TestReplaceWhileConnectionsAreOpen(t *testing.T) {
	w := newWorld(t)
	w.node("n1", "one", "")
	issuer := w.issuer("issuer", true)
	own := w.issued(issuer, "one")
	server := own.Server()
	first := testkit.Must[*tls.Certificate](t)(server.GetCertificate(nil))
	w.clock.Advance(time.Hour)
	called := 0
	own.OnReplace(func() { called++ })
	own.Replace(testkit.Must[tls.Certificate](t)(Around(testkit.Key("one"), testkit.Must[[]byte](t)(issuer.Issue(testkit.Key("one").Public(), city, "n1")))))
	second := testkit.Must[*tls.Certificate](t)(server.GetCertificate(nil))
	if called != 1 || !second.Leaf.NotAfter.After(first.Leaf.NotAfter) {
		t.Errorf("called %d times, %s after %s", called, second.Leaf.NotAfter, first.Leaf.NotAfter)
	}
	if _, err := own.Peer(&tls.ConnectionState{PeerCertificates: []*x509.Certificate{first.Leaf}}); err != nil {
		t.Errorf("a connection from before: %v", err)
	}
}

// An issuer can be replaced: what the former one signed stands until it ends,
// unless the registry names the former one no more.
func TestIssuerIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.node("n1", "one", "")
	old := w.issued(w.issuer("issuer", true), "one")
	second := w.issuer("second", true)
	open := func(h *Holder) error {
		_, err := h.Peer(&tls.ConnectionState{PeerCertificates: []*x509.Certificate{h.Own().Leaf}})
		return err
	}
	if err := errors.Join(open(old), open(w.issued(second, "one"))); err != nil {
		t.Error(err)
	}
	named, _ := w.authority.State().Issuer()
	if RootOf(testkit.Key("second"), named.Certificate, morning) == nil || RootOf(testkit.Key("issuer"), named.Certificate, morning) != nil {
		t.Error("the newest issuer does not stand first")
	}
	w.say(registry.Statement{Issuer: &registry.Issuer{Certificate: second.Root()}})
	if err := open(old); !errors.Is(err, ErrCertificate) {
		t.Errorf("of an issuer that is named no more: %v", err)
	}
}

func TestRequests(t *testing.T) {
	curve := func(c elliptic.Curve) crypto.Signer {
		return testkit.Must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(c, rand.Reader))
	}
	weak := testkit.Must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	for _, c := range []struct {
		key crypto.Signer
		ok  bool
	}{{testkit.Key("one"), true}, {curve(elliptic.P256()), true}, {curve(elliptic.P384()), false}, {weak, false}} {
		key, err := ReadRequest(testkit.Must[[]byte](t)(Request(c.key, "n1")))
		if c.ok != (err == nil) || err != nil && !errors.Is(err, ErrRequest) {
			t.Errorf("%T: %v", c.key, err)
		}
		if c.ok && testkit.Must[string](t)(PinOf(key)) != testkit.Must[string](t)(PinOf(c.key.Public())) {
			t.Errorf("%T: another key was read", c.key)
		}
	}
	forged := testkit.Must[[]byte](t)(Request(testkit.Key("one"), "n1"))
	forged[len(forged)-1] ^= 1
	if _, err := ReadRequest(forged); !errors.Is(err, ErrRequest) {
		t.Errorf("a signature that does not hold: %v", err)
	}
}

func TestIssuerIsRefused(t *testing.T) {
	root := testkit.Must[[]byte](t)(MakeRoot(testkit.Key("issuer"), "issuer", morning))
	now := func() time.Time { return morning }
	if _, err := NewIssuer(testkit.Key("another"), root, 0, now); !errors.Is(err, ErrOtherKey) {
		t.Errorf("with another key: %v", err)
	}
	if _, err := NewIssuer(testkit.Key("issuer"), root, time.Second, now); err == nil {
		t.Error("certificates that live a second")
	}
	own := testkit.Must[tls.Certificate](t)(SelfSigned(testkit.Key("node"), "n1", morning))
	if _, err := NewIssuer(testkit.Key("node"), own.Certificate[0], 0, now); err == nil {
		t.Error("a node's certificate signs others")
	}
	// Nothing outlives its issuer.
	late := testkit.Must[*Issuer](t)(NewIssuer(testkit.Key("issuer"), root, 0, func() time.Time { return morning.AddDate(10, 0, -1) }))
	der := testkit.Must[[]byte](t)(late.Issue(testkit.Key("one").Public(), city, "n1"))
	if leaf := testkit.Must[*x509.Certificate](t)(x509.ParseCertificate(der)); leaf.NotAfter.After(morning.AddDate(10, 0, 0)) {
		t.Errorf("ends %s", leaf.NotAfter)
	}
}

func FuzzReadRequest(f *testing.F) {
	der, err := Request(testkit.Key("one"), "n1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Fuzz(func(t *testing.T, der []byte) {
		if key, err := ReadRequest(der); err == nil {
			if _, err := PinOf(key); err != nil {
				t.Errorf("a key without a pin: %v", err)
			}
		}
	})
}
