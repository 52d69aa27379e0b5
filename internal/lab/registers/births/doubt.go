package births

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/script"

	"golang.org/x/text/unicode/norm"
)

const (
	// pregnancyDays is how long after a birth, at least, another pregnancy ends
	// in a birth: about 24 weeks.
	pregnancyDays = 168
	// twinDays is how long after the first, at most, twins are born.
	twinDays = 3
)

// doubt is the problem birth-alike or birth-too-near when the births of the mother
// that are recorded make it likely that an entry repeats one of them or mistakes
// the mother or the day. Twins of one name do exist: a registrar who has checked
// says so, and the words stay with the entry.
func doubt(d draft, recorded []row) error {
	if d.Checked != "" {
		return nil
	}
	for _, b := range recorded {
		apart := b.Born.DaysUntil(d.Born)
		apart = max(apart, -apart)
		switch {
		case apart == 0 && b.Sex == d.Sex && alike(b.GivenName, d.GivenName):
			return problem.New(problem.Invalid, "birth-alike").At("checked", "birth-alike")
		case apart > twinDays && apart < pregnancyDays:
			days := strconv.Itoa(apart)
			return problem.New(problem.Invalid, "birth-too-near", "days", days).At("checked", "birth-too-near", "days", days)
		}
	}
	return nil
}

// alike reports whether two names are one, whichever script and marks they are
// written with, or one holds the other whole: "Ана" and "Ana Marija".
func alike(a, b string) bool {
	one, other := folded(a), folded(b)
	if len(one) > len(other) {
		one, other = other, one
	}
	return !slices.ContainsFunc(one, func(word string) bool { return !slices.Contains(other, word) })
}

// folded gives the words of a name in small Latin letters without marks. Đ is d,
// as many type it.
func folded(name string) []string {
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(script.Fold(norm.NFC.String(name))))
	bare = strings.ReplaceAll(bare, "dj", "d")
	return strings.FieldsFunc(bare, func(r rune) bool { return !unicode.IsLetter(r) })
}
