package node

import (
	"context"
	"errors"
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
	body := &openapi.Schema{Fields: []openapi.Field{{Name: "born", Schema: &openapi.Schema{Text: lang.Text{"en": "day of birth"}}}}}
	doc := &openapi.Document{Operations: []openapi.Operation{{Method: "GET", Path: "/births/{birth}", Title: lang.Text{"en": "One birth"}, Answers: []openapi.Answer{
		{Status: "200", Contents: []openapi.Content{{Type: "application/json", Schema: body}}},
	}}}}
	found, ok := offered{shelf{doc}}.Operations(t.Context(), registry.ID{})
	if !ok || len(found) != 1 || found[0].Method != "GET" || found[0].Says["en"] != "One birth" {
		t.Fatalf("%+v", found)
	}
	if len(found[0].Fields) != 1 || found[0].Fields[0].At != "/born" {
		t.Fatalf("fields %v", found[0].Fields)
	}
	if found[0].Fields[0].Says["en"] != "day of birth" {
		t.Errorf("what it means: %v", found[0].Fields[0])
	}
	if _, ok := (offered{shelf{}}).Operations(t.Context(), registry.ID{}); ok {
		t.Error("a service that nobody described offers something")
	}
}
