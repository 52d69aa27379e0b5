package portal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/acts"
	"dobosh/internal/testkit/pages"
)

// lending is a book that a library lends.
type lending struct {
	Book, Title, Reader, Kind string
	Until                     civil.Day
	Copies, Version           int
	Quiet                     bool
	Card                      []byte
}

// lend is the one definition from which everything in this file comes.
func lend() act.Def[lending, lending] {
	return act.Def[lending, lending]{
		Name: "loan.lend", Route: "POST /v1/books/{book}/loans", Page: "/books/{book}/lend", Right: act.Only("librarian"), Made: true,
		Fields: []act.Field[lending]{
			act.OfCode("book", func(in *lending) *string { return &in.Book }, act.InPath()),
			act.OfVersion("version", func(in *lending) *int { return &in.Version }),
			act.OfLine("title", func(in *lending) *string { return &in.Title }, act.Most(40)),
			act.OfName("reader", func(in *lending) *string { return &in.Reader }),
			act.OfChoice("kind", func(in *lending) *string { return &in.Kind }, act.Of("loan.kind.", "home", "room")),
			act.OfDay("until", func(in *lending) *civil.Day { return &in.Until }),
			act.OfCount("copies", func(in *lending) *int { return &in.Copies }, act.Most(5), act.Optional()),
			act.OfYesNo("quiet", func(in *lending) *bool { return &in.Quiet }),
			act.OfFile("card", func(in *lending) *[]byte { return &in.Card }, act.Optional(), act.Most(1000)),
		},
		Begin: func(_ context.Context, _ act.Actor, in *lending) error { in.Version = 3; return nil },
		Do: func(_ context.Context, _ act.Actor, in lending) (lending, error) {
			if in.Version != 3 {
				return in, problem.New(problem.Conflict, "book-changed")
			}
			return in, nil
		},
	}
}

func good() map[string]any {
	return map[string]any{"version": 3, "title": "На Дрини ћуприја", "reader": "Ана", "kind": "home", "until": "2026-12-24", "copies": 1, "quiet": true}
}

const sentences = `{"loan.lend": "Lend", "loan.lend-lead": "To a reader of ours.", "loan.lend-button": "Lend it", "loan.lend.title": "Title",
	"loan.lend.reader": "Reader", "loan.lend.kind": "Where to", "loan.kind.home": "Home", "loan.kind.room": "Reading room", "loan.lend.until": "Until",
	"loan.lend.copies": "Copies", "loan.lend.quiet": "Quiet", "loan.lend.card": "Card", "loan.back": "Back", "surface.loans": "Loans", "problem.book-changed": "The book has changed."}`

// library serves the act as a page and as an interface.
func library(t *testing.T, engine string) (pages http.Handler, programs http.Handler, all []portal.Page) {
	t.Helper()
	lendAct, err := lend().Act()
	if err != nil {
		t.Fatal(err)
	}
	p, words := reading(t, lendAct)
	surface := api.Surface{Name: "loans", Acts: []act.Act{lendAct}, Who: bearer, Answers: api.NewAnswers(testkit.Database(t, engine)(api.Migrations()), time.Now), Say: words.Say, Log: slog.New(slog.DiscardHandler)}
	programs, err = surface.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return p, programs, p.Pages()
}

// reading is the portal of the library with the page of an act, and its words.
func reading(t *testing.T, a act.Act) (*portal.Portal, *lang.Catalogue) {
	t.Helper()
	own := fstest.MapFS{"words/sr.json": {Data: []byte(sentences)}, "words/en.json": {Data: []byte(sentences)}}
	words, err := frameWords(lang.Words{Room: "library", Files: own})
	if err != nil {
		t.Fatal(err)
	}
	p, err := portal.New(portal.Config{Body: lang.Text{"sr": "Библиотека", "en": "Library"}, Kind: "city", Catalogue: words, Now: time.Now, Log: slog.New(slog.DiscardHandler), Sessions: cookies{}, SignIn: pages.SignIn{}},
		portal.Room{Pages: portal.ActPage{Act: a, Back: portal.Nav{Path: "/books/{book}", Key: "loan.back"}, Next: func(*portal.Visit, any) string { return "/books" }}.Pages()})
	if err != nil {
		t.Fatal(err)
	}
	return p, words
}

// cookies knows people by a cookie with their role.
type cookies struct{}

