// Package canonical writes JSON in the one form that can be signed and compared
// byte by byte: the JSON Canonicalization Scheme (RFC 8785).
package canonical

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// Marshal writes a value in canonical form.
func Marshal(value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return Transform(text)
}

// Transform brings valid JSON into canonical form. What nearly all documents
// consist of (members with names in ASCII, text, integers) it does in
// one pass; for anything else it asks the library, which reads every document
// into a tree.
func Transform(text []byte) ([]byte, error) {
	w := writer{in: text, out: make([]byte, 0, len(text))}
	if utf8.Valid(text) && w.value(0) && w.at == len(w.in) {
		return w.out, nil
	}
	return jcs.Transform(text)
}

// maxDepth bounds what is done in one pass.
const maxDepth = 64

// writer copies a document that was written by encoding/json: valid, and without
// blanks. Its methods are false for what it leaves to the library.
type writer struct {
	in   []byte
	at   int
	out  []byte
	keep []byte // reused while members change places
}

func (w *writer) value(depth int) bool {
	if w.at >= len(w.in) || depth > maxDepth {
		return false
	}
	switch w.in[w.at] {
	case '{':
		return w.object(depth)
	case '[':
		return w.array(depth)
	case '"':
		return w.text()
	case 't':
		return w.word("true")
	case 'f':
		return w.word("false")
	case 'n':
		return w.word("null")
	}
	return w.integer()
}

func (w *writer) word(word string) bool {
	if !strings.HasPrefix(string(w.in[w.at:min(w.at+len(word), len(w.in))]), word) {
		return false
	}
	w.at += len(word)
	w.out = append(w.out, word...)
	return true
}

// integer copies whole numbers of up to fifteen digits, which every number of
// RFC 8785 can hold.
func (w *writer) integer() bool {
	begin := w.at
	if w.in[w.at] == '-' {
		w.at++
	}
	first := w.at
	for w.at < len(w.in) && w.in[w.at] >= '0' && w.in[w.at] <= '9' {
		w.at++
	}
	digits := w.at - first
	if digits == 0 || digits > 15 || w.in[first] == '0' && (digits > 1 || first > begin) {
		return false
	}
	if w.at < len(w.in) && bytes.IndexByte([]byte(".eE"), w.in[w.at]) >= 0 {
		return false
	}
	w.out = append(w.out, w.in[begin:w.at]...)
	return true
}

// text copies a text, in which encoding/json escapes more than RFC 8785.
func (w *writer) text() bool {
	done := w.at // copied up to here
	for i := w.at + 1; i < len(w.in); i++ {
		switch c := w.in[i]; {
		case c == '"':
			w.out = append(w.out, w.in[done:i+1]...)
			w.at = i + 1
			return true
		case c < ' ' || c == '\\' && i+1 == len(w.in):
			return false
		case c == '\\' && strings.IndexByte(`"\bfnrt`, w.in[i+1]) >= 0:
			i++
		case c == '\\':
			plain, ok := unescaped(w.in[i:])
			if !ok {
				return false
			}
			w.out = append(append(w.out, w.in[done:i]...), plain)
			done, i = i+len(`\u0026`), i+len(`\u0026`)-1
		}
	}
	return false
}

// unescaped gives the letter that encoding/json escapes for the sake of HTML.
func unescaped(text []byte) (byte, bool) {
	switch string(text[:min(len(`\u0026`), len(text))]) {
	case `\u0026`:
		return '&', true
	case `\u003c`:
		return '<', true
	case `\u003e`:
		return '>', true
	}
	return 0, false
}

func (w *writer) array(depth int) bool {
	if w.empty(']') {
		return true
	}
	for {
		w.pass() // the bracket or the comma
		if !w.value(depth + 1) {
			return false
		}
		if end, ok := w.next(']'); end || !ok {
			return ok
		}
	}
}

// member says where a member stands in the output, and its name in the input.
type member struct {
	name     string
	from, to int
}

func (w *writer) object(depth int) bool {
	if w.empty('}') {
		return true
	}
	var few [16]member
	members := few[:0]
	begin := len(w.out)
	for {
		w.pass()
		m := member{from: len(w.out)}
		name := w.at + 1
		if w.at >= len(w.in) || w.in[w.at] != '"' || !w.text() || w.at >= len(w.in) || w.in[w.at] != ':' {
			return false
		}
		m.name = string(w.in[name : w.at-1])
		if !plain(m.name) {
			return false // their order is that of UTF-16
		}
		w.pass()
		if !w.value(depth + 1) {
			return false
		}
		m.to = len(w.out)
		members = append(members, m)
		if end, ok := w.next('}'); end || !ok {
			return ok && w.sort(begin+1, members)
		}
	}
}

// sort brings the members of an object, which stand at the end of the output
// from begin on, into order. A name that is there twice is left to the library.
func (w *writer) sort(begin int, members []member) bool {
	byName := func(a, b member) int { return strings.Compare(a.name, b.name) }
	if !slices.IsSortedFunc(members, byName) {
		w.keep = append(w.keep[:0], w.out[begin:len(w.out)-1]...)
		slices.SortFunc(members, byName)
		w.out = w.out[:begin]
		for i, m := range members {
			if i > 0 {
				w.out = append(w.out, ',')
			}
			w.out = append(w.out, w.keep[m.from-begin:m.to-begin]...)
		}
		w.out = append(w.out, '}')
	}
	for i := 1; i < len(members); i++ {
		if members[i-1].name == members[i].name {
			return false
		}
	}
	return true
}

func plain(name string) bool {
	for i := range len(name) {
		if name[i] >= 0x80 || name[i] == '\\' {
			return false
		}
	}
	return true
}

// pass copies one byte.
func (w *writer) pass() {
	w.out = append(w.out, w.in[w.at])
	w.at++
}

func (w *writer) empty(end byte) bool {
	if w.at+1 < len(w.in) && w.in[w.at+1] == end {
		w.pass()
		w.pass()
		return true
	}
	return false
}

// next stands behind a member: it copies the end, or leaves the comma.
func (w *writer) next(end byte) (ended, ok bool) {
	switch {
	case w.at >= len(w.in):
		return false, false
	case w.in[w.at] == end:
		w.pass()
		return true, true
	}
	return false, w.in[w.at] == ','
}
