package admission

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/testkit"
)

func TestRenewal(t *testing.T) {
	r := newRig(t)
	in, own := r.joined(city, "n1")
	first := own.Report()
	if first.NotAfter != morning.Add(credential.DefaultLife) || first.Issuer != "RS-TEST nodes" || first.Pin != in.Node.TLS {
		t.Errorf("%+v", first)
	}
	away, saved := true, 0
	renewer := NewRenewer(own, func(ctx context.Context, key crypto.Signer) ([]byte, error) {
		if away {
			return nil, errors.New("no way there")
		}
		return r.client(own).Renew(ctx, key, "n1")
	}, func([]byte) error { saved++; return nil }, r.clock.Now, slog.New(slog.DiscardHandler))

	if wait := renewer.Step(t.Context()); wait != look || renewer.Report().LastError != "" {
		t.Errorf("a fresh one waits %s", wait)
	}
	due := renewer.Report().RenewAt
	if left := first.NotAfter.Sub(due); left < 48*time.Hour || left > 60*time.Hour {
		t.Errorf("%s are left when it is renewed", left)
	}
	r.clock.Set(due)
	for _, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		if wait := renewer.Step(t.Context()); wait != want {
			t.Errorf("waits %s, not %s", wait, want)
		}
		r.clock.Advance(want)
	}
	if report := renewer.Report(); report.LastError != "internal" || report.NotAfter != first.NotAfter {
		t.Errorf("while the authority is away: %+v", report)
	}
	away = false
	replaced := 0
	own.OnReplace(func() { replaced++ })
	renewer.Step(t.Context())
	if report := renewer.Report(); report.LastError != "" || !report.NotAfter.After(first.NotAfter) || saved != 1 || replaced != 1 {
		t.Errorf("renewed: %+v, saved %d, replaced %d", report, saved, replaced)
	}
}

// A certificate that was issued while a clock was far ahead is made anew as soon as the clock is
// right, and is not shown after a start: no other node would believe it.
func TestACertificateOfTheFutureIsRenewed(t *testing.T) {
	r := newRig(t)
	_, own := r.joined(city, "n1")
	key, dir := own.Own().PrivateKey.(crypto.Signer), t.TempDir()
	renewer := NewRenewer(own, func(ctx context.Context, key crypto.Signer) ([]byte, error) {
		return r.client(own).Renew(ctx, key, "n1")
	}, func(der []byte) error { return credential.Save(dir, der) }, r.clock.Now, slog.New(slog.DiscardHandler))
	r.clock.Advance(400 * 24 * time.Hour)
	renewer.Step(t.Context())
	if report := own.Report(); report.NotAfter.Before(r.clock.Now()) {
		t.Fatalf("ends %s", report.NotAfter)
	}
	r.clock.Set(morning)
	if shown := testkit.Must[tls.Certificate](t)(credential.Own(dir, key, "n1", r.clock.Now())); shown.Leaf.Issuer.String() != shown.Leaf.Subject.String() {
		t.Errorf("after a start one is shown that begins %s", shown.Leaf.NotBefore)
	}
	renewer.Step(t.Context())
	if report := own.Report(); report.NotBefore.After(r.clock.Now()) || report.NotAfter != morning.Add(credential.DefaultLife) || renewer.Report().LastError != "" {
		t.Errorf("%+v, %s", report, renewer.Report().LastError)
	}
}

// A node that was away for longer than its certificate lived comes back by
// itself; one that was taken out does not.
func TestRenewalAfterTheEnd(t *testing.T) {
	r := newRig(t)
	in, own := r.joined(city, "n1")
	r.clock.Advance(30 * 24 * time.Hour)
	key := own.Own().PrivateKey.(crypto.Signer)
	der, err := r.client(own).Renew(t.Context(), key, "n1")
	if err != nil {
		t.Fatal(err)
	}
	if cert := testkit.Must[tls.Certificate](t)(credential.Around(key, der)); cert.Leaf.NotAfter.Before(r.clock.Now()) {
		t.Errorf("ends %s", cert.Leaf.NotAfter)
	}
	if err := r.office.Revoke(t.Context(), in.Node.Member, in.Node.Name, "lost laptop", "vera"); err != nil {
		t.Fatal(err)
	}
	_, err = r.client(own).Renew(t.Context(), key, "n1")
	wantCode(t, err, "peer-unknown")
}

func TestRenewalOfAnotherKey(t *testing.T) {
	r := newRig(t)
	in, own := r.joined(city, "n1")
	_, err := r.client(own).Renew(t.Context(), testkit.Key("next"), "n1")
	wantCode(t, err, "certificate-other-key")
	// The next key is the node's as soon as the registry says so.
	next, _ := credential.PinOf(testkit.Key("next").Public())
	changing := in.Node
	changing.Next = next
	r.say(registry.Statement{Node: &changing})
	if _, err := r.client(own).Renew(t.Context(), testkit.Key("next"), "n1"); err != nil {
		t.Error(err)
	}
	_, err = ask[renewed](t.Context(), r.client(own), certificatePath, renewal{Request: []byte("nonsense")})
	wantCode(t, err, "certificate-request")
	_, err = ask[renewed](t.Context(), r.client(own), certificatePath, renewal{Request: make([]byte, credential.MaxRequest+1)})
	wantCode(t, err, "certificate-request")
	_, err = ask[renewed](t.Context(), r.client(own), "/dobosh/1/registry", renewal{})
	wantCode(t, err, "page-unknown")
}

