package pages

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
	"dobosh/internal/testkit/pages"
)

func TestEveryActionIsAFormThatLeadsOn(t *testing.T) {
	f := &city{}
	h := open(t, f)
	pages.Sends(t, h, "mother", "/offers/first/accept", "/decisions/d1", "version", "3")
	pages.Sends(t, h, "mother", "/offers/first/decline", "/offers/first", "version", "3")
	pages.Sends(t, h, "mother", "/offers/first/never", "/offers/first", "version", "3")
	pages.Sends(t, h, "mother", "/offers/first/person", "/offers/first", "version", "3")
	pages.Sends(t, h, "officer", "/desk/referrals/r1", "/desk/cases/next?after=ZR-2026-7KQ4-M9PD-X", "version", "7", "mother.resident", "true", "child.order", "1", "child.born", "9. 1. 2026", "source", "извод")
	pages.Sends(t, h, "officer", "/desk/referrals/ready", "/desk/cases/next?after=ZR-2026-7KQ4-M9PD-X", "version", "7")
	pages.Sends(t, h, "officer", "/desk/referrals/both", "/desk/cases/next?after=ZR-2026-7KQ4-M9PD-X", "version", "7", "mother.resident", "true", "child.order", "1", "child.born", "9. 1. 2026", "source", "извод", "also", "other")
	pages.Sends(t, h, "officer", "/desk/referrals/ready/correct/child.born", "/desk/referrals/ready", "version", "7", "value", "19. 11. 2026.", "kind", "document", "source", "извод", "reason", "погрешан упис")
	pages.Sends(t, h, "officer", "/desk/referrals/r1/dismiss", "/desk/cases/next?after=ZR-2026-7KQ4-M9PD-X", "version", "7", "reason", "није рођено овде")
	pages.Sends(t, h, "officer", "/desk/payments/prepare", "/desk/payments")
	pages.Sends(t, h, "officer", "/desk/payments/f1/release", "/desk/payments")
	pages.Sends(t, h, "officer", "/desk/payments/p1/unpaid", "/desk/payments")
	pages.Sends(t, h, "mother", "/sign-out", "/")
	pages.Sends(t, h, "", "/verify/code", "/verify/"+code, "code", " "+strings.ToLower(code))
	want := []string{"accept first", "decline first 3", "object first 3", "refer first 3",
		"resolve r1 7 true 1 2026-01-09 извод", "resolve ready 7    ", "resolve both 7 true 1 2026-01-09 извод", "resolve other 7 true 1 2026-01-09 извод", "correct ready child.born 19. 11. 2026. document извод погрешан упис", "dismiss r1 7 није рођено овде", "prepare", "release f1", "unpaid p1"}
	if !slices.Equal(f.calls, want) {
		t.Errorf("the rooms heard\n%q, want\n%q", f.calls, want)
	}
}

func TestADoubledTapLeadsToTheSameDecision(t *testing.T) {
	h := open(t, &city{})
	for range 2 {
		pages.Sends(t, h, "mother", "/offers/first/accept", "/decisions/d1", "version", "3")
	}
}

func TestAStaleOfferSaysSo(t *testing.T) {
	h := open(t, &city{})
	html := pages.Says(t, h, pages.Request{Who: "mother", Path: "/offers/first/accept", Form: pages.Form("version", "2")}, 409, "Понуда се променила", "Ништа није урађено", `href="/offers/first"`)
	if !strings.Contains(html, `/offers/first?lang=en`) {
		t.Error("the language links of a failed action do not lead to a page")
	}
}

func TestWhatIsMissingStandsBesideItsField(t *testing.T) {
	f := &city{}
	h := open(t, f)
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/referrals/r1/dismiss", Form: pages.Form("version", "7")}, 422, `href="#reason"`)
	html := pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/referrals/r1", Form: pages.Form("version", "7", "mother.resident", "maybe", "child.order", "-1", "child.born", "31. 2. 2026.")}, 422,
		`href="#mother.resident"`, `href="#child.order"`, `href="#child.born"`, `href="#source"`)
	if !strings.Contains(html, `value="31. 2. 2026."`) {
		t.Error("what was typed is lost")
	}
	if len(f.calls) > 0 {
		t.Errorf("the rooms heard %q", f.calls)
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
	h := open(t, &city{})
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
		pages.Check(t, w.Body.String(), lang.SrCyrl)
	}
	if w := upload(t, h, "", ""); w.Code != 422 || !strings.Contains(w.Body.String(), "Нисте изабрали датотеку") {
		t.Errorf("no file: %d", w.Code)
	}
}

// The files are those of docs/spec/evidence.md.
func TestEvidenceIsChecked(t *testing.T) {
	files := os.DirFS("../../exchange/evidence/testdata")
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
		w := upload(t, open(t, &city{believed: believed}), name+".evidence.json", string(file))
		if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, says) {
			t.Errorf("%s: %d without %q", name, w.Code, says)
		}
		pages.Check(t, w.Body.String(), lang.SrCyrl)
		if name == "asker" && !strings.Contains(upload(t, open(t, &city{}), "a", string(file)).Body.String(), "регистру") {
			t.Error("who believes no registry is not told so")
		}
	}
}

func TestPapersAreSentToKeep(t *testing.T) {
	h := open(t, &city{})
	for _, paper := range []struct{ who, path, kind string }{
		{"mother", "/decisions/d1/decision.pdf", "application/pdf"}, {"mother", "/decisions/d1/decision.json", "application/json"}, {"officer", "/desk/payments/f1/payments.xml", "application/xml"},
	} {
		w := pages.Request{Who: paper.who, Path: paper.path}.To(h)
		if w.Code != 200 || w.Header().Get("Content-Type") != paper.kind || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %v", paper.path, w.Code, w.Header())
		}
	}
	if w := (pages.Request{Who: "mother", Path: "/decisions/d1/decision.pdf", Tag: lang.SrLatn}).To(h); w.Body.String() != "%PDF sr-Latn" {
		t.Errorf("the paper is not in the language of the page: %s", w.Body)
	}
}

// A code in an address is a guess as one in a form is, and a paper takes more to make than a
// page: each has an end for one account or one address, with the time to wait.
func TestGuessesAndPapersEnd(t *testing.T) {
	h := open(t, &city{})
	for _, q := range []pages.Request{{Path: "/verify/" + code}, {Who: "mother", Path: "/decisions/d1/decision.pdf"}} {
		answered := 0
		for ; answered < 1000; answered++ {
			if w := q.To(h); w.Code == http.StatusTooManyRequests {
				if w.Header().Get("Retry-After") == "" {
					t.Errorf("%s: nobody says how long to wait", q.Path)
				}
				break
			}
		}
		if answered < 50 || answered > 200 {
			t.Errorf("%s: %d were answered", q.Path, answered)
		}
		pages.Says(t, h, pages.Request{Who: q.Who, Path: "/"}, 200)
	}
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/verify/" + code}, 200)
}
