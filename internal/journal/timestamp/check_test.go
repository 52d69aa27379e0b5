package timestamp

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/journal"

	"golang.org/x/mod/sumdb/note"
)

func TestCheckFindsEveryChange(t *testing.T) {
	a, trust := newAuthority(t, start)
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	signer, err := journal.NewSigner("log.example/city", private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := journal.NewKey("log.example/city", private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := func(size int64, suffix string) string { return filepath.Join(dir, fileName(size, suffix)) }
	write := func(path string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int64{3, 5} {
		signed, err := note.Sign(&note.Note{Text: journal.Checkpoint{Origin: "log.example/city", Size: size}.Text()}, signer)
		if err != nil {
			t.Fatal(err)
		}
		write(path(size, noteSuffix), signed)
		write(path(size, responseSuffix), stamped(t, a, signed))
	}
	check := func() ([][]byte, []journal.Finding) {
		t.Helper()
		checkpoints, findings, err := Check(dir, &trust, []note.Verifier{key})
		if err != nil {
			t.Fatal(err)
		}
		return checkpoints, findings
	}
	if checkpoints, findings := check(); len(checkpoints) != 2 || len(findings) != 0 {
		t.Fatalf("%d checkpoints, %v", len(checkpoints), findings)
	}
	swap := func(b []byte) []byte {
		other, err := os.ReadFile(path(5, noteSuffix))
		if err != nil {
			t.Fatal(err)
		}
		return other
	}
	for name, c := range map[string]struct {
		suffix string
		change func([]byte) []byte
		says   string
	}{
		"a changed note":     {noteSuffix, func(b []byte) []byte { b[20] ^= 1; return b }, "not a checkpoint that the log signed"},
		"the note of 5":      {noteSuffix, swap, "not a checkpoint that the log signed"},
		"no note":            {noteSuffix, nil, "missing"},
		"a changed response": {responseSuffix, func(b []byte) []byte { b[len(b)-9] ^= 1; return b }, "time-stamp is not valid"},
	} {
		was, err := os.ReadFile(path(3, c.suffix))
		if err != nil {
			t.Fatal(err)
		}
		if c.change == nil {
			err = os.Remove(path(3, c.suffix))
		} else {
			err = os.WriteFile(path(3, c.suffix), c.change(append([]byte(nil), was...)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, findings := check(); len(findings) != 1 || !strings.Contains(findings[0].Says, c.says) {
			t.Errorf("%s: %v", name, findings)
		}
		write(path(3, c.suffix), was)
	}
	if _, _, err := Check(filepath.Join(dir, "none"), nil, []note.Verifier{key}); err != nil {
		t.Errorf("no time-stamps: %v", err)
	}
}
