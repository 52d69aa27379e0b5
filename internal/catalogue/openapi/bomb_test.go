package openapi_test

import (
	"fmt"
	"strings"
	"testing"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/problem"
)

// described is a description of one operation that answers with the schema S0.
func described(schemas string) []byte {
	return []byte(`openapi: 3.0.3
info: {title: bomb, version: "1"}
paths:
  /v1:
    get:
      responses:
        "200":
          description: well
          content:
            application/json:
              schema: {$ref: '#/components/schemas/S0'}
components:
  schemas:
` + schemas)
}

// mutual are so many schemas that name each other in so many properties, with a text.
func mutual(schemas, properties int, text string) []byte {
	var b strings.Builder
	for i := range schemas {
		fmt.Fprintf(&b, "    S%d:\n      type: object\n      description: %s\n      properties:\n", i, text)
		for p := range properties {
			fmt.Fprintf(&b, "        p%d: {$ref: '#/components/schemas/S%d'}\n", p, (i+p+1)%schemas)
		}
	}
	return described(b.String())
}

// chain are schemas each of which has the next as two parts of the same kind.
func chain(of string, rules string, length int) []byte {
	var b strings.Builder
	for i := range length {
		fmt.Fprintf(&b, "    S%d:\n      %s: [{$ref: '#/components/schemas/S%d'}, {$ref: '#/components/schemas/S%d'}]\n", i, of, i+1, i+1)
	}
	fmt.Fprintf(&b, "    S%d:\n      type: object\n      %s\n", length, rules)
	return described(b.String())
}

// A few schemas make more ways than anybody could walk. What is made of them, and what
// comparing them costs, is bounded by what was written.
func TestSmallTextsStaySmall(t *testing.T) {
	wide := func(from int) string {
		var b strings.Builder
		b.WriteString("    S0:\n      type: string\n      enum:\n")
		for i := range 40_000 {
			fmt.Fprintf(&b, "        - v%d\n", from+i)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		older, newer []byte
		full         bool
	}{
		"mutual":         {mutual(8, 5, "a"), mutual(8, 5, "b"), false},
		"mutual and new": {mutual(60, 50, "a"), mutual(59, 49, "b"), true},
		"wide lists":     {described(wide(0)), described(wide(20_000)), false},
		"variants":       {chain("oneOf", "minProperties: 1", 40), chain("oneOf", "minProperties: 2", 40), true},
		"any of":         {chain("anyOf", "minProperties: 1", 40), chain("anyOf", "minProperties: 2", 40), true},
	} {
		t.Run(name, func(t *testing.T) {
			older, err := openapi.Read(c.older)
			if err != nil {
				t.Fatal(err)
			}
			newer, err := openapi.Read(c.newer)
			if err != nil {
				t.Fatal(err)
			}
			changes := openapi.Compare(older, newer)
			if len(changes) > 1001 {
				t.Errorf("%d changes", len(changes))
			}
			if full := len(changes) > 0 && changes[len(changes)-1].Code == openapi.TooMany; full != c.full {
				t.Errorf("%d changes, given up: %v", len(changes), full)
			}
		})
	}
}

// Rules that are carried from part to part do not double with every step.
func TestPartsOfPartsAreBounded(t *testing.T) {
	_, err := openapi.Read(chain("allOf", "minProperties: 1", 40))
	if !problem.HasCode(err, "description-too-complex") {
		t.Errorf("%v, want description-too-complex", err)
	}
	if _, err := openapi.Read(chain("allOf", "properties: {a: {type: string}}", 40)); err != nil {
		t.Errorf("a harmless chain: %v", err)
	}
}
