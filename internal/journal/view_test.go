package journal

import (
	"errors"
	"os"
	"testing"
)

// A view reads beside the process that writes, proves what it reads, and changes nothing on the disk.
func TestAViewReadsBesideTheWriter(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.SegmentBytes = 1500
	l := openLog(t, cfg)
	appendMany(t, l, 12)
	if _, err := l.Erase(t.Context(), "person-1"); err != nil {
		t.Fatal(err)
	}
	v, err := OpenView(cfg.Dir, nil, testNow, testVerifier(t, testOrigin, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.Close() }()
	appendMany(t, l, 3) // later, and not in the view
	if v.Size() != 12 || v.Origin() != testOrigin {
		t.Errorf("%d entries of %s", v.Size(), v.Origin())
	}
	found, _, err := v.Search(t.Context(), Query{ID: "id-7"})
	if err != nil || len(found) != 1 {
		t.Fatalf("found %+v, %v", found, err)
	}
	e, stamp, err := v.Read(t.Context(), found[0].Index)
	if err != nil {
		t.Fatal(err)
	}
	meta, body := hashesOf(e)
	if err := Verify(stamp, meta, body, l.Key()); err != nil || string(e.Body) != "body 7" {
		t.Errorf("%s %v", e.Body, err)
	}
	if _, err := v.ProofFor(stamp.Index, stamp.Salt, v.Checkpoint()); err != nil {
		t.Error(err)
	}
	if _, _, err := v.Read(t.Context(), 1); !errors.Is(err, ErrErased) {
		t.Errorf("erased: %v", err)
	}
	if _, _, err := v.Read(t.Context(), 12); !errors.Is(err, ErrNotFound) {
		t.Errorf("appended later: %v", err)
	}
}

// A batch that a crash left unfinished is not seen, and not cut either.
func TestAViewOfATornLog(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	appendMany(t, l, 4)
	closeLog(t, l)
	torn := append(readFile(t, cfg.Dir, segmentName(0)), 0, 0, 1)
	writeFile(t, torn, cfg.Dir, segmentName(0))
	v, err := OpenView(cfg.Dir, nil, testNow, l.Key())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.Close() }()
	if v.Size() != 4 || len(readFile(t, cfg.Dir, segmentName(0))) != len(torn) {
		t.Errorf("%d entries", v.Size())
	}
}

func TestWhatIsNoLogHasNoView(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	appendMany(t, l, 4)
	closeLog(t, l)
	if _, err := OpenView(cfg.Dir, nil, testNow, testVerifier(t, testOrigin, 2)); err == nil {
		t.Error("a log of another key")
	}
	if _, err := OpenView(t.TempDir(), nil, testNow, l.Key()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := OpenView(cfg.Dir, nil, testNow); err == nil {
		t.Error("without a key")
	}
	hashes := readFile(t, cfg.Dir, "hashes")
	hashes[len(hashes)-1] ^= 1
	writeFile(t, hashes, cfg.Dir, "hashes")
	if _, err := OpenView(cfg.Dir, nil, testNow, l.Key()); err == nil {
		t.Error("changed hashes")
	}
}
