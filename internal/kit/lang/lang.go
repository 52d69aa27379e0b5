package lang

import "strings"

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
// [Catalogue.Tags] has also those that are spoken in part.
func Tags() []Tag { return []Tag{SrCyrl, SrLatn, En} }

// Parse accepts the complete languages and the ways in which browsers
// abbreviate them.
func Parse(s string) (Tag, bool) { return parse(s, Tags()) }

// Accept picks the first language of an Accept-Language header that is
// complete here; Serbian Cyrillic where none is.
func Accept(header string) Tag { return accept(header, Tags()) }

func parse(s string, among []Tag) (Tag, bool) {
	for _, tag := range among {
		if tag.isCalled(s) {
			return tag, true
		}
	}
	return "", false
}

func accept(header string, among []Tag) Tag {
	if len(header) > 500 {
		header = header[:500]
	}
	for item := range strings.SplitSeq(header, ",") {
		name, _, _ := strings.Cut(item, ";")
		if tag, ok := parse(strings.TrimSpace(name), among); ok {
			return tag
		}
	}
	return SrCyrl
}

func (t Tag) isCalled(s string) bool {
	if strings.EqualFold(s, string(t)) {
		return true
	}
	for _, name := range t.language().Read[t] {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}

// Name is what a language calls itself.
func (t Tag) Name() string {
	if name, ok := t.language().Names[t]; ok {
		return name
	}
	return string(t)
}

// Chain lists the languages in which a text is looked for that t itself does
// not say: t, then those its readers are likeliest to understand.
func (t Tag) Chain() []Tag { return append([]Tag{t}, t.language().Fallback...) }

// source is the name of the language in which a text for t is written: one
// text serves both scripts of Serbian.
func (t Tag) source() string {
	if t == SrCyrl || t == SrLatn {
		return "sr"
	}
	return string(t)
}

// tagOf is the language in which a text of that name is written.
func tagOf(source string) Tag {
	if source == "sr" {
		return SrCyrl
	}
	return Tag(source)
}
