package node

import (
	"context"
	"slices"
	"strings"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/contracts"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
)

// Bounds of the fields that a contract form offers: a description may hold
// itself, and nobody reads more.
const (
	fieldsDeep = 8
	fieldsMost = 200
)

// describer gives the description of a service; the catalogue is one.
type describer interface {
	Description(ctx context.Context, service registry.ID) (*openapi.Document, error)
}

// described tells the desk what services offer, by their descriptions.
type described struct{ describer }

// Operations implements desk.Descriptions. A description that cannot be read
// now is as good as none: the terms are then typed.
func (d described) Operations(ctx context.Context, service registry.ID) ([]contracts.Operation, bool) {
	doc, err := d.Description(ctx, service)
	if err != nil {
		return nil, false
	}
	operations := make([]contracts.Operation, len(doc.Operations))
	for i, op := range doc.Operations {
		operations[i] = contracts.Operation{Method: op.Method, Path: op.Path, Says: op.Title, Fields: answerFields(op)}
	}
	return operations, true
}

// Words implements receipts.Descriptions.
func (d described) Words(ctx context.Context, service registry.ID) map[string]lang.Text {
	words := map[string]lang.Text{}
	operations, _ := d.Operations(ctx, service)
	for _, o := range operations {
		for _, f := range o.Fields {
			if len(f.Says) > 0 {
				words[f.At] = f.Says
			}
		}
	}
	return words
}

// answerFields are the fields of what an operation answers when all is well.
func answerFields(op openapi.Operation) []contracts.Pointer {
	var w fieldWalk
	for _, answer := range op.Answers {
		if !answer.Good() {
			continue
		}
		for _, content := range answer.Contents {
			if strings.Contains(content.Type, "json") {
				w.walk("", content.Schema, nil)
			}
		}
	}
	return w.found
}

// fieldWalk collects the fields at which a schema ends, each once.
type fieldWalk struct{ found []contracts.Pointer }

func (w *fieldWalk) walk(at string, s *openapi.Schema, above []*openapi.Schema) {
	if s == nil || len(above) >= fieldsDeep || slices.Contains(above, s) {
		w.add(at, s)
		return
	}
	above = append(slices.Clone(above), s)
	inner := false
	for _, f := range s.Fields {
		inner = true
		w.walk(at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(f.Name), f.Schema, above)
	}
	for _, v := range s.Variants {
		inner = true
		w.walk(at, v, above)
	}
	if s.Items != nil && (len(s.Items.Fields) > 0 || len(s.Items.Variants) > 0) {
		inner = true
		w.walk(at+"/*", s.Items, above)
	}
	if !inner {
		w.add(at, s)
	}
}

func (w *fieldWalk) add(at string, s *openapi.Schema) {
	known := slices.ContainsFunc(w.found, func(p contracts.Pointer) bool { return p.At == at })
	if at == "" || known || len(w.found) >= fieldsMost {
		return
	}
	p := contracts.Pointer{At: at}
	if s != nil {
		p.Says = s.Text
	}
	w.found = append(w.found, p)
}
