package pages

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/lang"
	"dobosh/internal/testkit/pages"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers/births"
)

// clerk goes through the entry of a birth as a browser does: each answer goes
// out with the sealed form of the page before.
type clerk struct {
	t    *testing.T
	h    http.Handler
	who  string
	html string
}

var (
	sealedField = regexp.MustCompile(`name="form" value="([^"]+)"`)
	stepField   = regexp.MustCompile(`name="at" value="([^"]+)"`)
)

func (c *clerk) begin() {
	c.t.Helper()
	c.html = pages.Request{Who: c.who, Path: "/births/new"}.To(c.h).Body.String()
}

func (c *clerk) sealed() string { return sealedField.FindStringSubmatch(c.html)[1] }

// answer sends the page with some fields and gives the status and where it
// leads.
func (c *clerk) answer(pairs ...string) (status int, location string) {
	c.t.Helper()
	values := pages.Form(pairs...)
	values.Set("form", c.sealed())
	values.Set("at", stepField.FindStringSubmatch(c.html)[1])
	w := pages.Request{Who: c.who, Path: "/births/new", Form: values}.To(c.h)
	if w.Code != http.StatusSeeOther {
		pages.Check(c.t, w.Body.String(), lang.SrCyrl)
		c.html = w.Body.String()
	}
	return w.Code, w.Header().Get("Location")
}

// expect answers and expects the next question.
func (c *clerk) expect(step string, pairs ...string) {
	c.t.Helper()
	if status, _ := c.answer(pairs...); status != http.StatusOK {
		c.t.Fatalf("status %d, want the step %s", status, step)
	}
	if got := stepField.FindStringSubmatch(c.html)[1]; got != step {
		c.t.Fatalf("the step %s follows, want %s", got, step)
	}
}

func childNumber() string { return jmbg.Make(civil.Date(2026, time.November, 19), 85, 501).String() }

func (c *clerk) toCheck() {
	c.t.Helper()
	mother := jmbg.Make(civil.Date(1995, time.March, 15), 85, 501).String()
	father := jmbg.Make(civil.Date(1993, time.July, 1), 85, 1).String()
	c.begin()
	c.expect("mother-found", "number", mother)
	c.expect("father")
	c.expect("father-found", "number", father)
	c.expect("number")
	c.expect("birth", "number", childNumber())
	c.expect("name", "born", "19. 11. 2026.", "sex", "female", "live", "yes")
	c.expect("place", "given_name", "Мила", "family_name", "Пример")
	c.expect("order", "settlement", "zr-05")
	c.expect("check", "previous_live_births", "0")
}

func TestABirthIsRecordedOneQuestionAPage(t *testing.T) {
	r := &registrar{}
	c := &clerk{t: t, h: open(t, r), who: "registrar"}
	c.toCheck()
	if strings.Contains(c.html, childNumber()) {
		t.Error("the number of the child stands in the page")
	}
	if status, to := c.answer(); status != http.StatusSeeOther || to != "/births/recorded" {
		t.Fatalf("recording: %d to %q", status, to)
	}
	if status, to := c.answer(); status != http.StatusSeeOther || to != "/births/recorded" {
		t.Fatalf("a doubled tap: %d to %q", status, to)
	}
	want := births.Entry{Token: r.recorded[0].Token, Number: childNumber(), GivenName: "Мила", FamilyName: "Пример", Sex: jmbg.Female,
		Born: civil.Date(2026, time.November, 19), Settlement: "zr-05", Live: true, MotherHandle: "handle-female", FatherHandle: "handle-male"}
	if len(r.recorded) != 2 || r.recorded[0] != want || r.recorded[1] != want || want.Token == "" {
		t.Errorf("recorded %+v, want %+v twice under one token", r.recorded, want)
	}
}

// Who only wants to see a birth has everything filled in and confirms it.
func TestAnInventedBirthOnlyWaitsToBeConfirmed(t *testing.T) {
	r := &registrar{}
	h := open(t, r)
	w := &pages.Wizard{T: t, Handler: h, Who: "registrar", Path: "/births/new"}
	w.HTML = pages.Says(t, h, pages.Request{Who: "registrar", Path: "/births/invented", Form: pages.Form("", "")}, http.StatusOK, "Дуња", "Примерић")
	if status, to := w.Answer(); status != http.StatusSeeOther || to != "/births/recorded" {
		t.Fatalf("status %d to %q", status, to)
	}
	if len(r.recorded) != 1 || r.recorded[0].MotherHandle == "" || !r.recorded[0].FatherUnknown || r.recorded[0].Token == "" {
		t.Errorf("recorded %+v", r.recorded)
	}
}

