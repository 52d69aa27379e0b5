package lang

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dobosh/internal/kit/civil"
)

// Values are what the places of a sentence are filled with: strings and
// numbers as they are, a [Text] as a term with its forms, a civil.Day as the
// place asks for it, and whatever says itself in a language.
type Values map[string]any

// sayer is what says itself in a language, as an amount of money does.
type sayer interface{ In(tag Tag) string }

// Fill puts args into the places of a template; the grammar is that of the
// package. A place that cannot be filled stays visible, so that a mistake is
// seen and not hidden.
func Fill(template string, args map[string]string, tag Tag) string {
	return fill(template, tag, func(name string) (any, bool) { s, ok := args[name]; return s, ok })
}

// FillWith is Fill for values that are more than strings.
func FillWith(template string, values Values, tag Tag) string {
	return fill(template, tag, func(name string) (any, bool) { v, ok := values[name]; return v, ok })
}

func fill(template string, tag Tag, find func(name string) (any, bool)) string {
	if !strings.Contains(template, "{") {
		return template
	}
	var b strings.Builder
	for rest := template; rest != ""; {
		before, inside, after, found := cutPlace(rest)
		b.WriteString(before)
		if !found {
			break
		}
		said, ok := parsePlace(inside).fill(tag, find)
		if !ok {
			said = "{" + inside + "}"
		}
		b.WriteString(said)
		if strings.HasSuffix(said, ".") && strings.HasPrefix(after, ".") && !strings.HasPrefix(after, "..") {
			after = after[1:]
		}
		rest = after
	}
	return b.String()
}

func cutPlace(s string) (before, inside, after string, found bool) {
	before, rest, ok := strings.Cut(s, "{")
	if !ok {
		return s, "", "", false
	}
	inside, after, ok = strings.Cut(rest, "}")
	if !ok {
		return s, "", "", false
	}
	return before, inside, after, true
}

// place is what stands in braces: a name and what is asked of its value.
type place struct {
	name    string
	asks    byte     // ':' a form, '|' forms by number, '?' by gender, '+' a particle, 0 the value
	form    string   // of ':' and '+'
	choices []string // of '|' and '?'
}

func parsePlace(inside string) place {
	at := strings.IndexAny(inside, ":?+")
	if at < 0 {
		return place{name: inside}
	}
	p := place{name: inside[:at], asks: inside[at], form: inside[at+1:]}
	if p.asks == '?' || p.asks == ':' && strings.Contains(p.form, "|") {
		p.choices = strings.Split(p.form, "|")
		if p.asks == ':' {
			p.asks = '|'
		}
	}
	return p
}

func (p place) fill(tag Tag, find func(name string) (any, bool)) (string, bool) {
	value, ok := find(p.name)
	if !ok {
		return "", false
	}
	switch p.asks {
	case '|':
		n, ok := countOf(plain(value, tag))
		if !ok {
			return "", false
		}
		return p.choices[min(pluralOf(tag.source()).of(n), len(p.choices)-1)], true
	case ':':
		return p.inForm(value, tag, find)
	case '?':
		return p.agreeing(value, tag)
	case '+':
		return particle(plain(value, tag), p.form), true
	}
	return plain(value, tag), true
}

// inForm gives a form of a term, by its name or by the number it names. The
// value asked for with a capital is capitalised.
func (p place) inForm(value any, tag Tag, find func(name string) (any, bool)) (string, bool) {
	form := strings.ToLower(p.form)
	if day, ok := value.(civil.Day); ok && form == "nom" {
		return NamedDay(day, tag), true
	}
	term, ok := value.(Text)
	if !ok {
		return "", false
	}
	if number, counted := find(p.form); counted {
		n, ok := countOf(plain(number, tag))
		if !ok {
			return "", false
		}
		in := term.Said(tag).Tag
		rule := pluralOf(in.source())
		form = rule.forms[rule.of(n)]
	}
	said, ok := term.form(tag, form)
	if form != p.form && strings.EqualFold(form, p.form) {
		said = capital(said)
	}
	return said, ok
}

func (p place) agreeing(value any, tag Tag) (string, bool) {
	term, _ := value.(Text)
	gender, ok := term[term.Said(tag).Tag.source()+":g"]
	for _, choice := range p.choices {
		if of, said, _ := strings.Cut(choice, ":"); ok && of == gender {
			return said, true
		}
	}
	return "", false
}

func plain(value any, tag Tag) string {
	switch v := value.(type) {
	case string:
		return v
	case civil.Day:
		return Day(v, tag)
	case sayer:
		return v.In(tag)
	}
	return fmt.Sprint(value)
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// The forms that a sentence may ask a term for.
func isForm(s string) bool {
	return slices.Contains([]string{"nom", "gen", "dat", "acc", "voc", "ins", "loc", "one", "few", "many", "other"}, strings.ToLower(s))
}
