// Package text is the one definition of what people may type: a line, a text of
// several lines, and the name of a person. It is used wherever text enters.
//
// What it promises of whatever it returns:
//
//   - It is valid UTF-8 in composed form (Unicode Normalization Form C), so that
//     what looks the same is the same, and has no blanks around it.
//   - It has no control characters (PostgreSQL takes no NUL), and none that turn
//     the direction of writing or are seen by nobody: what is read is what stands.
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
)

// Line is a text without a break, of one to most characters.
func Line(s string, most int) (string, error) {
	return clean(s, most, func(r rune) bool { return unicode.IsGraphic(r) && !turns(r) })
}

// Lines is a text that may have breaks, which are written as "\n" alone.
func Lines(s string, most int) (string, error) {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return clean(s, most, func(r rune) bool { return r == '\n' || r == '\t' || unicode.IsGraphic(r) && !turns(r) })
}

// Name is a given or family name: letters and marks of any script, and between
// them blanks, hyphens, apostrophes and full stops; "Стефан II" and "О'Брајен" are
// names. Each word is of one script.
func Name(s string, most int) (string, error) {
	s, err := clean(s, most, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || joins(r) })
	if err != nil {
		return "", err
	}
	if strings.IndexFunc(s, unicode.IsLetter) != 0 { // a mark, a hyphen or an apostrophe begins no name
		return "", ErrSigns
	}
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' })
	for _, word := range words {
		if mixed(word) {
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
	return strings.Join(words, " "), nil
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
	return s, nil
}

// turns reports the characters that change the direction of writing (Unicode
// Standard Annex 9, section 2), which could show a text as another one.
func turns(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x061c || r == 0x200e || r == 0x200f
}

// joins reports what may stand between the letters of a name.
func joins(r rune) bool {
	return r == ' ' || r == '-' || r == '\'' || r == '’' || r == 'ʼ' || r == '.'
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

// mixed reports letters of two of the scripts that look alike, in one word. A
// number of Roman numerals is Latin wherever it stands, as a word of its own.
func mixed(word string) bool {
	seen := 0
	for _, script := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian} {
		if strings.IndexFunc(word, func(r rune) bool { return unicode.Is(script, r) }) >= 0 {
			seen++
		}
	}
	return seen > 1
}
