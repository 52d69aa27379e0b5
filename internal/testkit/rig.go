package testkit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// Key is a private key that is the same in every run, so that failures repeat.
func Key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// Must ends the test on an error: testkit.Must[T](t)(f()).
func Must[T any](tb testing.TB) func(T, error) T {
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

// OK ends the test on an error.
func OK(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// NoneLeft runs the tests of a package and fails when goroutines were left
// behind. The test server of PostgreSQL lives as long as the program, and some
// libraries keep goroutines that end by themselves later: those are named.
func NoneLeft(m *testing.M, library ...string) {
	ignored := []goleak.Option{goleak.IgnoreAnyFunction("dobosh/internal/testkit.startPostgres.func1")}
	for _, function := range library {
		ignored = append(ignored, goleak.IgnoreAnyFunction(function))
	}
	goleak.VerifyTestMain(m, ignored...)
}

// Buffer takes what several goroutines write.
type Buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String is all that was written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
