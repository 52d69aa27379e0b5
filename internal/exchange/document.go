package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// The bounds of a JSON document whose fields are looked at. A value costs about
// as much memory as a hundred bytes of the document.
const (
	maxDepth  = 64      // containers within each other
	maxValues = 1 << 18 // values, members and elements included
)

// value is a JSON value together with the bytes it is written in, which are
// passed on as they are: numbers keep their digits.
type value struct {
	raw   []byte
	names []string // of an object's members, decoded
	below []value  // an object's members or a list's elements
}

// parseDocument reads one JSON document. It refuses what two readers could
// understand differently (a name twice in one object, broken UTF-8) and what is
// made to exhaust the reader.
func parseDocument(document []byte) (value, error) {
	if !utf8.Valid(document) || !json.Valid(document) {
		return value{}, errors.New("read JSON: not one JSON document in UTF-8")
	}
	p := parser{rest: document}
	v, err := p.value(0)
	if err != nil {
		return value{}, fmt.Errorf("read JSON: %w", err)
	}
	return v, nil
}

// parser walks over a document that is known to be well formed.
type parser struct {
	rest   []byte
	values int
}

// next skips blanks and gives the byte that follows.
func (p *parser) next() byte {
	for p.rest[0] == ' ' || p.rest[0] == '\n' || p.rest[0] == '\t' || p.rest[0] == '\r' {
		p.rest = p.rest[1:]
	}
	return p.rest[0]
}

func (p *parser) value(depth int) (v value, err error) {
	p.values++
	if depth > maxDepth || p.values > maxValues {
		return v, errors.New("too deep or too many values")
	}
	kind := p.next()
	begin := p.rest
	switch kind {
	case '{', '[':
		err = p.container(&v, kind == '{', depth)
	case '"':
		p.text()
	default:
		p.scalar()
	}
	v.raw = begin[:len(begin)-len(p.rest)]
	return v, err
}

// container reads an object or a list into v.
func (p *parser) container(v *value, object bool, depth int) error {
	p.rest = p.rest[1:]
	for p.next() != '}' && p.rest[0] != ']' {
		if p.rest[0] == ',' {
			p.rest = p.rest[1:]
			p.next()
		}
		if object {
			v.names = append(v.names, unquote(p.text()))
			p.next()
			p.rest = p.rest[1:] // the colon
		}
		below, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		v.below = append(v.below, below)
	}
	p.rest = p.rest[1:]
	if names := slices.Sorted(slices.Values(v.names)); len(slices.Compact(names)) != len(v.names) {
		return errors.New("a name stands twice in one object")
	}
	return nil
}

// text consumes a string and gives it as it is written.
func (p *parser) text() []byte {
	end := 1
	for p.rest[end] != '"' {
		if p.rest[end] == '\\' {
			end++
		}
		end++
	}
	raw := p.rest[:end+1]
	p.rest = p.rest[end+1:]
	return raw
}

func (p *parser) scalar() {
	end := slices.IndexFunc(p.rest, func(b byte) bool { return b == ',' || b == '}' || b == ']' || b <= ' ' })
	if end < 0 {
		end = len(p.rest)
	}
	p.rest = p.rest[end:]
}

func unquote(raw []byte) string {
	if !slices.Contains(raw, '\\') {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	_ = json.Unmarshal(raw, &s) // it is well formed
	return s
}
