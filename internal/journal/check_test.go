package journal

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

func check(t *testing.T, dir string, known ...[]byte) *Report {
	t.Helper()
	report, err := Check(t.Context(), dir, nil, []note.Verifier{testVerifier(t, testOrigin, 1)}, known...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestCheckOfAGoodLog(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.SegmentBytes = 1500
	l := openLog(t, cfg)
	stamps := appendMany(t, l, 12)
	if _, err := l.Erase(t.Context(), "person-1"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // running, then closed
		report := check(t, cfg.Dir, stamps[0].Checkpoint, stamps[5].Checkpoint, stamps[11].Checkpoint)
		if !report.OK() || report.Entries != 12 || report.Batches != 12 || report.Erased != 2 || report.Segments < 3 {
			t.Errorf("report = %+v", report)
		}
		if string(report.Checkpoint) != string(l.Checkpoint()) {
			t.Error("the newest checkpoint is another one")
		}
		closeLog(t, l)
	}
}

// One changed bit, in whatever file and place, is found.
func TestCheckFindsEveryChangedByte(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.SegmentBytes = 900
	l := openLog(t, cfg)
	for i := range 5 {
		appendOne(t, l, testEntry(i))
	}
	if known, err := l.Erase(t.Context(), "person-2"); err != nil || !known {
		t.Fatal(known, err)
	}
	closeLog(t, l)
	files, err := os.ReadDir(cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		good := readFile(t, cfg.Dir, file.Name())
		for at := range good {
			bad := bytes.Clone(good)
			bad[at] ^= 1 << (at % 8)
			writeFile(t, bad, cfg.Dir, file.Name())
			if report := check(t, cfg.Dir); report.OK() {
				t.Errorf("%s: a change of byte %d was not found", file.Name(), at)
			}
		}
		writeFile(t, good, cfg.Dir, file.Name())
	}
	if report := check(t, cfg.Dir); !report.OK() {
		t.Errorf("the log is not what it was: %v", report.Findings)
	}
}

// forge rewrites a segment frame by frame, with checksums that fit.
func forge(t *testing.T, dir string, change func(frames [][]byte) [][]byte) {
	t.Helper()
	path := filepath.Join(dir, segmentName(0))
	b := readFile(t, path)
	var frames [][]byte
	for len(b) > 0 {
		f, err := parseFrame(b)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, bytes.Clone(b[:f.size]))
		b = b[f.size:]
	}
	writeFile(t, bytes.Join(change(frames), nil), path)
}

// Frames of the log below: 0 segment, 1 checkpoint of 0, then entry and checkpoint in turn.
func entryFrame(i int) int { return 2 + 2*i }

func TestCheckNamesForgeries(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	stamps := appendMany(t, l, 6)
	keyring := l.keyring
	with, err := keyring.sealing(&Entry{Subjects: []string{"person-4"}})
	if err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	resealed, _ := sealEntry(nil, entryAt(99), with)
	cases := []struct {
		name   string
		change func(frames [][]byte) [][]byte
		index  int64
		says   string
	}{
		{"entry replaced", func(f [][]byte) [][]byte { f[entryFrame(4)] = resealed; return f }, 4, "not the entry that"},
		{"entries swapped", func(f [][]byte) [][]byte {
			f[entryFrame(2)], f[entryFrame(3)] = f[entryFrame(3)], f[entryFrame(2)]
			return f
		}, 2, "not the entry that"},
		{"entry removed", func(f [][]byte) [][]byte { return append(f[:entryFrame(3)], f[entryFrame(3)+1:]...) }, 3, "precede it"},
		{"entry doubled", func(f [][]byte) [][]byte {
			return append(f[:entryFrame(3)+1], append([][]byte{f[entryFrame(3)]}, f[entryFrame(3)+1:]...)...)
		}, 3, "precede it"},
		{"batch removed", func(f [][]byte) [][]byte { return append(f[:entryFrame(3)], f[entryFrame(4):]...) }, 3, "precede it"},
		{"end cut off", func(f [][]byte) [][]byte { return f[:entryFrame(4)] }, 4, "more had been acknowledged"},
		{"content changed", func(f [][]byte) [][]byte {
			f[entryFrame(1)][entryContent] ^= 1
			finishFrame(f[entryFrame(1)])
			return f
		}, 1, "does not open"},
		{"other content under the old commitment", func(f [][]byte) [][]byte {
			f[entryFrame(4)] = sameCommitment(t, f[entryFrame(4)], with)
			return f
		}, 4, "not the one committed to"},
		{"checkpoint of another key", func(f [][]byte) [][]byte {
			f[entryFrame(2)+1] = otherCheckpoint(t, f[entryFrame(2)+1])
			return f
		}, -1, "checkpoint is not valid"},
		{"an unknown frame", func(f [][]byte) [][]byte { return append(f, appendFrame(nil, 'X', nil)) }, 6, "not an entry"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			dir := copyDir(t, cfg.Dir)
			forge(t, dir, tt.change)
			report := check(t, dir)
			for _, f := range report.Findings {
				if f.Index == tt.index && strings.Contains(f.String(), tt.says) {
					return
				}
			}
			t.Errorf("findings = %v, want entry %d: %s", report.Findings, tt.index, tt.says)
		})
	}
	t.Run("cut back with its derived files", func(t *testing.T) {
		dir := copyDir(t, cfg.Dir)
		forge(t, dir, func(f [][]byte) [][]byte { return f[:entryFrame(4)] })
		if err := os.Truncate(filepath.Join(dir, "offsets"), 4*placeSize); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, "hashes"), 7*hashSize); err != nil {
			t.Fatal(err)
		}
		if report := check(t, dir, stamps[3].Checkpoint); !report.OK() {
			t.Errorf("nobody could know, but: %v", report.Findings)
		}
		if report := check(t, dir, stamps[5].Checkpoint); report.OK() || !strings.Contains(report.Findings[0].Says, "cut back") {
			t.Errorf("findings = %v", report.Findings)
		}
	})
}

