package papers

import (
	"slices"
	"strings"
	"unicode"

	"dobosh/internal/kit/lang"
)

// style is how a text is set. Sizes are points; leading is millimetres.
type style struct {
	family, weight string
	size, leading  float64
	ink            ink
}

type ink struct{ r, g, b int }

// One accent, two greys: the colours of the portal.
func black() ink  { return ink{0x1d, 0x1b, 0x18} }
func soft() ink   { return ink{0x5c, 0x57, 0x50} }
func accent() ink { return ink{0xa4, 0x26, 0x2c} }
func rule() ink   { return ink{0xdd, 0xd8, 0xcf} }

// Serif for what is said, sans for what labels it.
func title() style   { return style{"serif", "B", 24, 9.6, black()} }
func amount() style  { return style{"serif", "B", 34, 13, accent()} }
func subject() style { return style{"serif", "B", 14, 6.4, black()} }
func lead() style    { return style{"serif", "", 13, 6, black()} }
func said() style    { return style{"serif", "", 11, 5.1, black()} }
func strong() style  { return style{"serif", "B", 11, 5.1, black()} }
func label() style   { return style{"sans", "", 8.5, 4.4, accent()} }
func small() style   { return style{"sans", "", 8, 3.8, soft()} }
func code() style    { return style{"sans", "", 12, 5.4, black()} }
func numeral() style { return style{"sans", "", 8, 5.1, soft()} }

// clean keeps to what the fonts can show: a sign beyond the basic plane becomes
// a box, any white space one space. A decision must appear on paper whatever a
// name contains.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) && r != noBreak:
			return ' '
		case r == unicode.ReplacementChar, r > 0xFFFF:
			return '□'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	return bind(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " "))
}

const noBreak = '\u00a0'

// bind keeps an abbreviation or a number with what follows it on one line: "Art.
// 22", "19. novembra", "300.000 RSD" are never torn.
func bind(s string) string {
	runes := []rune(s)
	start := 0
	for i, r := range runes {
		if r != ' ' {
			continue
		}
		if binds(runes[start:i], runes[i+1:]) {
			runes[i] = noBreak
		}
		start = i + 1
	}
	return string(runes)
}

func binds(word, rest []rune) bool {
	if len(word) == 0 || len(rest) == 0 {
		return false
	}
	number, follows := unicode.IsDigit(word[0]), rest[0]
	short := len(word) <= 5 && word[len(word)-1] == '.'
	return short && unicode.IsDigit(follows) || number && (short && unicode.IsLower(follows) || currency(rest))
}

func currency(rest []rune) bool {
	word, _, _ := strings.Cut(string(rest[:min(len(rest), 8)]), " ")
	word = strings.TrimRight(word, ".,;")
	return word == "RSD" || slices.ContainsFunc(lang.Tags(), func(tag lang.Tag) bool {
		return slices.Contains(strings.Fields(labels().Say(tag, "paper.currency")), word)
	})
}
