package exchange

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          map[string]string // nil for no match
	}{
		{"/", "/", map[string]string{}},
		{"/v1/x", "/v1/x", map[string]string{}},
		{"/v1/{a}", "/v1/7", map[string]string{"a": "7"}},
		{"/v1/{a}/x/{b}", "/v1/7/x/%C4%87", map[string]string{"a": "7", "b": "ć"}},
		{"/v1/x", "/%76%31/x", map[string]string{}},
		{"/v1/{a}", "/v1/a;b=c,d", map[string]string{"a": "a;b=c,d"}},
		{"/v1/{a}", "/v1/a%3Fb%23c", map[string]string{"a": "a?b#c"}},
		{"/v1/{a}", "/v1/100%25", map[string]string{"a": "100%"}},
		{"/v1/x/", "/v1/x/", map[string]string{}},
		{"/v1/{a}", "/v1/...", map[string]string{"a": "..."}},

		{"/v1/x", "/v1/x/", nil}, {"/v1/x/", "/v1/x", nil}, {"/v1/x", "/v1", nil}, {"/v1/x", "v1/x", nil}, {"/v1/x", "", nil}, {"/v1/x", "/V1/x", nil},
		{"/v1/{a}", "/v1/", nil}, {"/{a}/{b}", "//b", nil}, {"/{a}", "//", nil}, {"/{a}/{b}", "//evil.example/b", nil},
		{"/v1/{a}", "/v1/.", nil}, {"/v1/{a}", "/v1/..", nil}, {"/v1/{a}", "/v1/%2e%2E", nil}, {"/v1/{a}", "/v1/.%2e", nil},
		{"/v1/{a}", "/v1/%252e%252e", nil}, {"/v1/{a}", "/v1/a%252Fb", nil}, {"/v1/{a}", "/v1/%25252e", nil},
		{"/v1/{a}", "/v1/a%2Fb", nil}, {"/v1/{a}", "/v1/a%5Cb", nil}, {"/v1/{a}", `/v1/a\b`, nil},
		{"/v1/{a}", "/v1/a?b", nil}, {"/v1/{a}", "/v1/a#b", nil}, {"/v1/{a}", "/v1/a b", nil}, {"/v1/{a}", "/v1/ć", nil}, {"/v1/{a}", "/v1/a\nb", nil},
		{"/v1/{a}", "/v1/%0a", nil}, {"/v1/{a}", "/v1/%00", nil}, {"/v1/{a}", "/v1/%7f", nil}, {"/v1/{a}", "/v1/%ff", nil}, {"/v1/{a}", "/v1/%", nil},
		{"/v1/{a}", "/v1/%zz", nil}, {"/v1/{a}", "/v1/%EF%BF%BD", nil}, {"/v1/{a}", "/v1/" + strings.Repeat("a", maxPath), nil},
	} {
		named, ok := match(c.pattern, c.path)
		if ok != (c.want != nil) || ok && !maps.Equal(named, c.want) {
			t.Errorf("%q against %q: %v, %v", c.path, c.pattern, named, ok)
		}
	}
}

// Whatever the path: when it matches, what an information system sees is what
// was matched, segment by segment, and nothing beside it.
func FuzzMatch(f *testing.F) {
	for _, seed := range []string{"/v1/b1", "/v1/%2e%2e", "/v1/%252e", "/v1/a?b", "/v1/a#b", "//x/y", "/v1//", "/v1/a%2fb", "/v1/%C4%87", "/v1/a\\b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		for _, pattern := range []string{"/v1/{a}", "/{a}/{b}", "/"} {
			named, ok := match(pattern, path)
			if !ok {
				continue
			}
			req, err := http.NewRequest(http.MethodGet, path, nil)
			if err != nil {
				t.Fatalf("%q matched and cannot be asked: %v", path, err)
			}
			if req.URL.RawQuery != "" || req.URL.Fragment != "" || req.URL.Host != "" {
				t.Fatalf("%q has more than a path: %+v", path, req.URL)
			}
			want := pattern
			for name, value := range named {
				if value == "" || value == "." || value == ".." || strings.ContainsAny(value, "/\\\x00\n") {
					t.Fatalf("%q gave the segment %q", path, value)
				}
				if again, err := url.PathUnescape(value); err == nil && again != value {
					t.Fatalf("%q gave %q, which can be decoded once more", path, value)
				}
				want = strings.Replace(want, "{"+name+"}", value, 1)
			}
			if req.URL.Path != want {
				t.Fatalf("matched %q, the system sees %q", want, req.URL.Path)
			}
		}
	})
}
