package openapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// question and answer make a description whose one question, or answer, is of
// a schema.
func question(schema string) string {
	return head + "paths: {/a: {post: {requestBody: {content: {application/json: {schema: " + schema + "}}}, responses: {200: {description: d}}}}}"
}

func answer(schema string) string {
	return head + "paths: {/a: {get: {responses: {200: {description: d, content: {application/json: {schema: " + schema + "}}}}}}}"
}

// operation makes a description of one operation.
func operation(text string) string { return head + "paths: {'/a/{x}': {get: " + text + "}}" }

func compared(t *testing.T, was, is string) []string {
	t.Helper()
	older, err := Read([]byte(was))
	if err != nil {
		t.Fatalf("older: %v", err)
	}
	newer, err := Read([]byte(is))
	if err != nil {
		t.Fatalf("newer: %v", err)
	}
	said := []string{}
	for _, c := range Compare(older, newer) {
		said = append(said, strings.TrimSpace(fmt.Sprintf("%s%s %s", map[bool]string{true: "!"}[c.Breaks], c.Code, c.Place.Pointer)))
	}
	return said
}

// TestSchemasBothWays: what narrows breaks a question, what widens breaks an
// answer. Each row is read forwards and backwards, as question and as answer.
func TestSchemasBothWays(t *testing.T) {
	for _, test := range []struct {
		what, wide, narrow string
		asked, backAsked   string // of the question: wide to narrow, and back
		told, backTold     string // of the answer: wide to narrow, and back
	}{
		{"type", "{type: number}", "{type: integer}", "!kind-changed", "kind-changed", "kind-changed", "!kind-changed"},
		{"null", "{type: string, nullable: true}", "{type: string}", "!kind-changed", "kind-changed", "kind-changed", "!kind-changed"},
		{"any type", "{}", "{type: string}", "!kind-changed", "kind-changed", "kind-changed", "!kind-changed"},
		{"format", "{type: string}", "{type: string, format: date}", "!format-changed", "format-changed", "format-changed", "!format-changed"},
		{"pattern", "{type: string}", "{type: string, pattern: '^a'}", "!pattern-changed", "pattern-changed", "pattern-changed", "!pattern-changed"},
		{"values", "{enum: [a, b]}", "{enum: [a]}", "!values-removed", "values-added", "values-removed", "!values-added"},
		{"any value", "{type: string}", "{type: string, enum: [a]}", "!values-removed", "values-added", "values-removed", "!values-added"},
		{"least", "{type: integer}", "{type: integer, minimum: 1}", "!range-narrowed", "range-widened", "range-narrowed", "!range-widened"},
		{"most", "{type: integer, maximum: 9}", "{type: integer, maximum: 5}", "!range-narrowed", "range-widened", "range-narrowed", "!range-widened"},
		{"the end", "{type: integer, maximum: 9}", "{type: integer, maximum: 9, exclusiveMaximum: true}", "!range-narrowed", "range-widened", "range-narrowed", "!range-widened"},
		{"length", "{type: string}", "{type: string, maxLength: 5}", "!range-narrowed", "range-widened", "range-narrowed", "!range-widened"},
		{"elements", "{type: array, items: {}}", "{type: array, items: {}, minItems: 2}", "!range-narrowed", "range-widened", "range-narrowed", "!range-widened"},
		{"needed", "{type: object, properties: {a: {}}}", "{type: object, properties: {a: {}}, required: [a]}", "!field-needed /a", "field-freed /a", "field-needed /a", "!field-freed /a"},
		{"variants", "{oneOf: [{type: string}, {type: integer}]}", "{oneOf: [{type: string}]}", "!variant-removed", "variant-added", "variant-removed", "!variant-added"},
		{"element type", "{type: array, items: {type: number}}", "{type: array, items: {type: integer}}", "!kind-changed /*", "kind-changed /*", "kind-changed /*", "!kind-changed /*"},
		{"unnamed fields", "{type: object, additionalProperties: {type: number}}", "{type: object, additionalProperties: {type: integer}}", "!kind-changed /*", "kind-changed /*", "kind-changed /*", "!kind-changed /*"},
		{"closed", "{type: object}", "{type: object, additionalProperties: false}", "!fields-closed", "fields-opened", "fields-closed", "fields-opened"},
		{"other rules", "{type: string}", "{type: string, not: {enum: [a]}}", "!rules-changed", "!rules-changed", "!rules-changed", "!rules-changed"},
	} {
		t.Run(test.what, func(t *testing.T) {
			for _, way := range []struct{ what, was, is, want string }{
				{"question", question(test.wide), question(test.narrow), test.asked},
				{"question back", question(test.narrow), question(test.wide), test.backAsked},
				{"answer", answer(test.wide), answer(test.narrow), test.told},
				{"answer back", answer(test.narrow), answer(test.wide), test.backTold},
			} {
				if got := compared(t, way.was, way.is); !slices.Equal(got, []string{way.want}) {
					t.Errorf("%s: %q, want %q", way.what, got, way.want)
				}
			}
		})
	}
}

