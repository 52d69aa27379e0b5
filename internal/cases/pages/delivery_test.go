package pages

import (
	"strings"
	"testing"

	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/portal"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

// An answer to a question is delivered too, and nobody appeals against it: only where there is an appeal its term is
// said to run.
func TestTheTermOfAnAppealIsSaidWhereThereIsOne(t *testing.T) {
	said, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	v := &portal.Visit{}
	v.Catalogue, v.Tag = said, lang.SrCyrl
	says := func(kind string, own bool, d cases.Delivery) string {
		k, ok := pages.Serbia(t).CaseKind(kind)
		if !ok {
			t.Fatal("no kind " + kind)
		}
		html, _ := outcomeOf(v, cases.View{Case: cases.Case{Phase: law.Decided}, Kind: k, Own: own, Delivery: d})
		return string(html)
	}
	came, nobody := cases.Delivery{Day: civil.Date(2026, 11, 2), How: notify.Opened}, cases.Delivery{Fault: notify.NoAddress}
	const term = "жалбу"
	for kind, appeal := range map[string]bool{"application": true, "question": false, "report": false, "complaint": false, "proposal": false, "appeal": false} {
		for _, s := range []string{says(kind, true, came), says(kind, false, nobody)} {
			if s == "" || strings.Contains(s, term) != appeal {
				t.Errorf("%s: %q", kind, s)
			}
		}
	}
}
