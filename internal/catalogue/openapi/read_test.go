package openapi

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"dobosh/internal/kit/problem"
)

const head = "openapi: 3.0.3\ninfo: {title: Рођења, version: '1.0'}\n"

// births is a description as authors write them.
const births = head + `
paths:
  /v1/births/{birth}:
    get:
      summary: Једно рођење
      x-en: One birth
      parameters:
        - {name: birth, in: path, required: true, description: Ознака уписа, schema: {type: string, minLength: 5}}
      responses:
        200:
          description: Упис
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Birth'}
              example: {born: 2026-11-23, children: [{name: Ана}]}
        404: {description: Нема га}
components:
  schemas:
    Birth:
      type: object
      required: [born]
      properties:
        born: {type: string, format: date, description: Дан рођења}
        order: {type: integer, minimum: 1}
        children: {type: array, items: {$ref: '#/components/schemas/Child'}}
    Child:
      allOf:
        - type: object
          properties: {name: {type: string}}
        - type: object
          required: [name]
          properties: {twin: {$ref: '#/components/schemas/Child'}}
`

func TestReadsADescription(t *testing.T) {
	doc, err := Read([]byte(births))
	if err != nil {
		t.Fatal(err)
	}
	if doc.MediaType != "application/yaml" || doc.Version != "1.0" || doc.Title["sr"] != "Рођења" || len(doc.Operations) != 1 {
		t.Fatalf("read %s, version %s, %v, %d operations", doc.MediaType, doc.Version, doc.Title, len(doc.Operations))
	}
	op := doc.Operations[0]
	if op.Method != "GET" || op.Title["en"] != "One birth" || op.Parameters[0].Name != "birth" || *op.Parameters[0].Schema.Length.Low != 5 {
		t.Errorf("operation is %+v", op)
	}
	body := op.Answers[0].Contents[0]
	if body.Example != `{"born":"2026-11-23","children":[{"name":"Ана"}]}` {
		t.Errorf("example is %s", body.Example)
	}
	if names := fieldNames(body.Schema); names != "born! children order" {
		t.Errorf("fields are %s", names)
	}
	child := body.Schema.Fields[1].Schema.Items
	if child.Name != "Child" || fieldNames(child) != "name! twin" || child.Fields[1].Schema != child {
		t.Errorf("the child is %q with %s", child.Name, fieldNames(child))
	}
}

func fieldNames(s *Schema) string {
	var names []string
	for _, f := range s.Fields {
		names = append(names, f.Name+map[bool]string{true: "!"}[f.Required])
	}
	return strings.Join(names, " ")
}

func TestReadsJSONAsYAML(t *testing.T) {
	written := `{"openapi":"3.1.0","info":{"title":"A 😀 \ud83d\ude00","version":"2"},"paths":{"/a":{"get":{"responses":{"200":{"description":"d",
		"content":{"application/json":{"schema":{"type":["string","null"],"const":"x","exclusiveMinimum":3}}}}}}}}}`
	doc, err := Read([]byte(written))
	if err != nil {
		t.Fatal(err)
	}
	s := doc.Operations[0].Answers[0].Contents[0].Schema
	if doc.MediaType != "application/json" || doc.Title["en"] != "A 😀 😀" || strings.Join(s.Types, " ") != "null string" || s.Values[0] != `"x"` || !s.Number.OverLow {
		t.Errorf("read %s %v %+v", doc.MediaType, doc.Title, s)
	}
}

