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
	whole  bool
	below  map[string]*fields
	quoted []byte   // the name of a member, as it is written
	number int      // of the pointer that ends here, among those of the root
	list   []string // of the root: the pointers, in order
}

func parseFields(pointers []string) *fields {
	root := &fields{list: slices.Compact(slices.Sorted(slices.Values(pointers)))}
	for n, pointer := range root.list {
		root.add(tokens(pointer), n)
	}
	return root
}

// member is what may leave of a member of an object; nil for nothing.
func (f *fields) member(name []byte) *fields {
	if f == nil {
		return nil
	}
	return f.below[string(name)]
}

// element is what may leave of every element of a list; nil for nothing.
func (f *fields) element() *fields {
	if f == nil {
		return nil
	}
	return f.below["*"]
}

// named gives the pointers whose numbers were hit.
func (f *fields) named(hit []bool) (left []string) {
	for n, pointer := range f.list {
		if hit[n] {
			left = append(left, pointer)
		}
	}
	return left
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

func (f *fields) add(path []string, number int) {
	if len(path) == 0 {
		f.whole, f.number = true, number
		return
	}
	if f.below == nil {
		f.below = map[string]*fields{}
	}
	next := f.below[path[0]]
	if next == nil {
		next = &fields{quoted: quote(path[0])}
		f.below[path[0]] = next
	}
	next.add(path[1:], number)
}

func quote(name string) []byte {
	raw, _ := json.Marshal(name) // a string always can
	return raw
}

// at gives the texts and numbers that stand at a pointer, in which "*" is every
// element of a list.
func (v value) at(pointer []string) (found []string) {
	if len(pointer) == 0 {
		switch kind := v.raw[0]; {
		case kind == '"':
			if text := unquote(v.raw); text != "" {
				return []string{text}
			}
			return nil
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
