package pages

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/files"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
	"dobosh/internal/work"
)

// unwatched lets officers look.
type unwatched struct{}

func (unwatched) Looked(context.Context, act.Actor, cases.Case, ...string) error { return nil }

// officers are the one who is signed in, and a colleague.
type officers struct{}

func (officers) Holders(context.Context, act.Role) ([]act.Actor, error) {
	return []act.Actor{pages.People()["officer"], {Account: "nada", Name: "Нада Колегић", Grants: []act.Grant{{Role: identity.Officer}}}}, nil
}

// open opens a portal with a case in each of some statuses, all of the mother.
func open(t *testing.T, statuses ...string) (http.Handler, map[string]string) {
	t.Helper()
	h, _, numbers := desk(t, statuses...)
	return h, numbers
}

// desk is open with the room.
func desk(t *testing.T, statuses ...string) (http.Handler, *cases.Room, map[string]string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	said, err := words.Of()
	must(err)
	secret := sha256.Sum256([]byte("cases"))
	key, err := seal.New(secret[:])
	must(err)
	pack := pages.Serbia(t)
	db := testkit.Database(t, storage.SQLite)(work.Migrations(), cases.Migrations())
	room := cases.New(cases.Config{
		Member: pages.ID("RS-DEMO/GOV/ZRENJANIN"), Prefix: "ZR", PublicURL: "https://city.example", Pack: pack, DB: db, Key: key, Files: files.Folder(t.TempDir()), Work: work.New(db, func() time.Time { return pages.Now }, slog.New(slog.DiscardHandler), "city"), Officers: officers{}, Now: func() time.Time { return pages.Now }, Pseudonyms: everybody{}, NameKey: secret[:],
		Title: func(registry.ID) lang.Text { return pages.Both("Град Зрењанин", "City of Zrenjanin") },
	})
	room.WatchedBy(unwatched{})
	numbers := map[string]string{}
	must(db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		for _, status := range statuses {
			c, _, err := room.Open(ctx, tx, cases.Opening{Kind: "application", About: status, Source: "event", Service: "newborn-grant", Occasion: "birth", Channel: cases.ByEvent})
			if err != nil {
				return err
			}
			numbers[status] = c.Number
			for to := "with-officer"; c.Status != status; to = status {
				by := law.ByOfficer
				if to == "with-officer" {
					by = law.ByRule
				}
				if c, err = room.Move(ctx, tx, cases.Move{Case: c.ID, To: to, By: by, Person: "p", Sector: "family", Why: "разлог"}); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	brought, err := New(room, pack)
	must(err)
	return pages.Open(t, pages.Config(said), brought), room, numbers
}

func TestEveryPageInEveryLanguage(t *testing.T) {
	h, numbers := open(t, "with-officer", "asked", "offered", "refused")
	expected := []pages.Expected{
		{Who: "mother", Path: "/cases", Status: 200}, {Who: "officer", Path: "/desk/cases", Status: 200}, {Who: "officer", Path: "/desk/cases?state=mine", Status: 200}, {Who: "officer", Path: undeliveredPath, Status: 200}, {Who: "mother", Path: undeliveredPath, Status: 403},
		{Who: "officer", Path: "/desk/cases?state=ended", Status: 200}, {Who: "officer", Path: "/desk/cases?state=second", Status: 200}, {Who: "officer", Path: "/desk/absence", Status: 200}, {Who: "mother", Path: "/desk/absence", Status: 403},
		{Path: "/cases", Status: 401}, {Path: "/desk/cases", Status: 401}, {Who: "mother", Path: "/desk/cases", Status: 403},
		{Who: "mother", Path: "/cases/ZR-2026-0000-0000-0", Status: 404}, {Who: "nobody", Path: "/cases/" + numbers["asked"], Status: 404},
	}
	for _, number := range numbers {
		expected = append(expected, pages.Expected{Who: "mother", Path: "/cases/" + number, Status: 200}, pages.Expected{Who: "officer", Path: "/desk/cases/" + number, Status: 200})
	}
	for _, path := range []string{"claim", "release", "ask", "seen", "pause/supplement", "resume", "extend", "parties", "tasks", "join", "split", "consult", "hand", "messages", "note/internal", "files", "files/internal", "part/duplicate/" + numbers["asked"]} {
		expected = append(expected, pages.Expected{Who: "officer", Path: "/desk/cases/" + numbers["with-officer"] + "/" + path, Status: 200})
	}
	expected = append(expected, pages.Expected{Who: "mother", Path: "/cases/" + numbers["asked"] + "/answer", Status: 200}, pages.Expected{Who: "mother", Path: "/cases/" + numbers["asked"] + "/files", Status: 200}, pages.Expected{Who: "mother", Path: "/cases/" + numbers["asked"] + "/messages", Status: 200}, pages.Expected{Who: "nobody", Path: "/cases/" + numbers["asked"] + "/messages", Status: 404},
		pages.Expected{Who: "officer", Path: "/desk/tasks", Status: 200}, pages.Expected{Who: "mother", Path: "/desk/tasks", Status: 403}, pages.Expected{Who: "officer", Path: "/desk/tasks/none", Status: 404},
		pages.Expected{Who: "leader", Path: "/desk/leader", Status: 200}, pages.Expected{Who: "officer", Path: "/desk/leader", Status: 403}, pages.Expected{Path: "/desk/leader", Status: 401})
	pages.Walk(t, h, expected)
	pages.Small(t, h, expected)
	empty, _ := open(t)
	pages.Walk(t, empty, []pages.Expected{{Who: "mother", Path: "/cases", Status: 200}, {Who: "officer", Path: "/desk/cases", Status: 200}, {Who: "leader", Path: "/desk/leader", Status: 200}})
}

func TestAQuestionAndItsAnswer(t *testing.T) {
	h, numbers := open(t, "with-officer", "refused")
	number := numbers["with-officer"]
	pages.Sends(t, h, "officer", "/desk/cases/"+number+"/claim", "/desk/cases/"+number)
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases?state=mine"}, 200, number, undeliveredPath, "/desk/absence")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases/" + number}, 200, "Овај рок још није упоређен")
	pages.Sends(t, h, "officer", "/desk/cases/"+number+"/ask", cases.NextPage+"?after="+number, "version", "3", "text", "Када сте се доселили?")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases/" + number}, 200, "Када сте се доселили?", "Још није послато")
	if asked := pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases/" + number}, 200); strings.Contains(asked, "Када сте се доселили?") {
		t.Error("a question that can be taken back is shown")
	}
	pages.Sends(t, h, "officer", "/desk/cases/"+number+"/send", "/desk/cases/"+number)
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases/" + numbers["refused"] + "/ask"}, 200, "већ питана у предмету", number)
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases/" + number}, 200, "Када сте се доселили?", "Рок стоји")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases?q=" + strings.ToLower(number)}, 200, number)
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases?q=ZR-2026-0000-0000-1"}, 200, "Ниједан предмет не одговара")
	pages.Sends(t, h, "mother", "/cases/"+number+"/answer", "/cases/"+number, "text", "У мају.")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases?state=unread"}, 200, number, "нова порука")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases/" + number}, 200, "У мају.", "Означи као прочитано")
	if w := (pages.Request{Who: "officer", Path: cases.NextPage}).To(h); w.Header().Get("Location") != "/desk/cases/"+number {
		t.Errorf("the next case is at %q", w.Header().Get("Location"))
	}
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases/" + number + "/answer", Form: pages.Form("text", " ")}, 422)
}

