package papers

import (
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestCleanTextIsSettable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := clean(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text"))
		for _, r := range s {
			if r > 0xFFFF || unicode.IsControl(r) {
				t.Fatalf("%q remains in %q", r, s)
			}
		}
		if again := clean(s); again != s {
			t.Fatalf("%q is not clean: %q", s, again)
		}
	})
}

func TestNumbersKeepTheirWords(t *testing.T) {
	cases := map[string]string{
		"чл. 22 ст. 1 Закона":       "чл._22 ст._1 Закона",
		"рођена 19. новембра 2026.": "рођена 19._новембра 2026.",
		"300.000 RSD.":           "300.000_RSD.",
		"300.000 динара месечно": "300.000_динара месечно",
		"за 24 месеца":           "за 24 месеца",
		"Art. 5 of":              "Art._5 of",
		"реченица. 22 дана":      "реченица. 22 дана",
		"  a \t b  ":             "a b",
		"2026. Следи":            "2026. Следи",
		"":                       "",
		". 1":                    "._1",
	}
	for in, want := range cases {
		got := ""
		for _, r := range clean(in) {
			if r == noBreak {
				r = '_'
			}
			got += string(r)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
