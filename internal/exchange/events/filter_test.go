package events

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dobosh/internal/testkit"
)

func TestFilters(t *testing.T) {
	e := birth("17", "80152")
	for text, want := range map[string]bool{
		``:                                     true,
		`{}`:                                   true,
		`{"types":["rs.births.registered"]}`:   true,
		`{"types":["rs.deaths.registered"]}`:   false,
		`{"source":"RS-TEST/GOV/STATE/civil"}`: true,
		`{"source":"RS-TEST/GOV/STATE"}`:       false,
		`{"filters":[{"exact":{"subject":"birth-17"}}]}`:                               true,
		`{"filters":[{"exact":{"subject":"birth-1"}}]}`:                                false,
		`{"filters":[{"prefix":{"type":"rs.births.","subject":"birth-"}}]}`:            true,
		`{"filters":[{"prefix":{"type":"rs.births.","subject":"death-"}}]}`:            false,
		`{"filters":[{"prefix":{"type":"rs."}},{"suffix":{"type":".registered"}}]}`:    true,
		`{"filters":[{"prefix":{"type":"rs."}},{"suffix":{"id":"8"}}]}`:                false,
		`{"types":["rs.births.registered","x"],"filters":[{"suffix":{"source":"l"}}]}`: true,
	} {
		f, err := readFilter([]byte(text))
		if err != nil || f.wants(e) != want {
			t.Errorf("%s: %v, %v", text, f.wants(e), err)
		}
	}
}

func TestFiltersThatAreNone(t *testing.T) {
	many := `{"filters":[` + strings.Repeat(`{"exact":{"id":"1"}},`, maxTests) + `{"exact":{"id":"1"}}]}`
	for _, text := range []string{
		`[]`, `{"type":"a"}`, `{"types":[""]}`, `{"types":["a b"]}`, `{"types":["a.*"]}`, `{"filters":[{}]}`, `{"filters":[{"exact":{}}]}`,
		`{"filters":[{"exact":{"id":"1"},"prefix":{"id":"1"}}]}`, `{"filters":[{"sql":"1"}]}`, `{"filters":[{"exact":{"data":"1"}}]}`,
		`{"filters":[{"exact":{"id":""}}]}`, `{"filters":[{"exact":{"id":1}}]}`, many, `{}{}`,
		`{"filters":[{"exact":{"id":"` + strings.Repeat("x", maxTestedValue+1) + `"}}]}`,
	} {
		if _, err := readFilter([]byte(text)); err == nil {
			t.Errorf("taken: %.80s", text)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add([]byte(`{"types":["a.b"],"source":"c","filters":[{"exact":{"id":"1"}},{"prefix":{"type":"a"}},{"suffix":{"subject":"b"}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		filter, err := readFilter(text)
		if err != nil {
			return
		}
		again, err := readFilter(testkit.Must[[]byte](t)(json.Marshal(filter)))
		if err != nil || again.wants(birth("1", "80152")) != filter.wants(birth("1", "80152")) {
			t.Fatalf("%s has two meanings: %v", text, err)
		}
	})
}

// A part more never lets more events through.
func TestAFilterOnlyNarrows(t *testing.T) {
	word := rapid.StringMatching(`[ab.]{1,3}`)
	test := rapid.Custom(func(t *rapid.T) Test {
		values := rapid.MapOfN(rapid.SampledFrom([]string{"id", "type", "subject", "source"}), word, 1, 3).Draw(t, "values")
		return rapid.SampledFrom([]Test{{Exact: values}, {Prefix: values}, {Suffix: values}}).Draw(t, "dialect")
	})
	rapid.Check(t, func(t *rapid.T) {
		e := birth(word.Draw(t, "id"), "1")
		e.Type, e.Subject, e.Source = word.Draw(t, "type"), word.Draw(t, "subject"), word.Draw(t, "source")
		wide := Filter{Tests: rapid.SliceOfN(test, 0, 3).Draw(t, "tests")}
		narrow := Filter{Tests: append(append([]Test{}, wide.Tests...), test.Draw(t, "more")), Source: rapid.SampledFrom([]string{"", e.Source}).Draw(t, "source")}
		if narrow.wants(e) && !wide.wants(e) {
			t.Fatalf("%+v lets through what %+v does not", narrow, wide)
		}
	})
}
