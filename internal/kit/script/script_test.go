package script

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestLatin(t *testing.T) {
	for cyrillic, latin := range map[string]string{
		"Зрењанин": "Zrenjanin", "Његош": "Njegoš", "ЊЕГОШ": "NJEGOŠ", "Џеп": "Džep", "ЏЕП": "DŽEP",
		"Љубав и Ђорђе": "Ljubav i Đorđe", "ЧАЈ, џем и ћуп": "ČAJ, džem i ćup", "Dobosh 2026": "Dobosh 2026",
		"КОЉ": "KOLJ", "Љ": "Lj", "ПЕТРОВИЋ Љ.": "PETROVIĆ LJ.", "Љ. ПЕТРОВИЋ": "LJ. PETROVIĆ", "Петровић Љ.": "Petrović Lj.", "Љ. Петровић": "Lj. Petrović",
		"НАДА Њ. К. ПЕТРОВИЋ": "NADA NJ. K. PETROVIĆ", "Њ. К. В.": "Nj. K. V.", "чл. 5 ЗУП, Љиг": "čl. 5 ZUP, Ljig", "ЗУП и Љ": "ZUP i Lj", "У Љигу": "U Ljigu", "": "", "чл. 22 ст. 1": "čl. 22 st. 1", "инјекција": "injekcija",
	} {
		if got := Latin(cyrillic); got != latin {
			t.Errorf("Latin(%q) = %q, want %q", cyrillic, got, latin)
		}
	}
}

func TestFoldFindsBothScripts(t *testing.T) {
	for _, same := range [][]string{
		{"Ђорђе", "Đorđe", "djordje"}, {"Шљивовица", "sljivovica"}, {"Џем", "džem", "ǆem", "dzem"}, {"Чачак", "Čačak", "cacak"},
	} {
		for _, s := range same[1:] {
			if Fold(s) != Fold(same[0]) {
				t.Errorf("Fold(%q) = %q, Fold(%q) = %q", s, Fold(s), same[0], Fold(same[0]))
			}
		}
	}
}

func TestLatinLeavesNoSerbianCyrillic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("абвгдђежзијклљмнњопрстћуфхцчџшАЉЊЏШ .,1a"))).Draw(t, "text")
		latin := Latin(s)
		if strings.ContainsFunc(latin, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
			t.Fatalf("Latin(%q) = %q still has Cyrillic", s, latin)
		}
		if Fold(s) != Fold(latin) {
			t.Fatalf("the two scripts of %q fold differently", s)
		}
	})
}