func TestAFatherMayBeUnknown(t *testing.T) {
	r := &registrar{}
	c := &clerk{t: t, h: open(t, r), who: "registrar"}
	c.toCheck()
	c.expect("father", "to", "father")
	c.expect("check", "none", "yes")
	if _, to := c.answer(); to != "/births/recorded" || !r.recorded[0].FatherUnknown || r.recorded[0].FatherHandle != "" {
		t.Errorf("to %q, recorded %+v", to, r.recorded)
	}
}

func TestAChangedAnswerLeadsBackToTheCheck(t *testing.T) {
	c := &clerk{t: t, h: open(t, &registrar{}), who: "registrar"}
	c.toCheck()
	c.expect("place", "to", "place")
	c.expect("check", "settlement", "zr-01")
	c.expect("order", "to", "order")
	c.expect("check", "unknown", "yes")
	if !strings.Contains(c.html, "Није познато") || !strings.Contains(c.html, "Зрењанин") {
		t.Error("the check does not show what was changed")
	}
}

func TestWrongAnswersStayWithTheirQuestion(t *testing.T) {
	c := &clerk{t: t, h: open(t, &registrar{}), who: "registrar"}
	wrong := func(says string, pairs ...string) {
		t.Helper()
		at := stepField.FindStringSubmatch(c.html)[1]
		if status, _ := c.answer(pairs...); status != 422 || stepField.FindStringSubmatch(c.html)[1] != at || !strings.Contains(c.html, says) {
			t.Errorf("%v: status %d, %q not said", pairs, status, says)
		}
	}
	c.toCheck()
	c.expect("mother", "to", "mother")
	wrong("последња цифра се не слаже", "number", "1503995855019")
	if !strings.Contains(c.html, `value="1503995855019"`) {
		t.Error("the number just typed wrongly is not shown")
	}
	wrong("тринаест цифара", "number", "")
	wrong("не зна никога", "number", jmbg.Make(civil.Date(1900, time.May, 5), 71, 600).String())
	c.expect("mother-found", "number", jmbg.Make(civil.Date(1990, time.May, 5), 71, 600).String())
	if strings.Contains(c.html, "1503995855019") {
		t.Error("a number stands in the next page")
	}
	c.expect("birth", "to", "birth")
	wrong("Упишите датум", "born", "jуче", "sex", "female")
	wrong("Изаберите пол", "born", "19.11.2026", "sex", "x")
	c.expect("name", "to", "name")
	wrong("Попуните ово поље", "given_name", "Мила")
	wrong("различитих писама", "given_name", "Mилица", "family_name", "Примерић")
	wrong("великим словом", "given_name", "милица", "family_name", "Примерић")
	c.expect("place", "to", "place")
	wrong("Изаберите место", "settlement", "elsewhere")
	c.expect("order", "to", "order")
	wrong("Упишите цео број", "previous_live_births", "two")
	c.expect("number", "to", "number")
	if !strings.Contains(c.html, `maxlength="40"`) {
		t.Error("a number pasted with blanks would be cut")
	}
	wrong("датумом који не постоји", "number", "3213995855018")
}

func TestWhatTheRegisterRefusesStandsOnTheCheck(t *testing.T) {
	r := &registrar{err: problem.New(problem.Invalid, "entry-invalid").At("born", "born-future", "today", "2026-11-23").At("father", "parent-is-child")}
	c := &clerk{t: t, h: open(t, r), who: "registrar"}
	c.toCheck()
	if status, _ := c.answer(); status != 422 {
		t.Fatalf("status %d", status)
	}
	for _, says := range []string{`href="#born"`, "данас је 23. новембра 2026.", `href="#father"`, "исти матични број"} {
		if !strings.Contains(c.html, says) {
			t.Errorf("the check does not say %q", says)
		}
	}
}

// What the register doubts is asked on the same page, and only then.
func TestADoubtfulBirthIsRecordedWithWhatWasChecked(t *testing.T) {
	r := &registrar{err: problem.New(problem.Invalid, "birth-alike").At("checked", "birth-alike")}
	c := &clerk{t: t, h: open(t, r), who: "registrar"}
	c.toCheck()
	if strings.Contains(c.html, `name="checked"`) {
		t.Error("a birth that nobody doubts is asked about")
	}
	if status, _ := c.answer(); status != 422 || !strings.Contains(c.html, `href="#checked"`) || !strings.Contains(c.html, "истог имена") {
		t.Fatalf("status %d", status)
	}
	if status, _ := c.answer("checked", "\u202e"); status != 422 || !strings.Contains(c.html, `href="#checked"`) {
		t.Errorf("a reason that is no text: status %d", status)
	}
	r.err = nil
	if status, _ := c.answer("checked", "Близнакиње."); status != http.StatusSeeOther || r.recorded[0].Checked != "Близнакиње." {
		t.Errorf("status %d, %+v", status, r.recorded)
	}
}

