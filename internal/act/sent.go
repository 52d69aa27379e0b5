package act

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"

	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
)

// Sent is what came with a request to do an act: a form, a query or JSON. A name
// that did not come has no values.
type Sent struct {
	values map[string][]string
	raw    map[string]json.RawMessage // of JSON only
	wrong  map[string]bool            // names whose value is of another type, of JSON only
	isJSON bool
	read   func() error // reads the body, once the right is known; nil when there is none
}

// FromValues is what a form or a query sent.
func FromValues(values url.Values) *Sent { return &Sent{values: values} }

// FromJSON is a JSON object that read gives, once the right is known.
func FromJSON(read func() ([]byte, error)) *Sent {
	s := &Sent{isJSON: true}
	s.read = func() error {
		body, err := read()
		if err != nil {
			return err
		}
		return s.object(body)
	}
	return s
}

// With adds values that stand elsewhere in the request, as in its path. In
// JSON they must not stand again; in a form they stand over it.
func (s *Sent) With(values map[string]string) *Sent {
	read := s.read
	s.read = func() error {
		if read != nil {
			if err := read(); err != nil {
				return err
			}
		}
		if s.values == nil {
			s.values = map[string][]string{}
		}
		for name, value := range values {
			if _, twice := s.raw[name]; twice {
				return problem.New(problem.Invalid, "body-malformed")
			}
			s.values[name] = []string{value}
		}
		return nil
	}
	return s
}

// object takes a JSON object apart. Texts, numbers, truths and lists of texts
// become what a form would have sent; whatever else they are meant to be, the
// field says.
func (s *Sent) object(body []byte) error {
	malformed := func(err error) error { return problem.New(problem.Invalid, "body-malformed").Because(err) }
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if err := strict.Upto(len(body)).Decode(body, &s.raw); err != nil {
		return malformed(err)
	}
	s.values, s.wrong = map[string][]string{}, map[string]bool{}
	for name, value := range s.raw {
		var one any
		if err := strict.Upto(len(value)).Decode(value, &one); err != nil {
			return malformed(err)
		}
		switch one := one.(type) {
		case nil:
		case string:
			s.values[name] = []string{one}
		case json.Number:
			s.values[name] = []string{one.String()}
		case bool:
			s.values[name] = []string{map[bool]string{true: "yes", false: "no"}[one]}
		case []any:
			for _, each := range one {
				text, ok := each.(string)
				s.wrong[name] = s.wrong[name] || !ok || strings.Contains(text, "\n")
				s.values[name] = append(s.values[name], text)
			}
		}
	}
	return nil
}

// fits reports whether the JSON of a name is of the type that the kind asks for.
// A form knows only texts.
func (s *Sent) fits(a Asked) bool {
	value := bytes.TrimSpace(s.raw[a.Name])
	if !s.isJSON || a.InPath || len(value) == 0 || string(value) == "null" || s.wrong[a.Name] {
		return !s.wrong[a.Name]
	}
	switch a.Kind {
	case Structure:
		return true
	case Count, Version:
		return value[0] >= '0' && value[0] <= '9'
	case YesNo, Consent:
		return value[0] == 't' || value[0] == 'f'
	case Several:
		return value[0] == '['
	}
	return value[0] == '"'
}
