package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Kept is what can be taken of a text whose writer is not there to write it anew, such as
// a letter: signs that Lines refuses are left out, and what is longer than most is cut. It
// reports whether something was cut. What it returns Lines takes as it is, unless it is
// empty.
func Kept(s string, most int) (kept string, cut bool) {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, ""))
	s = norm.NFC.String(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !seen(r) {
			return -1
		}
		return r
	}, s))
	marks := 0
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Me, r) {
			marks = 0
		} else if marks++; marks > mostMarks {
			return -1
		}
		return r
	}, s))
	if utf8.RuneCountInString(s) <= most {
		return s, false
	}
	return strings.TrimSpace(string([]rune(s)[:most])), true
}
