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

// What leaves beside the fields, in headers and in the type, tells of nobody who is not
// named.
func TestAHeadTellsOfNobody(t *testing.T) {
	told := func(t *testing.T, fields []string, tell func(http.Header), status int, body string) (Response, error) {
		w := newWorld(t, func(k *registry.Contract) { k.Subjects, k.Fields = []string{"/mother/id"}, fields })
		w.system = func(rw http.ResponseWriter, _ *http.Request) {
			tell(rw.Header())
			if rw.WriteHeader(status); body != "" {
				w.write(rw, body)
			}
		}
		return w.ask()
	}
	for name, tell := range map[string]func(http.Header){
		"an address": func(h http.Header) { h.Set("Location", "/v1/persons/1403996835015") },
		"a file":     func(h http.Header) { h.Set("Content-Disposition", `attachment; filename="Ana.pdf"`) },
	} {
		for _, status := range []int{http.StatusCreated, http.StatusSeeOther, http.StatusNoContent} {
			a, err := told(t, []string{""}, tell, status, "")
			if wantCode(t, err, "answer-unnamed"); len(a.Headers) > 0 {
				t.Errorf("%s: %v left", name, a.Headers)
			}
		}
	}
	if _, err := told(t, []string{""}, func(h http.Header) { h.Set("Retry-After", "7") }, http.StatusAccepted, ""); err != nil {
		t.Errorf("a head without room for anybody: %v", err)
	}
	for said, want := range map[string]string{
		`application/json; person="1403996835015"`: "application/json",
		"application/vnd.ana.1403996835015+json":   "application/json",
		"application/problem+json; charset=utf-8":  "application/problem+json",
		"application/geo+json":                     "application/geo+json",
	} {
		a, err := told(t, []string{"/born", "/mother/id"}, func(h http.Header) { h.Set("Content-Type", said) }, http.StatusOK, `{"born":"x","mother":{"id":"MOTHER"}}`)
		if err != nil || a.Meta.Type != want {
			t.Errorf("%s: type %q, %v; want %q", said, a.Meta.Type, err, want)
		}
	}
	if a, err := told(t, []string{"/born"}, func(h http.Header) { h.Set("Content-Type", "text/ana; n=1403996835015") }, http.StatusNoContent, ""); err != nil || a.Meta.Type != "application/json" {
		t.Errorf("the type of nothing: %q, %v", a.Meta.Type, err)
	}
}

// Names that many programs know for the same thing.
func TestFamiliesOfHeadersNeverPass(t *testing.T) {
	for _, name := range strings.Fields(`X-HTTP-Method-Override X-HTTP-Method X-HTTP-Verb X-HTTPMethodOverride X-Method-Override X-Method-Overrides X-Original-Method X-Rewrite-Method
		X-Tunnel-Method X-Original-Path X-Original-URL X-Rewrite-URL X-Envoy-Original-Path X-Request-Uri Forwarded X-Forwarded-For X-Forward-For X-Forwarded-Host X-ProxyUser-Ip CF-Connecting-IP
		Fastly-Client-Ip True-Client-IP X-Real-IP X-Client-IP X-Cluster-Client-IP X-Scheme Http2-Settings Via Authorization Authorisation X-Authorization Proxy-Authorization WWW-Authenticate
		X-Authenticated-User X-Authenticated-Userid X-Goog-Authenticated-User-Email X-Webauth-User Impersonate-User X-MS-Client-Principal SM_USER Remote-User Client-Cert X-Client-Cert
		X-ARR-ClientCert X-SSL-Cert SSL_CLIENT_S_DN X-Client-Dn X-AccessToken X-Access-Token X-ApiToken X-Auth-Token X-Csrftoken X-XSRF-TOKEN DPoP Signature Signature-Input X-Passphrase X-PIN X-OTP
		PHPSESSID JSESSIONID Cookie Set-Cookie Cookie2 X-Api-Key X_API_KEY ApiKey Ocp-Apim-Subscription-Key X-Amz-Security-Token X-Secret X-Password`) {
		if !never(name) {
			t.Errorf("%s may pass", name)
		}
	}
	for _, name := range strings.Fields(`Accept-Language Cache-Control Content-Encoding Idempotency-Key If-Match If-None-Match Prefer Range Soapaction X-Road-UserId X-Road-Issue X-Road-Represented-Party
		X-Road-Security-Server ETag Location Content-Disposition Last-Modified Retry-After X-Total X-Page-Number X-Shipment Zip-Code X-Version`) {
		if never(name) {
			t.Errorf("%s may not pass", name)
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
