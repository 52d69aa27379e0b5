package law_test

import (
	"testing"

	"dobosh/internal/law"
	"dobosh/packs"
)

func TestSerbiaIsSound(t *testing.T) {
	for _, f := range law.Check(packs.Serbia()) {
		t.Error(f)
	}
}
