package openapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"dobosh/internal/kit/problem"

	"github.com/getkin/kin-openapi/openapi3"
)

// Read checks a description and reads it. Problems: description-too-large,
// description-not-text, description-unreadable, description-key-twice,
// description-too-complex, description-not-openapi, description-version,
// description-remote and description-invalid.
func Read(raw []byte) (*Document, error) {
	tree, isYAML, err := readTree(raw)
	if err != nil {
		return nil, err
	}
	asTexts(tree)
	if err := checkVersion(tree); err != nil {
		return nil, err
	}
	if err := checkReferences(tree); err != nil {
		return nil, err
	}
	spec, err := load(tree)
	if err != nil {
		return nil, problem.New(problem.Invalid, "description-invalid", "says", brief(err)).Because(err)
	}
	doc, err := build(spec)
	if err != nil {
		return nil, err
	}
	doc.Raw, doc.Digest, doc.MediaType = raw, Digest(raw), "application/json"
	if isYAML {
		doc.MediaType = "application/yaml"
	}
	return doc, nil
}

// Digest names a description by its bytes: SHA-256 in lower-case hex.
func Digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// asTexts makes texts of versions that were written as numbers of JSON, and names "3.1" in
// full, as the library knows it.
func asTexts(tree any) {
	root, _ := tree.(map[string]any)
	info, _ := root["info"].(map[string]any)
	if number, is := root["openapi"].(json.Number); is {
		root["openapi"] = number.String()
	}
	if number, is := info["version"].(json.Number); is {
		info["version"] = number.String()
	}
	if version := root["openapi"]; version == "3.0" || version == "3.1" {
		root["openapi"] = version.(string) + ".0"
	}
}

// checkVersion takes OpenAPI 3.0 and 3.1.
func checkVersion(tree any) error {
	root, _ := tree.(map[string]any)
	version, _ := root["openapi"].(string)
	switch {
	case strings.HasPrefix(version, "3.0.") || strings.HasPrefix(version, "3.1."):
		return nil
	case version != "":
		return problem.New(problem.Invalid, "description-version", "version", cut(version))
	case root["swagger"] != nil:
		return problem.New(problem.Invalid, "description-version", "version", "2.0")
	}
	return problem.New(problem.Invalid, "description-not-openapi")
}

// checkReferences refuses every reference that leads out of the document. It
// looks at every member of such a name, wherever it stands: what is refused
// once too often is written differently, what is followed once is a request on
// somebody's behalf.
func checkReferences(tree any) error {
	switch value := tree.(type) {
	case map[string]any:
		for _, name := range []string{"$ref", "$dynamicRef", "$recursiveRef", "$id", "operationRef"} {
			if ref, is := value[name].(string); is && !strings.HasPrefix(ref, "#") {
				return problem.New(problem.Invalid, "description-remote", "reference", cut(ref))
			}
		}
		for _, member := range value {
			if err := checkReferences(member); err != nil {
				return err
			}
		}
	case []any:
		for _, element := range value {
			if err := checkReferences(element); err != nil {
				return err
			}
		}
	}
	return nil
}

var errOutside = errors.New("a description refers to nothing outside of itself")

// load lets the library resolve and validate. Patterns are those of ECMA, which
// Go does not compile, and values of examples are not tried against their
// schemas, which can take for ever.
func load(tree any) (*openapi3.T, error) {
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	if err := e.Encode(tree); err != nil {
		return nil, err
	}
	loader := openapi3.NewLoader()
	loader.ReadFromURIFunc = func(*openapi3.Loader, *url.URL) ([]byte, error) { return nil, errOutside }
	spec, err := loader.LoadFromData(plain.Bytes())
	if err != nil {
		return nil, err
	}
	return spec, spec.Validate(context.Background(), openapi3.DisableSchemaPatternValidation(), openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation())
}
