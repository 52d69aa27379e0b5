package identity

import (
	"encoding/json"
	"testing"
)

// A provider may send a number as one of JSON, which loses a nought at its
// beginning. A number that is none is said to be none, not to be missing.
func TestNationalNumberAsTheProviderSendsIt(t *testing.T) {
	p := provider{cfg: Config{NumberClaim: "jmbg"}}
	for sent, want := range map[string]string{
		`"0512981717776"`: "0512981717776", `512981717776`: "0512981717776", `2512981717774`: "2512981717774", `" 0512981717776 "`: "0512981717776", `5.12981717776e11`: "0512981717776",
		`["0512981717776"]`: "0512981717776", `[512981717776]`: "0512981717776", `null`: "", `""`: "", `[]`: "",
		`true`: "?", `{}`: "?", `["0512981717776", "0308964384007"]`: "?", `1.5`: "00000000001.5", `-1`: "00000000000-1",
	} {
		said := map[string]any{}
		if err := json.Unmarshal([]byte(`{"jmbg":`+sent+`}`), &said); err != nil {
			t.Fatal(err)
		}
		if got := p.pick("milica", said).number; got != want {
			t.Errorf("%s is read as %q, want %q", sent, got, want)
		}
	}
}
