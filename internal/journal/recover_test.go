package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// crashed is a log before and after its last batch was written.
type crashed struct {
	before  string // directory after the last acknowledged batch
	segment string // name of the segment that the last batch went to
	whole   []byte // that segment with the last batch
	stamps  []Stamp
}

func crashInLastBatch(t *testing.T, batches int, cfg Config) crashed {
	t.Helper()
	l := openLog(t, cfg)
	stamps := appendMany(t, l, batches)
	c := crashed{before: copyDir(t, cfg.Dir), stamps: stamps}
	appendOne(t, l, testEntry(batches))
	_, last := l.segments.last()
	c.segment = filepath.Base(last.Name())
	closeLog(t, l)
	c.whole = readFile(t, cfg.Dir, c.segment)
	return c
}

func TestCrashAtEveryByteOfTheLastBatch(t *testing.T) {
	c := crashInLastBatch(t, 7, testConfig(t.TempDir()))
	acknowledged := len(readFile(t, c.before, c.segment))
	key := testVerifier(t, testOrigin, 1)
	for length := acknowledged; length < len(c.whole); length++ {
		dir := copyDir(t, c.before)
		writeFile(t, c.whole[:length], dir, c.segment)
		l := openLog(t, testConfig(dir))
		if l.Size() != 7 {
			t.Fatalf("cut at byte %d: %d entries, want 7", length, l.Size())
		}
		for i, s := range c.stamps {
			e, now, err := l.Read(t.Context(), s.Index)
			if err != nil || e.ID != testEntry(i).ID {
				t.Fatalf("cut at byte %d: entry %d: %v", length, i, err)
			}
			meta, body := hashesOf(e)
			if err := errors.Join(Verify(now, meta, body, key), Verify(s, meta, body, key)); err != nil {
				t.Fatalf("cut at byte %d: entry %d: %v", length, i, err)
			}
		}
		if length%16 != 0 { // going on is the same wherever the cut was, and costs a sync
			closeLog(t, l)
			continue
		}
		if s := appendOne(t, l, testEntry(7)); s.Index != 7 {
			t.Fatalf("cut at byte %d: the next entry is %d", length, s.Index)
		}
		closeLog(t, l)
		if report, err := Check(t.Context(), dir, nil, l.Keys(), c.stamps[6].Checkpoint); err != nil || !report.OK() {
			t.Fatalf("cut at byte %d: %v, %v", length, err, report)
		}
	}
	dir := copyDir(t, c.before)
	writeFile(t, c.whole, dir, c.segment)
	if l := openLog(t, testConfig(dir)); l.Size() != 8 {
		t.Errorf("a batch that was written whole is lost: %d entries", l.Size())
	}
}

// A crash can also leave the derived files behind, torn, or away.
func TestDerivedFilesAreMadeAgain(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.SegmentBytes = 1500 // several segments
	l := openLog(t, cfg)
	appendMany(t, l, 20)
	closeLog(t, l)
	hashes, offsets := readFile(t, cfg.Dir, "hashes"), readFile(t, cfg.Dir, "offsets")
	for name, spoil := range map[string]func(dir string) error{
		"absent":       func(dir string) error { return errors.Join(os.Remove(dir+"/hashes"), os.Remove(dir+"/offsets")) },
		"torn hashes":  func(dir string) error { return os.Truncate(dir+"/hashes", 101) },
		"torn offsets": func(dir string) error { return os.Truncate(dir+"/offsets", 33) },
		"last torn":    func(dir string) error { return os.Truncate(dir+"/hashes", int64(len(hashes)-1)) },
		"zeros":        func(dir string) error { return os.WriteFile(dir+"/hashes", make([]byte, len(hashes)), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := cfg
			cfg.Dir = copyDir(t, cfg.Dir)
			if err := spoil(cfg.Dir); err != nil {
				t.Fatal(err)
			}
			l := openLog(t, cfg)
			if _, _, err := l.Read(t.Context(), 3); err != nil {
				t.Error(err)
			}
			closeLog(t, l)
			if !slices.Equal(readFile(t, cfg.Dir, "hashes"), hashes) || !slices.Equal(readFile(t, cfg.Dir, "offsets"), offsets) {
				t.Error("the files are not what they were")
			}
		})
	}
}