// TestBadDescriptions: each is refused with the code that says why.
func TestBadDescriptions(t *testing.T) {
	operation := func(schema string) string {
		return head + "paths: {/a: {get: {responses: {200: {description: d, content: {application/json: {schema: " + schema + "}}}}}}}"
	}
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 8 {
		bomb += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", 'b'+i, 'b'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i)
	}
	for _, test := range []struct{ what, text, code string }{
		{"nothing", "", "description-unreadable"},
		{"half of JSON", `{"openapi": "3.0.0"`, "description-unreadable"},
		{"more after JSON", `{"openapi": "3.0.0"} {}`, "description-unreadable"},
		{"two documents of YAML", head + "---\na: b\n", "description-unreadable"},
		{"no YAML", "a: [", "description-unreadable"},
		{"a list as a key", "? [a]\n: b\n", "description-unreadable"},
		{"merged keys", "a: &a {b: c}\nd:\n  <<: *a\n", "description-unreadable"},
		{"no number", head + "x-a: .inf\n", "description-unreadable"},
		{"broken UTF-8", head + "x-a: \xff\xfe\n", "description-not-text"},
		{"a zero byte", head + "x-a: \x00\n", "description-not-text"},
		{"UTF-16", "\xff\xfeo\x00p\x00", "description-not-text"},
		{"too large", head + strings.Repeat("#\n", MaxBytes/2), "description-too-large"},
		{"a bomb of aliases", head + bomb, "description-too-complex"},
		{"an alias of itself", "a: &a [*a]\n", "description-too-complex"},
		{"deep YAML", strings.Repeat("[", 2000), "description-unreadable"},
		{"deep lists", "a: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), "description-too-complex"},
		{"a JSON bomb", `{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}", "description-too-complex"},
		{"many values", `{"a":[` + strings.Repeat("1,", maxValues) + "1]}", "description-too-complex"},
		{"a name twice", `{"openapi":"3.0.0","openapi":"3.1.0"}`, "description-key-twice"},
		{"a name twice in YAML", "openapi: 3.0.0\nopenapi: 3.1.0\n", "description-key-twice"},
		{"plain text", "just words", "description-not-openapi"},
		{"another document", "a: b", "description-not-openapi"},
		{"OpenAPI 2", `{"swagger":"2.0","info":{"title":"a","version":"1"},"paths":{}}`, "description-version"},
		{"OpenAPI 4", "openapi: 4.0.0", "description-version"},
		{"a remote reference", operation("{$ref: 'https://example.org/a.yaml#/A'}"), "description-remote"},
		{"a file", operation("{$ref: '/etc/passwd'}"), "description-remote"},
		{"a file beside it", operation("{$ref: 'other.yaml#/A'}"), "description-remote"},
		{"another name for itself", operation("{$id: 'https://example.org/', type: string}"), "description-remote"},
		{"no paths", head, "description-invalid"},
		{"no title", "openapi: 3.0.0\ninfo: {version: '1'}\npaths: {}", "description-invalid"},
		{"a reference to nothing", operation("{$ref: '#/components/schemas/No'}"), "description-invalid"},
		{"an unknown type", operation("{type: tree}"), "description-invalid"},
	} {
		t.Run(test.what, func(t *testing.T) {
			doc, err := Read([]byte(test.text))
			if doc != nil || !problem.HasCode(err, test.code) {
				t.Errorf("got %v, want %s", err, test.code)
			}
		})
	}
}

// TestFiftyMegabytes: what is far too large is refused before it is looked at.
func TestFiftyMegabytes(t *testing.T) {
	if _, err := Read(bytes.Repeat([]byte("a: b\n"), 10<<20)); !problem.HasCode(err, "description-too-large") {
		t.Errorf("got %v", err)
	}
}

// diamonds is a description in which each schema holds the next one twice: few
// words, and 2^n ways through them.
func diamonds(n int, last string) []byte {
	var b strings.Builder
	b.WriteString(head + "paths: {/a: {get: {responses: {200: {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}}}}}\ncomponents:\n  schemas:\n")
	for i := range n {
		fmt.Fprintf(&b, "    S%d: {type: object, properties: {a: {$ref: '#/components/schemas/S%d'}, b: {$ref: '#/components/schemas/S%d'}}}\n", i, i+1, i+1)
	}
	fmt.Fprintf(&b, "    S%d: %s\n", n, last)
	return []byte(b.String())
}

func TestManyWaysThroughFewSchemas(t *testing.T) {
	older, err := Read(diamonds(60, "{type: string}"))
	if err != nil {
		t.Fatal(err)
	}
	same, err := Read(diamonds(60, "{type: string}"))
	if err != nil {
		t.Fatal(err)
	}
	if changes := Compare(older, same); len(changes) != 0 {
		t.Errorf("the same differs: %v", changes)
	}
	other, err := Read(diamonds(60, "{type: integer}"))
	if err != nil {
		t.Fatal(err)
	}
	changes := Compare(older, other)
	if len(changes) == 0 || len(changes) > maxChanges+1 || changes[len(changes)-1].Code != TooMany {
		t.Errorf("%d changes, want as many as fit and word of the rest", len(changes))
	}
}

// TestSchemasThatHoldThemselves in every way there is.
func TestSchemasThatHoldThemselves(t *testing.T) {
	for _, schema := range []string{
		"{type: object, properties: {a: {$ref: '#/components/schemas/A'}}}",
		"{type: array, items: {$ref: '#/components/schemas/A'}}",
		"{oneOf: [{$ref: '#/components/schemas/A'}, {type: string}]}",
		"{allOf: [{$ref: '#/components/schemas/A'}, {type: string}]}",
		"{type: object, additionalProperties: {$ref: '#/components/schemas/A'}}",
		"{$ref: '#/components/schemas/A'}",
	} {
		text := head + "paths: {/a: {get: {responses: {200: {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}}\ncomponents: {schemas: {A: " + schema + "}}"
		doc, err := Read([]byte(text))
		if err != nil {
			if p := problem.Of(err); p.Kind != problem.Invalid {
				t.Errorf("%s: %v", schema, err)
			}
			continue
		}
		if changes := Compare(doc, doc); len(changes) != 0 {
			t.Errorf("%s differs from itself: %v", schema, changes)
		}
	}
}

func TestTextsAreInTheLanguageOfTheirScript(t *testing.T) {
	for _, test := range []struct{ written, english, sr, en string }{
		{"Рођење", "", "Рођење", ""},
		{"Рођење", "Birth", "Рођење", "Birth"},
		{"Birth", "", "Birth", "Birth"},
		{"출생", "", "출생", "출생"},
		{" ", "Birth", "", ""},
	} {
		got := textOf(test.written, test.english)
		if got["sr"] != test.sr || got["en"] != test.en {
			t.Errorf("%q, %q gives %v", test.written, test.english, got)
		}
	}
}

func TestEndpoints(t *testing.T) {
	got, err := Endpoints([]byte(births))
	if err != nil || len(got) != 1 || got[0] != (Endpoint{"GET", "/v1/births/{birth}"}) {
		t.Errorf("%v %v", got, err)
	}
}

// FuzzRead: no text makes the reader fail otherwise than by saying why, and
// what was read is the same as itself.
func FuzzRead(f *testing.F) {
	f.Add([]byte(births))
	f.Add(diamonds(3, "{type: string}"))
	f.Add([]byte(`{"openapi":"3.1.0","info":{"title":"a","version":"2"},"paths":{"/a":{"get":{"responses":{"200":{"description":"d"}}}}}}`))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := Read(raw)
		if err != nil {
			if kind := problem.Of(err).Kind; kind != problem.Invalid && kind != problem.TooLarge {
				t.Fatalf("fails with %v", err)
			}
			return
		}
		if changes := Compare(doc, doc); len(changes) != 0 {
			t.Fatalf("differs from itself: %v", changes)
		}
	})
}

// Without quotes a version of two parts is a number of YAML.
func TestVersionWithoutQuotes(t *testing.T) {
	rest := "\ninfo: {title: T, version: 1.10}\npaths: {/a: {get: {responses: {'200': {description: ok}}}}}\n"
	for written, want := range map[string]string{"openapi: 3.1": "3.1.0", "openapi: '3.1'": "3.1.0", "openapi: 3.0": "3.0.0", "openapi: 3.0.3": "3.0.3", "openapi: 3.1.1": "3.1.1"} {
		if doc, err := Read([]byte(written + rest)); err != nil || doc.OpenAPI != want {
			t.Errorf("%s: read %+v, %v", written, doc, err)
		}
	}
	for _, version := range []string{"1.10", "010", "0x10", "1_000", ".5", "1e3", "true", "yes", "2024-01-01", "2024-01-01T00:00:00Z", "1:30"} {
		doc, err := Read([]byte("openapi: 3.1\ninfo: {title: 2024, summary: no, version: " + version + "}\npaths: {/a: {get: {operationId: 7, summary: 5, responses: {200: {description: on}}}}}\n"))
		if err != nil || doc.Version != version {
			t.Errorf("version %s: read %+v, %v", version, doc, err)
		}
	}
	for _, version := range []string{"null", "~", "[]", "{}", ""} {
		if _, err := Read([]byte("openapi: 3.1\ninfo: {title: T, version: " + version + "}\npaths: {}\n")); err == nil {
			t.Errorf("the version %q is read", version)
		}
	}
	for _, written := range []string{"openapi: 3.2", "openapi: 3", "openapi: 2.0", "openapi: 3.10"} {
		if _, err := Read([]byte(written + rest)); !problem.HasCode(err, "description-version") {
			t.Errorf("%s: %v", written, err)
		}
	}
}