// Twins without an hour lead back to the page that asks for it.
func TestTheHourOfTwinsIsAskedWithTheirDay(t *testing.T) {
	r := &registrar{err: problem.New(problem.Invalid, "entry-invalid").At("hour", "hour-needed")}
	c := &clerk{t: t, h: open(t, r), who: "registrar"}
	c.toCheck()
	if status, _ := c.answer(); status != 422 || !strings.Contains(c.html, `href="#hour"`) || !strings.Contains(c.html, "није уписан") {
		t.Fatalf("status %d", status)
	}
	r.err = nil
	c.expect("birth", "to", "birth")
	c.expect("check", "born", "19. 11. 2026.", "hour", "14:05", "sex", "female", "live", "yes")
	if status, _ := c.answer(); status != http.StatusSeeOther || r.recorded[0].Hour != "14:05" {
		t.Errorf("status %d, %+v", status, r.recorded)
	}
}

func TestABirthThatIsAlreadyRecordedIsAPage(t *testing.T) {
	r := &registrar{err: problem.New(problem.Conflict, "birth-already-recorded").At("number", "birth-already-recorded")}
	c := &clerk{t: t, h: open(t, r), who: "registrar"}
	c.toCheck()
	if status, _ := c.answer(); status != 409 || !strings.Contains(c.html, "већ уписано") {
		t.Errorf("status %d", status)
	}
}

func TestAStaleFormSaysSo(t *testing.T) {
	at := pages.Now
	cfg := config(t)
	cfg.Now = func() time.Time { return at }
	c := &clerk{t: t, h: pages.Open(t, cfg, New(&registrar{}, pages.Serbia(t), nil)), who: "registrar"}
	c.begin()
	first := c.html
	for name, spoil := range map[string]func(){
		"time has passed":     func() { at = pages.Now.Add(life + time.Second) },
		"somebody else's":     func() { c.who = "colleague" },
		"made by nobody here": func() { c.html = strings.Replace(first, c.sealed()[:8], "AAAAAAAA", 1) },
		"not sealed at all":   func() { c.html = strings.Replace(first, c.sealed(), "!", 1) },
	} {
		at, c.who, c.html = pages.Now, "registrar", first
		spoil()
		if status, _ := c.answer("number", "1"); status != 409 || !strings.Contains(c.html, "стајао предуго") {
			t.Errorf("%s: status %d", name, status)
		}
	}
}

func TestStepsThatDoNotExist(t *testing.T) {
	c := &clerk{t: t, h: open(t, &registrar{}), who: "registrar"}
	c.begin()
	for _, values := range []url.Values{{"form": {c.sealed()}, "at": {"elsewhere"}}, {"form": {c.sealed()}, "to": {"elsewhere"}}} {
		if w := (pages.Request{Who: "registrar", Path: "/births/new", Form: values}).To(c.h); w.Code != 422 {
			t.Errorf("%v: status %d", values, w.Code)
		}
	}
}

func TestEveryPageInEveryLanguage(t *testing.T) {
	all := []pages.Expected{
		{Path: "/", Status: 200}, {Who: "registrar", Path: "/", Status: 303}, {Who: "registrar", Path: "/births", Status: 200}, {Who: "registrar", Path: "/births/new", Status: 200}, {Who: "registrar", Path: "/births/recorded", Status: 200},
		{Path: "/births", Status: 401}, {Who: "mother", Path: "/births", Status: 403},
	}
	h := open(t, &registrar{})
	pages.Walk(t, h, all)
	pages.Small(t, h, all)
	pages.Walk(t, open(t, &registrar{empty: true}), []pages.Expected{{Who: "registrar", Path: "/births", Status: 200}})
}

func TestOnlyRegistrarsRecord(t *testing.T) {
	p := open(t, &registrar{})
	pages.Refuses(t, p, "", 401)
	for _, who := range []string{"mother", "officer", "contracts", "auditor", "operator", "nobody"} {
		pages.Refuses(t, p, who, 403)
	}
}
