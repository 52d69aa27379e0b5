package lang

import (
	"strconv"
	"strings"
)

// Fill puts args into the places of a template: {name} gives the argument,
// {n:дан|дана|дана} the form that the number n asks for in the language of
// tag (Serbian: one, few, other; English: one, other). A place without an
// argument stays visible as {name}, so that a mistake is seen and not hidden.
func Fill(template string, args map[string]string, tag Tag) string {
	if !strings.Contains(template, "{") {
		return template
	}
	var b strings.Builder
	for rest := template; rest != ""; {
		before, place, after, found := cutPlace(rest)
		b.WriteString(before)
		if !found {
			break
		}
		b.WriteString(fillPlace(place, args, tag))
		rest = after
	}
	return b.String()
}

func cutPlace(s string) (before, place, after string, found bool) {
	before, rest, ok := strings.Cut(s, "{")
	if !ok {
		return s, "", "", false
	}
	place, after, ok = strings.Cut(rest, "}")
	if !ok {
		return s, "", "", false
	}
	return before, place, after, true
}

func fillPlace(place string, args map[string]string, tag Tag) string {
	name, forms, plural := strings.Cut(place, ":")
	value, ok := args[name]
	if !ok {
		return "{" + place + "}"
	}
	if !plural {
		return value
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return "{" + place + "}"
	}
	choices := strings.Split(forms, "|")
	return choices[min(plural3(n, tag), len(choices)-1)]
}

// plural3 gives 0, 1 or 2 for the CLDR categories one, few and other.
func plural3(n int64, tag Tag) int {
	if n < 0 {
		n = -n
	}
	if tag == En {
		if n == 1 {
			return 0
		}
		return 2
	}
	switch {
	case n%10 == 1 && n%100 != 11:
		return 0
	case n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		return 1
	}
	return 2
}
