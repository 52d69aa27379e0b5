package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"

	"gopkg.in/yaml.v3"
)

// The bounds of a description.
const (
	MaxBytes  = 2 << 20 // as it was written
	maxDepth  = 64      // containers within each other
	maxValues = 100_000 // values, those of an alias counted each time it stands for them
)

// reader turns a text into the tree of its values, counting as it goes.
type reader struct{ values int }

// readTree reads JSON or YAML, whichever it is.
func readTree(raw []byte) (tree any, yamlText bool, err error) {
	switch {
	case len(raw) > MaxBytes:
		return nil, false, TooLarge()
	case !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0:
		return nil, false, problem.New(problem.Invalid, "description-not-text")
	}
	var r reader
	if bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		tree, err = readJSON(raw)
		return tree, false, err
	}
	tree, err = r.yaml(raw)
	return tree, true, err
}

// TooLarge is the problem of a text over MaxBytes, for those who count while it
// still comes.
func TooLarge() error {
	return problem.New(problem.TooLarge, "description-too-large", "max", strconv.Itoa(MaxBytes>>20))
}

func unreadable(err error) error {
	return problem.New(problem.Invalid, "description-unreadable", "says", brief(err)).Because(err)
}

func twice(name string) error {
	return problem.New(problem.Invalid, "description-key-twice", "name", cut(name))
}

// brief keeps the first line of what a library says, without the library.
func brief(err error) string {
	says, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "yaml: "), "\n")
	return cut(says)
}

// cut bounds a text that is repeated to people, in characters.
func cut(s string) string {
	const most = 200
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// count notes one more value at a depth.
func (r *reader) count(depth int) error {
	if r.values++; r.values > maxValues || depth > maxDepth {
		return tooComplex()
	}
	return nil
}

func tooComplex() error {
	return problem.New(problem.Invalid, "description-too-complex", "values", strconv.Itoa(maxValues), "depth", strconv.Itoa(maxDepth))
}

func readJSON(raw []byte) (tree any, err error) {
	err = (strict.Bounds{Bytes: MaxBytes, Depth: maxDepth - 1, Values: maxValues}).Decode(raw, &tree)
	wrong, _ := errors.AsType[*strict.Error](err)
	switch {
	case errors.Is(err, strict.ErrTwice):
		return nil, twice(wrong.Name)
	case errors.Is(err, strict.ErrLarge):
		return nil, tooComplex()
	case err != nil:
		return nil, unreadable(err)
	}
	return tree, nil
}

func (r *reader) yaml(raw []byte) (any, error) {
	d := yaml.NewDecoder(bytes.NewReader(raw))
	var root yaml.Node
	if err := d.Decode(&root); err != nil {
		return nil, unreadable(err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, unreadable(errors.New("something follows the document"))
	}
	return r.yamlValue(root.Content[0], 1)
}

// yamlValue reads a node. An alias is read each time it stands somewhere, so
// that its weight is counted; one that holds itself ends at the depth.
func (r *reader) yamlValue(node *yaml.Node, depth int) (any, error) {
	if err := r.count(depth); err != nil {
		return nil, err
	}
	switch node.Kind {
	case yaml.AliasNode:
		return r.yamlValue(node.Alias, depth+1)
	case yaml.MappingNode:
		return r.yamlMapping(node, depth)
	case yaml.SequenceNode:
		list := []any{}
		for _, child := range node.Content {
			value, err := r.yamlValue(child, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	}
	return yamlScalar(node)
}

func (r *reader) yamlMapping(node *yaml.Node, depth int) (any, error) {
	object := map[string]any{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			return nil, unreadable(fmt.Errorf("line %d: a key must be plain text", key.Line))
		}
		if _, there := object[key.Value]; there {
			return nil, twice(key.Value)
		}
		of := node.Content[i+1]
		if written := of.Kind == yaml.ScalarNode && of.Value != "" && of.ShortTag() != "!!null"; written && isText(key.Value) {
			of.Tag = "!!str"
		}
		value, err := r.yamlValue(of, depth+1)
		if err != nil {
			return nil, err
		}
		object[key.Value] = value
	}
	return object, nil
}

// isText reports the names whose values are texts in a description, also where somebody wrote
// them without quotes and YAML would read a number, a date or a yes: "version: 010".
func isText(key string) bool {
	switch key {
	case "openapi", "version", "title", "summary", "description", "operationId", "termsOfService":
		return true
	}
	return false
}

// yamlScalar reads a scalar as JSON has it. Dates and whatever else YAML knows
// beyond JSON are text.
func yamlScalar(node *yaml.Node) (any, error) {
	switch node.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		var b bool
		if err := node.Decode(&b); err != nil {
			return nil, unreadable(err)
		}
		return b, nil
	case "!!int", "!!float":
		return yamlNumber(node)
	}
	return node.Value, nil
}

func yamlNumber(node *yaml.Node) (any, error) {
	if json.Valid([]byte(node.Value)) {
		return json.Number(node.Value), nil
	}
	var x float64
	if err := node.Decode(&x); err != nil {
		return nil, unreadable(err)
	}
	if _, err := json.Marshal(x); err != nil { // not a number, infinite
		return nil, unreadable(fmt.Errorf("line %d: %s is no number of JSON", node.Line, node.Value))
	}
	return x, nil
}
