package journal

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/files"
)

// keptLog holds, per day, an entry that is kept until the end of that day; every other one is about a person.
func keptLog(t *testing.T, days int) (*Log, Config, []Stamp) {
	t.Helper()
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	var stamps []Stamp
	for day := range days {
		stamps = append(stamps, appendOne(t, l, keptEntry(day)))
	}
	return l, cfg, stamps
}

func keptEntry(day int) Entry {
	e := Entry{Kind: "reply", ID: "q", Meta: []byte(`{"fields":["/name"]}`), Body: []byte("what was answered"), At: testNow(), Until: keptUntil(day)}
	if day%2 == 1 {
		e.Subjects = []string{"ana"}
	}
	return e
}

func keptUntil(day int) time.Time { return testNow().AddDate(0, 0, day) }

// midnight is the end (UTC) of the day until which an entry is kept.
func midnight(day int) time.Time { return keptUntil(day + 1).Truncate(24 * time.Hour) }

func TestBodiesEndWithTheirDay(t *testing.T) {
	l, cfg, stamps := keptLog(t, 6)
	ended := func(want int) {
		t.Helper()
		for day := range 6 {
			e, _, err := l.Read(t.Context(), int64(day))
			if err != nil {
				t.Fatalf("day %d: %v", day, err)
			}
			if e.Ended != (day < want) || (string(e.Body) == "what was answered") == e.Ended || string(e.Meta) != string(keptEntry(0).Meta) {
				t.Errorf("after %d days the entry of day %d is %+v", want, day, e)
			}
			meta, body := hashesOf(e) // what is left proves what was there
			if err := Verify(stamps[day], meta, body, l.Key()); err != nil {
				t.Errorf("day %d: %v", day, err)
			}
		}
		if report := check(t, cfg.Dir); !report.OK() || report.Ended != int64(want) || report.Erased != 0 {
			t.Errorf("after %d days: report = %+v", want, report)
		}
	}
	sweep := func(now time.Time, want int) {
		t.Helper()
		if n, err := l.Sweep(t.Context(), now); n != want || err != nil {
			t.Errorf("sweep at %s = %d, %v", now, n, err)
		}
	}
	ended(0)
	sweep(midnight(0).Add(-time.Second), 0)
	ended(0)
	sweep(midnight(0), 1)
	ended(1)
	sweep(midnight(0), 0)
	closeLog(t, l)
	l = openLog(t, cfg)
	ended(1)
	sweep(midnight(3), 3)
	ended(4)
	sweep(midnight(100), 2)
	closeLog(t, l)
	l = openLog(t, cfg)
	ended(6)
}

// Swept keys are on no disk any more, neither under a person nor under a day.
func TestSweptKeysAreGone(t *testing.T) {
	l, cfg, _ := keptLog(t, 2)
	var secrets [][]byte
	for _, slot := range l.keyring.periods {
		key, err := l.keyring.read(slot)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, key[:])
	}
	if len(secrets) != 2 {
		t.Fatalf("%d periods", len(secrets))
	}
	if _, err := l.Sweep(t.Context(), midnight(1)); err != nil {
		t.Fatal(err)
	}
	for _, key := range secrets {
		if bytes.Contains(readFile(t, cfg.Dir, "keys"), key) {
			t.Error("a key is still in the file")
		}
	}
}

// A person is erased although the day of the body has not come, and the day ends the bodies of others.
func TestErasureAndRetentionTogether(t *testing.T) {
	l, cfg, _ := keptLog(t, 4)
	if known, err := l.Erase(t.Context(), "ana"); !known || err != nil {
		t.Fatalf("erase = %v, %v", known, err)
	}
	if _, err := l.Sweep(t.Context(), midnight(0)); err != nil {
		t.Fatal(err)
	}
	for index, want := range []Logged{{Entry: Entry{Ended: true}}, {Erased: true}, {Entry: keptEntry(2)}, {Erased: true}} {
		got, err := l.Logged(t.Context(), int64(index))
		if err != nil || got.Erased != want.Erased || got.Entry.Ended != want.Entry.Ended || string(got.Entry.Body) != string(want.Entry.Body) {
			t.Errorf("entry %d = %+v, %v", index, got, err)
		}
	}
	if report := check(t, cfg.Dir); !report.OK() || report.Erased != 2 || report.Ended != 1 {
		t.Errorf("report = %+v", report)
	}
}

