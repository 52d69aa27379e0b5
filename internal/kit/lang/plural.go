package lang

import (
	"strconv"
	"strings"
)

// A count decides the form of what is counted: its whole part, and its
// decimals where it has any.
type count struct {
	whole, decimals int64
	fraction        bool
}

func countOf(value string) (count, bool) {
	whole, decimals, fraction := strings.Cut(strings.Replace(value, ",", ".", 1), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return count{}, false
	}
	if n < 0 {
		n = -n
	}
	c := count{whole: n, fraction: fraction}
	if fraction {
		if c.decimals, err = strconv.ParseInt(decimals, 10, 64); err != nil || c.decimals < 0 {
			return count{}, false
		}
	}
	return c, true
}

// plural is the rule of a language, from CLDR: the forms a sentence gives and
// which of them a count takes. A term has its own names for them; the first is
// the term as it is named.
type plural struct {
	forms []string
	of    func(count) int
}

// pluralOf gives the rule of a language by its name.
func pluralOf(source string) plural {
	switch source {
	case "sr", "hr", "bs", "cnr", "rue", "uk", "be", "ru":
		return plural{[]string{"nom", "few", "many"}, slavic}
	case "sk", "cs":
		return plural{[]string{"nom", "few", "many"}, slovak}
	case "ro":
		return plural{[]string{"one", "few", "other"}, romanian}
	case "ko", "ja", "zh", "vi", "th", "hu", "tr":
		// Hungarian and Turkish have a plural, but none after a number.
		return plural{[]string{"nom"}, func(count) int { return 0 }}
	}
	return plural{[]string{"one", "other"}, english}
}

func english(c count) int {
	if c.whole == 1 && !c.fraction {
		return 0
	}
	return 1
}

func slavic(c count) int {
	n := c.whole
	if c.fraction {
		n = c.decimals
	}
	switch {
	case n%10 == 1 && n%100 != 11:
		return 0
	case n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		return 1
	}
	return 2
}

func slovak(c count) int {
	switch {
	case !c.fraction && c.whole == 1:
		return 0
	case !c.fraction && c.whole >= 2 && c.whole <= 4:
		return 1
	}
	return 2
}

func romanian(c count) int {
	switch {
	case !c.fraction && c.whole == 1:
		return 0
	case c.fraction || c.whole == 0 || c.whole%100 >= 1 && c.whole%100 <= 19:
		return 1
	}
	return 2
}
