package strict

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// shape is what a Go type lets stand at a place of a text.
type shape struct {
	members map[string]member // of a struct; nil for everything else
	below   *shape            // of each element or member of a list or map
	null    bool              // whether null may stand here
	numbers bool              // of a whole type: whether a number may end in an any
}

// member is one member of a struct.
type member struct {
	name  string
	place int // among all members
	shape *shape
}

// anything is the shape of what is not looked into.
var anything = &shape{null: true}

// shapes by their type, as encoding/json keeps its own. They never change once
// they are here.
var shapes sync.Map // of reflect.Type and *shape

var (
	readsJSON = reflect.TypeFor[json.Unmarshaler]()
	readsText = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func shapeOf(t reflect.Type) *shape {
	if known, ok := shapes.Load(t); ok {
		return known.(*shape)
	}
	made := makeShape(t, map[reflect.Type]*shape{})
	made.numbers = endsInAny(t, map[reflect.Type]bool{})
	shapes.Store(t, made)
	return made
}

// makeShape looks into a type; making holds those that are begun, since a type
// may hold itself.
func makeShape(t reflect.Type, making map[reflect.Type]*shape) *shape {
	if s, ok := making[t]; ok {
		return s
	}
	s := &shape{}
	making[t] = s
	switch pointer := reflect.PointerTo(t); {
	case pointer.Implements(readsJSON):
		s.null = true
	case pointer.Implements(readsText):
		s.null = t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice
	default:
		switch t.Kind() {
		case reflect.Interface:
			s.null = true
		case reflect.Pointer:
			*s = *makeShape(t.Elem(), making)
			s.null = true
		case reflect.Slice, reflect.Map:
			s.null, s.below = true, makeShape(t.Elem(), making)
		case reflect.Array:
			s.below = makeShape(t.Elem(), making)
		case reflect.Struct:
			s.members = map[string]member{}
			addMembers(s, t, making)
		}
	}
	return s
}

// addMembers adds the fields of a struct, and those of structs embedded in it
// behind them: the outer name counts.
func addMembers(s *shape, t reflect.Type, making map[reflect.Type]*shape) {
	var embedded []reflect.Type
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" && options == "" {
			continue
		}
		if field.Anonymous && name == "" {
			inner := field.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				embedded = append(embedded, inner)
				continue
			}
		}
		if !field.IsExported() {
			continue
		}
		if name == "" {
			name = field.Name
		}
		if _, there := s.members[name]; !there {
			s.members[name] = member{name, len(s.members), makeShape(field.Type, making)}
		}
	}
	for _, inner := range embedded {
		addMembers(s, inner, making)
	}
}

// endsInAny reports whether numbers below a type may end in an any.
func endsInAny(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || reflect.PointerTo(t).Implements(readsJSON) {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Array:
		return endsInAny(t.Elem(), seen)
	case reflect.Struct:
		for field := range t.Fields() {
			if endsInAny(field.Type, seen) {
				return true
			}
		}
	}
	return false
}
