package exchange

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// fields is the set of JSON pointers (RFC 6901) that may leave, as a tree of
// their tokens. "*" stands for every element of a list. The empty pointer
// stands for the whole document.
type fields struct {
	whole bool
	below map[string]*fields
}

func parseFields(pointers []string) *fields {
	root := &fields{}
	for _, pointer := range pointers {
		root.add(tokens(pointer))
	}
	return root
}

// tokens cuts a pointer at its slashes; the empty pointer has none.
func tokens(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(pointer, "/")[1:]
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
	}
	return parts
}

func (f *fields) add(path []string) {
	if len(path) == 0 {
		f.whole = true
		return
	}
	if f.below == nil {
		f.below = map[string]*fields{}
	}
	next := f.below[path[0]]
	if next == nil {
		next = &fields{}
		f.below[path[0]] = next
	}
	next.add(path[1:])
}

// filter gives what may leave of a JSON document, in its own order and writing,
// and the pointers under which something did. An element or member of which
// nothing is agreed is removed; a list whose elements are agreed stays a list,
// if an empty one; a document of which nothing is agreed becomes an empty object.
func (f *fields) filter(document value) (filtered []byte, left []string) {
	filtered, kept := f.keep(document, nil, "", &left)
	if !kept {
		filtered = []byte("{}")
	}
	slices.Sort(left)
	return filtered, slices.Compact(left)
}

// keep appends the part of v that is agreed to out; at names where v stands,
// with "*" for the elements of lists. Where nothing is agreed, out comes back
// as it was.
func (f *fields) keep(v value, out []byte, at string, left *[]string) ([]byte, bool) {
	if f.whole {
		*left = append(*left, at)
		return append(out, v.raw...), true
	}
	switch v.raw[0] {
	case '{':
		return f.keepObject(v, out, at, left)
	case '[':
		return f.keepList(v, out, at, left)
	}
	return out, false
}

func (f *fields) keepObject(v value, out []byte, at string, left *[]string) ([]byte, bool) {
	begin, separator := len(out), byte('{')
	for i, name := range v.names {
		below, agreed := f.below[name]
		if !agreed {
			continue
		}
		before := len(out)
		out = append(out, separator)
		out = append(append(out, quote(name)...), ':')
		var kept bool
		if out, kept = below.keep(v.below[i], out, at+"/"+escape(name), left); !kept {
			out = out[:before]
			continue
		}
		separator = ','
	}
	if len(out) == begin {
		return out, false
	}
	return append(out, '}'), true
}

func (f *fields) keepList(v value, out []byte, at string, left *[]string) ([]byte, bool) {
	every, agreed := f.below["*"]
	if !agreed {
		return out, false
	}
	out = append(out, '[')
	first := true
	for _, element := range v.below {
		before := len(out)
		if !first {
			out = append(out, ',')
		}
		var kept bool
		if out, kept = every.keep(element, out, at+"/*", left); !kept {
			out = out[:before]
			continue
		}
		first = false
	}
	return append(out, ']'), true
}

func quote(name string) []byte {
	raw, _ := json.Marshal(name) // a string always can
	return raw
}

func escape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

// at gives the texts and numbers that stand at a pointer, in which "*" is every
// element of a list.
func (v value) at(pointer []string) (found []string) {
	if len(pointer) == 0 {
		switch kind := v.raw[0]; {
		case kind == '"':
			return []string{unquote(v.raw)}
		case kind == '-' || kind >= '0' && kind <= '9':
			return []string{string(v.raw)}
		}
		return nil
	}
	for i, below := range v.below {
		name := strconv.Itoa(i)
		if v.names != nil {
			name = v.names[i]
		}
		if name == pointer[0] || v.names == nil && pointer[0] == "*" {
			found = append(found, below.at(pointer[1:])...)
		}
	}
	return found
}
