package pages

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
	"dobosh/internal/testkit/browser"
	"dobosh/internal/testkit/pages"
)

// What waits for a person stands first, then what runs, then what happens in life.
func TestHomeIsInTheOrderOfAPerson(t *testing.T) {
	runs := portal.Room{
		Pieces: map[string]portal.Piece{homeProgress: func(*portal.Visit, any) (template.HTML, error) { return "<p>runs</p>", nil }, homeLetters: func(*portal.Visit, any) (template.HTML, error) { return "<p>letters</p>", nil }},
		Waits:  []portal.Waits{func(*portal.Visit) ([]template.HTML, error) { return []template.HTML{"<p>question</p>"}, nil }},
	}
	h := pages.Open(t, config(t), opened(t, &city{}), runs)
	html := pages.Says(t, h, pages.Request{Who: "mother", Path: "/"}, 200, "3 ствари чекају вас")
	at := 0
	for _, says := range []string{"<h1>", "Родитељски додатак за прво дете", "<p>question</p>", "<p>runs</p>", "Кад се нешто деси", "Рођење детета", "Шта овде можете", "<p>letters</p>"} {
		next := strings.Index(html[at:], says)
		if next < 0 {
			t.Fatalf("%q does not come after what should stand before it", says)
		}
		at += next
	}
	pages.Says(t, pages.Open(t, config(t), opened(t, &city{empty: true})), pages.Request{Who: "mother", Path: "/"}, 200, "Данас ништа не морате да урадите", "понуда ће вас чекати овде")
}

// An event of life leads to what there is for it; where there is nothing yet, to whom to ask.
func TestEventsOfLife(t *testing.T) {
	h := open(t, &city{})
	pages.Says(t, h, pages.Request{Path: "/"}, 200, `href="/life/birth"`, `href="/life/death"`, `action="/search"`)
	pages.Says(t, h, pages.Request{Path: "/life/birth"}, 200, "Родитељски додатак", "Захтев не подносите")
	pages.Says(t, h, pages.Request{Path: "/life/death"}, 200, "За ово код нас још нема услуге", "023 000 000")
	pages.Says(t, h, pages.Request{Path: "/life/none"}, 404)
}

// Whoever works here has no use for the counter of the public, whatever page they are on.
func TestWhoWorksHereSeesNoCounter(t *testing.T) {
	h := open(t, &city{})
	counter := "Све што овде видите"
	for who, paths := range map[string][]string{"officer": {"/desk", "/verify", "/life/birth"}, "mother": {"/", "/verify"}, "": {"/", "/verify"}} {
		for _, path := range paths {
			if html := (pages.Request{Who: who, Path: path}).To(h).Body.String(); strings.Contains(html, counter) == (who == "officer") {
				t.Errorf("%s on %s: the counter of the public is there or missing", who, path)
			}
		}
	}
}

// On a phone the ways take one line, and the others open without a script.
func TestTheWaysFoldOnAPhone(t *testing.T) {
	h := open(t, &city{})
	b := browser.Start(t)
	for who, hidden := range map[string]string{"mother": "Понуде и решења", "officer": "Исплате"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.AddCookie(&http.Cookie{Name: "who", Value: who})
			h.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		p := b.Visitor(t, browser.Options{NoScripts: true}).Tab()
		for _, path := range []string{"/?lang=sr-Cyrl", "/life/birth?lang=sr-Cyrl", "/verify?lang=sr-Cyrl"} {
			p.Open(server.URL + path)
			if p.Has("link", hidden) && !strings.HasPrefix(path, "/?") {
				t.Errorf("%s: %q stands outside of the fold", who, hidden)
			}
			p.Touch("DisclosureTriangle", "Још")
			if !p.Has("link", hidden) || !p.Has("button", "Одјава") {
				t.Errorf("%s: the fold does not open", who)
			}
			p.Check("ways-"+who, lang.SrCyrl)
		}
	}
}
