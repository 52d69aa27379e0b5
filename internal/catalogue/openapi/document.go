package openapi

import (
	"strings"

	"dobosh/internal/kit/lang"
)

// Document is a description as read. Texts are the author's; see [textOf] for
// their languages.
type Document struct {
	Raw        []byte // as it was written
	Digest     string // of Raw
	MediaType  string // of Raw
	OpenAPI    string // "3.0.3"
	Title      lang.Text
	Text       lang.Text
	Version    string // that the author gave
	Contact    Contact
	Operations []Operation // ordered by path, then method
}

// Contact is who answers for the service; any part may be empty.
type Contact struct{ Name, Email, URL string }

// Operation is one method of one path.
type Operation struct {
	Method, Path string
	ID           string // the author's, may be empty
	Title, Text  lang.Text
	Deprecated   bool
	Parameters   []Parameter
	Body         *Body
	Answers      []Answer
	Security     []string // the ways to prove oneself, each enough; "" for none needed
}

// Parameter is one value of the question outside of its body.
type Parameter struct {
	In, Name   string // In is path, query, header or cookie
	Required   bool
	Deprecated bool
	Form       string // how a list or an object is written, where not as usual
	Text       lang.Text
	Schema     *Schema
}

// Body is what a question carries.
type Body struct {
	Required bool
	Text     lang.Text
	Contents []Content
}

// Answer is what comes back with a status: "200", "4XX", or "default".
type Answer struct {
	Status   string
	Text     lang.Text
	Headers  []Parameter
	Contents []Content
}

// Good reports whether the answer is what was asked for.
func (a Answer) Good() bool { return strings.HasPrefix(a.Status, "2") }

// Content is a body of one media type. Example is JSON, or empty.
type Content struct {
	Type    string
	Schema  *Schema
	Example string
}

// Schema is what a value can be. Schemas are shared and may hold themselves:
// whoever walks them has to know where it has been.
type Schema struct {
	Name       string // of the component, where it is one
	Text       lang.Text
	Types      []string // of JSON, in their order; empty for any
	Format     string
	Pattern    string
	Values     []string // the only ones, as JSON; empty for any
	Number     Range    // of a number
	Length     Range    // of a text, in characters
	Count      Range    // of elements
	Fields     []Field  // required ones first, then by name
	Closed     bool     // no fields but these
	Rest       *Schema  // of fields that are not named; nil for any
	Items      *Schema  // of elements; nil for any
	Variants   []*Schema
	Example    string // JSON
	Deprecated bool
	Other      string // rules that this model does not have, as JSON
}

// Field is a member of an object.
type Field struct {
	Name     string
	Required bool
	Schema   *Schema
}

// Range is what a number may be. Both ends are nil where open.
type Range struct {
	Low, High         *float64
	OverLow, UnderTop bool // the end itself is excluded
}

// textOf makes a text of what stands in a description. The language is that of
// the script: a text with Cyrillic letters is Serbian, any other is shown as it
// stands on every page, and english is the translation beside it.
func textOf(written, english string) lang.Text {
	written, english = strings.TrimSpace(written), strings.TrimSpace(english)
	switch {
	case written == "":
		return nil
	case english != "":
		return lang.Text{"sr": written, "en": english}
	case strings.ContainsFunc(written, func(r rune) bool { return r >= 0x400 && r < 0x530 }):
		return lang.Text{"sr": written}
	}
	return lang.Text{"sr": written, "en": written}
}

// Endpoint is an operation as X-Road lists them.
type Endpoint struct{ Method, Path string }

// Endpoints lists the operations of a description in the order of their paths.
func Endpoints(raw []byte) ([]Endpoint, error) {
	doc, err := Read(raw)
	if err != nil {
		return nil, err
	}
	all := make([]Endpoint, len(doc.Operations))
	for i, op := range doc.Operations {
		all[i] = Endpoint{op.Method, op.Path}
	}
	return all, nil
}

// Operation finds an operation.
func (d *Document) Operation(method, path string) (Operation, bool) {
	for _, op := range d.Operations {
		if op.Method == method && op.Path == path {
			return op, true
		}
	}
	return Operation{}, false
}
