package bench

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"dobosh/internal/lab/demo"
)

// What one more leaves is the difference of two runs, by part of each node; what both have does not count.
func TestGrowthIsADifference(t *testing.T) {
	write := func(dir, node, file string, size int) error {
		path := filepath.Join(dir, node, "data", filepath.FromSlash(file))
		return errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, make([]byte, size), 0o600))
	}
	g, err := grown(t.TempDir(), "loop", func(dir string, share float64) (int, error) {
		n := int(share * 100)
		for _, node := range order() {
			for file, size := range map[string]int{
				"journal/0000000000000000000.seg": 1000 + 50*n, "journal/0000000000000000009.seg": 10 * n, "journal/hashes": 64 * n, "journal/offsets": 8 * n,
				"journal/keys": 64, "dobosh.db": 4096 + 7*n, "dobosh.db-wal": n, "bus/jetstream/1.blk": 3 * n, "cosigned": 200,
			} {
				if err := write(dir, node, file, size); err != nil {
					return 0, err
				}
			}
		}
		return n + 16, nil // some went before
	})
	if err != nil {
		t.Fatal(err)
	}
	if g.Count != 80 || g.Bytes != 3*143 {
		t.Errorf("%+v", g)
	}
	for part, want := range map[string]float64{inSegments: 60, inDerived: 72, inKeys: 0, inDatabase: 8, inBus: 3, inRest: 0} {
		if got, there := g.Nodes[demo.City][part]; !there || got != want {
			t.Errorf("%s: %v, want %v", part, got, want)
		}
	}
	if _, err := grown(t.TempDir(), "loop", func(dir string, share float64) (int, error) {
		var errs []error
		for _, node := range order() {
			errs = append(errs, write(dir, node, "x", 1))
		}
		return 7, errors.Join(errs...)
	}); err == nil {
		t.Error("two runs that did the same have a difference")
	}

	r := BytesResult{Loop: g, Exchange: g, PerPerson: 2, PerMille: 10}
	y := r.year(1_000_000)
	if y.Births != 10_000 || y.Exchanges != 730e6 || y.GB[demo.City] != 104.39 || y.Derived[demo.City] != 60.59 || y.Segments[demo.City] != 1305.36 {
		t.Errorf("%+v", y)
	}
}
