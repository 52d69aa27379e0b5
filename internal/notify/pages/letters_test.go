package pages

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/notify"
	"dobosh/internal/storage"
	"dobosh/internal/testkit/browser"
	"dobosh/internal/testkit/pages"
)

// A person reads what was sent to them, the newest first, with how far it has come and the way to the matter, page by
// page; nobody else does.
func TestLetters(t *testing.T) {
	r := newRig(t)
	pages.Says(t, r, pages.Request{Who: "mother", Path: lettersPath}, 200, "Још вам ништа нисмо послали", "стиже и овде")
	r.tells("first", notify.Normal)
	html := pages.Says(t, r, pages.Request{Who: "mother", Path: lettersPath}, 200, "Предмет ZR-1", "Послато е-поштом", "Погледајте.")
	if strings.Contains(html, "first") || strings.Contains(html, "milica@") {
		t.Error("the page shows an identifier or an address")
	}
	r.must(r.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		for i := range lettersMost + 1 {
			n := notify.Notice{ID: "n" + strconv.Itoa(i), Person: pages.People()["mother"].Persons["family"], Link: "https://zrenjanin.example/cases/ZR-2", Subject: pages.Both("Решење", "Decision"), Body: pages.Both("Донето је решење.\n\nГрад", "A decision was made.\n\nThe city")}
			if err := r.Send(ctx, tx, n); err != nil {
				return err
			}
		}
		return nil
	}))
	html = pages.Says(t, r, pages.Request{Who: "mother", Path: lettersPath}, 200, "Чека слање е-поштом", `href="/cases/ZR-2"`, "/letters?after=")
	_, next, _ := strings.Cut(html, `href="/letters?after=`)
	next, _, _ = strings.Cut(next, `"`)
	pages.Says(t, r, pages.Request{Who: "mother", Path: "/letters?after=" + next}, 200, "Предмет ZR-1")
	expected := []pages.Expected{{Who: "mother", Path: lettersPath, Status: 200}, {Who: "officer", Path: lettersPath, Status: 200}, {Path: lettersPath, Status: 401}}
	pages.Walk(t, r, expected)
	pages.Small(t, r, expected)

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		q.AddCookie(&http.Cookie{Name: "who", Value: "mother"})
		r.ServeHTTP(w, q)
	}))
	t.Cleanup(server.Close)
	p := browser.Start(t).Visitor(t, browser.Options{NoScripts: true}).Tab()
	for _, tag := range []lang.Tag{lang.SrCyrl, lang.SrLatn, lang.En} {
		p.Open(server.URL + lettersPath + "?lang=" + string(tag))
		p.Check("letters-"+strings.ToLower(string(tag)), tag)
	}
}
