package openapi

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"dobosh/internal/kit/lang"

	"github.com/getkin/kin-openapi/openapi3"
)

// english is the member beside a text that holds its English translation,
// because OpenAPI knows one language only.
const english = "x-en"

// builder makes the small model of a document. Each schema of the library
// becomes one of ours, so that a description costs once what it holds, however
// often it refers to it.
type builder struct {
	spec    *openapi3.T
	schemas map[*openapi3.Schema]*Schema
	fields  int // made by merging, which can make many of few
	err     error
}

func build(spec *openapi3.T) (*Document, error) {
	b := &builder{spec: spec, schemas: map[*openapi3.Schema]*Schema{}}
	info := spec.Info
	doc := &Document{OpenAPI: spec.OpenAPI, Title: translated(info.Title, info.Extensions), Version: info.Version, Text: textOf(info.Description, "")}
	if info.Summary != "" {
		doc.Text = textOf(info.Summary, "")
	}
	if in := fromExtension(info.Extensions, "x-en-description"); in != "" {
		doc.Text = textOf(doc.Text["sr"], in)
	}
	if c := info.Contact; c != nil {
		doc.Contact = Contact{c.Name, c.Email, c.URL}
	}
	paths := spec.Paths.Map()
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		operations := paths[path].Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			doc.Operations = append(doc.Operations, b.operation(method, path, paths[path], operations[method]))
		}
	}
	return doc, b.err
}

func translated(text string, extensions map[string]any) lang.Text {
	return textOf(text, fromExtension(extensions, english))
}

func fromExtension(extensions map[string]any, name string) string {
	text, _ := extensions[name].(string)
	return text
}

func (b *builder) operation(method, path string, item *openapi3.PathItem, op *openapi3.Operation) Operation {
	made := Operation{
		Method: method, Path: path, ID: op.OperationID, Title: translated(op.Summary, op.Extensions), Text: textOf(op.Description, fromExtension(op.Extensions, "x-en-description")),
		Deprecated: op.Deprecated, Parameters: b.parameters(item.Parameters, op.Parameters), Security: b.security(op), Answers: b.answers(op.Responses),
	}
	if op.RequestBody != nil && op.RequestBody.Value != nil {
		body := op.RequestBody.Value
		made.Body = &Body{Required: body.Required, Text: translated(body.Description, body.Extensions), Contents: b.contents(body.Content)}
	}
	return made
}

// parameters gives those of the path and those of the operation, which win.
func (b *builder) parameters(shared, own openapi3.Parameters) []Parameter {
	byPlace := map[string]Parameter{}
	for _, list := range []openapi3.Parameters{shared, own} {
		for _, ref := range list {
			if ref != nil && ref.Value != nil {
				p := b.parameter(ref.Value)
				byPlace[p.In+":"+p.Name] = p
			}
		}
	}
	order := func(p Parameter) int { return slices.Index([]string{"path", "query", "header", "cookie"}, p.In) }
	return slices.SortedFunc(maps.Values(byPlace), func(a, b Parameter) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.Name, b.Name))
	})
}

func (b *builder) parameter(p *openapi3.Parameter) Parameter {
	made := Parameter{In: p.In, Name: p.Name, Required: p.Required, Deprecated: p.Deprecated, Form: p.Style, Text: translated(p.Description, p.Extensions), Schema: b.schema(p.Schema)}
	if p.Explode != nil {
		made.Form += map[bool]string{true: " exploded", false: " joined"}[*p.Explode]
	}
	if p.Schema == nil {
		for _, content := range b.contents(p.Content) {
			made.Schema, made.Form = content.Schema, content.Type
		}
	}
	if made.Schema.Example == "" && p.Example != nil {
		with := *made.Schema
		with.Example = asJSON(p.Example)
		made.Schema = &with
	}
	return made
}

func (b *builder) answers(responses *openapi3.Responses) []Answer {
	var all []Answer
	byStatus := responses.Map()
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		response := byStatus[status].Value
		if response == nil {
			continue
		}
		made := Answer{Status: status, Contents: b.contents(response.Content)}
		if response.Description != nil {
			made.Text = translated(*response.Description, response.Extensions)
		}
		for _, name := range slices.Sorted(maps.Keys(response.Headers)) {
			if header := response.Headers[name].Value; header != nil {
				h := b.parameter(&header.Parameter)
				h.In, h.Name = "header", name
				made.Headers = append(made.Headers, h)
			}
		}
		all = append(all, made)
	}
	return all
}

func (b *builder) contents(content openapi3.Content) []Content {
	var all []Content
	for _, kind := range slices.Sorted(maps.Keys(content)) {
		if content[kind] != nil {
			all = append(all, Content{Type: kind, Schema: b.schema(content[kind].Schema), Example: exampleOf(content[kind])})
		}
	}
	return all
}

// exampleOf takes the example, or the first of several.
func exampleOf(m *openapi3.MediaType) string {
	if m.Example != nil {
		return asJSON(m.Example)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Examples)) {
		if ref := m.Examples[name]; ref != nil && ref.Value != nil && ref.Value.Value != nil {
			return asJSON(ref.Value.Value)
		}
	}
	return ""
}

// security names the ways in which an operation wants the asker to prove
// itself, with what each scheme is, so that another scheme of the same name is
// another way.
func (b *builder) security(op *openapi3.Operation) []string {
	needs := b.spec.Security
	if op.Security != nil {
		needs = *op.Security
	}
	var ways []string
	for _, need := range needs {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(need)) {
			parts = append(parts, strings.TrimSpace(name+" "+b.scheme(name)+" "+strings.Join(slices.Sorted(slices.Values(need[name])), " ")))
		}
		ways = append(ways, strings.Join(parts, " + "))
	}
	slices.Sort(ways)
	return slices.Compact(ways)
}

func (b *builder) scheme(name string) string {
	if b.spec.Components == nil || b.spec.Components.SecuritySchemes[name] == nil || b.spec.Components.SecuritySchemes[name].Value == nil {
		return ""
	}
	s := b.spec.Components.SecuritySchemes[name].Value
	return strings.Join(slices.DeleteFunc([]string{s.Type, s.Scheme, s.In, s.Name}, func(part string) bool { return part == "" }), "/")
}

func asJSON(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return "" // it came from JSON
	}
	return string(raw)
}
