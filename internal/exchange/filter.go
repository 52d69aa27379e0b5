package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
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

func tokens(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, part := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
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

// filter gives what may leave of a JSON document, and the pointers under which
// something did. What is not agreed is removed; a document of which nothing
// is agreed becomes an empty object.
func (f *fields) filter(document []byte) (filtered []byte, left []string, err error) {
	var whole any
	if err := decodeJSON(document, &whole); err != nil {
		return nil, nil, err
	}
	out, kept := f.keep(whole, "", &left)
	if !kept {
		out = map[string]any{}
	}
	filtered, err = json.Marshal(out)
	if err != nil {
		return nil, nil, fmt.Errorf("write what may leave: %w", err)
	}
	slices.Sort(left)
	return filtered, slices.Compact(left), nil
}

// decodeJSON keeps numbers as they are written.
func decodeJSON(document []byte, into *any) error {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	if d.More() {
		return fmt.Errorf("read JSON: something follows the document")
	}
	return nil
}

// keep returns the part of value that is agreed; at names where value stands,
// with "*" for the elements of lists.
func (f *fields) keep(value any, at string, left *[]string) (any, bool) {
	if f.whole {
		*left = append(*left, at)
		return value, true
	}
	switch v := value.(type) {
	case map[string]any:
		return f.keepObject(v, at, left)
	case []any:
		return f.keepList(v, at, left)
	}
	return nil, false
}

func (f *fields) keepObject(object map[string]any, at string, left *[]string) (any, bool) {
	out := make(map[string]any, len(f.below))
	for name, below := range f.below {
		member, there := object[name]
		if !there {
			continue
		}
		if kept, ok := below.keep(member, at+"/"+escape(name), left); ok {
			out[name] = kept
		}
	}
	return out, len(out) > 0
}

func (f *fields) keepList(list []any, at string, left *[]string) (any, bool) {
	every, ok := f.below["*"]
	if !ok {
		return nil, false
	}
	out := make([]any, 0, len(list))
	for _, element := range list {
		if kept, ok := every.keep(element, at+"/*", left); ok {
			out = append(out, kept)
		}
	}
	return out, len(out) > 0
}

func escape(token string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(token) }

// at gives the text values that stand at a pointer, in which "*" is every
// element of a list.
func at(document any, pointer []string) []string {
	if len(pointer) == 0 {
		switch v := document.(type) {
		case string:
			return []string{v}
		case json.Number:
			return []string{v.String()}
		}
		return nil
	}
	switch v := document.(type) {
	case map[string]any:
		return at(v[pointer[0]], pointer[1:])
	case []any:
		return atList(v, pointer)
	}
	return nil
}

func atList(list []any, pointer []string) (values []string) {
	if pointer[0] != "*" {
		if i, err := strconv.Atoi(pointer[0]); err == nil && i >= 0 && i < len(list) {
			return at(list[i], pointer[1:])
		}
		return nil
	}
	for _, element := range list {
		values = append(values, at(element, pointer[1:])...)
	}
	return values
}
