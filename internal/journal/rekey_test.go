package journal

import (
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// A log that changed its key goes on, and what it signed before stands under the
// former key: for readers, for a check of the disk, and when it is opened again.
func TestLogGoesOnWithAnotherKey(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	before, after := testVerifier(t, testOrigin, 1), testVerifier(t, testOrigin, 2)
	stamp := func(i int) Stamp {
		t.Helper()
		s, err := l.Append(t.Context(), testEntry(i))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	old := stamp(0)
	for range 2 { // the second time changes nothing
		if err := l.Rekey(testKey(2)); err != nil {
			t.Fatal(err)
		}
	}
	young := stamp(1)
	if l.Key().KeyHash() != after.KeyHash() || len(l.Keys()) != 2 {
		t.Errorf("keys: %v", l.Keys())
	}
	for name, c := range map[string]struct {
		stamp Stamp
		entry int
		keys  []note.Verifier
		holds bool
	}{
		"before, by both":      {old, 0, []note.Verifier{after, before}, true},
		"after, by both":       {young, 1, []note.Verifier{after, before}, true},
		"after, by the old":    {young, 1, []note.Verifier{before}, false},
		"before, by the new":   {old, 0, []note.Verifier{after}, false},
		"before, by strangers": {old, 0, []note.Verifier{testVerifier(t, testOrigin, 9)}, false},
	} {
		meta, body := hashesOf(testEntry(c.entry))
		if err := NewVerifier(c.keys...).Verify(c.stamp, meta, body); (err == nil) != c.holds {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if report, err := Check(t.Context(), cfg.Dir, nil, []note.Verifier{after, before}, old.Checkpoint); err != nil || !report.OK() {
		t.Errorf("check: %v %v", report, err)
	}
	cfg.Key, cfg.Former, cfg.Known = testKey(2), []note.Verifier{before}, [][]byte{old.Checkpoint}
	l = openLog(t, cfg)
	if s := stamp(2); s.Index != 2 {
		t.Errorf("goes on at %d", s.Index)
	}
}
