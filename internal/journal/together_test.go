package journal

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

func TestEntriesTogetherFollowOneAnother(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			for i := range 20 {
				number := 10 * (20*w + i)
				stamps, err := l.AppendAll(context.Background(), testEntry(number), testEntry(number+1), testEntry(number+2))
				if err != nil || len(stamps) != 3 {
					t.Errorf("%d stamps, %v", len(stamps), err)
					return
				}
				for k, s := range stamps {
					meta, body := hashesOf(testEntry(number + k))
					if err := Verify(s, meta, body, l.Key()); err != nil || s.Index != stamps[0].Index+int64(k) {
						t.Errorf("entry %d: index %d, %v", number+k, s.Index, err)
					}
				}
				if !bytes.Equal(stamps[0].Checkpoint, stamps[2].Checkpoint) {
					t.Error("they are not in one batch")
				}
			}
		})
	}
	group.Wait()
	if report := check(t, cfg.Dir); !report.OK() || report.Entries != 480 {
		t.Errorf("report = %+v", report)
	}
}

// One that is refused refuses all.
func TestEntriesTogetherAreTakenAllOrNone(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	large := Entry{Kind: "k", Meta: []byte(`{}`), Body: make([]byte, MaxBody)}
	for name, entries := range map[string][]Entry{
		"a bad one": {testEntry(0), {Kind: "k"}},
		"too many":  slices.Repeat([]Entry{testEntry(0)}, MaxTogether+1),
		"too large": slices.Repeat([]Entry{large}, MaxTogetherBytes/MaxBody+1),
	} {
		if _, err := l.AppendAll(t.Context(), entries...); !errors.Is(err, ErrEntry) {
			t.Errorf("%s: error = %v", name, err)
		}
	}
	if stamps, err := l.AppendAll(t.Context()); stamps != nil || err != nil || l.Size() != 0 {
		t.Errorf("nothing: %v, %v, size %d", stamps, err, l.Size())
	}
}

// A crash that tears a batch takes all that belongs together with it.
func TestACrashLeavesNoPartOfWhatBelongsTogether(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	appendMany(t, l, 2)
	whole := len(readFile(t, cfg.Dir, segmentName(0)))
	if _, err := l.AppendAll(t.Context(), testEntry(2), testEntry(3), testEntry(4)); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	segment := readFile(t, cfg.Dir, segmentName(0))
	for end := whole; end < len(segment); end += 37 {
		dir := copyDir(t, cfg.Dir)
		writeFile(t, segment[:end], dir, segmentName(0))
		writeFile(t, readFile(t, cfg.Dir, "offsets")[:2*placeSize], dir, "offsets")
		writeFile(t, readFile(t, cfg.Dir, "hashes")[:3*hashSize], dir, "hashes")
		if torn := openLog(t, testConfig(dir)); torn.Size() != 2 {
			t.Errorf("cut at %d: %d entries", end, torn.Size())
		}
	}
}

// A message of another log is kept with the stamp that proves it, and neither can be exchanged later.
func TestReceived(t *testing.T) {
	other := openLog(t, Config{Dir: t.TempDir(), Origin: "other.example/node", Key: testKey(2)})
	message := testEntry(1)
	appendMany(t, other, 40)
	stamp := appendOne(t, other, message)

	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	kept := message
	kept.Received = stamp.Bytes()
	s := appendOne(t, l, kept)
	got, _, err := l.Read(t.Context(), s.Index)
	if err != nil || !bytes.Equal(got.Received, kept.Received) || got.Kind != kept.Kind || !slices.Equal(got.Subjects, kept.Subjects) {
		t.Fatalf("read %+v, %v", got, err)
	}
	again, err := ParseStampBytes(got.Received)
	if err != nil {
		t.Fatal(err)
	}
	meta, body := hashesOf(got)
	if err := Verify(again, meta, body, other.Key()); err != nil {
		t.Error(err)
	}
	own, _ := appendContent(nil, &message, [randomSize]byte{})
	with, salt := appendContent(nil, &kept, [randomSize]byte{})
	moved := kept
	moved.Received = bytes.Clone(kept.Received)
	moved.Received[10] ^= 1
	if _, other := appendContent(nil, &moved, [randomSize]byte{}); other == salt || bytes.Equal(own, with) {
		t.Error("the stamp is not bound into the salt")
	}
	if report := check(t, cfg.Dir); !report.OK() {
		t.Errorf("report = %+v", report)
	}
	for name, raw := range map[string][]byte{
		"another version": {2, 0, 0}, "a text": []byte(stamp.Text()), "too long": append([]byte{stampVersion}, make([]byte, MaxStampBytes)...),
	} {
		spoilt := kept
		spoilt.Received = raw
		if _, err := l.Append(t.Context(), spoilt); !errors.Is(err, ErrEntry) {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}
