package metadata_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/exchange/edge/metadata"
	"dobosh/internal/kit/problem"

	"gopkg.in/yaml.v3"
)

const pets = `{"openapi":"3.0.3", "info":{"title":"Pets","version":"1"},
 "paths":{"/pet/{petId}":{"get":{"responses":{"200":{"description":"a pet"}},"parameters":[{"name":"petId","in":"path","required":true,"schema":{"type":"string"}}]}},
  "/z":{"get":{"responses":{"200":{"description":"z"}}}}, "/a":{"post":{"responses":{"200":{"description":"a"}}}}},
 "servers" : [ {"description":"inside","url" : "https://inner.example:8443/v1?x=1"}, {"url":"https://{host}.example/v2","variables":{"host":{"default":"a"}}}, {"url":"/v3"}, {"\u0075rl":"http://inner.example"} ],
 "x-last":1.50}`

func TestServersLoseTheirHostInJSON(t *testing.T) {
	body, typ, err := metadata.OpenAPI([]byte(pets), "application/json; charset=utf-8")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(`"https://inner.example:8443/v1?x=1"`, `"/v1"`, `"http://inner.example"`, `""`).Replace(pets)
	if string(body) != want || typ != "application/json; charset=utf-8" {
		t.Errorf("the description is %s\n%s", typ, body)
	}
}

const petsYAML = `# where it stands: inner.example
openapi: 3.0.3
info:
  title: Пси
  version: "1" # inner.example
paths:
  /pet/{petId}:
    get:
      parameters:
        - name: petId
          in: path
          required: true
          schema:
            type: string
      responses:
        "200":
          description: a pet
x-server: &server
  url: https://inner.example/v1
servers:
  - *server
  - url: https://{host}.example/v2
    variables: {host: {default: a}}
  - description: third
    url: http://inner.example:80
`

func TestServersLoseTheirHostInYAML(t *testing.T) {
	body, typ, err := metadata.OpenAPI([]byte(petsYAML), "")
	if err != nil {
		t.Fatal(err)
	}
	if typ != "text/plain" || bytes.Contains(body, []byte("inner.example")) {
		t.Errorf("the description is %s\n%s", typ, body)
	}
	if !bytes.HasPrefix(body, []byte("openapi: 3.0.3\ninfo:\n  title: Пси\n  version: \"1\"\npaths:\n")) {
		t.Errorf("the order or the look changed:\n%s", body)
	}
	var read struct {
		Servers []struct{ URL string }
	}
	if err := yaml.Unmarshal(body, &read); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(read.Servers) != "[{/v1} {https://{host}.example/v2} {}]" {
		t.Errorf("the servers are %v", read.Servers)
	}
}

func TestEndpointsOfADescription(t *testing.T) {
	doc, err := openapi.Read([]byte(pets))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(metadata.Endpoints(doc)); got != "[{POST /a} {GET /pet/*} {GET /z}]" {
		t.Errorf("the endpoints are %s", got)
	}
}

func TestDescriptionsThatAreRefused(t *testing.T) {
	bomb := "openapi: 3.0.3\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 9; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	head := `{"openapi":"3.0.3","info":{"title":"x","version":"1"},"paths":{},`
	for name, c := range map[string]struct{ raw, code string }{
		"an older version":      {`{"swagger":"2.0","info":{"title":"x","version":"1"},"paths":{}}`, "description-version"},
		"a later version":       {strings.Replace(pets, "3.0.3", "4.0.0", 1), "description-version"},
		"no description":        {`{"a":1}`, "description-not-openapi"},
		"too large":             {strings.Repeat(" ", openapi.MaxBytes) + pets, "description-too-large"},
		"a bomb of aliases":     {bomb, "description-too-complex"},
		"deep":                  {strings.Repeat(`{"a":`, 10_000), "description-too-complex"},
		"a reference elsewhere": {head + `"x-a":{"$ref":"https://evil.example/a"}}`, "description-remote"},
		"a URL that is none":    {head + `"servers":[{"url":"http://a b/%zz"}]}`, "description-unreadable"},
		"nothing":               {"", "description-unreadable"},
		"not text":              {"\xff\xfe", "description-not-text"},
	} {
		if body, _, err := metadata.OpenAPI([]byte(c.raw), "application/json"); !problem.HasCode(err, c.code) {
			t.Errorf("%s: %v, %d bytes", name, err, len(body))
		}
	}
}

func TestMediaTypesThatAreNoneBecomePlainText(t *testing.T) {
	for _, typ := range []string{"", "a/b\r\nX-Evil: 1", strings.Repeat("a", 201), "текст/раван"} {
		if _, got, err := metadata.OpenAPI([]byte(pets), typ); err != nil || got != "text/plain" {
			t.Errorf("%q became %q, %v", typ, got, err)
		}
	}
}

func TestTarget(t *testing.T) {
	for query, want := range map[string]string{
		"serviceCode=births": "births", "servicecode=a&x=1&ServiceCode=b%2Fc+d": "b/c d", "": "", "serviceCode": "", "x=serviceCode": "", "serviceCode=%zz": "",
		"service%43ode=x": "x",
	} {
		if got := metadata.Target(query); got != want {
			t.Errorf("%q is about %q, not %q", query, got, want)
		}
	}
}

func TestWordsOfErrors(t *testing.T) {
	if metadata.NotDescribed() != "Invalid service type: REST" {
		t.Error("tools compare this text with ==")
	}
	id := civilID.With("births")
	if got := metadata.Unread(id); got != "Failed reading service description from SERVICE:RS-TEST/GOV/STATE%20&%20CO/civil/births" {
		t.Error(got)
	}
}

// FuzzOpenAPI: whatever comes out is a description again, and no server in it has
// a host.
func FuzzOpenAPI(f *testing.F) {
	f.Add([]byte(pets))
	f.Add([]byte(petsYAML))
	f.Add([]byte(`{"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{},"servers":[{"url":"//host/p"},{"url":"mailto:x"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		body, _, err := metadata.OpenAPI(raw, "")
		if err != nil {
			return
		}
		var read struct {
			Servers []struct {
				URL string `json:"url" yaml:"url"`
			} `json:"servers" yaml:"servers"`
		}
		if json.Unmarshal(body, &read) != nil {
			if err := yaml.Unmarshal(body, &read); err != nil {
				t.Fatalf("what came out cannot be read: %v\n%s", err, body)
			}
		}
		for _, s := range read.Servers {
			if strings.Contains(s.URL, "://") && !strings.Contains(s.URL, "{") {
				t.Errorf("a server is still at %q", s.URL)
			}
		}
	})
}
