package jmbg

import "testing"

func TestWithin(t *testing.T) {
	for text, want := range map[string]bool{
		"":                              false,
		"0512981717776":                 true,
		"birth-0512981717776/2":         true,
		"1 2 0308964384007":             true,
		"0512981717775":                 false, // another control digit
		"105129817177760":               false, // part of a longer number
		"05129817177 76":                false,
		"ЈМБГ0512981717776":             true,
		"1764111111111 and then nobody": false,
	} {
		if Within(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
