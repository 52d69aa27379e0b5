package law_test

import (
	"strings"
	"testing"

	"dobosh/internal/law"
)

// A pack is refused in which the end of a term would lead nowhere: silence without a way to go on, an end that decides
// and moves no case, or one that leads two ways.
func TestTheEndOfATermLeadsSomewhere(t *testing.T) {
	serbia := copyOfSerbia(t)
	for _, tt := range []struct{ name, file, old, new, want string }{
		{"silence without a way on", "cases/application.yaml", "silence: appeal\n", "", `term "decision" ends in silence`},
		{"silence into nothing", "cases/application.yaml", "silence: appeal\n", "silence: lament\n", `case kind "lament" is not in the pack`},
		{"a yes by silence of which no case hears", "terms.yaml", "    then: escalation\n    then_by: zup/153\n", "    then: granted\n    then_by: zup/153\n", "no status is moved by the clock"},
		{"two ends", "cases/appeal.yaml", "- { to: replaced, by: [officer], eyes: 2 }\n      - to: late\n        by: [officer]", "- { to: replaced, by: [clock] }\n      - to: late\n        by: [clock]", "the end of the term leads two ways"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := law.Load(change(t, serbia, tt.file, tt.old, tt.new))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
