package timestamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tsp "github.com/digitorus/timestamp"

	"dobosh/internal/kit/clock"
	"dobosh/internal/testkit"
)

func start() time.Time { return time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC) }

func newAuthority(t testing.TB, now clock.Now) (*Authority, Trust) {
	t.Helper()
	dir := t.TempDir()
	a, err := LoadAuthority(filepath.Join(dir, "tsa.key"), filepath.Join(dir, "tsa.crt"), "Test time", now)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := NewTrust(a.certificate.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return a, trust
}

func stamped(t testing.TB, a *Authority, data []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(data)
	query, err := (&tsp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest[:], Certificates: true, Nonce: big.NewInt(7)}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	response, err := a.respond(query)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestVerify(t *testing.T) {
	a, trust := newAuthority(t, start)
	stranger, _ := newAuthority(t, start)
	data := []byte("log.example/city\n1\n")
	good := stamped(t, a, data)
	stamp, err := trust.Verify(good, data)
	if err != nil || !stamp.At.Equal(start()) || stamp.Authority != "Test time" {
		t.Fatalf("stamp = %+v, %v", stamp, err)
	}
	early, _ := newAuthority(t, func() time.Time { return start().AddDate(-20, 0, 0) })
	early.now = start // its certificate has run out
	tooOld, err := NewTrust(early.certificate.Raw)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		trust    Trust
		response []byte
		data     []byte
	}{
		"other data":            {trust, good, []byte("log.example/city\n2\n")},
		"a stranger":            {trust, stamped(t, stranger, data), data},
		"nothing":               {trust, nil, data},
		"cut":                   {trust, good[:len(good)-1], data},
		"something behind":      {trust, append(bytes.Clone(good), 0), data},
		"too large":             {trust, append(bytes.Clone(good), make([]byte, MaxResponse)...), data},
		"a certificate run out": {tooOld, stamped(t, early, data), data},
	} {
		if _, err := c.trust.Verify(c.response, c.data); !errors.Is(err, ErrTimeStamp) {
			t.Errorf("%s: error = %v", name, err)
		}
	}
	if _, err := trust.verify(good, sha256.Sum256(data), big.NewInt(7)); err != nil {
		t.Errorf("the right nonce: %v", err)
	}
	if _, err := trust.verify(good, sha256.Sum256(data), big.NewInt(8)); !errors.Is(err, ErrTimeStamp) {
		t.Errorf("another nonce: error = %v", err)
	}
}

// No byte of a response can be changed so that it says another time, other data or another authority.
func TestNoByteOfAResponseCanBeChanged(t *testing.T) {
	a, trust := newAuthority(t, start)
	data := []byte("data")
	good := stamped(t, a, data)
	want, err := trust.Verify(good, data)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range good {
		changed := bytes.Clone(good)
		changed[i] ^= 1
		got, err := trust.Verify(changed, data)
		if err != nil {
			refused++
			continue
		}
		if !got.At.Equal(want.At) || got.Authority != want.Authority || got.Serial.Cmp(want.Serial) != 0 {
			t.Errorf("byte %d: %+v", i, got)
		}
	}
	if refused < len(good)*9/10 { // what is left says nothing: tags of unsigned parts
		t.Errorf("only %d of %d changes were refused", refused, len(good))
	}
}

// A certificate for anything but time-stamps cannot sign them, even if it is the trusted one.
func TestACertificateForOtherThingsIsNotTrusted(t *testing.T) {
	a, trust := newAuthority(t, start)
	for name, spoil := range map[string]func(c *x509.Certificate){
		"web servers too":      func(c *x509.Certificate) { c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) },
		"nothing said":         func(c *x509.Certificate) { c.ExtKeyUsage = nil },
		"a use nobody knows":   func(c *x509.Certificate) { c.UnknownExtKeyUsage = append(c.UnknownExtKeyUsage, policy()) },
		"a use not critical":   func(c *x509.Certificate) { c.Extensions[len(c.Extensions)-1].Critical = false },
		"of another authority": func(c *x509.Certificate) { other, _ := newAuthority(t, start); *c = *other.certificate },
	} {
		c, err := x509.ParseCertificate(a.certificate.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := trust.trusts(c, start()); err != nil {
			t.Fatal(err)
		}
		for i := range c.Extensions {
			if c.Extensions[i].Id.Equal(keyUsage()) {
				last := len(c.Extensions) - 1
				c.Extensions[i], c.Extensions[last] = c.Extensions[last], c.Extensions[i]
			}
		}
		spoil(c)
		if err := trust.trusts(c, start()); err == nil {
			t.Errorf("%s: trusted", name)
		}
	}
}

// What the authority signs is what others understand, and others' queries are what it understands.
func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("openssl is needed: make tools installs it")
	}
	run := func(dir string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), openssl, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	dir := t.TempDir()
	a, err := LoadAuthority(filepath.Join(dir, "tsa.key"), filepath.Join(dir, "tsa.crt"), "Test time", clock.System)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := NewTrust(a.certificate.Raw)
	if err != nil {
		t.Fatal(err)
	}
	note := []byte("log.example/city\n1\nroot\n")
	write := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("1.note", note)
	write("1.tsr", stamped(t, a, note))
	if out, err := run(dir, "ts", "-verify", "-data", "1.note", "-in", "1.tsr", "-CAfile", "tsa.crt"); err != nil || !strings.Contains(out, "Verification: OK") {
		t.Errorf("openssl: %v\n%s", err, out)
	}
	write("2.note", append(note, '\n'))
	if out, err := run(dir, "ts", "-verify", "-data", "2.note", "-in", "1.tsr", "-CAfile", "tsa.crt"); err == nil {
		t.Errorf("openssl took it for other data:\n%s", out)
	}
	for _, digest := range []string{"-sha256", "-sha512"} {
		if out, err := run(dir, "ts", "-query", "-data", "1.note", digest, "-cert", "-out", "1.tsq"); err != nil {
			t.Fatalf("openssl: %v\n%s", err, out)
		}
		query, err := os.ReadFile(filepath.Join(dir, "1.tsq"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := a.respond(query)
		if err != nil {
			t.Fatal(err)
		}
		write("1.tsr", response)
		if out, err := run(dir, "ts", "-verify", "-queryfile", "1.tsq", "-in", "1.tsr", "-CAfile", "tsa.crt"); err != nil {
			t.Errorf("openssl, %s: %v\n%s", digest, err, out)
		}
		if _, err := trust.Verify(response, note); (err == nil) != (digest == "-sha256") {
			t.Errorf("%s: %v", digest, err)
		}
	}
}

func TestTheAuthorityRefuses(t *testing.T) {
	a, _ := newAuthority(t, start)
	digest := sha256.Sum256(nil)
	for name, request := range map[string]tsp.Request{
		"a weak hash":    {HashAlgorithm: crypto.SHA1, HashedMessage: make([]byte, 20)},
		"a wrong length": {HashAlgorithm: crypto.SHA256, HashedMessage: digest[1:]},
		"another policy": {HashAlgorithm: crypto.SHA256, HashedMessage: digest[:], TSAPolicyOID: append(policy(), 1)},
	} {
		query, err := request.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		response, err := a.respond(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tsp.ParseResponse(response); err == nil || !strings.Contains(err.Error(), "rejected") {
			t.Errorf("%s: %v", name, err)
		}
	}
	server := httptest.NewServer(a)
	defer server.Close()
	for name, c := range map[string]struct {
		mediaType string
		body      io.Reader
		want      int
	}{
		"another type": {"text/plain", strings.NewReader("x"), http.StatusUnsupportedMediaType},
		"too large":    {queryType, bytes.NewReader(make([]byte, maxQuery+1)), http.StatusRequestEntityTooLarge},
		"no query":     {queryType, strings.NewReader("x"), http.StatusOK}, // the refusal is a response
	} {
		resp, err := http.Post(server.URL, c.mediaType, c.body)
		if err != nil {
			t.Fatal(err)
		}
		if _ = resp.Body.Close(); resp.StatusCode != c.want {
			t.Errorf("%s: status %d", name, resp.StatusCode)
		}
	}
}

func TestTheIdentityOfAnAuthorityStays(t *testing.T) {
	dir := t.TempDir()
	key, certificate := filepath.Join(dir, "tsa.key"), filepath.Join(dir, "tsa.crt")
	first, err := LoadAuthority(key, certificate, "Test time", start)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key can be read by others: %v %v", info.Mode(), err)
	}
	again, err := LoadAuthority(key, certificate, "Another name", start)
	if err != nil || !bytes.Equal(again.certificate.Raw, first.certificate.Raw) {
		t.Errorf("the certificate is another: %v", err)
	}
	other := t.TempDir()
	if _, err := LoadAuthority(filepath.Join(other, "key"), filepath.Join(other, "crt"), "Other", start); err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string][2]string{
		"a certificate of another key": {key, filepath.Join(other, "crt")},
		"a key without certificate":    {key, filepath.Join(dir, "none")},
		"no key":                       {certificate, certificate},
	} {
		if _, err := LoadAuthority(files[0], files[1], "x", start); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := NewTrust([]byte("no certificate")); err == nil {
		t.Error("a text was trusted")
	}
}

// growing is a log whose checkpoint says a size.
type growing struct{ size atomic.Int64 }

func (g *growing) Checkpoint() []byte {
	root := "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	return []byte("log.example/city\n" + big.NewInt(g.size.Load()).String() + "\n" + root + "\n\n— log.example/city AAAA\n")
}

func TestTheKeeperStampsOnceAMinuteWhatHasGrown(t *testing.T) {
	now := clock.NewManual(start())
	a, trust := newAuthority(t, now.Now)
	var asked, away atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if away.Load() > 0 {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		a.ServeHTTP(w, r)
	}))
	defer server.Close()
	log := &growing{}
	cfg := Config{Dir: filepath.Join(t.TempDir(), "timestamps"), URL: server.URL, Trust: trust}
	k, err := Start(context.Background(), cfg, log, now.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	log.size.Store(3)
	testkit.Eventually(t, "the first stamp", func() bool { return k.State().Size == 3 })
	log.size.Store(5)
	now.Advance(59 * time.Second)
	time.Sleep(2 * look) // it looks at the clock meanwhile
	if asked.Load() != 1 || k.State().Size != 3 {
		t.Errorf("asked %d times in the first minute, state %+v", asked.Load(), k.State())
	}
	now.Advance(time.Second)
	testkit.Eventually(t, "the second stamp", func() bool { return k.State().Size == 5 })

	away.Store(1)
	log.size.Store(8)
	now.Advance(time.Minute)
	testkit.Eventually(t, "it fails", func() bool { return !k.State().Failing.IsZero() })
	since := k.State().Failing
	now.Advance(time.Hour)
	before := asked.Load()
	testkit.Eventually(t, "it asks again", func() bool { return asked.Load() > before })
	if s := k.State(); !s.Failing.Equal(since) || s.Problem == "" || s.Size != 5 {
		t.Errorf("after an hour: %+v", s)
	}
	away.Store(0)
	now.Advance(retry)
	testkit.Eventually(t, "it stamps what it missed", func() bool { return k.State().Size == 8 && k.State().Failing.IsZero() })
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	sizes, err := List(cfg.Dir)
	if err != nil || len(sizes) != 3 {
		t.Fatalf("kept %v, %v", sizes, err)
	}
	for index, want := range map[int64]int64{0: 3, 2: 3, 3: 5, 7: 8} {
		kept, ok, err := Covering(cfg.Dir, index)
		if err != nil || !ok || kept.Size != want {
			t.Errorf("entry %d is covered by %d, %v %v", index, kept.Size, ok, err)
		}
		if _, err := trust.Verify(kept.Response, kept.Checkpoint); err != nil {
			t.Error(err)
		}
	}
	if _, ok, err := Covering(cfg.Dir, 8); ok || err != nil {
		t.Errorf("an entry behind all is covered: %v", err)
	}
	k, err = Start(context.Background(), cfg, log, now.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if s := k.State(); s.Size != 8 || s.At.IsZero() {
		t.Errorf("after a start: %+v", s)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
}

// An authority that lies, or another that answers in its place, leaves nothing behind.
func TestTheKeeperKeepsNothingThatCannotBeTrusted(t *testing.T) {
	a, _ := newAuthority(t, start)
	_, trust := newAuthority(t, start)
	for name, handler := range map[string]http.HandlerFunc{
		"a stranger": a.ServeHTTP,
		"a long one": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", replyType)
			_, _ = w.Write(make([]byte, 2*MaxResponse))
		},
		"another type": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
		},
	} {
		server := httptest.NewServer(handler)
		log := &growing{}
		log.size.Store(1)
		cfg := Config{Dir: t.TempDir(), URL: server.URL, Trust: trust}
		k, err := Start(context.Background(), cfg, log, start, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "it fails", func() bool { return !k.State().Failing.IsZero() })
		if err := k.Close(); err != nil {
			t.Error(err)
		}
		if sizes, err := List(cfg.Dir); len(sizes) != 0 || err != nil {
			t.Errorf("%s: kept %v, %v", name, sizes, err)
		}
		server.Close()
	}
}

func TestStrangeFilesAreNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "7.tsr"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := List(dir); err == nil {
		t.Error("7.tsr was taken for a time-stamp")
	}
	if sizes, err := List(filepath.Join(dir, "none")); sizes != nil || err != nil {
		t.Errorf("no folder: %v, %v", sizes, err)
	}
}

func FuzzVerify(f *testing.F) {
	a, trust := newAuthority(f, start)
	data := []byte("data")
	f.Add(stamped(f, a, data))
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, response []byte) {
		if stamp, err := trust.Verify(response, data); err == nil && !stamp.At.Equal(start()) {
			t.Errorf("another time: %v", stamp)
		}
	})
}

func FuzzQuery(f *testing.F) {
	a, _ := newAuthority(f, start)
	digest := sha256.Sum256(nil)
	query, err := (&tsp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest[:], Nonce: big.NewInt(1)}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(query)
	f.Fuzz(func(t *testing.T, query []byte) {
		if response, err := a.respond(query); err != nil || len(response) == 0 {
			t.Errorf("no response: %v", err)
		}
	})
}
