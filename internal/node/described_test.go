package node

import (
	"context"
	"errors"
	"slices"
	"testing"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
)

// shelf is one description for every service, or none.
type shelf struct{ doc *openapi.Document }

func (s shelf) Description(context.Context, registry.ID) (*openapi.Document, error) {
	if s.doc == nil {
		return nil, errors.New("not described")
	}
	return s.doc, nil
}

func TestAContractOffersTheFieldsOfADescription(t *testing.T) {
	text := &openapi.Schema{Text: lang.Text{"en": "day of birth"}}
	person := &openapi.Schema{}
	person.Fields = []openapi.Field{{Name: "name", Schema: &openapi.Schema{}}, {Name: "mother", Schema: person}, {Name: "a/b~c", Schema: &openapi.Schema{}}}
	body := &openapi.Schema{
		Fields:   []openapi.Field{{Name: "born", Schema: text}, {Name: "parents", Schema: &openapi.Schema{Items: person}}, {Name: "tags", Schema: &openapi.Schema{Items: &openapi.Schema{}}}},
		Variants: []*openapi.Schema{{Fields: []openapi.Field{{Name: "born", Schema: text}, {Name: "live", Schema: &openapi.Schema{}}}}},
	}
	wrong := &openapi.Schema{Fields: []openapi.Field{{Name: "error", Schema: &openapi.Schema{}}}}
	doc := &openapi.Document{Operations: []openapi.Operation{{Method: "GET", Path: "/births/{birth}", Title: lang.Text{"en": "One birth"}, Answers: []openapi.Answer{
		{Status: "200", Contents: []openapi.Content{{Type: "application/json", Schema: body}, {Type: "text/html", Schema: wrong}}},
		{Status: "404", Contents: []openapi.Content{{Type: "application/json", Schema: wrong}}},
	}}}}
	found, ok := described{shelf{doc}}.Operations(t.Context(), registry.ID{})
	if !ok || len(found) != 1 || found[0].Method != "GET" || found[0].Says["en"] != "One birth" {
		t.Fatalf("%+v", found)
	}
	var at []string
	for _, p := range found[0].Fields {
		at = append(at, p.At)
	}
	if want := []string{"/born", "/parents/*/name", "/parents/*/mother", "/parents/*/a~1b~0c", "/tags", "/live"}; !slices.Equal(at, want) {
		t.Errorf("fields %v, want %v", at, want)
	}
	if found[0].Fields[0].Says["en"] != "day of birth" {
		t.Errorf("what it means: %v", found[0].Fields[0])
	}
	if _, ok := (described{shelf{}}).Operations(t.Context(), registry.ID{}); ok {
		t.Error("a service that nobody described offers something")
	}
}

func TestADescriptionThatNeverEndsIsCut(t *testing.T) {
	wide := &openapi.Schema{}
	for i := range 1000 {
		wide.Fields = append(wide.Fields, openapi.Field{Name: string(rune('a'+i%26)) + string(rune('a'+i/26)), Schema: &openapi.Schema{}})
	}
	var w fieldWalk
	w.walk("", wide, nil)
	if len(w.found) != fieldsMost {
		t.Errorf("%d fields", len(w.found))
	}
	deep := &openapi.Schema{}
	for range 100 {
		deep = &openapi.Schema{Fields: []openapi.Field{{Name: "x", Schema: deep}}}
	}
	w = fieldWalk{}
	w.walk("", deep, nil)
	if len(w.found) != 1 || len(w.found[0].At) != 2*fieldsDeep {
		t.Errorf("%v", w.found)
	}
}
