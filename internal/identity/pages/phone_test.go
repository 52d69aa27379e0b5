package pages_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/testkit/browser"
	"dobosh/internal/testkit/pages"
)

// On a phone the pages of roles and sessions do not scroll sideways and hold to the rules
// of the house, with names as long as they come.
func TestRolesAndSessionsOnAPhone(t *testing.T) {
	r, h := open(t, true)
	scope := act.Scope{Body: "RS/MUN/80", Unit: "odeljenje-za-drustvene-delatnosti", Service: "child-allowance", Kind: "application", Place: "novi-sad"}
	waiting := r.give(t, "second", "7d1f9c52-1f0e-4d0a-9a44-5b4f9b8e2c11@prijava.zrenjanin.example", act.Grant{Role: identity.Officer, Scope: scope, From: pages.Now.Add(48 * time.Hour), To: pages.Now.Add(96 * time.Hour)})
	taken := r.give(t, "second", "vesna", act.Grant{Role: identity.Contracts})
	if err := r.Take(t.Context(), pages.People()["head"], taken.ID); err != nil {
		t.Fatal(err)
	}
	b := browser.Start(t)
	for who, paths := range map[string][]string{
		"head":   {"/roles", "/roles/accounts", "/roles/give", "/roles/" + waiting.ID + "/confirm", "/roles/" + waiting.ID + "/take"},
		"mother": {"/me", "/me/language", "/sessions", "/sessions/there/end", "/sessions/end"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.AddCookie(&http.Cookie{Name: "who", Value: who})
			h.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		p := b.Visitor(t, browser.Options{NoScripts: true}).Tab()
		for _, path := range paths {
			p.Open(server.URL + path + "?lang=sr-Cyrl")
			p.Check("identity"+strings.ReplaceAll(strings.ReplaceAll(path, waiting.ID, "one"), "/", "-"), lang.SrCyrl)
		}
	}
}