// Whatever was acknowledged is never cut away silently.
func TestOpenRefusesDamage(t *testing.T) {
	original := testConfig(t.TempDir())
	original.SegmentBytes = 1500
	l := openLog(t, original)
	stamps := appendMany(t, l, 12)
	closeLog(t, l)
	firsts, err := listSegments(original.Dir)
	if err != nil || len(firsts) < 3 {
		t.Fatalf("segments = %v, %v", firsts, err)
	}
	last := segmentName(firsts[len(firsts)-1])
	size := len(readFile(t, original.Dir, last))
	for name, spoil := range map[string]func(dir string) error{
		"byte in the last segment": func(dir string) error { return flip(dir, last, 300) },
		"last byte":                func(dir string) error { return flip(dir, last, size-1) },
		"first byte":               func(dir string) error { return flip(dir, last, 0) },
		"acknowledged batch cut":   func(dir string) error { return os.Truncate(filepath.Join(dir, last), int64(size-10)) },
		"last segment away":        func(dir string) error { return os.Remove(filepath.Join(dir, last)) },
		"all segments away": func(dir string) error {
			var errs []error
			for _, first := range firsts {
				errs = append(errs, os.Remove(filepath.Join(dir, segmentName(first))))
			}
			return errors.Join(errs...)
		},
		"first segment and derived away": func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, segmentName(0))), os.Remove(dir+"/hashes"), os.Remove(dir+"/offsets"))
		},
		"keys": func(dir string) error { return flip(dir, "keys", 20) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := original
			cfg.Dir = copyDir(t, original.Dir)
			if err := spoil(cfg.Dir); err != nil {
				t.Fatal(err)
			}
			l, err := Open(t.Context(), cfg, testNow, quiet())
			var damage *DamageError
			if !errors.As(err, &damage) {
				t.Errorf("error = %v, want a DamageError", err)
			}
			if err == nil {
				closeLog(t, l)
			}
		})
	}
	t.Run("signed by another key", func(t *testing.T) {
		cfg := original
		cfg.Dir, cfg.Key = copyDir(t, original.Dir), testKey(2)
		if _, err := Open(t.Context(), cfg, testNow, quiet()); !errors.As(err, new(*DamageError)) {
			t.Errorf("error = %v", err)
		}
		cfg.Former = append(cfg.Former, testVerifier(t, testOrigin, 1))
		l := openLog(t, cfg)
		appendOne(t, l, testEntry(12))
		if _, err := OpenCheckpoint(l.Checkpoint(), testVerifier(t, testOrigin, 2)); err != nil {
			t.Errorf("after the key was replaced: %v", err)
		}
	})
	t.Run("cut back with its derived files", func(t *testing.T) {
		cfg := testConfig(t.TempDir())
		appendMany(t, openLog(t, cfg), 3)
		cfg.Dir = t.TempDir()
		cfg.Known = [][]byte{stamps[7].Checkpoint}
		if _, err := Open(t.Context(), cfg, testNow, quiet()); !errors.As(err, new(*DamageError)) {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("forked", func(t *testing.T) {
		cfg := testConfig(t.TempDir())
		l := openLog(t, cfg)
		appendMany(t, l, 9)
		closeLog(t, l)
		cfg.Known = [][]byte{stamps[7].Checkpoint}
		if _, err := Open(t.Context(), cfg, testNow, quiet()); !errors.As(err, new(*DamageError)) {
			t.Errorf("error = %v", err)
		}
	})
}

func TestSecondProcessIsLockedOut(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	if _, err := Open(t.Context(), cfg, testNow, quiet()); !errors.Is(err, ErrLocked) {
		t.Errorf("error = %v, want ErrLocked", err)
	}
	closeLog(t, l)
	openLog(t, cfg)
}

func flip(dir, name string, at int) error {
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if at >= len(b) {
		return fmt.Errorf("%s has %d bytes", name, len(b))
	}
	b[at] ^= 0x20
	return os.WriteFile(path, b, 0o600)
}