func TestSwitchToTheNextKey(t *testing.T) {
	r := newRig(t)
	in, own := r.joined(city, "n1")
	renewer := NewRenewer(own, func(ctx context.Context, key crypto.Signer) ([]byte, error) {
		return r.client(own).Renew(ctx, key, "n1")
	}, func([]byte) error { return nil }, r.clock.Now, slog.New(slog.DiscardHandler))
	wantCode(t, renewer.Switch(t.Context(), testkit.Key("next"), "n1"), "certificate-other-key")
	changing := in.Node
	changing.Next, _ = credential.PinOf(testkit.Key("next").Public())
	r.say(registry.Statement{Node: &changing})
	if err := renewer.Switch(t.Context(), testkit.Key("next"), "n1"); err != nil || own.Pin() != changing.Next {
		t.Errorf("shows %s, %v", own.Pin(), err)
	}
	r.office.Issuer = nil
	changing.TLS, changing.Next = changing.Next, changing.TLS
	r.say(registry.Statement{Node: &changing})
	if err := renewer.Switch(t.Context(), testkit.Key("tls RS-TEST/GOV/CITYn1"), "n1"); err != nil || own.Report().Issued() {
		t.Errorf("without an issuer: %+v, %v", own.Report(), err)
	}
}

// A revocation counts at once: on a connection that is open the next request is
// refused, and a new connection is not made.
func TestRevocationOnAnOpenConnection(t *testing.T) {
	r := newRig(t)
	_, own := r.joined(city, "n1")
	transport := &http.Transport{TLSClientConfig: own.Client(r.holder.Pin())}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	get := func() (int, error) {
		resp, err := client.Get("https://" + r.address + "/")
		if err != nil {
			return 0, err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, errors.Join(err, resp.Body.Close())
	}
	if status, err := get(); err != nil || status != http.StatusOK {
		t.Fatalf("%d %v", status, err)
	}
	wantCode(t, r.office.Revoke(t.Context(), city, "n1", " ", "vera"), "form-incomplete")
	wantCode(t, r.office.Revoke(t.Context(), city, "n9", "lost", "vera"), "node-unknown")
	wantCode(t, r.office.Revoke(t.Context(), supervisor, "supervisor", "lost", "vera"), "node-is-authority")
	if err := r.office.Revoke(t.Context(), city, "n1", "the key was on a stolen laptop", "vera"); err != nil {
		t.Fatal(err)
	}
	if last := r.acts.meta[len(r.acts.meta)-1]; !strings.Contains(last, "stolen laptop") {
		t.Errorf("journaled: %s", last)
	}
	if status, err := get(); err != nil || status != http.StatusUnauthorized {
		t.Errorf("on the open connection: %d %v", status, err)
	}
	transport.CloseIdleConnections()
	if status, err := get(); err == nil {
		t.Errorf("on a new connection: %d", status)
	}
}

func TestReachable(t *testing.T) {
	r := newRig(t)
	token := r.offer(grant(city, "n1"))
	j := r.joiner(token)
	in := testkit.Must[Admitted](t)(j.Join(t.Context()))
	own := credential.NewHolder(testkit.Must[tls.Certificate](t)(credential.Around(j.TLS, in.Certificate)), r.authority.State, r.clock.Now)
	secret := j.Token.Secret
	_, err := r.client(own).Reachable(t.Context(), secret)
	wantCode(t, err, "unreachable-away")
	for name, without := range map[string][]byte{"none": nil, "another": make([]byte, 32)} { // who has a place, and no token of its own, scans nobody's network
		if _, err := r.client(own).Reachable(t.Context(), without); !problem.HasCode(err, "unreachable-at-all") {
			t.Errorf("with the secret %s: %v", name, err)
		}
	}
	// A node that listens, and somebody else at its address.
	for want, holder := range map[string]*credential.Holder{"": own, "unreachable-other-key": r.selfSigned(testkit.Key("stranger"))} {
		listener := testkit.Must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
		moved := in.Node
		moved.Address = listener.Addr().String()
		r.say(registry.Statement{Node: &moved})
		done := make(chan struct{})
		go func() {
			defer close(done)
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = tls.Server(conn, holder.Server()).HandshakeContext(t.Context()) // the other side says how it went
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}()
		address, err := r.client(own).Reachable(t.Context(), secret)
		if want == "" && (err != nil || address != moved.Address) {
			t.Errorf("%s %v", address, err)
		}
		if want != "" {
			wantCode(t, err, want)
		}
		_ = listener.Close()
		<-done
	}
}

// What is not HTTP, is too large or comes too slowly ends, and nothing waits
// for it.
func TestOpenProtocolIsBounded(t *testing.T) {
	r := newRig(t)
	own := r.selfSigned(testkit.Key("stranger"))
	secure := own.Client(r.holder.Pin(), Protocol)
	for what, send := range map[string]string{
		"no http":  "hello\r\n\r\n",
		"headers":  "POST /dobosh/1/join HTTP/1.1\r\nX: " + strings.Repeat("x", maxMessage) + "\r\n\r\n",
		"body":     "POST /dobosh/1/join HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat(" ", 1000000),
		"endless":  "POST /dobosh/1/join HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1000\r\n"+strings.Repeat(" ", 4096)+"\r\n", 100),
		"registry": "GET /dobosh/1/registry?after=0 HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn, err := tls.Dial("tcp", r.address, secure)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, send) // it may be cut before it has all
		raw, _ := io.ReadAll(io.LimitReader(conn, 4096))
		if text := string(raw); strings.Contains(text, "200 OK") || strings.Contains(text, "statements") {
			t.Errorf("%s: %s", what, text)
		}
		_ = conn.Close()
	}
	if conn, err := tls.Dial("tcp", r.address, own.Client(r.holder.Pin())); err == nil {
		_, err = conn.Read(make([]byte, 1))
		_ = conn.Close()
		if err == nil || errors.Is(err, io.EOF) {
			t.Errorf("a stranger over HTTP/1.1: %v", err)
		}
	}
}