// Both sides see what paused the clock, by which provision and until when, and what happens at its end.
func TestBothSidesSeeTheClock(t *testing.T) {
	h, numbers := open(t, "with-officer")
	number := numbers["with-officer"]
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases/" + number}, 200, "чл. 145", "право на жалбу", "30 дана", "Телефон")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases/" + number}, 200, "/desk/cases/"+number+"/pause/supplement")
	pages.Sends(t, h, "officer", "/desk/cases/"+number+"/pause/supplement", "/desk/cases/"+number, "version", "2")
	for who, path := range map[string]string{"mother": "/cases/", "officer": "/desk/cases/"} {
		pages.Says(t, h, pages.Request{Who: who, Path: path + number}, 200, "рок стоји: чека се да странка уреди поднесак")
	}
	pages.Sends(t, h, "officer", "/desk/cases/"+number+"/resume", "/desk/cases/"+number, "version", "3")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases/" + number}, 200, "рок је стајао до 23. новембра 2026.")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases/" + number + "/appeal", Form: pages.Form("text", "Нема решења.")}, 409)
}

func TestTheLeadersPageSpeaksInNumbers(t *testing.T) {
	h, numbers := open(t, "with-officer", "refused")
	pages.Says(t, h, pages.Request{Who: "leader", Path: "/desk/leader"}, 200, "1 отворен предмет", "Ниједном није прошао рок", "одбијено")
	if w := (pages.Request{Who: "leader", Path: "/desk/leader.csv"}).To(h); !strings.Contains(w.Body.String(), `"Исходи","Право на услугу: одбијено","","","","1","",""`) {
		t.Errorf("the table for other programs: %d %s", w.Code, w.Body)
	}
	if w := (pages.Request{Who: "leader", Path: "/desk/cases/" + numbers["refused"]}).To(h); w.Code != http.StatusForbidden {
		t.Errorf("a leader opens the case of a person: %d", w.Code)
	}
}
