package exchange

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"
)

// errDocument means that a JSON document is none, or is made to exhaust or to
// mislead its reader.
var errDocument = errors.New("read JSON: not one JSON document in UTF-8, a name twice in one object, too deep or too many values")

// scanned is what one walk over a response gives.
type scanned struct {
	leaves []byte     // what may leave
	fields []string   // pointers under which something left, in order
	found  [][]string // the texts and numbers at each place of [places], in its order
	missed []bool     // at each place, whether an element of a list that it goes through has nobody there
	odd    []bool     // at each place, whether something else than a text, a number or null stood there
}

// scan walks over a JSON document once: it refuses what parseDocument refuses,
// takes along what may leave under f, and finds what stands at the places of
// whom the document is about. It means the same as parseDocument with filter and
// at, and keeps nothing. names is memory for the names of the objects that are open; it may be nil.
// names is memory for the names of the objects that are open; nil for new one.
func scan(document []byte, f *fields, p *places, names [][]byte) (scanned, error) {
	s := scanner{b: document, names: names, out: make([]byte, 0, len(document)/2+2), hit: make([]bool, len(f.list)), found: make([][]string, p.size), flags: make([]bool, 2*p.size)}
	if !utf8.Valid(document) {
		return scanned{}, errDocument
	}
	var watch []*place
	if len(p.root.below) > 0 {
		watch = []*place{&p.root}
	}
	kept := s.value(0, f, watch)
	if s.blanks(); s.bad || s.i != len(s.b) {
		return scanned{}, errDocument
	}
	if !kept {
		s.out = append(s.out[:0], "{}"...)
	}
	return scanned{leaves: s.out, fields: f.named(s.hit), found: s.found, missed: s.missed(), odd: s.odd()}, nil
}

type scanner struct {
	b      []byte
	i      int // of the byte that is looked at next
	values int
	bad    bool // nothing that follows counts
	out    []byte
	hit    []bool // fields of which something left
	found  [][]string
	flags  []bool   // for each place whether somebody was missed there, then for each whether something odd stood there
	names  [][]byte // of the objects that are open, the innermost last
}

func (s *scanner) missed() []bool { return s.flags[:len(s.found)] }
func (s *scanner) odd() []bool    { return s.flags[len(s.found):] }

func (s *scanner) blanks() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\n', '\t', '\r':
			s.i++
		default:
			return
		}
	}
}

// at is the byte that is looked at next; 0 at the end and after a mistake.
func (s *scanner) at() byte {
	if s.bad || s.i >= len(s.b) {
		return 0
	}
	return s.b[s.i]
}

// value walks over a value. f is what of it may leave, nil for nothing; kept
// reports whether something did.
func (s *scanner) value(depth int, f *fields, watch []*place) (kept bool) {
	s.blanks()
	if s.values++; depth > maxDepth || s.values > maxValues {
		s.bad = true
		return false
	}
	begin, inner := s.i, f
	if f != nil && f.whole {
		inner = nil // all of it is taken below, as it is written
	}
	switch c := s.at(); {
	case c == '{':
		s.strange(watch)
		kept = s.object(depth, inner, watch)
	case c == '[':
		s.strange(watch)
		kept = s.list(depth, inner, watch)
	case c == '"':
		s.text()
		s.find(watch, begin)
	default:
		s.scalar()
		s.find(watch, begin)
	}
	if s.bad || inner == f {
		return kept && !s.bad
	}
	s.out = append(s.out, s.b[begin:s.i]...)
	s.hit[f.number] = true
	return true
}

func (s *scanner) object(depth int, f *fields, watch []*place) (kept bool) {
	begin, open, separator := len(s.out), len(s.names), byte('{')
	s.i++
	for s.blanks(); !s.bad && s.at() != '}'; s.blanks() {
		if s.more(len(s.names) > open); s.bad {
			return false
		}
		name := s.name(open)
		if s.blanks(); s.at() != ':' {
			s.bad = true
			return false
		}
		s.i++
		below := f.member(name)
		if below == nil {
			s.value(depth+1, nil, watching(watch, name, -1))
			continue
		}
		before := len(s.out)
		s.out = append(append(append(s.out, separator), below.quoted...), ':')
		if !s.value(depth+1, below, watching(watch, name, -1)) {
			s.out = s.out[:before]
			continue
		}
		separator = ','
	}
	s.i++
	if s.closed(open); s.bad || len(s.out) == begin {
		return false
	}
	s.out = append(s.out, '}')
	return true
}

func (s *scanner) list(depth int, f *fields, watch []*place) (kept bool) {
	every := f.element()
	if every != nil {
		s.out = append(s.out, '[')
	}
	first := true
	s.i++
	s.blanks()
	for n := 0; !s.bad && s.at() != ']'; n++ {
		if s.more(n > 0); s.bad {
			return false
		}
		before := len(s.out)
		if every != nil && !first {
			s.out = append(s.out, ',')
		}
		below := watching(watch, nil, n)
		came := s.come(below)
		if s.value(depth+1, every, below) {
			first = false
		} else {
			s.out = s.out[:before]
		}
		s.miss(below, came)
		s.blanks()
	}
	s.i++
	if every != nil {
		s.out = append(s.out, ']')
	}
	return every != nil
}

// more consumes the comma between two members or elements.
func (s *scanner) more(between bool) {
	if !between {
		return
	}
	if s.at() != ',' {
		s.bad = true
		return
	}
	s.i++
	if s.blanks(); s.at() == '}' || s.at() == ']' {
		s.bad = true
	}
}

// fewNames is up to how many names of one object are compared one by one.
const fewNames = 32

