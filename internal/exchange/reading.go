package exchange

import (
	"net/url"
	"slices"

	"dobosh/internal/registry"
)

// ReadRequest reads what a journal committed to as a request, as strictly as a
// node reads one that comes.
func ReadRequest(meta []byte) (q RequestMeta, err error) {
	if err := ReadMessage(meta, &q); err != nil {
		return RequestMeta{}, err
	}
	return q, q.check()
}

// ReadResponse reads what a journal committed to as a response.
func ReadResponse(meta []byte) (r ResponseMeta, err error) {
	if err := ReadMessage(meta, &r); err != nil {
		return ResponseMeta{}, err
	}
	return r, r.check()
}

// ReadEnd reads what a journal committed to as the end of a long body.
func ReadEnd(meta []byte) (e End, err error) { return e, ReadMessage(meta, &e) }

// Covers reports whether a contract lets a method and a raw path through.
func Covers(c registry.Contract, method, path string) bool {
	_, ok := covers(&c, method, path, false)
	return ok
}

// Agreed reports whether nothing is in a document that a contract does not let
// leave: what leaves of it is the document itself, byte for byte.
func Agreed(c registry.Contract, document []byte) bool {
	f := parseFields(c.Fields)
	if f.whole || len(document) == 0 {
		return true
	}
	s, err := scan(document, f, parsePlaces(nil, ""), nil)
	return err == nil && string(s.leaves) == string(document)
}

// Concerned finds the persons whom a request, and the response as it left, are about
// by the places that a contract names. They are named in the contract's sector.
func Concerned(c registry.Contract, q RequestMeta, asked, answered []byte) (persons []string) {
	named, _ := covers(&c, q.Method, q.Path, true)
	query, _ := url.ParseQuery(q.Query)
	question, answer := readable(asked), readable(answered)
	for _, where := range c.Subjects {
		var found []string
		switch kind, name := cutSubject(where); kind {
		case pathSubject:
			found = []string{named[name]}
		case querySubject:
			found = query[name]
		case headerSubject:
			found = valuesOf(q.Headers, name)
		case bodySubject:
			found = question.at(tokens(name))
		default:
			found = answer.at(tokens(name))
		}
		persons = append(persons, found...)
	}
	slices.Sort(persons)
	return slices.DeleteFunc(slices.Compact(persons), func(person string) bool { return person == "" })
}

// readable is a document, or null for what is none.
func readable(raw []byte) value {
	v, err := parseDocument(raw)
	if err != nil {
		return value{raw: []byte("null")}
	}
	return v
}
