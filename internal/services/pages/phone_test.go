package pages

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/testkit/browser"
)

// On a phone the pages do not scroll sideways and hold to the rules of the house;
// a table stands one row under the other.
func TestThePagesOnAPhone(t *testing.T) {
	b := browser.Start(t)
	for who, paths := range map[string][]string{
		"officer": {"/desk", "/desk/offers", "/desk/assessments", "/desk/decisions", "/desk/payments", "/desk/referrals/both", "/desk/referrals/ready", "/desk/referrals/ready/correct/child.born", "/desk/referrals/ready/correct/mother.resident"},
		"mother":  {"/", "/inbox", "/offers/first", "/decisions/d1"},
	} {
		h := open(t, &city{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.AddCookie(&http.Cookie{Name: "who", Value: who})
			h.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		p := b.Visitor(t, browser.Options{NoScripts: true}).Tab()
		for _, path := range paths {
			p.Open(server.URL + path + "?lang=sr-Cyrl")
			p.Check("services"+strings.ReplaceAll(path, "/", "-"), lang.SrCyrl)
		}
	}
}