// sameCommitment seals other content with the right key and keeps the commitment of the frame.
func sameCommitment(t *testing.T, old []byte, with sealing) []byte {
	t.Helper()
	f, err := parseFrame(old)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := f.record()
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, entryContent)
	frame, _ = appendContent(frame, entryAt(50), [randomSize]byte{})
	putEntryHead(frame, frameEntry, rec.commitment, with.slot, rec.nonce)
	frame = with.sealer.AppendAt(frame[:entryContent], rec.nonce, frame[entryContent:], rec.commitment[:])
	finishFrame(frame)
	return frame
}

func otherCheckpoint(t *testing.T, old []byte) []byte {
	t.Helper()
	c, err := PeekCheckpoint(old[frameStart:])
	if err != nil {
		t.Fatal(err)
	}
	return appendFrame(nil, frameCheckpoint, signedBy(t, 9, c))
}

func signedBy(t testing.TB, seed byte, c Checkpoint) []byte {
	t.Helper()
	s, err := NewSigner(c.Origin, testKey(seed))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, s)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// A fork has the right key and its own history, so only a checkpoint that others hold gives it away.
func TestCheckFindsAFork(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	appendMany(t, l, 4)
	fork := cfg
	fork.Dir = copyDir(t, cfg.Dir)
	appendMany(t, l, 3)
	other := openLog(t, fork)
	appendOne(t, other, Entry{Kind: "answer", Meta: []byte(`{"other":true}`)})
	appendMany(t, other, 5)
	if report := check(t, fork.Dir); !report.OK() {
		t.Errorf("by itself the fork is in order, but: %v", report.Findings)
	}
	report := check(t, fork.Dir, l.Checkpoint())
	if report.OK() || !strings.Contains(report.Findings[0].Says, "forked") {
		t.Errorf("findings = %v", report.Findings)
	}
}

func TestCheckNotesATornTail(t *testing.T) {
	c := crashInLastBatch(t, 3, testConfig(t.TempDir()))
	writeFile(t, c.whole[:len(c.whole)-1], c.before, c.segment)
	report := check(t, c.before, c.stamps[2].Checkpoint)
	if !report.OK() || report.Torn == 0 || len(report.Notes) == 0 || report.Entries != 3 {
		t.Errorf("report = %+v", report)
	}
}

func TestCheckCannotBeDone(t *testing.T) {
	key := testVerifier(t, testOrigin, 1)
	if _, err := Check(t.Context(), t.TempDir(), nil, []note.Verifier{key}); err == nil {
		t.Error("an empty directory was checked")
	}
	if _, err := Check(t.Context(), t.TempDir(), nil, nil); err == nil {
		t.Error("a check without a key was done")
	}
	strange := signedBy(t, 9, Checkpoint{Origin: testOrigin, Size: 1, Root: sha256.Sum256(nil)})
	if _, err := Check(t.Context(), t.TempDir(), nil, []note.Verifier{key}, strange); err == nil {
		t.Error("a known checkpoint of another key was believed")
	}
}
