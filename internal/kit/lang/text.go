package lang

import (
	"strings"

	"dobosh/internal/kit/civil"
)

// Text is one thing said in each language in which it is written: keys "sr"
// (Cyrillic), "en" and further codes. A text that sentences decline is a term:
// it has its forms beside it, "sr:gen", and its gender, "sr:g".
type Text map[string]string

// Said is a text with the language that it is in, which is not that of the
// page where nobody has said it in that one yet.
type Said struct {
	Text string
	Tag  Tag
}

// In gives the text in one language, or in the next of its chain.
func (t Text) In(tag Tag) string { return t.Said(tag).Text }

// Said gives the text in one language, or in the next of its chain; nothing
// where no language of the chain has it.
func (t Text) Said(tag Tag) Said {
	for _, next := range tag.Chain() {
		if s, ok := t[next.source()]; ok {
			return Said{next.in(s), next}
		}
	}
	return Said{Tag: tag}
}

// Map returns the text with f applied to each written language.
func (t Text) Map(f func(source Tag, s string) string) Text {
	out := make(Text, len(t))
	for key, s := range t {
		source, _, _ := strings.Cut(key, ":")
		out[key] = f(tagOf(source), s)
	}
	return out
}

// Days says a day in every language.
func Days(d civil.Day) Text {
	out := make(Text, len(languages()))
	for source := range languages() {
		out[source] = Day(d, tagOf(source))
	}
	return out
}

// form gives a form of the term in the language that says it for tag.
func (t Text) form(tag Tag, form string) (string, bool) {
	in := t.Said(tag).Tag
	if form == "nom" || form == "one" {
		s, ok := t[in.source()]
		return in.in(s), ok
	}
	s, ok := t[in.source()+":"+form]
	return in.in(s), ok
}
