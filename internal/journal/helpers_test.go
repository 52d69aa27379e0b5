package journal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

const testOrigin = "log.example/city"

// testKey is the same in every run, so that failures repeat.
func testKey(seed byte) ed25519.PrivateKey {
	s := sha256.Sum256([]byte{seed})
	return ed25519.NewKeyFromSeed(s[:])
}

func testVerifier(t testing.TB, origin string, seed byte) note.Verifier {
	t.Helper()
	key, err := NewKey(origin, testKey(seed).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func testNow() time.Time { return time.Date(2026, 11, 23, 9, 30, 0, 123456000, time.UTC) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func testConfig(dir string) Config { return Config{Dir: dir, Origin: testOrigin, Key: testKey(1)} }

func openLog(t testing.TB, cfg Config) *Log {
	t.Helper()
	l, err := Open(t.Context(), cfg, testNow, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeLog(t, l) })
	return l
}

// closeLog may be called before the cleanup does it.
func closeLog(t testing.TB, l *Log) {
	t.Helper()
	if err := l.Close(); err != nil && !isClosedFile(err) {
		t.Errorf("close: %v", err)
	}
}

func appendOne(t testing.TB, l *Log, e Entry) Stamp {
	t.Helper()
	s, err := l.Append(t.Context(), e)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return s
}

func appendMany(t testing.TB, l *Log, count int) []Stamp {
	t.Helper()
	stamps := make([]Stamp, count)
	for i := range stamps {
		stamps[i] = appendOne(t, l, testEntry(i))
	}
	return stamps
}

// testEntry is the entry with a number: every third has no subject, the others share ten.
func testEntry(i int) Entry {
	e := Entry{
		Kind: "answer", ID: fmt.Sprintf("id-%d", i), At: testNow().Add(time.Duration(i) * time.Second),
		Meta: fmt.Appendf(nil, `{"number":%d}`, i), Body: fmt.Appendf(nil, "body %d", i),
	}
	if i%3 != 0 {
		e.Subjects = []string{fmt.Sprintf("person-%d", i%10), "somebody"}
	}
	return e
}

func entryAt(i int) *Entry { e := testEntry(i); return &e }

func hashesOf(e Entry) (meta, body [32]byte) { return sha256.Sum256(e.Meta), e.BodyHash() }

func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func readFile(t testing.TB, parts ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t testing.TB, content []byte, parts ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(parts...), content, 0o600); err != nil {
		t.Fatal(err)
	}
}
