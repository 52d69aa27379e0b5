package asice

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/journal/timestamp"
	"dobosh/internal/kit/clock"
	"dobosh/internal/registry"

	tsp "github.com/digitorus/timestamp"
)

func TestWhatWasWrittenIsReadAndVerified(t *testing.T) {
	s := signerOf(t, "n1")
	raw := bytesOf(t, signed(t, s))
	c, err := Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c.Files, message()) {
		t.Errorf("the files are %+v", c.Files)
	}
	report, err := c.Verify(Trust{Identities: []ed25519.PublicKey{public("other"), public("n1")}})
	if err != nil {
		t.Fatal(err)
	}
	if !report.Signed.Equal(morning.Truncate(time.Second)) || report.Stamp != nil || report.Certificate.Subject.CommonName != "RS-TEST/GOV/CITY/n1" {
		t.Errorf("the report is %+v", report)
	}
	if !bytes.Equal(bytesOf(t, c), raw) {
		t.Error("the same container gave other bytes")
	}
}

func TestTheMediaTypeStandsAtItsPlace(t *testing.T) {
	raw := bytesOf(t, signed(t, signerOf(t, "n1")))
	if got := string(raw[30 : 38+len(MediaType)]); got != "mimetype"+MediaType {
		t.Errorf("the container begins with %q", got)
	}
}

// TestOpenSSLVerifies checks the signature with another implementation.
func TestOpenSSLVerifies(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	s := signerOf(t, "n1")
	dir := t.TempDir()
	raw := bytesOf(t, signed(t, s))
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		body, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, filepath.Base(f.Name)), content)
	}
	write(t, filepath.Join(dir, "issuer.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificates()[1].Raw}))
	write(t, filepath.Join(dir, "altered"), []byte("another list"))
	verify := func(content string) (string, error) {
		cmd := exec.Command("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "signature.p7s", "-content", content, "-CAfile", "issuer.pem",
			"-attime", "1795420800", "-out", "verified") // 2026-11-23
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := verify("ASiCManifest.xml"); err != nil {
		t.Errorf("openssl refuses the signature: %v\n%s", err, out)
	}
	if out, err := verify("altered"); err == nil {
		t.Errorf("openssl takes another list: %s", out)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestIdentitiesAreTheKeysOfJournals(t *testing.T) {
	text := func(name string) string {
		s, err := journal.NewKey(name, public(name))
		if err != nil {
			t.Fatal(err)
		}
		return s.(interface{ String() string }).String()
	}
	got := Identities(registry.Node{Log: text("n1"), Former: []string{text("old"), "nonsense"}})
	if !reflect.DeepEqual(got, []ed25519.PublicKey{public("n1"), public("old")}) {
		t.Errorf("the identities are %x", got)
	}
}

func TestASignerKeepsItsKeyAndFollowsItsIdentity(t *testing.T) {
	dir, now := t.TempDir(), clock.NewManual(morning)
	load := func(name string) *Signer {
		s, err := LoadSigner(dir, identity(name), name, now.Now)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first, again := load("n1"), load("n1")
	if !first.chain[0].Equal(again.chain[0]) {
		t.Error("the certificate was made anew without need")
	}
	old := signed(t, first)
	other := load("n2")
	if !other.key.Equal(first.key) || other.chain[1].Equal(first.chain[1]) {
		t.Error("another identity did not certify the same key")
	}
	now.Set(morning.AddDate(2, 1, 0))
	if later := load("n2"); later.chain[0].Equal(other.chain[0]) {
		t.Error("a certificate near its end was not made anew")
	}
	if _, err := old.Verify(Trust{Identities: []ed25519.PublicKey{public("n1")}}); err != nil {
		t.Errorf("what the former identity signed: %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, keyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key is readable by others: %v, %v", info.Mode(), err)
	}
	write(t, filepath.Join(dir, keyFile), []byte("nonsense"))
	if _, err := LoadSigner(dir, identity("n1"), "n1", now.Now); err == nil {
		t.Error("a broken key was replaced")
	}
}

// stamped has a container time-stamped by an authority over HTTP.
func stamped(t *testing.T, c Container) (Container, timestamp.Trust) {
	t.Helper()
	dir := t.TempDir()
	authority, err := timestamp.LoadAuthority(filepath.Join(dir, "key"), filepath.Join(dir, "cert"), "clock", clock.NewManual(morning.Add(time.Minute)).Now)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(authority)
	t.Cleanup(server.Close)
	value, err := c.Value()
	if err != nil {
		t.Fatal(err)
	}
	query, err := tsp.CreateRequest(bytes.NewReader(value), &tsp.RequestOptions{Certificates: true})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(server.URL, "application/timestamp-query", bytes.NewReader(query))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := os.ReadFile(filepath.Join(dir, "cert"))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := timestamp.NewTrust(certificate)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trust.Verify(reply, value); err != nil {
		t.Fatal(err)
	}
	with, err := c.Stamped(reply)
	if err != nil {
		t.Fatal(err)
	}
	return with, trust
}

func TestATimeStampSaysSinceWhenTheSignatureExists(t *testing.T) {
	plain := signed(t, signerOf(t, "n1"))
	with, trust := stamped(t, plain)
	c, err := Read(bytesOf(t, with))
	if err != nil {
		t.Fatal(err)
	}
	believed := Trust{Identities: []ed25519.PublicKey{public("n1")}, Stamps: []timestamp.Trust{trust}}
	report, err := c.Verify(believed)
	if err != nil {
		t.Fatal(err)
	}
	if report.Stamp == nil || !report.Stamp.At.Equal(morning.Add(time.Minute).Truncate(time.Second)) || report.Stamp.Authority != "clock" {
		t.Errorf("the time-stamp is %+v", report.Stamp)
	}
	other := signed(t, signerOf(t, "n1"))
	moved, err := parse(with.signature)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := response(moved.token)
	if err != nil {
		t.Fatal(err)
	}
	if other, err = other.Stamped(reply); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Verify(believed); err == nil {
		t.Error("the time-stamp of another signature was taken")
	}
	if _, err := plain.Stamped([]byte("nonsense")); err == nil {
		t.Error("nonsense was added as a time-stamp")
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ message, want string }{
		{"a1-Z", "a1-Z-request-x.asice"}, {"../../etc/passwd\r\n", ".._.._etc_passwd__-request-x.asice"}, {"", "-request-x.asice"},
	} {
		if got := Name(c.message, "request", "x"); got != c.want {
			t.Errorf("%q is called %q", c.message, got)
		}
	}
}
