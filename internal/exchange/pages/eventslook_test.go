package pages_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
	"dobosh/internal/testkit/browser"
)

// The pages of events, full and empty, on a phone, without scripts, in every
// language.
func TestEventPagesInABrowser(t *testing.T) {
	b := browser.Start(t)
	for _, tag := range lang.Tags() {
		for _, empty := range []bool{false, true} {
			h := open(t, eventful(&stream{empty: empty}))
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.AddCookie(&http.Cookie{Name: "who", Value: "operator"})
				r.AddCookie(&http.Cookie{Name: portal.LanguageCookie, Value: string(tag)})
				h.ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)
			p := b.Visitor(t, browser.Options{NoScripts: true}).Tab()
			for path, name := range map[string]string{"": "events", "/ill": "subscription", "/well": "subscription-well", "/ill/letters/evt_17/drop": "letter-drop"} {
				if empty && path != "" {
					continue
				}
				if empty {
					name += "-empty"
				}
				p.Open(server.URL + "/desk/events" + path)
				p.Check(name+"-"+string(tag), tag)
			}
		}
	}
}
