package openapi

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// schema makes ours of the library's. It is known before its parts are made, so
// that one that holds itself ends.
func (b *builder) schema(ref *openapi3.SchemaRef) *Schema {
	if ref == nil || ref.Value == nil {
		return &Schema{}
	}
	if made, there := b.schemas[ref.Value]; there {
		return made
	}
	s := ref.Value
	made := &Schema{Text: translated(s.Description, s.Extensions), Format: s.Format, Pattern: s.Pattern, Deprecated: s.Deprecated}
	b.schemas[s] = made
	if name, is := strings.CutPrefix(ref.Ref, "#/components/schemas/"); is {
		made.Name = name
	}
	if made.Text == nil {
		made.Text = textOf(s.Title, "")
	}
	made.Types, made.Values, made.Example = typesOf(s), valuesOf(s), schemaExample(s)
	made.Number, made.Length, made.Count = numberRange(s), wholeRange(s.MinLength, s.MaxLength), wholeRange(s.MinItems, s.MaxItems)
	b.members(s, made)
	if s.Items != nil {
		made.Items = b.schema(s.Items)
	}
	for _, variant := range slices.Concat(s.OneOf, s.AnyOf) {
		made.Variants = append(made.Variants, b.schema(variant))
	}
	made.Other = otherRules(s)
	if len(s.AllOf) > 0 {
		places := make(map[string]int, len(made.Fields))
		for i, field := range made.Fields {
			places[field.Name] = i
		}
		for _, part := range s.AllOf {
			b.merge(made, b.schema(part), places)
		}
	}
	slices.SortFunc(made.Fields, byRequired)
	return made
}

// members makes the fields of an object.
func (b *builder) members(s *openapi3.Schema, made *Schema) {
	required := make(map[string]bool, len(s.Required))
	for _, name := range s.Required {
		required[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		made.Fields = append(made.Fields, Field{name, required[name], b.schema(s.Properties[name])})
	}
	for _, name := range slices.Sorted(slices.Values(s.Required)) {
		if s.Properties[name] == nil {
			made.Fields = append(made.Fields, Field{name, true, &Schema{}})
		}
	}
	if more := s.AdditionalProperties; more.Has != nil {
		made.Closed = !*more.Has
	} else if more.Schema != nil {
		made.Rest = b.schema(more.Schema)
	}
}

func byRequired(a, b Field) int {
	if a.Required != b.Required {
		return map[bool]int{true: -1, false: 1}[a.Required]
	}
	return cmp.Compare(a.Name, b.Name)
}

// maxOther bounds the rules of a schema that are kept as text, in bytes: parts of parts
// bring theirs along.
const maxOther = 64 << 10

// merge adds a part of an allOf: what every part asks for holds. places says where the
// fields are.
func (b *builder) merge(into, part *Schema, places map[string]int) {
	if b.fields++; b.fields > maxValues || len(into.Other)+len(part.Other) > maxOther {
		b.err = tooComplex()
		return
	}
	for _, field := range part.Fields {
		if b.fields++; b.fields > maxValues {
			b.err = tooComplex()
			return
		}
		at, there := places[field.Name]
		if !there {
			places[field.Name] = len(into.Fields)
			into.Fields = append(into.Fields, field)
			continue
		}
		into.Fields[at].Required = into.Fields[at].Required || field.Required
		if bare(into.Fields[at].Schema) {
			into.Fields[at].Schema = field.Schema
		}
	}
	into.Types, into.Values, into.Variants = first(into.Types, part.Types), first(into.Values, part.Values), first(into.Variants, part.Variants)
	into.Format, into.Pattern, into.Example = cmp.Or(into.Format, part.Format), cmp.Or(into.Pattern, part.Pattern), cmp.Or(into.Example, part.Example)
	into.Items, into.Rest, into.Closed = cmp.Or(into.Items, part.Items), cmp.Or(into.Rest, part.Rest), into.Closed || part.Closed
	into.Number, into.Length, into.Count = cmp.Or(into.Number, part.Number), cmp.Or(into.Length, part.Length), cmp.Or(into.Count, part.Count)
	into.Other += part.Other
	if into.Text == nil {
		into.Text = part.Text
	}
}

// bare reports whether a schema says nothing, as of a field that is only named
// as required.
func bare(s *Schema) bool {
	return len(s.Types)+len(s.Fields)+len(s.Values)+len(s.Variants) == 0 && s.Items == nil && s.Name == ""
}

func first[T any](a, b []T) []T {
	if len(a) > 0 {
		return a
	}
	return b
}

func typesOf(s *openapi3.Schema) []string {
	var types []string
	if s.Type != nil {
		types = slices.Clone(*s.Type)
	}
	if len(types) == 0 && len(s.Properties) > 0 {
		types = []string{"object"}
	}
	if s.Nullable && len(types) > 0 {
		types = append(types, "null")
	}
	slices.Sort(types)
	return slices.Compact(types)
}

func valuesOf(s *openapi3.Schema) []string {
	if s.Const != nil {
		return []string{asJSON(s.Const)}
	}
	var values []string
	for _, value := range s.Enum {
		values = append(values, asJSON(value))
	}
	return values
}

func schemaExample(s *openapi3.Schema) string {
	if s.Example != nil {
		return asJSON(s.Example)
	}
	if len(s.Examples) > 0 {
		return asJSON(s.Examples[0])
	}
	return ""
}

func numberRange(s *openapi3.Schema) Range {
	r := Range{Low: s.Min, High: s.Max}
	if s.ExclusiveMin.Value != nil {
		r.Low, r.OverLow = s.ExclusiveMin.Value, true
	}
	if s.ExclusiveMax.Value != nil {
		r.High, r.UnderTop = s.ExclusiveMax.Value, true
	}
	r.OverLow = r.OverLow || s.ExclusiveMin.Bool != nil && *s.ExclusiveMin.Bool
	r.UnderTop = r.UnderTop || s.ExclusiveMax.Bool != nil && *s.ExclusiveMax.Bool
	return r
}

func wholeRange(least uint64, most *uint64) (r Range) {
	if least > 0 {
		low := float64(least)
		r.Low = &low
	}
	if most != nil {
		high := float64(*most)
		r.High = &high
	}
	return r
}

// otherRules is what else a schema demands, as one text: enough to see that it
// is not the same any more. What it refers to stands there by name.
func otherRules(s *openapi3.Schema) string {
	rest := openapi3.Schema{
		Not: s.Not, If: s.If, Then: s.Then, Else: s.Else, PatternProperties: s.PatternProperties, DependentSchemas: s.DependentSchemas,
		DependentRequired: s.DependentRequired, PropertyNames: s.PropertyNames, Contains: s.Contains, MinContains: s.MinContains, MaxContains: s.MaxContains,
		PrefixItems: s.PrefixItems, UnevaluatedItems: s.UnevaluatedItems, UnevaluatedProperties: s.UnevaluatedProperties, MultipleOf: s.MultipleOf,
		UniqueItems: s.UniqueItems, MinProps: s.MinProps, MaxProps: s.MaxProps, ContentEncoding: s.ContentEncoding, ContentMediaType: s.ContentMediaType,
	}
	raw, err := json.Marshal(&rest)
	if err != nil || string(raw) == "{}" {
		return ""
	}
	return string(raw)
}
