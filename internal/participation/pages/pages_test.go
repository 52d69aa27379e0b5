package pages

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/act/budget"
	"dobosh/internal/cases"
	casepages "dobosh/internal/cases/pages"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/seal"
	"dobosh/internal/participation"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/browser"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
	"dobosh/internal/work"
)

// unwatched lets officers look.
type unwatched struct{}

func (unwatched) Looked(context.Context, act.Actor, cases.Case, ...string) error { return nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open opens a portal with something that a neighbour raised, and its number.
func open(t *testing.T) (http.Handler, *participation.Room, string) {
	t.Helper()
	said, err := words.Of()
	must(t, err)
	secret := sha256.Sum256([]byte("voices"))
	key, err := seal.New(secret[:])
	must(t, err)
	pack, now := pages.Serbia(t), func() time.Time { return pages.Now }
	db := testkit.Database(t, storage.SQLite)(work.Migrations(), budget.Migrations(), cases.Migrations(), participation.Migrations())
	spine := cases.New(cases.Config{
		Member: pages.ID("RS-DEMO/GOV/ZRENJANIN"), Prefix: "ZR", PublicURL: "https://city.example", Pack: pack, DB: db, Key: key, Now: now,
		Work:  work.New(db, now, slog.New(slog.DiscardHandler), "city"),
		Title: func(registry.ID) lang.Text { return pages.Both("Град Зрењанин", "City of Zrenjanin") },
	})
	spine.WatchedBy(unwatched{})
	room := participation.New(participation.Config{Pack: pack, DB: db, Cases: spine, Key: key, Now: now})
	kind, _ := pack.CaseKind("proposal")
	number, err := room.Raise(t.Context(), pages.People()["neighbour"], kind, act.Values{"subject": {"Клупе у парку"}, "text": {"Код школе нема где да се седне."}, "place": {"zr-01"}, "public": {"yes"}})
	must(t, err)
	brought, err := New(room, pack)
	must(t, err)
	spined, err := casepages.New(spine, pack)
	must(t, err)
	return pages.Open(t, pages.Config(said), brought, spined), room, number
}

func TestEveryPageInEveryLanguage(t *testing.T) {
	h, room, number := open(t)
	hidden := []pages.Expected{{Path: "/voices", Status: 200}, {Path: "/voices/" + number, Status: 404}}
	pages.Walk(t, h, hidden)
	must(t, room.Publish(t.Context(), pages.People()["officer"], number, participation.Public{Subject: "Клупе у парку", Body: "Код школе."}))
	expected := []pages.Expected{
		{Path: "/raise", Status: 200}, {Path: "/voices", Status: 200}, {Path: "/voices?kind=proposal", Status: 200}, {Path: "/voices?kind=nothing", Status: 200}, {Path: "/voices/" + number, Status: 200},
		{Path: "/voices/ZR-2026-0000-0000-0", Status: 404}, {Path: "/raise/report", Status: 401}, {Path: "/raise/nothing", Status: 404},
		{Who: "mother", Path: "/raise/report", Status: 403}, {Who: "mother", Path: "/desk/cases/" + number + "/publish", Status: 403},
		{Who: "officer", Path: "/desk/cases/" + number, Status: 200},
	}
	for _, kind := range room.Kinds() {
		expected = append(expected, pages.Expected{Who: "neighbour", Path: "/raise/" + kind.ID, Status: 200})
	}
	pages.Walk(t, h, expected)
	pages.Small(t, h, expected)
	pages.Says(t, h, pages.Request{Path: "/voices/" + number}, 200, "Клупе у парку", "Код школе.", "Кад подржи 10")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases/" + number + "/publish"}, 200, "Клупе у парку")
}

// What is missing in a form stands beside its field, and nothing of what was typed is lost.
func TestAFormThatIsNotComplete(t *testing.T) {
	h, _, _ := open(t)
	pages.Says(t, h, pages.Request{Who: "neighbour", Path: "/raise/report", Form: pages.Form("subject", "Не ради светиљка", "where", " ")}, 422, `value="Не ради светиљка"`, `href="#where"`, `href="#place"`)
	pages.Says(t, h, pages.Request{Who: "neighbour", Path: "/raise/report", Form: pages.Form("subject", "x", "where", "y", "place", "no-such-place")}, 422, `href="#place"`)
}

// On a phone the pages do not scroll sideways and hold to the rules of the house, in both scripts.
func TestOnAPhone(t *testing.T) {
	b := browser.Start(t)
	h, room, number := open(t)
	must(t, room.Publish(t.Context(), pages.People()["officer"], number, participation.Public{Subject: "Клупе у парку", Body: "Код школе."}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "who", Value: "neighbour"})
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p := b.Visitor(t, browser.Options{NoScripts: true}).Tab()
	for _, tag := range []lang.Tag{lang.SrCyrl, lang.SrLatn} {
		for name, path := range map[string]string{"raise": "/raise", "report": "/raise/report", "voices": "/voices", "voice": "/voices/" + number} {
			p.Open(server.URL + path + "?lang=" + string(tag))
			p.Check("voices-"+name+"-"+strings.ToLower(string(tag)), tag)
		}
	}
}