func (cookies) Actor(r *http.Request) (act.Actor, bool) {
	c, err := r.Cookie("role")
	if err != nil {
		return act.Actor{}, false
	}
	role, age, _ := strings.Cut(c.Value, "-")
	by := act.As("somebody", act.Role(role))
	by.Age, _ = time.ParseDuration(age) // none is none
	return by, true
}

func bearer(r *http.Request) (act.Actor, error) {
	_, role, ok := strings.Cut(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return act.Actor{}, problem.New(problem.Unauthenticated, "token-unknown")
	}
	return act.System("machine", act.Role(role)), nil
}

func onPage(h http.Handler, role string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/books/b1/lend", nil)
	if form != nil {
		r = httptest.NewRequest(http.MethodPost, "/books/b1/lend", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("Accept-Language", "en")
	if role != "" {
		r.AddCookie(&http.Cookie{Name: "role", Value: role})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Whoever signed in too long ago does so before the question, and after it without losing
// what they typed. A program has nothing to sign in with again.
func TestAnActWantsASignInOfLate(t *testing.T) {
	done := 0
	def := lend()
	def.Right = act.Only("librarian").Fresh(5 * time.Minute)
	def.Do = func(_ context.Context, _ act.Actor, in lending) (lending, error) { done++; return in, nil }
	a, err := def.Act()
	if err != nil {
		t.Fatal(err)
	}
	p, _ := reading(t, a)
	form := url.Values{"version": {"3"}, "title": {"На Дрини ћуприја"}, "reader": {"Ана"}, "kind": {"home"}, "until": {"2026-12-24"}, "copies": {"1"}, "quiet": {"yes"}}
	again := `href="/sign-in?again=yes&amp;to=%2Fbooks%2Fb1%2Flend"`
	for name, c := range map[string]struct {
		role   string
		form   url.Values
		status int
		shows  []string
	}{
		"the question, of late":       {"librarian-4m", nil, http.StatusOK, []string{`name="title"`}},
		"the question, long ago":      {"librarian-6m", nil, http.StatusUnauthorized, []string{again}},
		"nobody says when":            {"librarian-100000h", nil, http.StatusUnauthorized, []string{again}},
		"without the role":            {"reader-6m", nil, http.StatusForbidden, nil},
		"the answer without the role": {"reader-6m", form, http.StatusForbidden, nil},
		"the answer, long ago":        {"librarian-6m", form, http.StatusUnauthorized, []string{again, `value="На Дрини ћуприја"`}},
		"the answer, of late":         {"librarian-4m", form, http.StatusSeeOther, nil},
	} {
		w := onPage(p, c.role, c.form)
		if w.Code != c.status {
			t.Errorf("%s: %d", name, w.Code)
		}
		for _, want := range c.shows {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: no %s in %s", name, want, w.Body)
			}
		}
	}
	if done != 1 {
		t.Errorf("done %d times", done)
	}
	if _, err := a.Do(t.Context(), act.System("machine", "librarian"), act.FromValues(form).With(map[string]string{"book": "b1"})); err != nil {
		t.Errorf("a program: %v", err)
	}
}

// The parts of an address stay parts, whatever stands in them.
func TestAnActsPageLeadsBackToWhatItIsAbout(t *testing.T) {
	p, _, _ := library(t, testkit.Engines()[0])
	r := httptest.NewRequest(http.MethodGet, "/books/b%2F1/lend", nil)
	r.AddCookie(&http.Cookie{Name: "role", Value: "librarian"})
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	for _, want := range []string{`action="/books/b%2F1/lend"`, `href="/books/b%2F1"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page has no %s: %s", want, w.Body)
		}
	}
}

func byProgram(h http.Handler, role, key string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/v1/books/b1/loans", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+role)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func sent(t *testing.T, body map[string]any) (form url.Values, raw []byte) {
	t.Helper()
	form = url.Values{}
	for name, value := range body {
		switch value := value.(type) {
		case string:
			form.Set(name, value)
		case bool:
			form.Set(name, map[bool]string{true: "yes", false: "no"}[value])
		case int:
			form.Set(name, string(rune('0'+value)))
		}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return form, raw
}

// One definition of twenty lines yields the page, its errors beside the fields,
// the interface, its description, the routes with their right, and the table of
// bad inputs.
func TestAnActIsDefinedOnce(t *testing.T) {
	for _, engine := range testkit.Engines() {
		t.Run(engine, func(t *testing.T) {
			pages, programs, _ := library(t, engine)
			form, raw := sent(t, good())

			page := onPage(pages, "librarian", nil)
			for _, want := range []string{"<h1>Lend</h1>", "To a reader of ours.", `name="title"`, `name="version" value="3"`, `maxlength="40"`, "Reading room", ">Lend it</button>", `href="/books/b1"`} {
				if !strings.Contains(page.Body.String(), want) {
					t.Errorf("the page has no %s", want)
				}
			}
			if w := onPage(pages, "librarian", form); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/books" {
				t.Errorf("the form: %d to %q", w.Code, w.Header().Get("Location"))
			}
			if w := byProgram(programs, "librarian", "", raw); w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), `"Book":"b1"`) {
				t.Errorf("the interface: %d %s", w.Code, w.Body)
			}
			stale := good()
			stale["version"] = 2
			staleForm, staleRaw := sent(t, stale)
			if w := onPage(pages, "librarian", staleForm); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "The book has changed.") {
				t.Errorf("a stale form: %d", w.Code)
			}
			if w := byProgram(programs, "librarian", "", staleRaw); w.Code != http.StatusConflict {
				t.Errorf("a stale request: %d", w.Code)
			}
		})
	}
}

func TestBadInputsAreRefusedWithTheirField(t *testing.T) {
	pages, programs, _ := library(t, testkit.Engines()[0])
	lendAct, err := lend().Act()
	if err != nil {
		t.Fatal(err)
	}
	all := acts.BadInputs(lendAct, good())
	if len(all) < 50 {
		t.Errorf("only %d bad inputs", len(all))
	}
	for _, bad := range all {
		if bad.JSON != nil {
			w := byProgram(programs, "librarian", "", bad.JSON)
			var said problem.Document
			if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %s", bad.Name, w.Code, w.Body)
				continue
			}
			named := slices.ContainsFunc(said.Fields, func(f problem.FieldDocument) bool { return f.Name == bad.Field && f.Code == bad.Code })
			if bad.Field == "" && said.Code != bad.Code || bad.Field != "" && !named {
				t.Errorf("%s: said %+v, want %s at %q", bad.Name, said, bad.Code, bad.Field)
			}
		}
		if bad.Form != nil {
			w := onPage(pages, "librarian", bad.Form)
			if w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s on the page: %d", bad.Name, w.Code)
			}
			if bad.Field != "version" && !strings.Contains(w.Body.String(), `id="`+bad.Field+`-error"`) {
				t.Errorf("%s: nothing stands beside the field", bad.Name)
			}
			if strings.Contains(w.Body.String(), "[problem.") || strings.Contains(w.Body.String(), "quote it as") {
				t.Errorf("%s: no sentence for it", bad.Name)
			}
		}
	}
}

func TestTheRightIsLookedAtBeforeTheBody(t *testing.T) {
	pages, programs, all := library(t, testkit.Engines()[0])
	form, raw := sent(t, good())
	for role, status := range map[string]int{"": http.StatusUnauthorized, "reader": http.StatusForbidden} {
		if w := onPage(pages, role, form); w.Code != status {
			t.Errorf("the form as %q: %d", role, w.Code)
		}
		if w := onPage(pages, role, nil); w.Code != status {
			t.Errorf("the page as %q: %d", role, w.Code)
		}
		for _, body := range [][]byte{raw, []byte("{"), []byte(strings.Repeat(" ", 2<<20))} {
			if w := byProgram(programs, role, "", body); w.Code != status {
				t.Errorf("a program as %q: %d", role, w.Code)
			}
		}
	}
	if !slices.ContainsFunc(all, func(p portal.Page) bool {
		return p.Pattern == "POST /books/{book}/lend" && slices.Contains(p.Right.Roles, "librarian")
	}) {
		t.Error("the routes do not say who may lend")
	}
	if w := byProgram(programs, "librarian", "", []byte(strings.Repeat(" ", 2<<20))); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a body without end: %d", w.Code)
	}
}

func TestARequestUnderAKeyIsDoneOnce(t *testing.T) {
	for _, engine := range testkit.Engines() {
		t.Run(engine, func(t *testing.T) {
			_, programs, _ := library(t, engine)
			_, raw := sent(t, good())
			first := byProgram(programs, "librarian", "k1", raw)
			again := byProgram(programs, "librarian", "k1", raw)
			if first.Code != http.StatusCreated || again.Code != first.Code || again.Body.String() != first.Body.String() {
				t.Errorf("the same again: %d %s", again.Code, again.Body)
			}
			other := good()
			other["title"] = "Проклета авлија"
			_, changed := sent(t, other)
			if w := byProgram(programs, "librarian", "k1", changed); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "idempotency-key-reused") {
				t.Errorf("another request under the key: %d %s", w.Code, w.Body)
			}
			if w := byProgram(programs, "librarian", strings.Repeat("k", 200), raw); w.Code != http.StatusUnprocessableEntity {
				t.Errorf("a long key: %d", w.Code)
			}
		})
	}
}

func TestTheInterfaceDescribesItself(t *testing.T) {
	_, programs, _ := library(t, testkit.Engines()[0])
	w := httptest.NewRecorder()
	programs.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	described, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	operation := described.Paths.Find("/v1/books/{book}/loans").Post
	body := operation.RequestBody.Value.Content["application/json"].Schema.Value
	if operation.OperationID != "loan.lend" || operation.Summary != "Lend" || operation.Responses.Value("201") == nil || *body.Properties["title"].Value.MaxLength != 40 ||
		slices.Contains(body.Required, "copies") || !slices.Contains(body.Required, "title") || body.Properties["book"] != nil || operation.Security == nil {
		t.Errorf("described as %s", w.Body)
	}
}

func TestNothingIsOpenByBeingForgotten(t *testing.T) {
	def := lend()
	def.Right = act.Right{}
	if _, err := def.Act(); err == nil {
		t.Error("an act without a right was made")
	}
	def = lend()
	def.Fields = append(def.Fields, act.OfLine("title", func(in *lending) *string { return &in.Title }))
	if _, err := def.Act(); err == nil {
		t.Error("a field stands twice")
	}
	def = lend()
	def.Route = "POST /v1/loans"
	if _, err := def.Act(); err == nil {
		t.Error("the path has no part for a field that stands in it")
	}
	if _, err := portal.New(portal.Config{Body: lang.Text{"en": "x"}, Now: time.Now, Log: slog.New(slog.DiscardHandler), Catalogue: mustWords(t)}, portal.Room{Pages: []portal.Page{{Pattern: "GET /open"}}}); err == nil {
		t.Error("a page without a right was served")
	}
}

func mustWords(t *testing.T) *lang.Catalogue {
	t.Helper()
	words, err := frameWords()
	if err != nil {
		t.Fatal(err)
	}
	return words
}

// frameWords are the sentences of the frame and of what it stands on.
func frameWords(more ...lang.Words) (*lang.Catalogue, error) {
	return lang.Load(append([]lang.Words{portal.Words(), act.Words(), api.Words()}, more...)...)
}

// A file comes with the form, or as base64 from programs.
func TestAFileIsAField(t *testing.T) {
	lent := make(chan lending, 1)
	def := lend()
	def.Do = func(_ context.Context, _ act.Actor, in lending) (lending, error) { lent <- in; return in, nil }
	lendAct, err := def.Act()
	if err != nil {
		t.Fatal(err)
	}
	p, _ := reading(t, lendAct)
	if page := onPage(p, "librarian", nil).Body.String(); !strings.Contains(page, `enctype="multipart/form-data"`) || !strings.Contains(page, `type="file" id="card"`) {
		t.Error("the page does not ask for a file")
	}
	form, _ := sent(t, good())
	for content, status := range map[string]int{"card of Ana": http.StatusSeeOther, strings.Repeat("x", 1001): http.StatusUnprocessableEntity, strings.Repeat("x", portal.UploadMax+1): http.StatusRequestEntityTooLarge} {
		var body bytes.Buffer
		parts := multipart.NewWriter(&body)
		for name, values := range form {
			if err := parts.WriteField(name, values[0]); err != nil {
				t.Fatal(err)
			}
		}
		file, err := parts.CreateFormFile("card", "card.txt")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = file.Write([]byte(content)) // into memory
		if err := parts.Close(); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/books/b1/lend", &body)
		r.Header.Set("Content-Type", parts.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.AddCookie(&http.Cookie{Name: "role", Value: "librarian"})
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("a file of %d bytes: %d, want %d", len(content), w.Code, status)
		}
		if status == http.StatusSeeOther {
			if in := <-lent; string(in.Card) != content || in.Reader != "Ана" {
				t.Errorf("lent %+v", in)
			}
		}
	}
	body := good()
	body["card"] = "Y2FyZCBvZiBBbmE="
	_, raw := sent(t, body)
	if _, err := lendAct.Do(t.Context(), act.As("a", "librarian"), act.FromJSON(func() ([]byte, error) { return raw, nil }).With(map[string]string{"book": "b1"})); err != nil || string((<-lent).Card) != "card of Ana" {
		t.Errorf("from a program: %v", err)
	}
}
