package asice

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"os/exec"
	"path/filepath"
	"testing"

	"dobosh/internal/kit/clock"
)

// noRevAvail finds the extensions of a certificate that are called so.
func noRevAvail(c *x509.Certificate) (found []pkix.Extension) {
	for _, e := range c.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 56}) {
			found = append(found, e)
		}
	}
	return found
}

// RFC 9608: NULL, not critical, of end entities alone, and no address beside it
// where a revocation could be asked for.
func TestTheCertificateSaysThatNobodyRevokesIt(t *testing.T) {
	p, err := parse(signed(t, signerOf(t, "n1")).signature)
	if err != nil {
		t.Fatal(err)
	}
	leaf, root := p.chain[0], p.chain[1]
	if found := noRevAvail(leaf); len(found) != 1 || found[0].Critical || !bytes.Equal(found[0].Value, []byte{5, 0}) {
		t.Errorf("the certificate of the key says %+v", found)
	}
	if leaf.IsCA || len(leaf.CRLDistributionPoints) > 0 || len(leaf.OCSPServer) > 0 {
		t.Errorf("it is one of an issuer (%t), or names where to ask: %q, %q", leaf.IsCA, leaf.CRLDistributionPoints, leaf.OCSPServer)
	}
	if found := noRevAvail(root); len(found) > 0 || !root.IsCA {
		t.Errorf("the certificate of the issuer says %+v", found)
	}
}

// A node that made its certificates before makes them anew, for the same key, and
// what it signed with them is believed as it was.
func TestASilentCertificateIsMadeAnew(t *testing.T) {
	dir, now := t.TempDir(), clock.NewManual(morning)
	first, err := LoadSigner(dir, identity("n1"), "n1", now.Now)
	if err != nil {
		t.Fatal(err)
	}
	silent := *first.chain[0]
	silent.ExtraExtensions = nil // those that were read are not written again
	leaf, err := create(&silent, first.chain[1], first.key.Public(), identity("n1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(noRevAvail(leaf)) > 0 {
		t.Fatal("the certificate is not silent")
	}
	var text []byte
	for _, c := range []*x509.Certificate{leaf, first.chain[1]} {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	write(t, filepath.Join(dir, certificateFile), text)
	before, err := readCertificates(filepath.Join(dir, certificateFile), first.key)
	if err != nil {
		t.Fatal(err)
	}
	old := signed(t, before)
	later, err := LoadSigner(dir, identity("n1"), "n1", now.Now)
	if err != nil {
		t.Fatal(err)
	}
	if later.chain[0].Equal(leaf) || len(noRevAvail(later.chain[0])) != 1 || !later.key.Equal(first.key) {
		t.Error("the silent certificate is still the one")
	}
	for name, c := range map[string]Container{"before": old, "after": signed(t, later)} {
		if _, err := c.Verify(Trust{Identities: []ed25519.PublicKey{public("n1")}}); err != nil {
			t.Errorf("what was signed %s: %v", name, err)
		}
	}
}

// TestOpenSSLReadsTheExtension has another implementation read it and take the
// certificate with every check that it has.
func TestOpenSSLReadsTheExtension(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	s, dir := signerOf(t, "n1"), t.TempDir()
	for name, c := range map[string]*x509.Certificate{"leaf.pem": s.chain[0], "issuer.pem": s.chain[1]} {
		write(t, filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	run := func(args ...string) []byte {
		cmd := exec.Command("openssl", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("openssl %q: %v\n%s", args, err, out)
		}
		return out
	}
	if out := run("asn1parse", "-in", "leaf.pem"); !bytes.Contains(out, []byte("2.5.29.56")) && !bytes.Contains(out, []byte("No Revocation Available")) {
		t.Errorf("openssl does not find it:\n%s", out)
	}
	run("verify", "-x509_strict", "-attime", "1795420800", "-CAfile", "issuer.pem", "leaf.pem") // 2026-11-23
}
