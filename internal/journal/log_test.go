package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, leftRunning) }

func isClosedFile(err error) bool { return errors.Is(err, os.ErrClosed) }

func TestAppendReadVerify(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	stamps := appendMany(t, l, 40)
	key := testVerifier(t, testOrigin, 1)
	for i, s := range stamps {
		meta, body := hashesOf(testEntry(i))
		if err := Verify(s, meta, body, key); err != nil {
			t.Fatalf("stamp %d: %v", i, err)
		}
	}
	closeLog(t, l)

	l = openLog(t, cfg)
	if l.Size() != 40 {
		t.Fatalf("size after reopening = %d, want 40", l.Size())
	}
	for i := range stamps {
		e, s, err := l.Read(t.Context(), int64(i))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(e, testEntry(i)) {
			t.Fatalf("entry %d = %+v, want %+v", i, e, testEntry(i))
		}
		meta, body := hashesOf(e)
		if err := Verify(s, meta, body, key); err != nil {
			t.Fatalf("stamp read of %d: %v", i, err)
		}
	}
}

func TestConcurrentAppendsEachHaveTheirPlace(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	const writers, each = 16, 25
	stamps := make([]Stamp, writers*each)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				n := w*each + i
				s, err := l.Append(context.Background(), testEntry(n))
				if err != nil {
					t.Error(err)
				}
				stamps[n] = s
			}
		})
	}
	group.Wait()
	verifier := NewVerifier(testVerifier(t, testOrigin, 1))
	seen := map[int64]bool{}
	for n, s := range stamps {
		meta, body := hashesOf(testEntry(n))
		if err := verifier.Verify(s, meta, body); err != nil {
			t.Fatal(err)
		}
		if e, _, err := l.Read(t.Context(), s.Index); err != nil || e.ID != fmt.Sprintf("id-%d", n) {
			t.Fatalf("entry %d is %q, %v", s.Index, e.ID, err)
		}
		seen[s.Index] = true
	}
	if len(seen) != writers*each || l.Size() != writers*each {
		t.Fatalf("%d places for %d entries, size %d", len(seen), writers*each, l.Size())
	}
}

// The database server of the tests outlives them; its parent waits for it.
var leftRunning = goleak.IgnoreAnyFunction("dobosh/internal/testkit.startPostgres.func1")
