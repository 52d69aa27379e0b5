package pages

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
)

// firstView is how many bytes a page takes with all it needs when it is seen for
// the first time.
const firstView = 30 << 10

// Request is a browser at one address.
type Request struct {
	Who, Path string // Who is one of [People], or nobody
	Tag       lang.Tag
	Form      url.Values // a POST when there is one
	Header    map[string]string
}

// To sends the request.
func (q Request) To(h http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, q.Path, nil)
	if q.Form != nil {
		r = httptest.NewRequest(http.MethodPost, q.Path, strings.NewReader(q.Form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if q.Who != "" {
		r.AddCookie(&http.Cookie{Name: "who", Value: q.Who})
	}
	if q.Tag != "" {
		r.AddCookie(&http.Cookie{Name: portal.LanguageCookie, Value: string(q.Tag)})
	}
	for name, value := range q.Header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Form is a form of names and values.
func Form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

// Sends sends a form and expects to be led on.
func Sends(t *testing.T, h http.Handler, who, path, to string, pairs ...string) {
	t.Helper()
	w := Request{Who: who, Path: path, Form: Form(pairs...)}.To(h)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != to {
		t.Errorf("POST %s: %d to %q, want 303 to %q", path, w.Code, w.Header().Get("Location"), to)
	}
}

// Says sends a request and expects a page with a status and some words.
func Says(t *testing.T, h http.Handler, q Request, status int, says ...string) (html string) {
	t.Helper()
	w := q.To(h)
	html = w.Body.String()
	if w.Code != status {
		t.Errorf("%s: status %d, want %d", q.Path, w.Code, status)
	}
	tag := q.Tag
	if tag == "" {
		tag = lang.SrCyrl
	}
	Check(t, html, tag)
	for _, s := range says {
		if !strings.Contains(html, s) {
			t.Errorf("%s does not say %q", q.Path, s)
		}
	}
	return html
}

// Expected is a page that somebody asks for and the status it comes with.
type Expected struct {
	Who, Path string
	Status    int
}

// Walk asks for every page in every language and holds each to [Check].
func Walk(t *testing.T, h http.Handler, pages []Expected) {
	t.Helper()
	for _, tag := range lang.Tags() {
		for _, page := range pages {
			t.Run(string(tag)+" "+page.Who+page.Path, func(t *testing.T) {
				w := Request{Who: page.Who, Path: page.Path, Tag: tag}.To(h)
				if w.Code != page.Status {
					t.Fatalf("status %d, want %d", w.Code, page.Status)
				}
				if w.Code != http.StatusSeeOther {
					Check(t, w.Body.String(), tag)
				}
			})
		}
	}
}

// Refuses asks for every page of a portal as somebody, and expects it to be
// refused to all but those whom the room lets in. Places of a pattern are filled
// with "x"; what a page answers does not matter here, only who gets to it.
func Refuses(t *testing.T, p *portal.Portal, who string, status int, but ...string) {
	t.Helper()
	for _, page := range p.Pages() {
		method, path, found := strings.Cut(page.Pattern, " ")
		if !found || page.Right.Open || slices.Contains(but, page.Pattern) {
			continue
		}
		q := Request{Who: who, Path: regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "x")}
		if method == http.MethodPost {
			q.Form = url.Values{}
		}
		if w := q.To(p); w.Code != status {
			t.Errorf("%s as %q: status %d, want %d", page.Pattern, who, w.Code, status)
		}
	}
}

// Small makes sure that none of the pages takes more on the wire than a first
// view may.
func Small(t *testing.T, h http.Handler, pages []Expected) {
	t.Helper()
	gzipped := map[string]string{"Accept-Encoding": "br, gzip"}
	for _, page := range pages {
		first := Request{Who: page.Who, Path: page.Path, Header: gzipped}.To(h)
		total, unpacked := first.Body.Len(), first.Body.Bytes()
		if first.Header().Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(bytes.NewReader(unpacked))
			if err != nil {
				t.Fatal(err)
			}
			if unpacked, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`).FindAllStringSubmatch(string(unpacked), -1) {
			w := Request{Path: m[1], Header: gzipped}.To(h)
			if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s: status %d, cache %q", m[1], w.Code, w.Header().Get("Cache-Control"))
			}
			total += w.Body.Len()
		}
		if total > firstView {
			t.Errorf("%s takes %d bytes on the wire", page.Path, total)
		}
	}
}