// A period that was swept and is used again gets a new key, which the next sweep ends.
func TestADayThatIsOverEndsAgain(t *testing.T) {
	l, _, _ := keptLog(t, 1)
	for range 2 {
		if n, err := l.Sweep(t.Context(), midnight(0)); n != 1 || err != nil {
			t.Errorf("sweep = %d, %v", n, err)
		}
		s := appendOne(t, l, keptEntry(0))
		if e, _, err := l.Read(t.Context(), s.Index); err != nil || e.Ended {
			t.Errorf("a late entry = %+v, %v", e, err)
		}
	}
}

func TestWhatHasNoBodyOfItsOwnIsNotSealedByItself(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	for _, e := range []Entry{
		{Kind: "k", Meta: []byte(`{}`), Until: midnight(0)},
		{Kind: "k", Meta: []byte(`{}`), Digest: [32]byte{1}, Until: midnight(0)},
	} {
		s := appendOne(t, l, e)
		if got, _, err := l.Read(t.Context(), s.Index); err != nil || got.Ended || got.Digest != e.Digest {
			t.Errorf("read %+v, %v", got, err)
		}
	}
	if len(l.keyring.periods) != 0 {
		t.Error("a key was made for no body")
	}
}

func TestKeptUntilNoDay(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	for _, until := range []time.Time{time.Unix(-1, 0), time.Date(10000, 1, 2, 0, 0, 0, 0, time.UTC)} {
		e := keptEntry(0)
		e.Until = until
		if _, err := l.Append(t.Context(), e); !errors.Is(err, ErrEntry) {
			t.Errorf("%v: error = %v", until, err)
		}
		if _, err := l.Sweep(t.Context(), until); err == nil {
			t.Errorf("a sweep at %v was done", until)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Sweep(ctx, midnight(0)); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}

// A clock that may be wrong ends no day: a key that is gone never comes back.
func TestNoDayEndsByAClockThatIsNotSure(t *testing.T) {
	l, _, _ := keptLog(t, 2)
	var sure atomic.Bool
	asked := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.KeepSwept(ctx, func() time.Time { return midnight(400) }, func() bool {
			select {
			case asked <- struct{}{}:
			default:
			}
			return sure.Load()
		}, slog.New(slog.DiscardHandler))
	}()
	<-asked
	<-asked // it asked again, and went on to nothing
	if e, _, err := l.Read(t.Context(), 0); err != nil || e.Ended {
		t.Errorf("the entry is %+v, %v", e, err)
	}
	sure.Store(true)
	for { // it ends when the clock is sure
		if e, _, err := l.Read(t.Context(), 0); err != nil || e.Ended {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-done
	closeLog(t, l)
}

// A kind has a longest time by configuration; what was agreed counts where it is shorter. Bodies that ended are gone from the archive too.
func TestKindsAreKeptForSomeDays(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.Keep, cfg.SegmentBytes, cfg.Archive, cfg.Local = map[string]int{"question": 2, "reply": 5}, 600, files.Folder(t.TempDir()), -1
	l := openLog(t, cfg)
	entry := func(kind string, until time.Time) {
		t.Helper()
		appendOne(t, l, Entry{Kind: kind, At: testNow(), Meta: []byte(`{}`), Body: []byte("content"), Until: until})
	}
	entry("question", time.Time{})
	entry("reply", keptUntil(1))
	entry("reply", keptUntil(9))
	entry("decision", time.Time{})
	entry("decision", time.Time{})
	if moved, err := l.Archive(t.Context()); err != nil || moved < 3 {
		t.Fatalf("archived %d, %v", moved, err)
	}
	for _, step := range []struct {
		day   int
		ended [5]bool
	}{{0, [5]bool{}}, {1, [5]bool{1: true}}, {2, [5]bool{true, true}}, {5, [5]bool{true, true, true}}, {400, [5]bool{true, true, true}}} {
		if _, err := l.Sweep(t.Context(), midnight(step.day)); err != nil {
			t.Fatal(err)
		}
		for i, want := range step.ended {
			e, _, err := l.Read(t.Context(), int64(i))
			if err != nil || e.Ended != want || (len(e.Body) == 0) != want {
				t.Errorf("day %d, entry %d: ended %v, %q, %v", step.day, i, e.Ended, e.Body, err)
			}
		}
	}
}
