package law

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"gopkg.in/yaml.v3"
)

//go:embed schema/*.json
var schemas embed.FS

// schemaOf says which schema a file must keep, by its place in the pack; ""
// for a file that has no place.
func schemaOf(file string) string {
	folder, name := path.Split(file)
	switch folder {
	case "":
		switch name {
		case "pack.yaml", "purposes.yaml", "lifeevents.yaml", "bodies.yaml", "terms.yaml", "contracts.yaml":
			return strings.TrimSuffix(name, ".yaml")
		}
	case "instruments/", "services/", "rules/", "forms/", "calendars/", "cases/":
		return strings.TrimSuffix(folder, "s/")
	case "parameters/", "places/":
		return strings.TrimSuffix(folder, "/")
	}
	return ""
}

// compileSchemas reads the schemas that are part of the program, so an error
// is a mistake in the program and shows in its first test.
func compileSchemas() (map[string]*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	entries, err := schemas.ReadDir("schema")
	if err != nil {
		return nil, fmt.Errorf("list schemas: %w", err)
	}
	for _, entry := range entries {
		text, err := schemas.ReadFile("schema/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read schema: %w", err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("schema %s: %w", entry.Name(), err)
		}
		if err := compiler.AddResource(entry.Name(), doc); err != nil {
			return nil, fmt.Errorf("schema %s: %w", entry.Name(), err)
		}
	}
	compiled := map[string]*jsonschema.Schema{}
	for _, entry := range entries {
		schema, err := compiler.Compile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("compile schema %s: %w", entry.Name(), err)
		}
		compiled[strings.TrimSuffix(entry.Name(), ".json")] = schema
	}
	return compiled, nil
}

// conforms lists where the document breaks its schema.
func (d document) conforms(schema *jsonschema.Schema) Findings {
	err := schema.Validate(plain(d.root))
	broken, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return nil
	}
	return d.explain(broken)
}

// explain walks to the leaves, where the sentences are.
func (d document) explain(e *jsonschema.ValidationError) Findings {
	if _, choice := e.ErrorKind.(*kind.OneOf); choice || len(e.Causes) == 0 {
		return d.sentences(e)
	}
	var found Findings
	for _, cause := range e.Causes {
		found = append(found, d.explain(cause)...)
	}
	return found
}

func (d document) sentences(e *jsonschema.ValidationError) Findings {
	node, key := lookup(d.root, e.InstanceLocation...)
	at, name := d.at(node), "this value"
	if key != nil {
		at, name = d.at(key), fmt.Sprintf("%q", key.Value)
	}
	if k, unknown := e.ErrorKind.(*kind.AdditionalProperties); unknown {
		var found Findings
		for _, property := range k.Properties {
			unknownKey, _ := child(node, property)
			found = append(found, Finding{d.at(unknownKey), fmt.Sprintf("unknown key %q", property)})
		}
		return found
	}
	return Findings{{at, reason(e, name, node)}}
}

func reason(e *jsonschema.ValidationError, name string, node *yaml.Node) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		quoted := make([]string, len(k.Missing))
		for i, missing := range k.Missing {
			quoted[i] = strconv.Quote(missing)
		}
		return "missing key " + strings.Join(quoted, ", ")
	case *kind.Type:
		return fmt.Sprintf("%s must be %s, not %s", name, strings.Join(k.Want, " or "), k.Got)
	case *kind.Enum:
		return fmt.Sprintf("%s must be one of %v, not %q", name, k.Want, node.Value)
	case *kind.Pattern:
		return fmt.Sprintf("%s has the form %s; %q has not", name, k.Want, node.Value)
	case *kind.OneOf:
		return "give exactly one of the keys that exclude each other here"
	case *kind.MinItems:
		return name + " must not be empty"
	}
	return name + ": " + e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
}

// plain turns YAML into the values JSON Schema knows. Days stay text and
// numbers keep their digits, so that no amount passes through a float.
func plain(node *yaml.Node) any {
	switch node.Kind {
	case yaml.MappingNode:
		object := make(map[string]any, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			object[node.Content[i].Value] = plain(node.Content[i+1])
		}
		return object
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, item := range node.Content {
			list[i] = plain(item)
		}
		return list
	}
	switch node.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return slices.Contains([]string{"true", "True", "TRUE"}, node.Value)
	case "!!int", "!!float":
		if number := json.Number(node.Value); isDecimal(node.Value) {
			return number
		}
	}
	return node.Value
}

// isDecimal accepts the way people write numbers and none of the others that
// YAML has (octal, hexadecimal, infinity).
func isDecimal(s string) bool {
	return len(s) <= 30 && json.Valid([]byte(s)) && !strings.ContainsAny(s, "eE")
}
