// Package phone is the one definition of a telephone number that people may be reached at:
// E.164 of the ITU, a plus sign and at most fifteen digits of which the first is none of the
// trunk.
//
// It does not say whether somebody answers there, or whether the number is one of a mobile phone.
package phone

import (
	"errors"
	"strings"
)

// ErrForm says that something is no number. It does not repeat it.
var ErrForm = errors.New("no telephone number: a plus sign, the calling code of a country and the digits, or the form within the country")

// Bounds of a number in digits, with the calling code. The least is that of the smallest plans.
const (
	least = 8
	most  = 15
)

// longestWritten bounds what people type, with blanks and brackets.
const longestWritten = 40

// Parse reads a number as people write it, with blanks, dashes, slashes, dots and brackets, and
// gives it in the form of E.164: "+381641234567". One that begins with a zero is one of the
// country with that calling code ("381"); without a country it is none.
func Parse(typed, country string) (string, error) {
	if len(typed) > longestWritten {
		return "", ErrForm
	}
	plain := strings.NewReplacer("(0)", "", " ", "", "\u00a0", "", "\u202f", "", "-", "", "\u2011", "", "\u2013", "", "/", "", ".", "", "(", "", ")", "").Replace(strings.TrimSpace(typed))
	digits, international := strings.CutPrefix(plain, "+")
	if !international {
		digits, international = strings.CutPrefix(plain, "00")
	}
	if !international {
		national, ok := strings.CutPrefix(plain, "0")
		if !ok || country == "" {
			return "", ErrForm
		}
		digits = country + national
	}
	if len(digits) < least || len(digits) > most || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return "", ErrForm
	}
	if country != "" { // the zero of the trunk stands in no number of that country
		if national, ours := strings.CutPrefix(digits, country); ours && strings.HasPrefix(national, "0") {
			return Parse("+"+country+strings.TrimPrefix(national, "0"), country)
		}
	}
	return "+" + digits, nil
}

// In reports whether a number in the form of E.164 is one of a country, by its calling code.
func In(number, country string) bool { return strings.HasPrefix(number, "+"+country) }

// Calling reports whether something is a calling code: one to three digits, the first no zero.
func Calling(code string) bool {
	return len(code) >= 1 && len(code) <= 3 && code[0] != '0' && strings.Trim(code, "0123456789") == ""
}
