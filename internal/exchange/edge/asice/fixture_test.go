package asice

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"testing"
	"time"

	"dobosh/internal/kit/clock"
)

var morning = time.Date(2026, 11, 23, 8, 0, 0, 500, time.UTC)

// identity is the same in every run.
func identity(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(name string) ed25519.PublicKey { return identity(name).Public().(ed25519.PublicKey) }

func signerOf(tb testing.TB, name string) *Signer {
	tb.Helper()
	s, err := LoadSigner(tb.TempDir(), identity(name), "RS-TEST/GOV/CITY/"+name, clock.NewManual(morning).Now)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func message() []File {
	return []File{
		{Name: "message.xml", Type: "text/plain", Data: []byte("GET /r1/RS-TEST/GOV/STATE/civil/births/v1 HTTP/1.1\r\nx-road-id: 1\r\n")},
		{Name: "attachment1", Type: "application/json", Data: []byte(`{"born":"2026-11-01"}`)},
	}
}

func signed(tb testing.TB, s *Signer) Container {
	tb.Helper()
	c, err := s.Sign(morning, message()...)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func bytesOf(tb testing.TB, c Container) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := Write(&out, c); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}