// name reads the name of a member, decoded, and refuses one that stands in the
// object already, whose names begin at open.
func (s *scanner) name(open int) []byte {
	begin := s.i
	if s.at() != '"' {
		s.bad = true
		return nil
	}
	escaped := s.text()
	if s.bad {
		return nil
	}
	name := s.b[begin+1 : s.i-1]
	if escaped {
		name = []byte(unquote(s.b[begin:s.i]))
	}
	if before := s.names[open:]; len(before) < fewNames {
		s.bad = slices.ContainsFunc(before, func(other []byte) bool { return bytes.Equal(other, name) })
	}
	s.names = append(s.names, name)
	return name
}

// closed lets go of the names of an object. Where they were too many to be
// compared one by one, they are now.
func (s *scanner) closed(open int) {
	if names := s.names[open:]; len(names) > fewNames && twice(names) {
		s.bad = true
	}
	s.names = s.names[:open]
}

// twice reports whether a name stands there twice, and sorts them.
func twice(names [][]byte) bool {
	slices.SortFunc(names, bytes.Compare)
	for i := 1; i < len(names); i++ {
		if bytes.Equal(names[i-1], names[i]) {
			return true
		}
	}
	return false
}

// text consumes a string whose quote is looked at.
func (s *scanner) text() (escaped bool) {
	for s.i++; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return escaped
		case c < ' ':
			s.bad = true
			return escaped
		case c == '\\':
			escaped = true
			s.escape()
			if s.bad {
				return escaped
			}
		}
	}
	s.bad = true
	return escaped
}

// escape consumes all but the last byte of an escape.
func (s *scanner) escape() {
	s.i++
	if s.i >= len(s.b) {
		s.bad = true
		return
	}
	switch s.b[s.i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
	case 'u':
		if s.i+4 >= len(s.b) {
			s.bad = true
			return
		}
		for range 4 {
			s.i++
			if c := s.b[s.i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				s.bad = true
			}
		}
	default:
		s.bad = true
	}
}

// scalar consumes a number, true, false or null.
func (s *scanner) scalar() {
	for _, word := range [...]string{"true", "false", "null"} {
		if rest := s.b[min(s.i, len(s.b)):]; len(rest) >= len(word) && string(rest[:len(word)]) == word {
			s.i += len(word)
			return
		}
	}
	if s.at() == '-' {
		s.i++
	}
	if s.at() == '0' {
		s.i++
	} else {
		s.digits()
	}
	if s.at() == '.' {
		s.i++
		s.digits()
	}
	if c := s.at(); c == 'e' || c == 'E' {
		s.i++
		if c := s.at(); c == '+' || c == '-' {
			s.i++
		}
		s.digits()
	}
}

func (s *scanner) digits() {
	begin := s.i
	for c := s.at(); c >= '0' && c <= '9'; c = s.at() {
		s.i++
	}
	if s.i == begin {
		s.bad = true
	}
}

// find notes a text or a number that stands where somebody may be named.
func (s *scanner) find(watch []*place, begin int) {
	if len(watch) == 0 || s.bad {
		return
	}
	raw := s.b[begin:s.i]
	text := string(raw)
	switch c := raw[0]; {
	case c == '"':
		text = unquote(raw)
	case c == 'n':
		return
	case c != '-' && (c < '0' || c > '9'):
		s.strange(watch)
		return
	}
	if text == "" {
		return
	}
	for _, w := range watch {
		for _, n := range w.ends {
			s.found[n] = append(s.found[n], text)
		}
	}
}

// strange notes that something stands where somebody may be named that names nobody.
func (s *scanner) strange(watch []*place) {
	for _, w := range watch {
		for _, n := range w.ends {
			s.odd()[n] = true
		}
	}
}

// come counts, for each place at or below some, how many were found there.
func (s *scanner) come(below []*place) (counts []int) {
	for _, w := range below {
		for _, n := range w.within {
			counts = append(counts, len(s.found[n]))
		}
	}
	return counts
}

// miss notes the places at or below some where nobody was found since come.
func (s *scanner) miss(below []*place, came []int) {
	i := 0
	for _, w := range below {
		for _, n := range w.within {
			if len(s.found[n]) == came[i] {
				s.missed()[n] = true
			}
			i++
		}
	}
}

// places are the pointers at which persons are named, as a tree of their tokens.
type places struct {
	root place
	size int
}

type place struct {
	ends   []int // numbers of the pointers that end here
	within []int // of those that end here or further below
	below  map[string]*place
}

// parsePlaces takes those places of a contract that are of a kind; the others keep
// their numbers.
func parsePlaces(subjects []string, of string) *places {
	p := &places{size: len(subjects)}
	for n, where := range subjects {
		kind, pointer := cutSubject(where)
		if kind != of {
			continue
		}
		at := &p.root
		for _, token := range tokens(pointer) {
			next := at.below[token]
			if next == nil {
				next = &place{}
				if at.below == nil {
					at.below = map[string]*place{}
				}
				at.below[token] = next
			}
			at = next
			at.within = append(at.within, n)
		}
		at.ends = append(at.ends, n)
	}
	return p
}

// watching gives the places below those of a container, for its member or, with
// a name of nil, its n-th element.
func watching(watch []*place, name []byte, n int) (below []*place) {
	for _, w := range watch {
		if len(w.below) == 0 {
			continue
		}
		if n < 0 {
			if next := w.below[string(name)]; next != nil {
				below = append(below, next)
			}
			continue
		}
		for _, token := range [...]string{"*", strconv.Itoa(n)} {
			if next := w.below[token]; next != nil {
				below = append(below, next)
			}
		}
	}
	return below
}
