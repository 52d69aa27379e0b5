package testkit

import (
	"errors"
	"testing"
	"time"
)

const (
	// Patience bounds the wait for one thing that should happen soon. It is far
	// more than a busy machine takes, and only a test that fails waits so long.
	Patience = 2 * time.Minute
	// longestPause is how long a wait rests before it looks again; at first it
	// looks more often.
	longestPause = 20 * time.Millisecond
)

// Eventually waits for what other goroutines or processes bring about.
func Eventually(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	Succeeds(tb, what, func() error {
		if done() {
			return nil
		}
		return errNotYet
	})
}

// errNotYet is why a condition does not hold.
var errNotYet = errors.New("not yet")

// Succeeds tries until it works; in vain, the test ends with the last error.
func Succeeds(tb testing.TB, what string, try func() error) {
	tb.Helper()
	began := time.Now()
	for pause := time.Millisecond; ; pause = min(2*pause, longestPause) {
		err := try()
		if err == nil {
			return
		}
		if time.Since(began) > Patience {
			tb.Fatalf("not within %v: %s: %v", Patience, what, err)
		}
		time.Sleep(pause)
	}
}

// Reaches waits until a number is what it should be, for as long as it moves:
// many things in a row may take a slow machine longer than [Patience], and so
// what hangs is told from what is slow.
func Reaches[N comparable](tb testing.TB, what string, now func() N, want N) {
	tb.Helper()
	moved, last := time.Now(), now()
	for last != want {
		if time.Since(moved) > Patience {
			tb.Fatalf("%s: still %v after %v, want %v", what, last, Patience, want)
		}
		time.Sleep(longestPause)
		if n := now(); n != last {
			moved, last = time.Now(), n
		}
	}
}

// Soon takes what comes over a channel.
func Soon[T any](tb testing.TB, what string, from <-chan T) (v T) {
	tb.Helper()
	select {
	case v = <-from:
	case <-time.After(Patience):
		tb.Fatalf("not within %v: %s", Patience, what)
	}
	return v
}
