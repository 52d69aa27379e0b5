package journal

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
)

func TestErase(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	stamps := appendMany(t, l, 12) // person-1 owns 1 and 11
	for range 2 {
		if known, err := l.Erase(t.Context(), "nobody"); known || err != nil {
			t.Errorf("erase of a stranger = %v, %v", known, err)
		}
	}
	key, slot := contentKey(t, l, 1)
	if known, err := l.Erase(t.Context(), "person-1"); !known || err != nil {
		t.Fatalf("erase = %v, %v", known, err)
	}
	if bytes.Contains(readFile(t, cfg.Dir, "keys"), key[:]) {
		t.Error("the key is still in the file")
	}
	again := appendOne(t, l, testEntry(1)) // gets a new key
	for range 2 {
		for _, index := range []int64{1, 11} {
			if _, _, err := l.Read(t.Context(), index); !errors.Is(err, ErrErased) {
				t.Errorf("read of erased entry %d: %v", index, err)
			}
			if got, err := l.Logged(t.Context(), index); err != nil || !got.Erased || got.Entry.Kind != "" {
				t.Errorf("logged = %+v, %v", got, err)
			}
		}
		for _, index := range []int64{0, 2, 10, again.Index} {
			if _, _, err := l.Read(t.Context(), index); err != nil {
				t.Errorf("read of entry %d: %v", index, err)
			}
		}
		meta, body := hashesOf(testEntry(1)) // whoever has the message can still prove it
		if err := Verify(stamps[1], meta, body, l.Key()); err != nil {
			t.Error(err)
		}
		if report := check(t, cfg.Dir); !report.OK() || report.Erased != 2 {
			t.Errorf("report = %+v", report)
		}
		closeLog(t, l)
		l = openLog(t, cfg)
	}
	if now, _ := contentKey(t, l, again.Index); now == key {
		t.Error("the erased key came back")
	}
	if _, err := l.keyring.read(slot); !errors.Is(err, ErrErased) {
		t.Errorf("slot %d: %v", slot, err)
	}
	for _, subject := range []string{"", string(make([]byte, MaxSubject+1))} {
		if _, err := l.Erase(t.Context(), subject); err == nil {
			t.Errorf("subject of %d bytes was accepted", len(subject))
		}
	}
}

func contentKey(t *testing.T, l *Log, index int64) ([keySize]byte, uint32) {
	t.Helper()
	rec, _, err := l.record(t.Context(), index)
	if err != nil {
		t.Fatal(err)
	}
	key, err := l.keyring.read(rec.slot)
	if err != nil {
		t.Fatal(err)
	}
	return key, rec.slot
}

// Neither a pseudonym nor a word of the content is readable on the disk.
func TestNothingPersonalInTheClear(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	appendMany(t, l, 8)
	files, err := os.ReadDir(cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b := readFile(t, cfg.Dir, file.Name())
		for _, word := range []string{"person-", "somebody", "number", "body ", "id-"} {
			if bytes.Contains(b, []byte(word)) {
				t.Errorf("%s holds %q", file.Name(), word)
			}
		}
	}
}

// A key that was made before a crash but whose slot is torn seals nothing; the next key takes another slot.
func TestATornKeySlotIsLeftAlone(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	appendMany(t, l, 4)
	closeLog(t, l)
	keys := readFile(t, cfg.Dir, "keys")
	writeFile(t, append(keys, make([]byte, slotSize/2)...), cfg.Dir, "keys")
	l = openLog(t, cfg)
	appendOne(t, l, Entry{Kind: "k", Meta: []byte(`{}`), Subjects: []string{"new"}})
	closeLog(t, l)
	report := check(t, cfg.Dir)
	if !report.OK() || len(report.Notes) != 1 {
		t.Errorf("report = %+v", report)
	}
	l = openLog(t, cfg)
	if _, _, err := l.Read(t.Context(), 4); err != nil {
		t.Error(err)
	}
}

func TestReadOfNoEntry(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	appendOne(t, l, testEntry(0))
	for _, index := range []int64{-1, 1, 1 << 60} {
		if _, _, err := l.Read(t.Context(), index); !errors.Is(err, ErrNotFound) {
			t.Errorf("read of entry %d: %v", index, err)
		}
	}
}

func TestReadNamesDamage(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	appendMany(t, l, 3)
	p, err := l.derived.place(1)
	if err != nil {
		t.Fatal(err)
	}
	if err := flip(cfg.Dir, segmentName(l.segments.of(1).first), int(p.offset)+70); err != nil {
		t.Fatal(err)
	}
	var damage *DamageError
	if _, _, err := l.Read(t.Context(), 1); !errors.As(err, &damage) || damage.Offset != int64(p.offset) {
		t.Errorf("error = %v", err)
	}
}

func TestFollowWaitsForNewEntries(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.SegmentBytes = 1500
	l := openLog(t, cfg)
	appendMany(t, l, 5)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := make(chan Logged)
	go func() {
		defer close(seen)
		for got, err := range l.Follow(ctx, 2) {
			if err != nil {
				t.Error(err)
			}
			seen <- got
		}
	}()
	for i := int64(2); i < 9; i++ {
		if i >= 5 {
			appendOne(t, l, testEntry(int(i)))
		}
		if got := <-seen; got.Index != i || got.Entry.ID != testEntry(int(i)).ID {
			t.Fatalf("entry %d came as %+v", i, got)
		}
	}
	cancel()
	if got, more := <-seen; more {
		t.Errorf("after the end came %+v", got)
	}
}

func TestFollowEndsWhenTheLogIsClosed(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range l.Follow(context.Background(), 0) {
			t.Error("an empty log yields an entry")
		}
	}()
	closeLog(t, l)
	<-ended
}
