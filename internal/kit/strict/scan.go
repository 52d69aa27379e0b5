package strict

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// check walks over a text once: is it one value, well formed, within the bounds,
// with the names of the shape, each once?
func (b Bounds) check(text []byte, s *shape) error {
	if b.Depth == 0 {
		b.Depth = Depth
	}
	if b.Values == 0 {
		b.Values = Values
	}
	w := walker{text: text, bounds: b}
	if !utf8.Valid(text) {
		return w.wrong(ErrText)
	}
	if err := w.value(s, 0); err != nil {
		return err
	}
	if w.blanks(); w.at < len(text) {
		return w.wrong(ErrText)
	}
	return nil
}

// walker goes over a text in UTF-8. Its methods leave at behind what they read.
type walker struct {
	text   []byte
	at     int
	bounds Bounds
	values int
	names  [][]byte // of the open objects, the innermost last, but for those that have a bit
}

func (w *walker) wrong(what error) *Error { return &Error{What: what, Offset: w.at} }

func (w *walker) blanks() {
	for w.at < len(w.text) {
		switch w.text[w.at] {
		case ' ', '\t', '\n', '\r':
			w.at++
		default:
			return
		}
	}
}

// next skips blanks and gives the byte that follows; 0 at the end.
func (w *walker) next() byte {
	w.blanks()
	if w.at == len(w.text) {
		return 0
	}
	return w.text[w.at]
}

func (w *walker) value(s *shape, depth int) *Error {
	if w.values++; depth > w.bounds.Depth || w.values > w.bounds.Values {
		return w.wrong(ErrLarge)
	}
	switch w.next() {
	case '{':
		return w.object(s, depth)
	case '[':
		return w.list(s, depth)
	case '"':
		_, err := w.string()
		return err
	case 't':
		return w.word("true")
	case 'f':
		return w.word("false")
	case 'n':
		if !s.null {
			return w.wrong(ErrType)
		}
		return w.word("null")
	}
	return w.number()
}

// object walks over an object. The names of a struct are found in the shape, and
// a bit for each says whether it was there; other names are kept until the end.
func (w *walker) object(s *shape, depth int) *Error {
	begin := len(w.names)
	var seen uint64
	var many map[string]bool // instead of comparing with each, where there are many names

	w.at++
	for first := true; ; first = false {
		switch c := w.next(); {
		case first && c == '}':
			w.at++
			return nil
		case c != '"':
			return w.wrong(ErrText)
		}
		quote := w.at
		name, err := w.string()
		if err != nil {
			return err
		}
		escaped := w.at-quote != len(name)+2
		here, known := s.members[string(name)]
		if !known {
			here = member{name: "*", place: noPlace, shape: anything}
			if s.below != nil {
				here.shape = s.below
			}
		}
		switch {
		case s.members != nil && (known && escaped || !known && (!w.bounds.unknown || alike(s, name))):
			return &Error{What: ErrUnknown, Offset: w.at, Where: "/*", Name: string(name)}
		case here.place < noPlace:
			if seen&(1<<here.place) != 0 {
				return &Error{What: ErrTwice, Offset: w.at, Where: "/" + here.name, Name: string(name)}
			}
			seen |= 1 << here.place
		default:
			if w.twice(name, begin, &many) {
				return &Error{What: ErrTwice, Offset: w.at, Where: "/" + here.name, Name: string(name)}
			}
		}
		if w.next() != ':' {
			return w.wrong(ErrText)
		}
		w.at++
		if err := w.value(here.shape, depth+1); err != nil {
			err.Where = "/" + here.name + err.Where
			return err
		}
		switch w.next() {
		case ',':
			w.at++
		case '}':
			w.at++
			w.names = w.names[:begin]
			return nil
		default:
			return w.wrong(ErrText)
		}
	}
}

// noPlace is the first place that has no bit.
const noPlace = 64

// fewNames is up to how many names of one object are compared one by one.
const fewNames = 16

