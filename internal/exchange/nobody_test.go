package exchange

import (
	"net/http"
	"strings"
	"testing"

	"dobosh/internal/registry"
)

// Where something leaves and nobody is found at a place that names somebody, nothing leaves and the operator is told.
func TestNobodyLeavesUnnamed(t *testing.T) {
	for name, c := range map[string]struct {
		subjects     []string
		answer, code string
	}{
		"null":                            {[]string{"/mother/id"}, `{"born":"x","mother":{"id":null,"name":"a"}}`, "answer-unnamed"},
		"absent":                          {[]string{"/mother/id"}, `{"born":"x","mother":{"name":"a"}}`, "answer-unnamed"},
		"nothing around it":               {[]string{"/mother/id"}, `{"born":"x"}`, "answer-unnamed"},
		"an object":                       {[]string{"/mother/id"}, `{"born":"x","mother":{"id":{"v":"MOTHER"}}}`, "answer-unnamed"},
		"an empty list":                   {[]string{"/mother/id"}, `{"born":"x","mother":{"id":[]}}`, "answer-unnamed"},
		"a list":                          {[]string{"/mother/id"}, `{"born":"x","mother":{"id":["MOTHER"]}}`, "answer-unnamed"},
		"an empty text":                   {[]string{"/mother/id"}, `{"born":"x","mother":{"id":""}}`, "answer-unnamed"},
		"true":                            {[]string{"/mother/id"}, `{"born":"x","mother":{"id":true}}`, "answer-unnamed"},
		"a number":                        {[]string{"/mother/id"}, `{"born":"x","mother":{"id":7}}`, "system-failed"},
		"nobody in the list":              {[]string{"/who/*/id"}, `{"born":"x","who":[]}`, "answer-unnamed"},
		"one of two":                      {[]string{"/who/*/id"}, `{"born":"x","who":[{"id":"MOTHER"},{"name":"b"}]}`, "answer-unnamed"},
		"one of two, deeper":              {[]string{"/a/*/b/*/id"}, `{"born":"x","a":[{"b":[{"id":"MOTHER"}]},{"b":[]}]}`, "answer-unnamed"},
		"the second place":                {[]string{"/mother/id", "/father/id"}, `{"born":"x","mother":{"id":"MOTHER"}}`, "answer-unnamed"},
		"maybe, and an object":            {[]string{"/mother/id", "maybe:/father/id"}, `{"born":"x","mother":{"id":"MOTHER"},"father":{"id":{"v":1}}}`, "answer-unnamed"},
		"only maybe":                      {[]string{"maybe:/father/id"}, `{"born":"x"}`, "answer-unnamed"},
		"somebody":                        {[]string{"/mother/id"}, `{"born":"x","mother":{"id":"MOTHER"}}`, ""},
		"maybe nobody":                    {[]string{"/mother/id", "maybe:/father/id"}, `{"born":"x","mother":{"id":"MOTHER"},"father":null}`, ""},
		"every one of them":               {[]string{"/who/*/id"}, `{"born":"x","who":[{"id":"MOTHER"},{"id":"MOTHER"}]}`, ""},
		"nothing leaves, so nobody looks": {[]string{"/mother/id"}, `{"secret":"x"}`, ""},
	} {
		w := newWorld(t, func(k *registry.Contract) { k.Subjects = c.subjects })
		w.system = func(rw http.ResponseWriter, _ *http.Request) { w.write(rw, c.answer) }
		a, err := w.ask()
		if c.code == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		wantCode(t, err, c.code)
		if len(a.Body) > 0 || strings.Contains(string(a.Body), "born") {
			t.Errorf("%s: %s left", name, a.Body)
		}
		if r := w.refusals(); len(r) != 1 || r[0].Refusal.Code != c.code {
			t.Errorf("%s: in the provider's journal %+v", name, r)
		}
	}
}

func TestAQueryIsWhatTheContractNames(t *testing.T) {
	for name, c := range map[string]struct {
		parameters, subjects []string
		query                string
		agreed               bool
	}{
		"none":                              {nil, nil, "", true},
		"one that nobody named":             {nil, nil, "q=1", false},
		"one that is named":                 {[]string{"q"}, nil, "q=1", true},
		"its value as it likes":             {[]string{"q"}, nil, "q=%C3%B6+%26", true},
		"that of a person":                  {nil, []string{"query:person"}, "person=x", true},
		"any":                               {[]string{"*"}, nil, "a=1&b=2&b=3", true},
		"any, and a person of another case": {[]string{"*"}, []string{"query:person"}, "person=x&Person=y", false},
		"any, and a person in brackets":     {[]string{"*"}, []string{"query:person"}, "person%5B0%5D=y", false},
		"any, and a person twice":           {[]string{"*"}, []string{"query:person"}, "person=x&person=y", false},
		"any, and another method":           {[]string{"*"}, nil, "_method=DELETE", false},
		"a name that needs escapes":         {[]string{"a b", "f[x]"}, nil, "a%20b=1&f%5Bx%5D=2", true},
		"brackets as they are":              {[]string{"f[x]"}, nil, "f[x]=2", true},
		"an escape that nobody needs":       {[]string{"q"}, nil, "%71=1", false},
		"a plus in a name":                  {[]string{"a b"}, nil, "a+b=1", false},
		"twice":                             {[]string{"q"}, nil, "q=1&q=2", false},
		"nothing between":                   {[]string{"q"}, nil, "q=1&&", false},
		"no name":                           {[]string{"q"}, nil, "=1", false},
		"a broken value":                    {[]string{"q"}, nil, "q=%z", false},
	} {
		k := contract()
		k.Parameters, k.Subjects = c.parameters, c.subjects
		if err := agreedQuery(&k, c.query); (err == nil) != c.agreed {
			t.Errorf("%s: %v", name, err)
		}
	}
}
