package catalogue

import (
	"context"
	"slices"
	"strings"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
)

// Bounds of the fields of an answer: a description may hold itself, and nobody
// reads more.
const (
	fieldsDeep = 8
	fieldsMost = 200
	fieldsWalk = 5000 // schemas looked at for one operation: few that name each other make many ways
)

// Field is one of an answer.
type Field struct {
	At   string    // JSON pointer; "*" for every element of a list
	Says lang.Text // what it means, as its author wrote it
}

// Words says what the fields of a service mean, by their pointer; empty where
// nobody described it.
func (r *Room) Words(ctx context.Context, service registry.ID) map[string]lang.Text {
	means := map[string]lang.Text{}
	doc, err := r.Description(ctx, service)
	if err != nil {
		return means
	}
	return r.parsed.words(doc, func() map[string]lang.Text {
		for _, op := range doc.Operations {
			if ctx.Err() != nil {
				return nil // whoever asked has gone
			}
			for _, f := range Fields(op) {
				if len(f.Says) > 0 && len(means) < fieldsWalk {
					means[f.At] = f.Says
				}
			}
		}
		return means
	})
}

// Fields are those of what an operation answers when all is well.
func Fields(op openapi.Operation) []Field {
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
type fieldWalk struct {
	found []Field
	steps int
}

func (w *fieldWalk) walk(at string, s *openapi.Schema, above []*openapi.Schema) {
	if w.steps++; w.steps > fieldsWalk || len(w.found) >= fieldsMost {
		return
	}
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
	known := slices.ContainsFunc(w.found, func(f Field) bool { return f.At == at })
	if at == "" || known || len(w.found) >= fieldsMost {
		return
	}
	f := Field{At: at}
	if s != nil {
		f.Says = s.Text
	}
	w.found = append(w.found, f)
}
