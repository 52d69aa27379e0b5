package journal

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"dobosh/internal/testkit"
)

func TestEntriesOutOfBoundsAreRefused(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	good := func() Entry { return Entry{Kind: "k", Meta: []byte(`{}`)} }
	for name, spoil := range map[string]func(e *Entry){
		"no kind":       func(e *Entry) { e.Kind = "" },
		"long kind":     func(e *Entry) { e.Kind = strings.Repeat("k", MaxKind+1) },
		"long id":       func(e *Entry) { e.ID = strings.Repeat("i", MaxID+1) },
		"no meta":       func(e *Entry) { e.Meta = nil },
		"broken meta":   func(e *Entry) { e.Meta = []byte(`{"a":`) },
		"long meta":     func(e *Entry) { e.Meta = []byte(`"` + strings.Repeat("m", MaxMeta) + `"`) },
		"long body":     func(e *Entry) { e.Body = make([]byte, MaxBody+1) },
		"empty subject": func(e *Entry) { e.Subjects = []string{""} },
		"long subject":  func(e *Entry) { e.Subjects = []string{strings.Repeat("s", MaxSubject+1)} },
		"many subjects": func(e *Entry) { e.Subjects = strings.Split(strings.Repeat("s ", MaxSubjects)+"s", " ") },
		"body twice":    func(e *Entry) { e.Body, e.Digest = []byte("b"), [32]byte{1} },
	} {
		e := good()
		spoil(&e)
		if _, err := l.Append(t.Context(), e); !errors.Is(err, ErrEntry) {
			t.Errorf("%s: error = %v", name, err)
		}
	}
	if l.Size() != 0 {
		t.Errorf("%d of them are in the log", l.Size())
	}
}

func TestEntriesAtTheBounds(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	largest := Entry{
		Kind: strings.Repeat("k", MaxKind), ID: strings.Repeat("i", MaxID),
		Meta: []byte(`"` + strings.Repeat("m", MaxMeta-2) + `"`), Body: make([]byte, MaxBody),
	}
	for range MaxSubjects {
		largest.Subjects = append(largest.Subjects, strings.Repeat("s", MaxSubject))
	}
	elsewhere := Entry{Kind: "k", Meta: []byte(`{}`), Digest: [32]byte{7}}
	for i, e := range []Entry{{Kind: "k", Meta: []byte(`0`)}, largest, elsewhere} {
		s := appendOne(t, l, e)
		got, _, err := l.Read(t.Context(), int64(i))
		if err != nil || len(got.Body) != len(e.Body) || len(got.Subjects) != len(e.Subjects) || got.Digest != e.Digest {
			t.Fatalf("entry %d: %v", i, err)
		}
		if !got.At.Equal(testNow()) {
			t.Errorf("an entry without a time is from %v, want the clock's", got.At)
		}
		meta, body := hashesOf(e)
		if err := Verify(s, meta, body, l.Key()); err != nil {
			t.Error(err)
		}
	}
}

// slowDisk lets a test hold the sync of a batch, or make it fail.
func slowDisk(l *Log, sync func() error) {
	l.owner.sync = func(file *os.File) error { return errors.Join(sync(), syncSegment(file)) }
}

func TestBackPressureAndGroupCommit(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.Queue = 3
	l := openLog(t, cfg)
	reached, release := make(chan struct{}), make(chan struct{})
	syncs := 0
	slowDisk(l, func() error {
		if syncs++; syncs == 1 {
			close(reached)
			<-release
		}
		return nil
	})
	var group sync.WaitGroup
	add := func(i int) {
		group.Go(func() {
			if _, err := l.Append(context.Background(), testEntry(i)); err != nil {
				t.Error(err)
			}
		})
	}
	add(0)
	<-reached
	for i := range 3 {
		add(i + 1)
	}
	testkit.Eventually(t, "three wait", func() bool { return len(l.queue) == 3 })
	if _, err := l.Append(t.Context(), testEntry(9)); !errors.Is(err, ErrBusy) {
		t.Errorf("error of a full queue = %v, want ErrBusy", err)
	}
	close(release)
	group.Wait()
	closeLog(t, l)
	if syncs != 2 || l.Size() != 4 {
		t.Errorf("%d syncs for %d entries, want 2 for 4", syncs, l.Size())
	}
}

