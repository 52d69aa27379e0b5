package portal_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
)

var start = time.Date(2026, time.November, 23, 10, 0, 0, 0, time.UTC)

// loan is a form of two questions: a thing, and for a thing with sizes which one.
type loan struct {
	Thing string   `json:"thing"`
	Size  string   `json:"size"`
	With  []string `json:"with"`
}

// lender lends, to whoever is named in the header "who".
type lender struct {
	now     time.Time
	handler http.Handler
	lent    []loan
	refused error // of the last step
}

func (l *lender) Actor(r *http.Request) (act.Actor, bool) {
	who := r.Header.Get("who")
	return act.As(who), who != ""
}

func (l *lender) wizard() *portal.Wizard[loan] {
	missing := func(name string) error {
		return problem.New(problem.Invalid, "form-incomplete").At(name, "words-missing")
	}
	return &portal.Wizard[loan]{
		Path: "/loans/new", Life: time.Hour, Stop: portal.Nav{Path: "/loans", Key: "stop"},
		Done: func(f *loan) string { return "/loans/" + f.Thing },
		Late: func(*loan) string { return "" },
		Steps: []portal.Step[loan]{
			{Name: "thing", Ask: func(_ *portal.Visit, f *loan) portal.Question {
				return portal.Question{Title: "Which thing?", Fields: []portal.Field{
					{Name: "thing", Kind: "text", Value: f.Thing, Most: 100},
					{Name: "with", Kind: "ticks", Options: []portal.Option{
						{Value: "case", Chosen: slices.Contains(f.With, "case")}, {Value: "charger", Chosen: slices.Contains(f.With, "charger")}}}}}
			}, Read: func(v *portal.Visit, f *loan) error {
				f.Thing, f.With = v.Typed("thing"), v.R.PostForm["with"]
				if f.Thing == "" || f.Thing == "nothing" {
					return missing("thing")
				}
				return nil
			}, Next: func(f *loan) string {
				if f.Thing == "book" {
					return "check"
				}
				return "size"
			}},
			{Name: "size", Follows: true, When: func(f *loan) bool { return f.Thing != "book" }, Ask: func(_ *portal.Visit, f *loan) portal.Question {
				return portal.Question{Title: "Which size of " + f.Thing + "?", Fields: []portal.Field{
					{Name: "size", Kind: "choice", Options: []portal.Option{{Value: "small", Chosen: f.Size == "small"}, {Value: "large", Chosen: f.Size == "large"}}},
					{Name: "why", Kind: "words", Most: 100}}}
			}, Read: func(v *portal.Visit, f *loan) error {
				if f.Size = v.Typed("size"); v.Typed("why") == "" {
					return missing("why")
				}
				return nil
			}},
			{Name: "check", Ask: func(_ *portal.Visit, f *loan) portal.Question {
				return portal.Question{Title: "Take " + f.Thing + " " + f.Size + "?", Facts: []portal.Fact{{ID: "thing", Label: "thing", Change: "thing"}}, Button: "Take it"}
			}, Read: func(_ *portal.Visit, f *loan) error {
				if l.refused == nil {
					l.lent = append(l.lent, *f)
				}
				return l.refused
			}},
		},
	}
}

