package text

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestNamesOfPeople(t *testing.T) {
	for _, name := range []string{"Милица", "О'Брајен", "D’Amico", "Çela", "Zoë", "Škvořil", "Мацьків", "Стефан I", "Ана-Марија", "J.-P. Sartre", "김민준", "Ştefan cel Mare", "van der Berg", "Ђ. Јовановић", "Þór", "Иван IV", "'t Hooft", "d'Artagnan", "אברהם", "محمد", "田中花子", "佐藤ゆうこ", "ゆうコ", "王小明", "राम", "Σωκράτης", "Նարեկ", "ІВАН", "ნინო", "Hawaiʻi", "Nguyễn Thị Ánh", "Gal·la", "ジョン・スミス", "ז׳אן", "Ærøe", "Ŵyn", "Ғалым", "Ө. Батаа", "ᠪᠠᠲᠤ", "อานันท์", "ʻAliʻi", "علی\u200cرضا", "ක්\u200dරිස්ටි"} {
		if got, err := Name(name, 60); err != nil || got != name {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, want := range map[string]error{
		"": ErrEmpty, "   ": ErrEmpty, "Mилица": ErrScripts, "Иvana": ErrScripts, "Ana1": ErrSigns, "Ana\x00": ErrSigns, "Ana\u202eaM": ErrSigns,
		"-Ana": ErrSigns, "Ana-": ErrSigns, "Ana--Mia": ErrSigns, "'": ErrSigns, "''Ana": ErrSigns, "<b>": ErrSigns, "Ana\nMia": ErrSigns, "Ana\u200bMia": ErrSigns, "Ana\u200cMia": ErrSigns, "Ана\u200dМија": ErrSigns, "\u200cAna": ErrSigns, "علی\u200c": ErrSigns, "علی\u200c\u200cرضا": ErrSigns,
		strings.Repeat("а", 61): ErrLong, "\xff": ErrSigns, "милица": ErrSmall, "ana marija": ErrSmall, "љиљана-вера": ErrSmall, "Петрοвић": ErrScripts /* Greek ο */, "Ꭺna": ErrScripts /* Cherokee Ꭺ */, "Ⲁна": ErrScripts, /* Coptic Ⲁ */
		"𝐀na": ErrSigns, "Ana\u3164": ErrSigns, "Ana\ufe0f": ErrSigns, "A\u034fna": ErrSigns, "Ana’’": ErrSigns, "Ana\u00adMia": ErrSigns, "A" + strings.Repeat("\u0323\u0307", 5): ErrSigns, strings.Repeat("a", 1<<20): ErrLong, "\u0301a": ErrSigns,
	} {
		if _, err := Name(name, 60); !errors.Is(err, want) {
			t.Errorf("%.20q: %v, want %v", name, err, want)
		}
	}
	for typed, want := range map[string]string{" Ana  Marija ": "Ana Marija", "Ana\u00a0Marija": "Ana Marija", "Ана\u2010Марија": "Ана-Марија", "Ана\u2011Марија": "Ана-Марија",
		"O`Brajen": "O'Brajen", "D´Amico": "D'Amico", "D‘Amico": "D'Amico", "Стефан Ⅱ": "Стефан II"} {
		if got, err := Name(typed, 60); err != nil || got != want {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	if got, _ := Name("S\u030ckva", 60); got != "Škva" {
		t.Errorf("not composed: %q", got)
	}
}

func TestLinesAndTexts(t *testing.T) {
	if got, err := Lines(" први ред\r\nдруги\tред ", 60); err != nil || got != "први ред\nдруги\tред" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := Line("чл. 5, тачка 3 – „овде“ (100%)", 60); err != nil || got == "" {
		t.Errorf("%q, %v", got, err)
	}
	for _, s := range []string{"a\nb", "a\x00b", "a\u202eb", "a\u2066b", "\ufeffa", "a\x1bb", "a\u061cb", "a\u200fb", "a\u2028b", "a\u0085b", "a\u3164b", "a\ue000b", "a" + strings.Repeat("\u0323\u0307", 9)} {
		if _, err := Line(s, 60); !errors.Is(err, ErrSigns) {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"a\x00b", "a\u202eb", "a\x0bb"} {
		if _, err := Lines(s, 60); !errors.Is(err, ErrSigns) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"Ana", "О'Брајен", "a\r\nb", "\u0301", "ﬁ", "\xf0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, read := range []func(string, int) (string, error){Line, Lines, Name} {
			got, err := read(s, 40)
			if err != nil {
				continue
			}
			if again, err := read(got, 40); err != nil || again != got {
				t.Errorf("%q is read as %q, %v", got, again, err)
			}
			if n := utf8.RuneCountInString(got); n == 0 || n > 40 || !norm.NFC.IsNormalString(got) || strings.ContainsAny(got, "\x00\r\u202e") {
				t.Errorf("%q came out of %q", got, s)
			}
		}
	})
}

// What somebody else says is cut to a line, and never refused.
func TestALineOfOthersIsCut(t *testing.T) {
	for said, want := range map[string]string{
		"Ана Пример": "Ана Пример", "  Ана\x00\u202e Пример ": "Ана Пример", "Ана\nПример": "АнаПример",
		"\u200b\u202e": "", "": "", "Ана\xff": "Ана", "абвгдђежзијклљ": "абвгдђежзи", "e\u0301": "é",
	} {
		if got := Cut(said, 10); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}