func TestFields(t *testing.T) {
	one, two := "{type: object, properties: {a: {type: string}}}", "{type: object, properties: {a: {type: string}, b: {type: string}}}"
	needed := "{type: object, required: [b], properties: {a: {type: string}, b: {type: string}}}"
	closed := "{type: object, additionalProperties: false, properties: {a: {type: string}}}"
	closedTwo := "{type: object, additionalProperties: false, properties: {a: {type: string}, b: {type: string}}}"
	for _, test := range []struct{ what, was, is, want string }{
		{"an answer says less", answer(two), answer(one), "!field-removed /b"},
		{"an answer says more", answer(one), answer(two), "field-added /b"},
		{"a question may say more", question(one), question(two), "field-added /b"},
		{"a question must say more", question(one), question(needed), "!field-added /b"},
		{"a question is heard in part", question(two), question(one), "field-removed /b"},
		{"a question is refused for more", question(closedTwo), question(closed), "!field-removed /b"},
	} {
		if got := compared(t, test.was, test.is); !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: %q, want %q", test.what, got, test.want)
		}
	}
}

func TestOperations(t *testing.T) {
	plain := "{responses: {200: {description: d}}}"
	with := func(more string) string { return "{" + more + ", responses: {200: {description: d}}}" }
	path := "{name: x, in: path, required: true, schema: {type: string}}"
	secured := func(scheme string) string {
		return head + "security: [{s: []}]\npaths: {/a: {get: " + plain + "}}\ncomponents: {securitySchemes: {s: " + scheme + "}}"
	}
	for _, test := range []struct {
		what, was, is string
		want          []string
	}{
		{"nothing", operation(with("parameters: [" + path + "]")), operation(with("parameters: [" + path + "]")), []string{}},
		{"a path goes", head + "paths: {/a: {get: " + plain + "}, /b: {get: " + plain + "}}", head + "paths: {/a: {get: " + plain + "}}", []string{"!operation-removed"}},
		{"a method goes", head + "paths: {/a: {get: " + plain + ", put: " + plain + "}}", head + "paths: {/a: {get: " + plain + "}}", []string{"!operation-removed"}},
		{"a path comes", head + "paths: {/a: {get: " + plain + "}}", head + "paths: {/a: {get: " + plain + "}, /b: {get: " + plain + "}}", []string{"operation-added"}},
		{"a name in a path", head + "paths: {'/a/{x}': {get: " + with("parameters: ["+path+"]") + "}}",
			head + "paths: {'/a/{y}': {get: " + with("parameters: [{name: y, in: path, required: true, schema: {type: string}}]") + "}}", []string{}},
		{"going out of use", operation(with("parameters: [" + path + "]")), operation(with("deprecated: true, parameters: [" + path + "]")), []string{"operation-deprecated"}},
		{"a parameter comes", operation(with("parameters: [" + path + "]")), operation(with("parameters: [" + path + ", {name: q, in: query, schema: {type: string}}]")), []string{"parameter-added"}},
		{"a needed parameter comes", operation(with("parameters: [" + path + "]")), operation(with("parameters: [" + path + ", {name: q, in: query, required: true, schema: {type: string}}]")), []string{"!parameter-added"}},
		{"a parameter goes", operation(with("parameters: [" + path + ", {name: q, in: query, schema: {type: string}}]")), operation(with("parameters: [" + path + "]")), []string{"!parameter-removed"}},
		{"a parameter is needed", operation(with("parameters: [" + path + ", {name: q, in: query, schema: {type: string}}]")), operation(with("parameters: [" + path + ", {name: q, in: query, required: true, schema: {type: string}}]")), []string{"!parameter-needed"}},
		{"a header in other letters", operation(with("parameters: [" + path + ", {name: X-A, in: header, schema: {type: string}}]")), operation(with("parameters: [" + path + ", {name: x-a, in: header, schema: {type: string}}]")), []string{}},
		{"a list is written otherwise", operation(with("parameters: [" + path + ", {name: q, in: query, explode: true, schema: {type: array, items: {}}}]")), operation(with("parameters: [" + path + ", {name: q, in: query, explode: false, schema: {type: array, items: {}}}]")), []string{"!parameter-form"}},
		{"a body is needed", question("{}"), strings.Replace(question("{}"), "requestBody: {", "requestBody: {required: true, ", 1), []string{"!body-needed"}},
		{"a body goes", question("{}"), head + "paths: {/a: {post: " + plain + "}}", []string{"!body-removed"}},
		{"a media type goes", answer("{}"), strings.Replace(answer("{}"), "application/json", "application/xml", 1), []string{"!media-removed", "media-added"}},
		{"success goes", operation("{parameters: [" + path + "], responses: {200: {description: d}, 201: {description: d}}}"), operation("{parameters: [" + path + "], responses: {200: {description: d}}}"), []string{"!status-removed"}},
		{"an error goes", operation("{parameters: [" + path + "], responses: {200: {description: d}, 404: {description: d}}}"), operation("{parameters: [" + path + "], responses: {200: {description: d}}}"), []string{"status-removed"}},
		{"an error comes", operation("{parameters: [" + path + "], responses: {200: {description: d}}}"), operation("{parameters: [" + path + "], responses: {200: {description: d}, 429: {description: d}}}"), []string{"status-added"}},
		{"a header of the answer goes", strings.Replace(answer("{}"), "description: d", "description: d, headers: {X-A: {schema: {type: string}}}", 1), answer("{}"), []string{"!header-removed"}},
		{"another proof of oneself", secured("{type: http, scheme: basic}"), secured("{type: http, scheme: bearer}"), []string{"!security-changed"}},
		{"no proof of oneself", secured("{type: http, scheme: basic}"), head + "paths: {/a: {get: " + plain + "}}", []string{"security-changed"}},
		{"a proof where none was", head + "paths: {/a: {get: " + plain + "}}", secured("{type: http, scheme: basic}"), []string{"!security-changed"}},
	} {
		if got := compared(t, test.was, test.is); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.what, got, test.want)
		}
	}
}

func TestPlacesPointAsContractsDo(t *testing.T) {
	was := answer("{type: object, properties: {children: {type: array, items: {type: object, properties: {'a/b~c': {type: string}}}}}}")
	is := answer("{type: object, properties: {children: {type: array, items: {type: object}}}}")
	if got := compared(t, was, is); !slices.Equal(got, []string{"!field-removed /children/*/a~1b~0c"}) {
		t.Errorf("got %q", got)
	}
}

func TestRangesInWords(t *testing.T) {
	x := func(f float64) *float64 { return &f }
	for want, r := range map[string]Range{
		"": {}, "≥ 1": {Low: x(1)}, "< 2.5": {High: x(2.5), UnderTop: true}, "1–10": {Low: x(1), High: x(10)}, "> 1, ≤ 3": {Low: x(1), High: x(3), OverLow: true},
	} {
		if got := r.String(); got != want {
			t.Errorf("%+v is %q, want %q", r, got, want)
		}
	}
}
