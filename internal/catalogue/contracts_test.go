package catalogue

import (
	"testing"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/registry"
)

func TestWhatHitsAContract(t *testing.T) {
	c := registry.Contract{Methods: []string{"GET"}, Paths: []string{"/v1/births/{birth}", "/v1/fixed/7"}, Fields: []string{"/name/given", "/children/*/born"}}
	reply := func(pointer string) openapi.Place {
		return openapi.Place{Method: "GET", Path: "/v1/births/{id}", Part: openapi.Reply, Pointer: pointer}
	}
	for _, test := range []struct {
		what string
		at   openapi.Place
		want bool
	}{
		{"the operation", openapi.Place{Method: "GET", Path: "/v1/births/{x}"}, true},
		{"another method", openapi.Place{Method: "POST", Path: "/v1/births/{x}"}, false},
		{"another path", openapi.Place{Method: "GET", Path: "/v1/deaths/{x}"}, false},
		{"a longer path", openapi.Place{Method: "GET", Path: "/v1/births/{x}/parents"}, false},
		{"a path of which one is agreed", openapi.Place{Method: "GET", Path: "/v1/fixed/{n}"}, true},
		{"a parameter", openapi.Place{Method: "GET", Path: "/v1/births/{x}", Part: openapi.Asking, Name: "q"}, true},
		{"the whole answer", reply(""), true},
		{"a field that leaves", reply("/name/given"), true},
		{"what holds it", reply("/name"), true},
		{"what it holds", reply("/name/given/first"), true},
		{"its neighbour", reply("/name/family"), false},
		{"one that begins like it", reply("/name/given2"), false},
		{"an element of a list", reply("/children/*/born"), true},
		{"another of it", reply("/children/*/sex"), false},
		{"nobody knows where", openapi.Place{}, true},
	} {
		change := openapi.Change{Code: openapi.FieldRemoved, Breaks: true, Place: test.at}
		if got := len(Concerns([]registry.Contract{c}, []openapi.Change{change})) == 1; got != test.want {
			t.Errorf("%s: %v, want %v", test.what, got, test.want)
		}
		change.Breaks = false
		if len(Concerns([]registry.Contract{c}, []openapi.Change{change})) != 0 {
			t.Errorf("%s hits without breaking", test.what)
		}
	}
}
