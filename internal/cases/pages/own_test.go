package pages

import (
	"context"
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
	"dobosh/internal/storage"
	"dobosh/internal/testkit/browser"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

// A person's list says of each open case until when, by which provision, why it stands and what happens then.
func TestAListOfCasesShowsTheirClocks(t *testing.T) {
	h, numbers := open(t, "with-officer", "asked", "refused")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases"}, 200, "Орган одлучује до", "Рок прописује", "чл. 145", "право на жалбу", "Ви сте на потезу", "/cases/"+numbers["refused"])
	number := numbers["with-officer"]
	pages.Sends(t, h, "officer", "/desk/cases/"+number+"/pause/supplement", "/desk/cases/"+number, "version", "2")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases"}, 200, "рок стоји: чека се да странка уреди поднесак")
	empty, _ := open(t)
	pages.Says(t, empty, pages.Request{Who: "mother", Path: "/cases"}, 200, "код кога је, до кад и шта следи")

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "who", Value: "mother"})
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p := browser.Start(t).Visitor(t, browser.Options{NoScripts: true}).Tab()
	for _, tag := range []lang.Tag{lang.SrCyrl, lang.SrLatn} {
		p.Open(server.URL + "/cases?lang=" + string(tag))
		p.Check("cases-own-"+strings.ToLower(string(tag)), tag)
	}
}

// A question waits for its person as a card; what is with the body runs beside it, and is in no card.
func TestWhatWaitsAndWhatRuns(t *testing.T) {
	_, room, numbers := desk(t, "with-officer", "asked", "refused")
	brought, err := New(room, pages.Serbia(t))
	if err != nil {
		t.Fatal(err)
	}
	said, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	show := func(of func(v *portal.Visit) ([]template.HTML, error)) func(*portal.Visit) error {
		return func(v *portal.Visit) error {
			parts, err := of(v)
			if err != nil {
				return err
			}
			q := portal.Question{Title: "–"}
			for _, p := range parts {
				q.Body += p
			}
			return v.Ask(q)
		}
	}
	home := portal.Room{Pages: []portal.Page{
		{Pattern: "GET /waits", Right: act.SignedIn(), Do: show((*portal.Visit).Awaits)},
		{Pattern: "GET /runs", Right: act.SignedIn(), Do: show(func(v *portal.Visit) ([]template.HTML, error) {
			html, err := v.Piece("home.progress", nil)
			return []template.HTML{html}, err
		})},
	}}
	h := pages.Open(t, pages.Config(said), brought, home)
	waits := pages.Says(t, h, pages.Request{Who: "mother", Path: "/waits"}, 200, "/cases/"+numbers["asked"], "Одговорите на питање")
	runs := pages.Says(t, h, pages.Request{Who: "mother", Path: "/runs"}, 200, "/cases/"+numbers["with-officer"], "Орган одлучује до")
	if strings.Contains(waits, numbers["with-officer"]) || strings.Contains(runs, numbers["asked"]) || strings.Contains(runs, numbers["refused"]) {
		t.Error("what runs waits, or what waits runs")
	}
	if html := pages.Says(t, h, pages.Request{Who: "nobody", Path: "/runs"}, 200); strings.Contains(html, numbers["with-officer"]) {
		t.Error("somebody else's case runs")
	}
}

// On a request about data an officer sees the decisions and the longer term, and is told what the party will read: to
// wait for an answer without a question is no decision.
func TestADataRequestOnTheDesk(t *testing.T) {
	h, room, _ := desk(t)
	number := ""
	if err := room.DB.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		c, _, err := room.Open(ctx, tx, cases.Opening{Kind: "data-request", About: "access", Whom: "p", Source: "page", Person: "p", Sector: "family", Channel: cases.ByPage, Said: "Све."})
		number = c.Number
		return err
	}); err != nil {
		t.Fatal(err)
	}
	at := "/desk/cases/" + number
	html := pages.Says(t, h, pages.Request{Who: "officer", Path: at}, 200, at+"/to/fulfilled", at+"/extend")
	if strings.Contains(html, "/to/asked") {
		t.Error("to wait for an answer without a question stands among the decisions")
	}
	pages.Says(t, h, pages.Request{Who: "officer", Path: at + "/to/fulfilled"}, 200, "Странка ће прочитати: „Урађено је оно што сте тражили")
	pages.Sends(t, h, "officer", at+"/extend", at, "version", "1", "amount", "30", "consent", "no", "text", "Података је много.")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases"}, 200, "22. јануара 2027.")
}