func newLender(t *testing.T) *lender {
	t.Helper()
	words := &fstest.MapFile{Data: []byte(`{"form.next": "Next", "problem.form-late": "Too late, but kept", "problem.form-stale": "Too late", "problem.words-missing": "Something is missing", "problem.thing-away": "It is away"}`)}
	catalogue, err := lang.Load(lang.Words{Room: "library", Files: fstest.MapFS{"words/sr.json": words, "words/en.json": words}})
	if err != nil {
		t.Fatal(err)
	}
	l := &lender{now: start}
	w := l.wizard()
	l.handler, err = portal.New(portal.Config{
		Body: lang.Text{"sr": "Библиотека", "en": "Library"}, Catalogue: catalogue, Log: slog.New(slog.DiscardHandler), Sessions: l,
		Now: func() time.Time { return l.now },
	}, portal.Room{Pages: []portal.Page{
		{Pattern: "GET /loans/new", Right: act.SignedIn(), Do: func(v *portal.Visit) error { return w.Begin(v, "thing", loan{}) }},
		{Pattern: "POST /loans/new", Right: act.SignedIn(), Do: w.Continue},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// borrower goes through the form as a browser does.
type borrower struct {
	*lender
	who    string
	html   string
	status int
	to     string
}

var hidden = regexp.MustCompile(`name="(form|at)" value="([^"]+)"`)

func (b *borrower) begin() {
	r := httptest.NewRequest(http.MethodGet, "/loans/new", nil)
	b.send(r)
}

// answer sends the page that is open, with what was typed.
func (b *borrower) answer(pairs ...string) {
	values := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(b.html, -1) {
		values.Set(m[1], m[2])
	}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	b.post(values)
}

func (b *borrower) post(values url.Values) {
	r := httptest.NewRequest(http.MethodPost, "/loans/new", strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.send(r)
}

func (b *borrower) send(r *http.Request) {
	r.Header.Set("who", b.who)
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	b.status, b.to = w.Code, w.Header().Get("Location")
	if b.status != http.StatusSeeOther {
		b.html = w.Body.String()
	}
}

// sees fails unless the page has this status and holds these pieces.
func (b *borrower) sees(t *testing.T, status int, pieces ...string) {
	t.Helper()
	if b.status != status {
		t.Fatalf("status %d, want %d", b.status, status)
	}
	for _, piece := range pieces {
		if !strings.Contains(b.html, piece) {
			t.Fatalf("the page has no %q:\n%s", piece, b.html)
		}
	}
}

func TestAWizardAsksOneQuestionAPage(t *testing.T) {
	b := &borrower{lender: newLender(t), who: "ana"}
	b.begin()
	b.sees(t, 200, "Which thing?", `href="/loans"`, "Next")
	b.answer("thing", "lamp", "with", "case")
	b.sees(t, 200, "Which size of lamp?")
	b.answer("size", "large", "why", "dark")
	b.sees(t, 200, "Take lamp large?", "Take it")
	b.answer()
	if want := (loan{"lamp", "large", []string{"case"}}); b.status != 303 || b.to != "/loans/lamp" || len(b.lent) != 1 || !slices.Equal(b.lent[0].With, want.With) || b.lent[0].Size != want.Size {
		t.Errorf("%d to %q, lent %+v", b.status, b.to, b.lent)
	}
}

func TestAChangedAnswerLeadsBackToTheLastStep(t *testing.T) {
	b := &borrower{lender: newLender(t), who: "ana"}
	b.begin()
	b.answer("thing", "book")
	b.sees(t, 200, "Take book ?")
	b.answer("to", "thing")
	b.sees(t, 200, "Which thing?", `value="book"`)
	b.answer("thing", "lamp")
	b.sees(t, 200, "Which size of lamp?") // it follows from what was changed
	b.answer("size", "small", "why", "dark")
	b.sees(t, 200, "Take lamp small?")
	b.answer("to", "thing")
	b.answer("thing", "book", "with", "charger")
	b.sees(t, 200, "Take book")
}

func TestNothingTypedIsLostByAnError(t *testing.T) {
	b := &borrower{lender: newLender(t), who: "ana"}
	b.begin()
	b.answer("thing", "nothing", "with", "charger")
	b.sees(t, 422, "Which thing?", "Something is missing", `value="nothing"`, `value="charger" checked`)
	b.answer("thing", "lamp", "with", "case")
	b.answer("size", "large", "why", "")
	b.sees(t, 422, "Which size of lamp?", `value="large" checked`)
	b.answer("to", "thing") // what was wrong changed none of the answers
	b.sees(t, 200, `value="lamp"`, `value="case" checked`)
	b.answer("thing", "book")
	b.lender.refused = problem.New(problem.Invalid, "entry-invalid").At("thing", "thing-away")
	b.answer()
	b.sees(t, 422, "Take book ?", `<a href="#thing">It is away</a>`)
	b.lender.refused = problem.New(problem.Forbidden, "no-card")
	b.answer()
	b.sees(t, 403)
}

func TestAFormThatWasLeftKeepsItsAnswers(t *testing.T) {
	b := &borrower{lender: newLender(t), who: "ana"}
	b.begin()
	b.answer("thing", "lamp")
	b.now = start.Add(2 * time.Hour)
	b.answer("size", "large", "why", "dark")
	b.sees(t, 409, "Too late, but kept", "Which size of lamp?", `value="large" checked`, "dark</textarea>")
	b.answer("size", "large", "why", "dark")
	b.sees(t, 200, "Take lamp large?")
	b.now = b.now.Add(2 * time.Hour)
	b.answer()
	if b.sees(t, 409, "Take lamp large?"); len(b.lent) != 0 {
		t.Error("what was left too long was done")
	}
	b.now = b.now.Add(48 * time.Hour)
	b.answer()
	b.sees(t, 409, "Too late")
	if strings.Contains(b.html, "lamp") {
		t.Error("after days the answers still stand there")
	}
}

func TestASealedFormIsItsOwners(t *testing.T) {
	b := &borrower{lender: newLender(t), who: "ana"}
	b.begin()
	b.answer("thing", "lamp")
	if strings.Contains(regexp.MustCompile(`name="form" value="[^"]+"`).FindString(b.html), "lamp") {
		t.Error("the answers travel open")
	}
	sealed := hidden.FindAllStringSubmatch(b.html, -1)[0][2]
	for name, values := range map[string]url.Values{
		"changed":          {"form": {"AAAAAAAA" + sealed[8:]}, "at": {"size"}},
		"not sealed":       {"form": {"!"}, "at": {"size"}},
		"cut":              {"form": {sealed[:40]}, "at": {"size"}},
		"none":             {"at": {"size"}},
		"somebody else's":  {"form": {sealed}, "at": {"size"}},
		"no such step":     {"form": {sealed}, "at": {"elsewhere"}},
		"a way to no step": {"form": {sealed}, "to": {"elsewhere"}},
		"far too long":     {"form": {strings.Repeat("A", portal.SealedMax+1)}, "at": {"size"}},
		"more than fits":   {"form": {sealed}, "at": {"thing"}, "thing": {strings.Repeat("a", portal.SealedMax)}},
	} {
		status := map[string]int{"no such step": 422, "a way to no step": 422, "far too long": 413, "more than fits": 413}[name]
		if status == 0 {
			status = 409
		}
		if b.who = "ana"; name == "somebody else's" {
			b.who = "eva"
		}
		if b.post(values); b.status != status {
			t.Errorf("%s: status %d, want %d", name, b.status, status)
		}
	}
}

func TestAStepThatMayNotBeAskedIsNot(t *testing.T) {
	b := &borrower{lender: newLender(t), who: "ana"}
	b.begin()
	b.answer("thing", "book")
	b.answer("to", "size")
	b.sees(t, 422)
}
