// Package text is the one definition of what people may type: a line, a text of
// several lines, and the name of a person. It is used wherever text enters.
//
// What it promises of whatever it returns:
//
//   - It is valid UTF-8 in composed form (Unicode Normalization Form C), so that
//     what looks the same is the same, and has no blanks around it.
//   - It has no control characters (PostgreSQL takes no NUL), and none that turn
//     the direction of writing or are seen by nobody: what is read is what stands. A
//     name may have the two that Arabic and Indic scripts spell with, where they do.
//   - It is no longer than the bound, counted in characters after composing.
//   - In a name no word mixes scripts: a Latin a and a Cyrillic а look alike and
//     are not.
//
// It does not say whether a name exists or a text makes sense, and it does not
// escape anything: that is the work of whoever writes it out.
package text

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What can be wrong with a text. The errors name nothing of it.
var (
	ErrEmpty   = errors.New("nothing is written")
	ErrLong    = errors.New("too long")
	ErrSigns   = errors.New("signs that do not belong here")
	ErrScripts = errors.New("letters of several scripts in one word")
	ErrSmall   = errors.New("a name without a capital")
)

// Line is a text without a break, of one to most characters.
func Line(s string, most int) (string, error) {
	return clean(s, most, seen)
}

// Lines is a text that may have breaks, which are written as "\n" alone.
func Lines(s string, most int) (string, error) {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return clean(s, most, func(r rune) bool { return r == '\n' || r == '\t' || seen(r) })
}

// Name is a given or family name: letters and marks of any script, and between
// them blanks, hyphens, apostrophes, full stops and the dots and strokes that Catalan,
// Japanese and Hebrew put there; "Стефан II", "О'Брајен" and "'t Hooft" are names. Each word is of one script, and a name in a script that has
// capitals has one.
func Name(s string, most int) (string, error) {
	s, err := clean(numerals.Replace(strings.Map(ordinary, s)), most, ofName)
	if err != nil {
		return "", err
	}
	if strings.IndexFunc(strings.TrimPrefix(strings.TrimPrefix(s, "'"), "’"), unicode.IsLetter) != 0 {
		return "", ErrSigns // a mark, a hyphen or two apostrophes begin no name
	}
	if !joined(s) {
		return "", ErrSigns
	}
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' })
	for _, word := range words {
		if Mixed(word) {
			return "", ErrScripts
		}
		first, _ := utf8.DecodeRuneInString(word)
		last, _ := utf8.DecodeLastRuneInString(word)
		if first == '-' || first == '.' || last == '-' {
			return "", ErrSigns
		}
		if doubled(word) {
			return "", ErrSigns
		}
	}
	if s = strings.Join(words, " "); small(s) {
		return "", ErrSmall
	}
	return s, nil
}

// Cut makes a line of at most so many characters of what somebody else says: what does
// not belong on one is left out, and nothing is refused. Empty where nothing is left.
func Cut(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !seen(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if all := []rune(norm.NFC.String(strings.TrimSpace(s))); len(all) > most {
		s = string(all[:most])
	}
	line, err := Line(s, most)
	if err != nil {
		return ""
	}
	return line
}

func clean(s string, most int, allowed func(rune) bool) (string, error) {
	if len(s) > 16*(most+16) { // a letter with all its marks; what is longer is not composed first
		return "", ErrLong
	}
	if !utf8.ValidString(s) {
		return "", ErrSigns
	}
	s = norm.NFC.String(strings.TrimSpace(s))
	if s == "" {
		return "", ErrEmpty
	}
	if strings.IndexFunc(s, func(r rune) bool { return !allowed(r) }) >= 0 {
		return "", ErrSigns
	}
	if utf8.RuneCountInString(s) > most {
		return "", ErrLong
	}
	if heaped(s) {
		return "", ErrSigns
	}
	return s, nil
}

// mostMarks stand on one letter; no script has more, and more would cover the lines
// around it.
const mostMarks = 8

func heaped(s string) bool {
	marks := 0
	for _, r := range s {
		if !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Me, r) {
			marks = 0
		} else if marks++; marks > mostMarks {
			return true
		}
	}
	return false
}

// seen reports what can be seen, and blanks. The characters that turn the direction
// of writing (Unicode Standard Annex 9, section 2) are not, nor are letters that
// leave no trace.
func seen(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// ofName reports what a name is made of. The letters of formulas, which belong to no
// script, and what only chooses the look of a letter do not.
func ofName(r rune) bool {
	if r == nonJoiner || r == joiner {
		return true
	}
	formula := unicode.Is(unicode.Common, r) && !unicode.Is(unicode.Lm, r)
	return seen(r) && (unicode.IsLetter(r) && !formula || unicode.IsMark(r) && !unicode.Is(unicode.Variation_Selector, r)) || joins(r)
}

// numerals are Roman ones that are a sign of their own.
var numerals = strings.NewReplacer("Ⅰ", "I", "Ⅱ", "II", "Ⅲ", "III", "Ⅳ", "IV", "Ⅴ", "V", "Ⅵ", "VI")

// Signs that nobody sees and that a few scripts spell with: they say how the letters beside them are joined.
const (
	nonJoiner = '\u200c'
	joiner    = '\u200d'
)

// joined reports whether such signs stand only where a script spells with them (Unicode Standard Annex 31, section
// 2.3): a non-joiner between Arabic letters, and either after the sign of Indic scripts that takes a vowel away.
func joined(name string) bool {
	all := []rune(name)
	for i, r := range all {
		if r != nonJoiner && r != joiner {
			continue
		}
		if i == 0 || i+1 == len(all) || !unicode.IsLetter(all[i+1]) {
			return false
		}
		arabic := r == nonJoiner && unicode.Is(unicode.Arabic, all[i-1]) && unicode.Is(unicode.Arabic, all[i+1])
		if !arabic && !strings.ContainsRune("\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca", all[i-1]) {
			return false
		}
	}
	return true
}

// ordinary makes the blanks and hyphens that a word processor puts into a name those
// of the keyboard, and an accent that stands alone the apostrophe for which it is typed.
func ordinary(r rune) rune {
	switch r {
	case '`', '´', '‘', '′':
		return '\''
	case '\u00a0', '\u202f':
		return ' '
	case '\u2010', '\u2011':
		return '-'
	}
	return r
}

// small reports a name that has small letters and no capital. Georgian is written
// without capitals.
func small(name string) bool {
	lower := func(r rune) bool { return unicode.IsLower(r) && !unicode.Is(unicode.Georgian, r) }
	upper := func(r rune) bool { return unicode.IsUpper(r) || unicode.IsTitle(r) }
	return strings.ContainsFunc(name, lower) && !strings.ContainsFunc(name, upper)
}

// joins reports what may stand between the letters of a name.
func joins(r rune) bool {
	return strings.ContainsRune(" -'’ʼ.·・׳״", r)
}

// doubled reports two joints in a row, but for a full stop before one: "J.-P.".
func doubled(word string) bool {
	var before rune
	for _, r := range word {
		if joins(r) && joins(before) && before != '.' {
			return true
		}
		before = r
	}
	return false
}

// Mixed reports letters of two of the scripts that look alike, in one word. A
// number of Roman numerals is Latin wherever it stands, as a word of its own.
func Mixed(word string) bool {
	seen := 0
	for _, script := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee, unicode.Coptic, unicode.Lisu} {
		if strings.IndexFunc(word, func(r rune) bool { return unicode.Is(script, r) }) >= 0 {
			seen++
		}
	}
	return seen > 1
}
