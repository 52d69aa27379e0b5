package evidence_test

import (
	"bytes"
	"testing"

	"dobosh/internal/exchange/evidence"
)

func TestAnExchangeIsProvedByEitherSide(t *testing.T) {
	w := newWorld(t, nil)
	w.ask(document, nil)
	for _, s := range []*side{w.city, w.state} {
		w.stamped(s)
		report := evidence.Verify(s.export(), w.trust)
		for _, c := range report.Checks {
			t.Logf("%s %s: %s %s %v", s.member.Member, c.Name, c.Result, c.Detail, c.Args)
		}
		if !report.OK || report.Verdict != evidence.Proved {
			t.Errorf("%+v", report)
		}
		for _, c := range report.Checks {
			open := c.Name == evidence.CheckPublic || c.Name == evidence.CheckArrived && s == w.state
			if (c.Result != evidence.Holds) != open {
				t.Errorf("%s: %+v", s.member.Member, c)
			}
		}
		facts := report.Facts
		if facts.Client != family || facts.Service != births || facts.Contract != "births" || facts.Provision != "zfpp/48" || facts.Purpose != "family-support" ||
			len(facts.Fields) != 2 || !facts.Asked.Equal(morning) || facts.Names[births]["en"] != "Births" || facts.Names[city]["en"] != "City" {
			t.Errorf("facts: %+v", facts)
		}
	}
}

func TestNoByteCanBeChanged(t *testing.T) {
	w := newWorld(t, nil)
	w.ask(document, nil)
	w.stamped(w.city)
	file := w.city.export()
	for i := 0; i < len(file); i += 7 {
		changed := bytes.Clone(file)
		changed[i] ^= 1
		if report := evidence.Verify(changed, w.trust); report.OK {
			t.Fatalf("byte %d of %d: %.60q", i, len(file), file[max(0, i-30):])
		}
	}
}
