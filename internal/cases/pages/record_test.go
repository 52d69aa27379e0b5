package pages

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/cases"
	"dobosh/internal/testkit/pages"
)

// sendFile sends a file as a browser does, without script.
func sendFile(t *testing.T, h http.Handler, who, path, name string, content []byte) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(content)
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.AddCookie(&http.Cookie{Name: "who", Value: who})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAFileIsSentAndGivenOutToBeKept(t *testing.T) {
	h, numbers := open(t, "with-officer")
	at := "/cases/" + numbers["with-officer"]
	if w := sendFile(t, h, "mother", at+"/files", "извод.pdf", []byte("%PDF-1.7 <script>")); w.Code != http.StatusSeeOther || w.Header().Get("Location") != at {
		t.Fatalf("%d, to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	html := pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk" + at}, 200, "извод.pdf", "1 kB")
	found := regexp.MustCompile(`href="/desk(/cases/[^"]+/file/[^"]+)"`).FindStringSubmatch(html)
	if found == nil {
		t.Fatal("no way to the file")
	}
	for who, path := range map[string]string{"mother": found[1], "officer": "/desk" + found[1]} {
		w := (pages.Request{Who: who, Path: path}).To(h)
		if w.Code != http.StatusOK || w.Body.String() != "%PDF-1.7 <script>" {
			t.Errorf("%s gets %d %q", who, w.Code, w.Body)
		}
		for header, value := range map[string]string{
			"Content-Type": "application/pdf", "Content-Length": "17", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
			"Content-Disposition": "attachment; filename*=utf-8''%D0%B8%D0%B7%D0%B2%D0%BE%D0%B4.pdf", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
		} {
			if got := w.Header().Get(header); got != value {
				t.Errorf("%s: %q, want %q", header, got, value)
			}
		}
	}
	if w := (pages.Request{Who: "nobody", Path: found[1]}).To(h); w.Code != http.StatusNotFound {
		t.Errorf("somebody else gets %d", w.Code)
	}
	for name, tc := range map[string]struct {
		file    string
		content []byte
		says    string
	}{
		"a page":    {"страна.html", []byte("<html>"), "Ову врсту датотеке не можемо да примимо"},
		"a mistake": {"слика.png", []byte("%PDF-1.7"), "није оно што пише у њеном имену"},
		"nothing":   {"", nil, "Нисте изабрали датотеку"},
		"too large": {"x.pdf", append([]byte("%PDF-1.7"), make([]byte, cases.MaxFile)...), "Датотека је већа од 25 MB"},
	} {
		if w := sendFile(t, h, "mother", at+"/files", tc.file, tc.content); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), tc.says) {
			t.Errorf("%s: %d, and it does not say %q", name, w.Code, tc.says)
		}
	}
}

func TestATaskIsGivenAndDone(t *testing.T) {
	h, numbers := open(t, "with-officer")
	at := "/desk/cases/" + numbers["with-officer"]
	pages.Sends(t, h, "officer", at+"/tasks", at, "what", "Проверити пребивалиште", "due", "30.11.2026.")
	html := pages.Says(t, h, pages.Request{Who: "officer", Path: at}, 200, "Проверити пребивалиште")
	task := regexp.MustCompile(`href="(/desk/tasks/[^"]+)"`).FindStringSubmatch(html)[1]
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/tasks"}, 200, task)
	pages.Says(t, h, pages.Request{Who: "officer", Path: task}, 200, "Проверити пребивалиште")
	pages.Sends(t, h, "officer", task, "/desk/tasks", "word", "Живи ту.")
	pages.Says(t, h, pages.Request{Who: "officer", Path: at}, 200, "Живи ту.")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/tasks"}, 200, "Нема отворених задатака")
}
