// Package script carries Serbian between its two scripts. Texts are written
// in Cyrillic and Latin is derived, because only that direction is certain:
// "nj" is њ in "njegov" and нј in "injekcija".
package script

import (
	"strings"
	"unicode"
)

// Latin writes Serbian Cyrillic in Latin letters. Letters that are not
// Serbian Cyrillic stay as they are. Љ, Њ and Џ become LJ, NJ and DŽ inside a
// word in capitals and as initials of a name in capitals, Lj, Nj and Dž elsewhere.
func Latin(s string) string {
	if isASCII(s) {
		return s
	}
	letters := []rune(s)
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range letters {
		latin, known := latinOf(r)
		if len(latin) > 1 && unicode.IsUpper(r) && inCapitals(letters, i) {
			latin = strings.ToUpper(latin)
		}
		if !known {
			b.WriteRune(r)
			continue
		}
		b.WriteString(latin)
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// inCapitals looks at the neighbours: a capital beside it means the word is
// set in capitals. A letter that is a word alone, as an initial, is set like the
// words around it.
func inCapitals(letters []rune, i int) bool {
	if i+1 < len(letters) && unicode.IsLetter(letters[i+1]) {
		return unicode.IsUpper(letters[i+1])
	}
	if i > 0 && unicode.IsLetter(letters[i-1]) {
		return unicode.IsUpper(letters[i-1])
	}
	return i+1 < len(letters) && letters[i+1] == '.' && (wordInCapitals(letters, i-1, -1) || wordInCapitals(letters, i+2, 1))
}

// wordInCapitals looks, from a place in one direction, for the first word of more
// than one letter; initials and the blanks and full stops behind them do not count.
func wordInCapitals(letters []rune, at, step int) bool {
	for run := 0; at >= 0 && at < len(letters); at += step {
		switch r := letters[at]; {
		case unicode.IsLower(r):
			return false
		case unicode.IsUpper(r):
			if run++; run > 1 {
				return true
			}
		case r == ' ' || r == '.' || r == '\u00a0':
			run = 0
		default:
			return false
		}
	}
	return false
}

func latinOf(r rune) (string, bool) {
	const cyrillic = "абвгдђежзијклљмнњопрстћуфхцчџшАБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ"
	latin := [...]string{
		"a", "b", "v", "g", "d", "đ", "e", "ž", "z", "i", "j", "k", "l", "lj", "m", "n", "nj", "o", "p", "r", "s", "t", "ć", "u", "f", "h", "c", "č", "dž", "š",
		"A", "B", "V", "G", "D", "Đ", "E", "Ž", "Z", "I", "J", "K", "L", "Lj", "M", "N", "Nj", "O", "P", "R", "S", "T", "Ć", "U", "F", "H", "C", "Č", "Dž", "Š",
	}
	if r < 'Ђ' || r > 'џ' {
		return "", false
	}
	at := strings.IndexRune(cyrillic, r)
	if at < 0 {
		return "", false
	}
	return latin[at/2], true // every letter of the alphabet above takes two bytes
}

// Fold gives the form in which names are searched: small Latin letters
// without marks, đ and џ as "dj" and "dz", whichever script was typed.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range Latin(s) {
		r = unicode.ToLower(r)
		if folded, ok := foldOf(r); ok {
			b.WriteString(folded)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func foldOf(r rune) (string, bool) {
	switch r {
	case 'č', 'ć':
		return "c", true
	case 'š':
		return "s", true
	case 'ž':
		return "z", true
	case 'đ':
		return "dj", true
	case 'ǆ', 'ǅ':
		return "dz", true
	case 'ǉ', 'ǈ':
		return "lj", true
	case 'ǌ', 'ǋ':
		return "nj", true
	case 'á', 'à', 'ä', 'â':
		return "a", true
	case 'é', 'è', 'ë':
		return "e", true
	case 'í', 'ì':
		return "i", true
	case 'ó', 'ö', 'ő':
		return "o", true
	case 'ú', 'ü', 'ű':
		return "u", true
	}
	return "", false
}
