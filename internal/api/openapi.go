package api

import (
	"encoding"
	"reflect"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
)

// Description describes the surface in OpenAPI 3.1. Its sentences are English.
func (s Surface) Description() map[string]any {
	paths := map[string]map[string]any{}
	for _, a := range s.Acts {
		method, path, _ := strings.Cut(a.Route, " ")
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(method)] = s.operation(a, method)
	}
	for _, b := range s.Bodies {
		method, path, _ := strings.Cut(b.Route, " ")
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		content := map[string]any{}
		for _, kind := range b.Takes {
			content[kind] = map[string]any{"schema": map[string]any{}}
		}
		o := s.operation(act.Act{Name: b.Name, Right: b.Right, Out: reflect.TypeOf(b.Out)}, "GET")
		o["requestBody"] = map[string]any{"required": true, "content": content}
		paths[path][strings.ToLower(method)] = o
	}
	described := map[string]any{
		"openapi": "3.1.0",
		"info":    map[string]any{"title": s.Say(lang.En, "surface."+s.Name), "version": "1"},
		"paths":   paths,
		"components": map[string]any{
			"securitySchemes": map[string]any{"token": map[string]any{"type": "http", "scheme": "bearer"}},
			"schemas":         map[string]any{"Problem": problemSchema()},
		},
	}
	if s.At != "" {
		described["servers"] = []any{map[string]any{"url": s.At}}
	}
	return described
}

func (s Surface) operation(a act.Act, method string) map[string]any {
	status := "200"
	if a.Made {
		status = "201"
	}
	refused := func(description string) map[string]any {
		return map[string]any{"description": description, "content": map[string]any{
			"application/problem+json": map[string]any{"schema": map[string]any{"$ref": "#/components/schemas/Problem"}}}}
	}
	o := map[string]any{
		"operationId": a.Name,
		"summary":     s.Say(lang.En, a.Name),
		"responses": map[string]any{
			status: map[string]any{"description": "done", "content": map[string]any{"application/json": map[string]any{"schema": schemaOf(a.Out, 0)}}},
			"401":  refused("the token is missing or unknown"), "403": refused("the token may not do this"),
			"404": refused("there is no such matter"), "409": refused("the matter has changed meanwhile"), "422": refused("something that was sent is wrong"),
		},
	}
	if !a.Right.Open {
		o["security"] = []any{map[string]any{"token": []any{}}}
	}
	var parameters []any
	properties, required := map[string]any{}, []string{}
	for _, f := range a.Fields {
		schema := s.fieldSchema(f)
		switch {
		case f.InPath:
			parameters = append(parameters, map[string]any{"name": f.Name, "in": "path", "required": true, "schema": schema})
		case method == "GET":
			parameters = append(parameters, map[string]any{"name": f.Name, "in": "query", "required": !f.Optional, "schema": schema})
		default:
			properties[f.Name] = schema
			if !f.Optional {
				required = append(required, f.Name)
			}
		}
	}
	if method != "GET" {
		parameters = append(parameters, map[string]any{"name": "Idempotency-Key", "in": "header", "required": false,
			"description": "the same request again under the same key is done once", "schema": map[string]any{"type": "string", "maxLength": maxKey}})
		body := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
		if len(required) > 0 {
			body["required"] = required
		}
		o["requestBody"] = map[string]any{"required": len(required) > 0, "content": map[string]any{"application/json": map[string]any{"schema": body}}}
	}
	if len(parameters) > 0 {
		o["parameters"] = parameters
	}
	return o
}

// fieldSchema is the type of a field in JSON Schema 2020-12.
func (s Surface) fieldSchema(f act.Asked) map[string]any {
	schema := map[string]any{}
	switch f.Kind {
	case act.Count, act.Version:
		schema["type"], schema["minimum"], schema["maximum"] = "integer", 0, f.Most
	case act.YesNo, act.Consent:
		schema["type"] = "boolean"
	case act.Several:
		schema["type"], schema["items"], schema["maxItems"] = "array", map[string]any{"type": "string"}, f.Most
	case act.File:
		schema["type"], schema["contentEncoding"], schema["maxLength"] = "string", "base64", (f.Most+2)/3*4
	case act.Structure:
		schema = schemaOf(reflect.TypeOf(f.Shape), 0)
	case act.Day:
		schema["type"], schema["format"] = "string", "date"
	case act.Month:
		schema["type"], schema["pattern"] = "string", "^[0-9]{4}-(0[1-9]|1[0-2])$"
	default:
		schema["type"], schema["maxLength"] = "string", f.Most
		if !f.Optional {
			schema["minLength"] = 1
		}
	}
	if said := s.Say(lang.En, f.Says); !strings.HasPrefix(said, "[") {
		schema["title"] = said
	}
	return schema
}

// maxNesting bounds how deep the description of an answer goes; a type that
// holds itself ends there.
const maxNesting = 6

// schemaOf is the JSON Schema of what encoding/json makes of a type.
func schemaOf(t reflect.Type, depth int) map[string]any {
	if t == nil || depth > maxNesting {
		return map[string]any{}
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), depth)
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return map[string]any{"type": "string", "contentEncoding": "base64"}
		}
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), depth+1)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), depth+1)}
	case reflect.Struct:
		properties := map[string]any{}
		members(t, depth, properties)
		return map[string]any{"type": "object", "properties": properties}
	}
	return map[string]any{}
}

// members adds what encoding/json writes of a struct.
func members(t reflect.Type, depth int, into map[string]any) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			members(f.Type, depth, into)
		case name == "":
			into[f.Name] = schemaOf(f.Type, depth+1)
		default:
			into[name] = schemaOf(f.Type, depth+1)
		}
	}
}

// problemSchema is the document of RFC 9457 as this program writes it.
func problemSchema() map[string]any {
	text, number := map[string]any{"type": "string"}, map[string]any{"type": "integer"}
	return map[string]any{"type": "object", "required": []string{"type", "title", "status", "code"}, "properties": map[string]any{
		"type": text, "title": text, "status": number, "code": text,
		"fields": map[string]any{"type": "array", "items": map[string]any{"type": "object", "properties": map[string]any{"name": text, "code": text, "title": text}}},
	}}
}