// twice notes a name of the object whose names begin at begin, and reports
// whether it was there.
func (w *walker) twice(name []byte, begin int, many *map[string]bool) bool {
	before := w.names[begin:]
	w.names = append(w.names, name)
	if len(before) < fewNames {
		for _, other := range before {
			if bytes.Equal(other, name) {
				return true
			}
		}
		return false
	}
	if *many == nil {
		*many = make(map[string]bool, 2*fewNames)
		for _, other := range before {
			(*many)[string(other)] = true
		}
	}
	if (*many)[string(name)] {
		return true
	}
	(*many)[string(name)] = true
	return false
}

// alike reports whether a name differs from that of a member only in capitals:
// the standard library would take it.
func alike(s *shape, name []byte) bool {
	for known := range s.members {
		if strings.EqualFold(known, string(name)) {
			return true
		}
	}
	return false
}

func (w *walker) list(s *shape, depth int) *Error {
	below := s.below
	if below == nil {
		below = anything
	}
	w.at++
	if w.next() == ']' {
		w.at++
		return nil
	}
	for n := 0; ; n++ {
		if err := w.value(below, depth+1); err != nil {
			err.Where = "/" + strconv.Itoa(n) + err.Where
			return err
		}
		switch w.next() {
		case ',':
			w.at++
		case ']':
			w.at++
			return nil
		default:
			return w.wrong(ErrText)
		}
	}
}

// string reads a string and gives its letters.
func (w *walker) string() ([]byte, *Error) {
	begin, escaped := w.at, false
	for w.at++; w.at < len(w.text); w.at++ {
		switch c := w.text[w.at]; {
		case c == '"':
			w.at++
			if !escaped {
				return w.text[begin+1 : w.at-1], nil
			}
			return w.unescaped(begin)
		case c == '\\':
			escaped = true
			w.at++
		case c < ' ':
			return nil, w.wrong(ErrText)
		}
	}
	w.at = len(w.text)
	return nil, w.wrong(ErrText)
}

// unescaped reads the string from begin on. Half of a surrogate pair is a letter
// to no reader and U+FFFD to some, so it is refused.
func (w *walker) unescaped(begin int) ([]byte, *Error) {
	raw := w.text[begin:w.at]
	var s string
	if json.Unmarshal(raw, &s) != nil || strings.Count(s, "\ufffd") != replacements(raw) {
		return nil, w.wrong(ErrText)
	}
	return []byte(s), nil
}

// replacements counts where somebody wrote U+FFFD, by itself or escaped.
func replacements(raw []byte) int {
	n := bytes.Count(raw, []byte("\ufffd"))
	for i := 0; i+6 <= len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if raw[i+1] == 'u' && strings.EqualFold(string(raw[i+2:i+6]), "fffd") {
			n++
		}
		i++ // what is escaped
	}
	return n
}

func (w *walker) word(word string) *Error {
	if !bytes.HasPrefix(w.text[w.at:], []byte(word)) {
		return w.wrong(ErrText)
	}
	w.at += len(word)
	return nil
}

func (w *walker) number() *Error {
	if w.at < len(w.text) && w.text[w.at] == '-' {
		w.at++
	}
	whole := w.at
	if !w.digits() || w.text[whole] == '0' && w.at > whole+1 {
		return w.wrong(ErrText)
	}
	if w.at < len(w.text) && w.text[w.at] == '.' {
		if w.at++; !w.digits() {
			return w.wrong(ErrText)
		}
	}
	if w.at < len(w.text) && (w.text[w.at] == 'e' || w.text[w.at] == 'E') {
		if w.at++; w.at < len(w.text) && (w.text[w.at] == '+' || w.text[w.at] == '-') {
			w.at++
		}
		if !w.digits() {
			return w.wrong(ErrText)
		}
	}
	return nil
}

// digits reads as many as there are; false when there is none.
func (w *walker) digits() bool {
	begin := w.at
	for w.at < len(w.text) && w.text[w.at] >= '0' && w.text[w.at] <= '9' {
		w.at++
	}
	return w.at > begin
}