// Asked how it is, the log looks at the disk, also when nobody appends.
func TestCheckFindsADiskThatFails(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	if err := l.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("input/output error")
	slowDisk(l, func() error { return broken })
	if err := l.Check(t.Context()); !errors.Is(err, ErrStopped) || !errors.Is(err, broken) {
		t.Errorf("error = %v", err)
	}
	if err := l.Failed(t.Context()); !errors.Is(err, broken) {
		t.Errorf("whoever runs it is told %v", err)
	}
	closeLog(t, l)
}

func TestALogThatIsClosedHasNotFailed(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	closeLog(t, l)
	if err := l.Failed(t.Context()); err != nil {
		t.Errorf("error = %v", err)
	}
}

// After a failed sync nobody knows what the disk holds. The log must not go on, and nothing may have been acknowledged.
func TestAFailedSyncStopsTheLog(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	appendMany(t, l, 2)
	broken := errors.New("input/output error")
	slowDisk(l, func() error { return broken })
	if _, err := l.Append(t.Context(), testEntry(2)); !errors.Is(err, ErrStopped) || !errors.Is(err, broken) {
		t.Errorf("error = %v", err)
	}
	if _, err := l.Append(t.Context(), testEntry(3)); !errors.Is(err, ErrStopped) {
		t.Errorf("error of the next append = %v", err)
	}
	if _, err := l.Erase(t.Context(), "person-1"); !errors.Is(err, ErrStopped) {
		t.Errorf("error of an erasure = %v", err)
	}
	if l.Size() != 2 || l.Err() == nil {
		t.Errorf("size = %d, err = %v", l.Size(), l.Err())
	}
	if err := l.Failed(t.Context()); !errors.Is(err, broken) {
		t.Errorf("whoever runs it is told %v", err)
	}
	if err := l.Check(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("asked how it is, it says %v", err)
	}
	if err := l.Wait(t.Context(), 2); !errors.Is(err, ErrStopped) {
		t.Errorf("error of those who follow = %v", err)
	}
	closeLog(t, l)
	l = openLog(t, cfg) // the batch happens to be whole
	appendOne(t, l, testEntry(4))
	if report := check(t, cfg.Dir); !report.OK() {
		t.Errorf("after it was opened again: %v", report.Findings)
	}
}

// A full disk leaves a part of a batch behind.
func TestAFailedWriteIsCutWhenTheLogIsOpened(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	appendMany(t, l, 2)
	_, last := l.segments.last()
	name := last.Name()
	slowDisk(l, func() error {
		info, err := os.Stat(name)
		return errors.Join(errors.New("no space left"), err, os.Truncate(name, info.Size()-50))
	})
	if _, err := l.Append(t.Context(), testEntry(2)); !errors.Is(err, ErrStopped) {
		t.Fatalf("error = %v", err)
	}
	closeLog(t, l)
	if l = openLog(t, cfg); l.Size() != 2 {
		t.Errorf("size = %d", l.Size())
	}
}

func TestClosedLog(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	closeLog(t, l)
	if _, err := l.Append(t.Context(), testEntry(0)); !errors.Is(err, ErrClosed) {
		t.Errorf("error = %v", err)
	}
	if err := l.Wait(t.Context(), 0); !errors.Is(err, ErrClosed) {
		t.Errorf("error of Wait = %v", err)
	}
}

func TestACancelledAppendIsNotTaken(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Append(ctx, testEntry(0)); !errors.Is(err, context.Canceled) || l.Size() != 0 {
		t.Errorf("error = %v, size %d", err, l.Size())
	}
}
