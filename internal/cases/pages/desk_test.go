package pages

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dobosh/internal/cases"
	"dobosh/internal/storage"
	"dobosh/internal/testkit/pages"
)

// appeals begins appeals of the mother.
func appeals(t *testing.T, room *cases.Room, n int) (numbers []string) {
	t.Helper()
	err := room.DB.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		for i := range n {
			c, _, err := room.Open(ctx, tx, cases.Opening{Kind: "appeal", About: fmt.Sprint(i), Source: "page", Person: "p", Sector: "family", Channel: cases.ByPage})
			if err != nil {
				return err
			}
			numbers = append(numbers, c.Number)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return numbers
}

func TestADecisionOnItsPage(t *testing.T) {
	h, room, _ := desk(t)
	numbers := appeals(t, room, 2)
	at := "/desk/cases/" + numbers[0]
	pages.Says(t, h, pages.Request{Who: "officer", Path: at + "/to/late"}, 200, "Жалба је стигла после рока који је писао у решењу.", `value="1" checked`, "два минута")
	pages.Says(t, h, pages.Request{Who: "officer", Path: at + "/to/late", Form: pages.Form("version", "1")}, 422)
	pages.Says(t, h, pages.Request{Who: "officer", Path: at + "/to/late", Form: pages.Form("version", "1", "usual", "7")}, 422)
	pages.Says(t, h, pages.Request{Who: "officer", Path: at + "/to/upheld", Form: pages.Form("version", "1", "text", "Зато")}, 404)
	pages.Sends(t, h, "officer", at+"/to/late", cases.NextPage+"?after="+numbers[0], "version", "1", "usual", "1")
	pages.Says(t, h, pages.Request{Who: "officer", Path: at}, 200, "Још није послато", "Жалба је стигла после рока који је писао у решењу.", "Драган Службеник")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases/" + numbers[1] + "?saved=" + numbers[0]}, 200, "Још није послато, предмет", at+"/undo")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases?saved=" + numbers[0]}, 200, "Још није послато, предмет", "још може да се повуче")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases/" + numbers[0]}, 200, "примљена")
	// A form that was left open overnight says what has changed, and costs nobody what they typed.
	late := pages.Says(t, h, pages.Request{Who: "officer", Path: at + "/to/late", Form: pages.Form("version", "1", "text", "Моје образложење")}, 409)
	if !strings.Contains(late, "у међувремену") {
		t.Errorf("nothing says that the case has changed:\n%s", late)
	}
	pages.Sends(t, h, "officer", at+"/undo", at)
	pages.Says(t, h, pages.Request{Who: "officer", Path: at}, 200, "Повучено")
	pages.Sends(t, h, "officer", at+"/to/replaced", cases.NextPage+"?after="+numbers[0], "version", "3", "text", "У праву је.")
	pages.Says(t, h, pages.Request{Who: "officer", Path: at}, 200, "чека другог службеника")
	pages.Says(t, h, pages.Request{Who: "officer", Path: at + "/confirm", Form: pages.Form("version", "4")}, 403)
}

func TestSeveralCasesAtOnce(t *testing.T) {
	h, room, other := desk(t, "with-officer")
	numbers := appeals(t, room, 3)
	form := func(do string, values ...string) url.Values {
		f := url.Values{"do": {do}}
		for _, number := range values {
			f.Add("case", number)
		}
		return f
	}
	ask := func(f url.Values) pages.Request {
		return pages.Request{Who: "officer", Path: "/desk/cases", Form: f}
	}
	pages.Says(t, h, ask(form("claim")), 422)
	pages.Says(t, h, ask(form("claim", "nothing")), 422)
	pages.Says(t, h, ask(form("claim", "ZR-2026-0000-0000-1.1")), 422)
	pages.Says(t, h, ask(form("sell", numbers[0]+".1")), 200, "Није изабран")
	pages.Says(t, h, ask(form("claim", numbers[0]+".1", other["with-officer"]+".2")), 200, "Урађено.")
	pages.Says(t, h, ask(form("move", numbers[0]+".2", other["with-officer"]+".3")), 422, "нису исте врсте")
	pages.Says(t, h, ask(form("move", other["with-officer"]+".3")), 409)

	several := form("move", numbers[0]+".2", numbers[1]+".1", numbers[2]+".9")
	pages.Says(t, h, ask(several), 200, "Сваки", "why-"+numbers[1])
	several.Set("to", "late")
	several.Set("why-"+numbers[0], "Касно за два дана.")
	several.Set("why-"+numbers[2], "Касно за недељу.")
	pages.Says(t, h, ask(several), 422, "Касно за два дана.")
	several.Set("why-"+numbers[1], "Касно за дан.")
	html := pages.Says(t, h, ask(several), 200, "Урађено.", "у међувремену")
	if strings.Count(html, "Урађено.") != 2 {
		t.Errorf("the outcome of three cases, one of which has changed:\n%s", html)
	}
	if w := ask(several).To(h); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Урађено.") {
		t.Errorf("the same form again: status %d, %s", w.Code, w.Body)
	}
}

// Several cases are given away for one reason, and a case with an open task says so in the queue.
func TestSeveralCasesAreGivenAway(t *testing.T) {
	h, room, _ := desk(t)
	numbers := appeals(t, room, 2)
	at := "/desk/cases/" + numbers[0]
	pages.Sends(t, h, "officer", at+"/tasks", at, "what", "Проверити пребивалиште")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases"}, 200, "1 отворен задатак")
	several := url.Values{"do": {"hand"}, "case": {numbers[0] + ".1", numbers[1] + ".9"}}
	ask := func() pages.Request { return pages.Request{Who: "officer", Path: "/desk/cases", Form: several} }
	pages.Says(t, h, ask(), 200, "Нада Колегић", "2 предмета", numbers[1]+".9")
	several.Set("why", "")
	pages.Says(t, h, ask(), 422)
	several.Set("why", "Премештај.")
	pages.Says(t, h, ask(), 422, "Изаберите некога другог")
	several.Set("officer", "nada")
	pages.Says(t, h, ask(), 200, "Урађено.", "у међувремену")
	pages.Says(t, h, pages.Request{Who: "officer", Path: at}, 200, "Нада Колегић", "Премештај.")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/desk/cases", Form: several}, 403)
}

func TestAnAbsenceOnItsPage(t *testing.T) {
	h, _, _ := desk(t)
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/absence"}, 200, "Нада Колегић")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/absence", Form: pages.Form("from", "27.11.2026", "to", "24.11.2026", "deputy", "nada")}, 422, "Ти дани")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/absence", Form: pages.Form("from", "24.11.2026", "to", "27.11.2026", "deputy", "vera")}, 422, "обухватају")
	pages.Sends(t, h, "officer", "/desk/absence", "/desk/absence", "from", "24.11.2026", "to", "27.11.2026", "deputy", "nada")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/absence"}, 200, "24.", "27.")
}
