package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
)

func kinds() []problem.Kind {
	return []problem.Kind{problem.Internal, problem.Invalid, problem.Unauthenticated, problem.Forbidden, problem.NotFound, problem.Conflict,
		problem.Gone, problem.TooLarge, problem.TooMany, problem.Unavailable, problem.BadGateway, problem.Timeout}
}

func open(t testing.TB, d site) http.Handler {
	t.Helper()
	h, err := portal.New(d.Config, New(d.Deps))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// request is a browser at one address.
type request struct {
	who, path string
	tag       lang.Tag
	form      url.Values // a POST when there is one
	header    map[string]string
}

func (q request) to(h http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, q.path, nil)
	if q.form != nil {
		r = httptest.NewRequest(http.MethodPost, q.path, strings.NewReader(q.form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if q.who != "" {
		r.AddCookie(&http.Cookie{Name: "who", Value: q.who})
	}
	if q.tag != "" {
		r.AddCookie(&http.Cookie{Name: portal.LanguageCookie, Value: string(q.tag)})
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

type expected struct {
	who, path string
	status    int
}

var foreign = regexp.MustCompile(`<(?:a|span)[^>]* lang="[^"]*"[^>]*>[^<]*</(?:a|span)>|<blockquote>[^<]*</blockquote>|<p class="answer">[^<]*</p>`)

// checkScript makes sure that a page is in one script but for what is marked
// and for what people typed.
func checkScript(t *testing.T, html string, tag lang.Tag) {
	t.Helper()
	if tag == lang.SrCyrl {
		return // addresses and codes are Latin in every language
	}
	if found := regexp.MustCompile(`\p{Cyrillic}+`).FindString(foreign.ReplaceAllString(html, "")); found != "" {
		t.Errorf("Cyrillic without a mark on a page in %s: %q", tag, found)
	}
}

func TestThePagesOfTheSupervisor(t *testing.T) {
	h := open(t, supervisor(t))
	for _, tag := range lang.Tags() {
		for _, page := range []expected{{"", "/", 200}, {"", "/members", 200}, {"", "/contracts", 200}, {"", "/logs", 200}} {
			w := request{who: page.who, path: page.path, tag: tag}.to(h)
			if w.Code != page.status {
				t.Fatalf("%s: status %d, want %d", page.path, w.Code, page.status)
			}
			checkPage(t, w.Body.String(), string(tag))
			checkScript(t, w.Body.String(), tag)
		}
	}
}

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
	c.html = request{who: c.who, path: "/births/new"}.to(c.h).Body.String()
}

func (c *clerk) sealed() string { return sealedField.FindStringSubmatch(c.html)[1] }

// answer sends the page with some fields and gives the status and where it
// leads.
func (c *clerk) answer(pairs ...string) (status int, location string) {
	c.t.Helper()
	values := form(pairs...)
	values.Set("form", c.sealed())
	values.Set("at", stepField.FindStringSubmatch(c.html)[1])
	w := request{who: c.who, path: "/births/new", form: values}.to(c.h)
	if w.Code != http.StatusSeeOther {
		checkPage(c.t, w.Body.String(), "sr-Cyrl")
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
