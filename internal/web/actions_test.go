package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"

	"golang.org/x/mod/sumdb/note"
)

// sends sends a form and expects to be led on.
func sends(t *testing.T, h http.Handler, who, path, to string, pairs ...string) {
	t.Helper()
	w := request{who: who, path: path, form: form(pairs...)}.to(h)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != to {
		t.Errorf("POST %s: %d to %q, want 303 to %q", path, w.Code, w.Header().Get("Location"), to)
	}
}

func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

func TestEveryActionIsAFormThatLeadsOn(t *testing.T) {
	f := &rooms{}
	h := open(t, city(t, f))
	sends(t, h, "mother", "/offers/first/accept", "/decisions/d1", "version", "3")
	sends(t, h, "mother", "/offers/first/decline", "/offers/first", "version", "3")
	sends(t, h, "mother", "/offers/first/never", "/offers/first", "version", "3")
	sends(t, h, "mother", "/offers/first/person", "/offers/first", "version", "3")
	sends(t, h, "mother", "/looks/l1/ask", "/messages", "question", " Зашто? ")
	sends(t, h, "officer", "/desk/messages/q1/answer", "/desk/messages", "answer", "Ево зашто.")
	sends(t, h, "officer", "/desk/referrals/r1", "/desk/referrals", "version", "7", "mother.resident", "true", "child.order", "1", "child.born", "9. 1. 2026", "source", "извод")
	sends(t, h, "officer", "/desk/referrals/r1/dismiss", "/desk/referrals", "version", "7", "reason", "није рођено овде")
	sends(t, h, "officer", "/desk/payments/prepare", "/desk/payments")
	sends(t, h, "officer", "/desk/payments/f1/release", "/desk/payments")
	sends(t, h, "mother", "/sign-out", "/")
	sends(t, h, "", "/verify/code", "/verify/"+code, "code", " "+strings.ToLower(code))
	want := []string{"accept first", "decline first 3", "object first 3", "refer first 3", "ask l1 Зашто?", "answer q1 Ево зашто.",
		"resolve r1 7 true 1 2026-01-09 извод", "dismiss r1 7 није рођено овде", "prepare", "release f1"}
	if !slices.Equal(f.calls, want) {
		t.Errorf("the rooms heard\n%q, want\n%q", f.calls, want)
	}
}

func TestADoubledTapLeadsToTheSameDecision(t *testing.T) {
	h := open(t, city(t, &rooms{}))
	for range 2 {
		sends(t, h, "mother", "/offers/first/accept", "/decisions/d1", "version", "3")
	}
}

// failed sends a form and expects a page with a status and some words.
func failed(t *testing.T, h http.Handler, q request, status int, says ...string) string {
	t.Helper()
	w := q.to(h)
	html := w.Body.String()
	if w.Code != status {
		t.Errorf("%s: status %d, want %d", q.path, w.Code, status)
	}
	tag := q.tag
	if tag == "" {
		tag = lang.SrCyrl
	}
	checkPage(t, html, string(tag))
	for _, s := range says {
		if !strings.Contains(html, s) {
			t.Errorf("%s does not say %q", q.path, s)
		}
	}
	return html
}

func TestAStaleOfferSaysSo(t *testing.T) {
	h := open(t, city(t, &rooms{}))
	html := failed(t, h, request{who: "mother", path: "/offers/first/accept", form: form("version", "2")}, 409, "Понуда се променила", "Ништа није урађено", `href="/offers/first"`)
	if !strings.Contains(html, `/offers/first?lang=en`) {
		t.Error("the language links of a failed action do not lead to a page")
	}
}

func TestWhatIsMissingStandsBesideItsField(t *testing.T) {
	f := &rooms{}
	h := open(t, city(t, f))
	failed(t, h, request{who: "mother", path: "/looks/l1/ask", form: form("question", "  ")}, 422, `aria-invalid="true"`, `href="#question"`, "Грешка:")
	failed(t, h, request{who: "mother", path: "/looks/l1/ask", form: form("question", strings.Repeat("ж", questionMax+1))}, 422, "Највише 1000 знакова")
	failed(t, h, request{who: "officer", path: "/desk/messages/q1/answer", form: form()}, 422, `href="#answer"`)
	failed(t, h, request{who: "officer", path: "/desk/referrals/r1/dismiss", form: form("version", "7")}, 422, `href="#reason"`)
	html := failed(t, h, request{who: "officer", path: "/desk/referrals/r1", form: form("version", "7", "mother.resident", "maybe", "child.order", "-1", "child.born", "31. 2. 2026.")}, 422,
		`href="#mother.resident"`, `href="#child.order"`, `href="#child.born"`, `href="#source"`)
	if !strings.Contains(html, `value="31. 2. 2026."`) {
		t.Error("what was typed is lost")
	}
	if len(f.calls) > 0 {
		t.Errorf("the rooms heard %q", f.calls)
	}
}

func TestFormsThatAreNotOurs(t *testing.T) {
	f := &rooms{}
	h := open(t, city(t, f))
	cross := map[string]string{"Sec-Fetch-Site": "cross-site"}
	failed(t, h, request{who: "mother", path: "/offers/first/accept", form: form("version", "3"), header: cross}, 403, "Захтев је послат са друге веб-странице")
	failed(t, h, request{who: "mother", path: "/offers/first/accept", form: form("version", "three")}, 422)
	failed(t, h, request{who: "mother", path: "/offers/first/accept", form: form("version", "3", "more", strings.Repeat("x", portal.FormMax))}, 413, "Образац је превелик")
	failed(t, h, request{path: "/offers/first/accept", form: form("version", "3")}, 401, "Пријавите се")
	if len(f.calls) > 0 {
		t.Errorf("the rooms heard %q", f.calls)
	}
}

