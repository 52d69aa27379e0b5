package rules

import (
	"strings"
	"testing"

	"dobosh/internal/law"
)

// What a register says becomes part of a decision that is sealed: only a line does.
func TestTextsOfRegistersAreLines(t *testing.T) {
	fact := &law.RuleFact{Name: "child.given_name", Type: "text"}
	for said, want := range map[string]string{"Милица": "Милица", "О'Брајен": "О'Брајен", " D’Amico": "D’Amico", "S\u030ckva": "Škva", strings.Repeat("а", 200): strings.Repeat("а", 200)} {
		if got, ok := valueOf(fact, said); !ok || got != want {
			t.Errorf("%.20q: %v, %v", said, got, ok)
		}
	}
	for _, said := range []any{strings.Repeat("а", 3000), "Ми\u202eлица", "Ми\x00лица", "Ми\nлица", "Ми\u2066лица", "\xff", "", " ", 7, nil, []any{"Милица"}} {
		if got, ok := valueOf(fact, said); ok {
			t.Errorf("%.20q is taken as %v", said, got)
		}
	}
}
