// Package lang says one thing in each language of a page. A text is written
// once in Serbian Cyrillic and once in English; Serbian Latin is derived.
package lang

import (
	"strings"

	"dobosh/internal/kit/script"
)

// Tag is the language and script of a page, as in BCP 47 and the lang
// attribute of HTML.
type Tag string

// The languages in which every page is complete.
const (
	SrCyrl Tag = "sr-Cyrl"
	SrLatn Tag = "sr-Latn"
	En     Tag = "en"
)

// Tags lists the complete languages in the order in which they are offered.
func Tags() []Tag { return []Tag{SrCyrl, SrLatn, En} }

// Parse accepts the tags above and the ways in which browsers abbreviate them.
func Parse(s string) (Tag, bool) {
	switch strings.ToLower(s) {
	case "sr-cyrl", "sr", "sr-rs", "sr-cyrl-rs":
		return SrCyrl, true
	case "sr-latn", "sr-latn-rs", "sr-me", "sh", "cnr", "bs", "hr":
		return SrLatn, true
	case "en", "en-gb", "en-us":
		return En, true
	}
	return "", false
}

// Accept picks the first language of an Accept-Language header that is
// complete here; Serbian Cyrillic where none is.
func Accept(header string) Tag {
	if len(header) > 500 {
		header = header[:500]
	}
	for item := range strings.SplitSeq(header, ",") {
		name, _, _ := strings.Cut(item, ";")
		if tag, ok := Parse(strings.TrimSpace(name)); ok {
			return tag
		}
	}
	return SrCyrl
}

// Name is what a language calls itself.
func (t Tag) Name() string {
	switch t {
	case SrLatn:
		return "Latinica"
	case En:
		return "English"
	}
	return "Ћирилица"
}

// source is the language in which a text for t is written.
func (t Tag) source() string {
	if t == En {
		return "en"
	}
	return "sr"
}

// Text is one thing said in each written language: keys "sr" (Cyrillic) and
// "en".
type Text map[string]string

// In gives the text in one language; Serbian where that one is missing.
func (t Text) In(tag Tag) string {
	s, ok := t[tag.source()]
	if !ok {
		s = t["sr"]
	}
	if tag == SrLatn {
		return script.Latin(s)
	}
	return s
}

// Map returns the text with f applied to each written language.
func (t Text) Map(f func(source Tag, s string) string) Text {
	out := make(Text, len(t))
	for key, s := range t {
		tag := SrCyrl
		if key == "en" {
			tag = En
		}
		out[key] = f(tag, s)
	}
	return out
}
