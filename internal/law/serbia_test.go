package law_test

import (
	"io/fs"
	"testing"

	"dobosh/internal/law"
	"dobosh/packs"
)

func TestThePacksAreSound(t *testing.T) {
	for name, pack := range map[string]fs.FS{"serbia": packs.Serbia(), "korea": packs.Korea()} {
		for _, f := range law.Check(pack) {
			t.Errorf("%s: %v", name, f)
		}
		if p, err := law.Load(pack); err == nil {
			if ran, failed := p.TestTerms(); ran < 8 || len(failed) > 0 {
				t.Errorf("%s: %d tests of terms ran:\n%v", name, ran, failed)
			}
		}
	}
}
