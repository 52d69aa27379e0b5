package pages_test

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
	"dobosh/internal/work"
	workpages "dobosh/internal/work/pages"
)

// ref is that of a job that an event from elsewhere gave, with all that an address
// must not hold as it is.
const ref = "https://registers.example/births?a=b#1 2"

// open gives the pages of a queue in which jobs were put aside, two of this room and
// one that a room settles itself.
func open(t *testing.T) (*portal.Portal, *work.Runner) {
	t.Helper()
	db := testkit.Database(t, testkit.Engines()[0])(work.Migrations())
	at := clock.NewManual(pages.Now)
	failing := func(name string, cause error) *work.Queue[work.None] {
		return &work.Queue[work.None]{Name: name, Attempts: 1, Do: func(context.Context, *work.Try[work.None]) error { return cause }}
	}
	hear := failing("services.hear", problem.New(problem.Unavailable, "node-away"))
	letters := failing("events.letters", problem.New(problem.Unavailable, "made-up-elsewhere"))
	seal := &work.Queue[work.None]{Name: "services.seal", Do: func(context.Context, *work.Try[work.None]) error { return nil }}
	unsaid := failing("lab.unsaid", context.DeadlineExceeded)
	runner := work.New(db, at.Now, slog.New(slog.DiscardHandler), "a")
	runner.Register(hear, letters, seal, unsaid)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(runner.Begin(t.Context()))
	must(db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		for q, ref := range map[*work.Queue[work.None]]string{hear: ref, letters: "s1/e1", unsaid: "u1"} {
			if err := q.Add(ctx, tx, ref, work.None{}); err != nil {
				return err
			}
		}
		return nil
	}))
	_, err := runner.RunDue(t.Context())
	must(err)
	must(db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error { return seal.Add(ctx, tx, "d1", work.None{}) }))

	matter := act.Scope{Body: "RS-DEMO/GOV/ZRENJANIN"}
	settle, err := runner.Acts(workpages.RightToOperate(), matter)
	must(err)
	all, err := words.Of()
	must(err)
	return pages.Open(t, pages.Config(all), workpages.New(workpages.Deps{Queue: runner, Matter: matter, Acts: settle, Own: map[string]string{"events.letters": "/desk/events"}})), runner
}

var at = "/desk/queue/services.hear/" + url.PathEscape(ref)

func expected() []pages.Expected {
	return []pages.Expected{
		{Who: "operator", Path: "/desk/queue", Status: 200}, {Who: "auditor", Path: "/desk/queue", Status: 200}, {Who: "officer", Path: "/desk/queue", Status: 403}, {Path: "/desk/queue", Status: 401},
		{Who: "operator", Path: "/desk/queue?state=services.hear", Status: 200}, {Who: "operator", Path: "/desk/queue?state=nothing&after=x", Status: 200},
		{Who: "operator", Path: at + "/try-again", Status: 200}, {Who: "operator", Path: at + "/drop", Status: 200}, {Who: "auditor", Path: at + "/drop", Status: 403},
		{Who: "operator", Path: "/desk/queue/services.hear/none/drop", Status: 404}, {Who: "operator", Path: "/desk/queue/services.seal/d1/try-again", Status: 404},
	}
}

func TestTheQueueInEveryLanguage(t *testing.T) {
	h, _ := open(t)
	pages.Walk(t, h, expected())
	pages.Small(t, h, slices.DeleteFunc(expected(), func(e pages.Expected) bool { return e.Status != 200 }))
	pages.Refuses(t, h, "", 401)
	pages.Refuses(t, h, "officer", 403)
}

func TestAnOperatorSeesWhatWasPutAside(t *testing.T) {
	h, _ := open(t)
	html := pages.Says(t, h, pages.Request{Who: "operator", Path: "/desk/queue", Tag: lang.En}, 200,
		"Take events in", "Seal decisions", "https://registers.example/births?a=b#1 2", `href="`+at+`/drop"`, "made-up-elsewhere", `href="/desk/events"`, `<span class="code">lab.unsaid</span>`)
	if strings.Contains(html, "deadline exceeded") {
		t.Error("the error of engineers stands on the page")
	}
	one := pages.Says(t, h, pages.Request{Who: "operator", Path: "/desk/queue?state=events.letters", Tag: lang.En}, 200, "s1/e1")
	if strings.Contains(one, at) {
		t.Error("a job of another queue is shown")
	}
	if watched := pages.Says(t, h, pages.Request{Who: "auditor", Path: "/desk/queue", Tag: lang.En}, 200, "Take events in"); strings.Contains(watched, "/drop") {
		t.Error("an auditor is offered to drop a job")
	}
}

func TestAnOperatorSettlesAJob(t *testing.T) {
	h, runner := open(t)
	pages.Sends(t, h, "operator", at+"/try-again", "/desk/queue")
	if n, err := runner.RunDue(t.Context(), "services.hear"); err != nil || n != 1 {
		t.Fatalf("%d jobs were tried again: %v", n, err)
	}
	pages.Says(t, h, pages.Request{Who: "operator", Path: at + "/drop", Form: pages.Form("reason", " ")}, 422, "Упишите зашто", `action="`+at+`/drop"`)
	pages.Says(t, h, pages.Request{Who: "auditor", Path: at + "/drop", Form: pages.Form("reason", "Не треба.")}, 403)
	pages.Sends(t, h, "operator", at+"/drop", "/desk/queue", "reason", "Не треба.")
	pages.Says(t, h, pages.Request{Who: "operator", Path: at + "/drop", Form: pages.Form("reason", "Не треба.")}, 404)
	dropped, err := runner.Dropped(t.Context(), "", 0)
	if err != nil || len(dropped.Items) != 1 || dropped.Items[0].Actor != "oliver" || dropped.Items[0].Reason != "Не треба." {
		t.Errorf("kept: %+v, %v", dropped.Items, err)
	}
}
