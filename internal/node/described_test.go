package node_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/lab/demo"

	"github.com/getkin/kin-openapi/openapi3"
)

// Every surface for programs describes itself in OpenAPI, and each of its routes stands
// in the description.
func TestEverySurfaceForProgramsIsDescribed(t *testing.T) {
	w := newTown(t)
	w.all()
	described := map[string]*openapi3.T{} // by surface and what stands before the routes
	read := func(surface, at string) *openapi3.T {
		if doc, ok := described[surface+at]; ok {
			return doc
		}
		resp, err := http.Get("http://" + w.at(demo.City, surface) + at + "/openapi.json")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(resp.Body)
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		loader := openapi3.NewLoader()
		doc, loaded := loader.LoadFromData(raw)
		if err != nil || loaded != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s%s: %d, %v, %v", surface, at, resp.StatusCode, err, loaded)
		}
		if err := doc.Validate(t.Context()); err != nil {
			t.Errorf("%s%s: %v", surface, at, err)
		}
		described[surface+at] = doc
		return doc
	}
	place := regexp.MustCompile(`\{[^}]*\}`)
	plain := func(path string) string { return place.ReplaceAllString(path, "{}") }
	for _, row := range w.nodes[demo.City].Rows() {
		at, path := "", row.Pattern
		switch row.Surface {
		case "edge", "operations":
		case "systems":
			_, path, _ = strings.Cut(row.Pattern, " ")
			if at = "/" + strings.Split(strings.TrimPrefix(path, "/"), "/")[0]; path == "" || strings.HasSuffix(path, "/openapi.json") {
				continue
			}
			path = strings.TrimPrefix(path, at)
		default:
			continue
		}
		if row.Surface == "operations" {
			_, path, _ = strings.Cut(row.Pattern, " ")
		}
		if path == "/" || path == "" { // the refusal of everything else, or the address itself
			continue
		}
		found := false
		for _, known := range read(row.Surface, at).Paths.InMatchingOrder() {
			found = found || plain(known) == plain(path) || strings.HasSuffix(path, "/") && strings.HasPrefix(known, path)
		}
		if !found {
			t.Errorf("%s %s%s is not described", row.Surface, at, path)
		}
	}
	for _, want := range []string{"edge", "operations", "systems/contracts", "systems/catalogue", "systems/services", "systems/events"} {
		if described[want] == nil {
			t.Errorf("%s was not read", want)
		}
	}
}