func TestAnErrorNamesNothingInside(t *testing.T) {
	h := open(t, city(t, &rooms{err: errors.New("password=secret")}))
	html := failed(t, h, request{who: "mother", path: "/offers/first/accept", form: form("version", "3")}, 500, "До нас је")
	if strings.Contains(html, "secret") {
		t.Error("the cause reached the page")
	}
}

func TestEveryKindOfProblemIsAPage(t *testing.T) {
	for _, kind := range kinds() {
		h := open(t, city(t, &rooms{err: problem.New(kind, "somebody-elses-code", "day", "2026-11-23")}))
		for _, tag := range lang.Tags() {
			failed(t, h, request{who: "officer", path: "/desk/payments/prepare", tag: tag, form: form()}, kind.Status())
		}
	}
}

func TestArgumentsOfProblemsAreReadable(t *testing.T) {
	err := problem.New(problem.Forbidden, "provision-not-in-force", "cite", "чл. 22 Закона", "cite_en", "Art. 22 of the Law", "day", "2026-11-23")
	for tag, says := range map[lang.Tag]string{
		lang.SrCyrl: "чл. 22 Закона није на снази на дан 23. новембра 2026.",
		lang.SrLatn: "čl. 22 Zakona nije na snazi na dan 23. novembra 2026.",
		lang.En:     "Art. 22 of the Law is not in force on 23 November 2026",
	} {
		failed(t, open(t, city(t, &rooms{err: err})), request{who: "officer", path: "/desk/payments/prepare", tag: tag, form: form()}, 403, says)
	}
}

func upload(t *testing.T, h http.Handler, name, content string) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/verify/file", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAFileIsChecked(t *testing.T) {
	h := open(t, city(t, &rooms{}))
	for content, want := range map[string]struct {
		status int
		says   string
	}{
		"good": {200, "Све се слаже."},
		"bad":  {200, "Не ослањајте се на ову датотеку."},
		strings.Repeat("x", portal.UploadMax+1<<20): {413, "Датотека је превелика"},
	} {
		w := upload(t, h, "decision.json", content)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.says) {
			t.Errorf("a file of %d bytes: %d without %q", len(content), w.Code, want.says)
		}
		checkPage(t, w.Body.String(), "sr-Cyrl")
	}
	if w := upload(t, h, "", ""); w.Code != 422 || !strings.Contains(w.Body.String(), "Нисте изабрали датотеку") {
		t.Errorf("no file: %d", w.Code)
	}
}

// The files are those of docs/spec/evidence.md.
func TestEvidenceIsChecked(t *testing.T) {
	files := os.DirFS("../exchange/evidence/testdata")
	raw, err := fs.ReadFile(files, "vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var keys struct {
		Registry string `json:"registry_key"`
		Witness  string `json:"witness_key"`
	}
	if err := json.Unmarshal(raw, &keys); err != nil {
		t.Fatal(err)
	}
	var believed evidence.Trust
	if believed.Registry, err = journal.ParseKey(keys.Registry); err != nil {
		t.Fatal(err)
	}
	witness, err := journal.ParseKey(keys.Witness)
	if err != nil {
		t.Fatal(err)
	}
	believed.Witnesses = []note.Verifier{witness}
	for name, says := range map[string]string{"asker": "Доказано је.", "refused": "Доказано је.", "changed": "Не ослањајте се на ову датотеку."} {
		file, err := fs.ReadFile(files, name+".evidence.json")
		if err != nil {
			t.Fatal(err)
		}
		w := upload(t, open(t, city(t, &rooms{believed: believed})), name+".evidence.json", string(file))
		if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, says) {
			t.Errorf("%s: %d without %q", name, w.Code, says)
		}
		checkPage(t, w.Body.String(), "sr-Cyrl")
		if name == "asker" && !strings.Contains(upload(t, open(t, city(t, &rooms{})), "a", string(file)).Body.String(), "регистру") {
			t.Error("who believes no registry is not told so")
		}
	}
}

func TestPapersAreSentToKeep(t *testing.T) {
	h := open(t, city(t, &rooms{}))
	for path, kind := range map[string]string{
		"/decisions/d1/decision.pdf": "application/pdf", "/decisions/d1/decision.json": "application/json", "/desk/payments/f1/payments.xml": "application/xml",
	} {
		w := request{who: "mother", path: path}.to(h)
		if w.Code != 200 || w.Header().Get("Content-Type") != kind || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	if w := (request{who: "mother", path: "/decisions/d1/decision.pdf", tag: lang.SrLatn}).to(h); w.Body.String() != "%PDF sr-Latn" {
		t.Errorf("the paper is not in the language of the page: %s", w.Body)
	}
}

func TestSignInGoesWhereThePersonWanted(t *testing.T) {
	h := open(t, city(t, &rooms{}))
	failed(t, h, request{path: "/offers/first"}, 401, `href="/sign-in?to=%2Foffers%2Ffirst"`)
	w := request{path: "/sign-in?to=%2Foffers%2Ffirst", tag: lang.En}.to(h)
	if got := w.Header().Get("Location"); !strings.Contains(got, "to=%2Foffers%2Ffirst") || !strings.Contains(got, "ui_locales=en") {
		t.Errorf("sent to %q", got)
	}
	d := city(t, &rooms{})
	d.SignIn = signIn{problem.New(problem.Unavailable, "sign-in-provider-away")}
	failed(t, open(t, d), request{path: "/sign-in?to=/inbox"}, 503, "Пружалац електронске идентификације тренутно не одговара")
	failed(t, open(t, d), request{path: portal.SignInReturn + "?code=x"}, 503)
}
