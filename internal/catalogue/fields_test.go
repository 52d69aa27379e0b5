package catalogue

import (
	"fmt"
	"slices"
	"testing"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/lang"
)

func TestTheFieldsOfAnAnswer(t *testing.T) {
	text := &openapi.Schema{Text: lang.Text{"en": "day of birth"}}
	person := &openapi.Schema{}
	person.Fields = []openapi.Field{{Name: "name", Schema: &openapi.Schema{}}, {Name: "mother", Schema: person}, {Name: "a/b~c", Schema: &openapi.Schema{}}}
	body := &openapi.Schema{
		Fields:   []openapi.Field{{Name: "born", Schema: text}, {Name: "parents", Schema: &openapi.Schema{Items: person}}, {Name: "tags", Schema: &openapi.Schema{Items: &openapi.Schema{}}}},
		Variants: []*openapi.Schema{{Fields: []openapi.Field{{Name: "born", Schema: text}, {Name: "live", Schema: &openapi.Schema{}}}}},
	}
	wrong := &openapi.Schema{Fields: []openapi.Field{{Name: "error", Schema: &openapi.Schema{}}}}
	found := Fields(openapi.Operation{Method: "GET", Path: "/births/{birth}", Answers: []openapi.Answer{
		{Status: "200", Contents: []openapi.Content{{Type: "application/json", Schema: body}, {Type: "text/html", Schema: wrong}}},
		{Status: "404", Contents: []openapi.Content{{Type: "application/json", Schema: wrong}}},
	}})
	var at []string
	for _, p := range found {
		at = append(at, p.At)
	}
	if want := []string{"/born", "/parents/*/name", "/parents/*/mother", "/parents/*/a~1b~0c", "/tags", "/live"}; !slices.Equal(at, want) {
		t.Errorf("fields %v, want %v", at, want)
	}
	if found[0].Says["en"] != "day of birth" {
		t.Errorf("what it means: %v", found[0])
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

// Schemas that name each other make more ways than anybody could walk: the walk stops
// at its budget, not only the list at its end.
func TestAWalkOfFieldsEnds(t *testing.T) {
	all := make([]*openapi.Schema, 12)
	for i := range all {
		all[i] = &openapi.Schema{}
	}
	for i, s := range all {
		for p := range 12 {
			s.Fields = append(s.Fields, openapi.Field{Name: fmt.Sprint("p", p), Schema: all[(i+p+1)%12]})
			s.Variants = append(s.Variants, all[(i+p+2)%12])
		}
	}
	op := openapi.Operation{Answers: []openapi.Answer{{Status: "200", Contents: []openapi.Content{{Type: "application/json", Schema: all[0]}}}}}
	if found := Fields(op); len(found) == 0 || len(found) > 200 {
		t.Errorf("%d fields", len(found))
	}
}
