package pages

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/testkit/browser"
	"dobosh/internal/testkit/pages"
)

// On a phone the clock of a case and the numbers of a leader do not scroll sideways and hold to the rules of the house,
// in both scripts.
func TestClocksAndNumbersOnAPhone(t *testing.T) {
	b := browser.Start(t)
	h, numbers := open(t, "with-officer", "refused", "offered")
	number := numbers["with-officer"]
	pages.Sends(t, h, "officer", "/desk/cases/"+number+"/pause/supplement", "/desk/cases/"+number, "version", "2")
	for who, path := range map[string]string{"mother": "/cases/" + number, "officer": "/desk/cases/" + number, "leader": "/desk/leader"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.AddCookie(&http.Cookie{Name: "who", Value: who})
			h.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		p := b.Visitor(t, browser.Options{NoScripts: true}).Tab()
		for _, tag := range []lang.Tag{lang.SrCyrl, lang.SrLatn} {
			p.Open(server.URL + path + "?lang=" + string(tag))
			p.Check("cases-clock-"+who+"-"+strings.ToLower(string(tag)), tag)
		}
	}
}

// So do the pages on which an officer finds a person, sees who the party is, gives a case away and reads what is to be done.
func TestTheDeskOnAPhone(t *testing.T) {
	b := browser.Start(t)
	h, numbers := open(t, "with-officer", "asked")
	at := "/desk/cases/" + numbers["with-officer"]
	pages.Says(t, h, pages.Request{Who: "mother", Path: strings.TrimPrefix(at, "/desk")}, 200)
	pages.Sends(t, h, "officer", at+"/claim", at)
	pages.Sends(t, h, "officer", at+"/tasks", at, "what", "Проверити пребивалиште", "due", "30.11.2026.")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "who", Value: "officer"})
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p := b.Visitor(t, browser.Options{NoScripts: true}).Tab()
	for _, path := range []string{"/desk/cases", "/desk/tasks", personPage, at + "/who", at + "/hand", at + "/messages", at + "/ask", at} {
		p.Open(server.URL + path + "?lang=sr-Cyrl")
		p.Check("desk"+strings.ReplaceAll(strings.ReplaceAll(path, numbers["with-officer"], "one"), "/", "-"), lang.SrCyrl)
	}
}
