// Package described holds the OpenAPI description of a data service to what its
// handler does: the same operations, and in questions and answers the same
// members.
package described

import (
	"encoding"
	"reflect"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/catalogue/openapi"
)

// Operation is what a handler does for one pattern of [net/http.ServeMux].
type Operation struct {
	Pattern  string // "GET /v1/births/{birth}"
	Question any    // a value that the body is read into; nil for none
	Status   string // of the good answer
	Answer   any    // a value that is written as the answer
}

// Check reports where a description and the operations of a handler differ.
func Check(t *testing.T, raw []byte, patterns []string, operations []Operation) {
	t.Helper()
	doc, err := openapi.Read(raw)
	if err != nil {
		t.Fatalf("the description is not sound: %v", err)
	}
	if doc.Title["en"] == doc.Title["sr"] || doc.Text["sr"] == "" || doc.Text["en"] == "" {
		t.Errorf("the description does not say in both languages what the service is: %v %v", doc.Title, doc.Text)
	}
	var described, tested []string
	for _, op := range doc.Operations {
		described = append(described, op.Method+" "+op.Path)
		if op.Title["en"] == op.Title["sr"] {
			t.Errorf("%s %s is not named in both languages", op.Method, op.Path)
		}
	}
	for _, o := range operations {
		tested = append(tested, o.Pattern)
		method, path, _ := strings.Cut(o.Pattern, " ")
		if op, there := doc.Operation(method, path); there {
			o.check(t, op)
		}
	}
	for what, list := range map[string][]string{"described": described, "tested": tested} {
		if a, b := slices.Sorted(slices.Values(list)), slices.Sorted(slices.Values(patterns)); !slices.Equal(a, b) {
			t.Errorf("%s are %v, the handler has %v", what, a, b)
		}
	}
}

func (o Operation) check(t *testing.T, op openapi.Operation) {
	t.Helper()
	if (o.Question != nil) != (op.Body != nil) {
		t.Errorf("%s: the question has a body or has none", o.Pattern)
		return
	}
	if o.Question != nil {
		compare(t, o.Pattern+" question", op.Body.Contents[0].Schema, reflect.TypeOf(o.Question), false)
	}
	at := slices.IndexFunc(op.Answers, func(a openapi.Answer) bool { return a.Status == o.Status })
	if at < 0 || len(op.Answers[at].Contents) != 1 {
		t.Errorf("%s: no answer %s", o.Pattern, o.Status)
		return
	}
	compare(t, o.Pattern+" answer", op.Answers[at].Contents[0].Schema, reflect.TypeOf(o.Answer), true)
}

// compare holds a schema to what encoding/json makes of a type. In a question
// the members that may be left out are the author's to say.
func compare(t *testing.T, at string, s *openapi.Schema, is reflect.Type, needed bool) {
	t.Helper()
	for is.Kind() == reflect.Pointer {
		is = is.Elem()
	}
	if kind := kindOf(is); !slices.Equal(s.Types, []string{kind}) {
		t.Errorf("%s is %s, described as %v", at, kind, s.Types)
		return
	}
	switch kindOf(is) {
	case "array":
		compare(t, at+"/*", s.Items, is.Elem(), needed)
	case "object":
		if is.Kind() == reflect.Struct {
			compareFields(t, at, s, is, needed)
		}
	}
}

func compareFields(t *testing.T, at string, s *openapi.Schema, is reflect.Type, needed bool) {
	t.Helper()
	known := map[string]bool{}
	for _, f := range reflect.VisibleFields(is) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || known[name] {
			continue
		}
		known[name] = true
		i := slices.IndexFunc(s.Fields, func(other openapi.Field) bool { return other.Name == name })
		if i < 0 {
			t.Errorf("%s/%s is not described", at, name)
			continue
		}
		if always := !strings.Contains(options, "omit"); needed && always != s.Fields[i].Required {
			t.Errorf("%s/%s: always there %v, described as required %v", at, name, always, s.Fields[i].Required)
		}
		if s.Fields[i].Schema.Text["en"] == s.Fields[i].Schema.Text["sr"] {
			t.Errorf("%s/%s is not explained in both languages", at, name)
		}
		compare(t, at+"/"+name, s.Fields[i].Schema, f.Type, needed)
	}
	for _, f := range s.Fields {
		if !known[f.Name] {
			t.Errorf("%s/%s is described and never there", at, f.Name)
		}
	}
}

// kindOf is the type of JSON that a Go type becomes.
func kindOf(is reflect.Type) string {
	switch {
	case is.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return "string"
	case is.Kind() == reflect.String:
		return "string"
	case is.Kind() == reflect.Bool:
		return "boolean"
	case is.Kind() == reflect.Slice:
		return "array"
	case is.Kind() >= reflect.Int && is.Kind() <= reflect.Uint64:
		return "integer"
	}
	return "object"
}
