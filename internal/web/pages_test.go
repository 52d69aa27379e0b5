package web

import (
	"bytes"
	"compress/gzip"
	"io"
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

func cityPages() []expected {
	return []expected{
		{"", "/", 200}, {"mother", "/", 200}, {"nobody", "/", 200}, {"officer", "/", 303},
		{"mother", "/inbox", 200}, {"mother", "/offers/first", 200}, {"mother", "/offers/second", 200}, {"mother", "/offers/taken", 200},
		{"mother", "/offers/declined", 200}, {"mother", "/offers/objected", 200}, {"mother", "/offers/referred", 200}, {"mother", "/offers/lapsed", 200},
		{"mother", "/offers/first/amount", 200}, {"mother", "/offers/second/amount", 200},
		{"mother", "/offers/first/person", 200}, {"mother", "/offers/first/decline", 200}, {"mother", "/offers/first/never", 200}, {"mother", "/offers/taken/never", 409},
		{"mother", "/offers/none", 404}, {"mother", "/decisions", 200}, {"mother", "/decisions/d1", 200}, {"mother", "/decisions/fresh", 200},
		{"mother", "/looks", 200}, {"mother", "/looks/l1/ask", 200}, {"mother", "/messages", 200},
		{"", "/problems", 200},
		{"", "/verify", 200}, {"", "/verify/" + code, 200}, {"", "/verify/ZR-1", 422},
		{"officer", "/desk", 200}, {"officer", "/desk/offers", 200}, {"officer", "/desk/offers?state=open", 200}, {"officer", "/desk/offers?state=x", 200},
		{"officer", "/desk/assessments", 200}, {"officer", "/desk/referrals", 200}, {"officer", "/desk/referrals/r1", 200}, {"officer", "/desk/referrals/closed", 200},
		{"officer", "/desk/referrals/r1/dismiss", 200}, {"officer", "/desk/decisions", 200}, {"officer", "/desk/payments", 200},
		{"officer", "/desk/payments/f1/release", 200}, {"officer", "/desk/messages", 200}, {"officer", "/desk/messages/q1/answer", 200},
		{"", "/inbox", 401}, {"", "/desk", 401}, {"", "/nowhere", 404}, {"mother", "/births", 404}, {"", "/members", 404},
	}
}

func TestEveryPageInEveryLanguage(t *testing.T) {
	for name, node := range map[string]struct {
		handler http.Handler
		pages   []expected
	}{
		"city":       {open(t, city(t, &rooms{})), cityPages()},
		"empty city": {open(t, city(t, &rooms{empty: true})), emptyPages()},
		"registers":  {open(t, stateRegisters(t, &registrar{})), []expected{{"", "/", 200}, {"registrar", "/", 303}, {"registrar", "/births", 200}, {"registrar", "/births/new", 200}, {"registrar", "/births/recorded", 200}, {"", "/births", 401}}},
		"supervisor": {open(t, supervisor(t)), []expected{{"", "/", 200}, {"", "/members", 200}, {"", "/contracts", 200}, {"", "/logs", 200}}},
	} {
		for _, tag := range lang.Tags() {
			for _, page := range node.pages {
				t.Run(name+" "+string(tag)+" "+page.who+page.path, func(t *testing.T) {
					w := request{who: page.who, path: page.path, tag: tag}.to(node.handler)
					if w.Code != page.status {
						t.Fatalf("status %d, want %d", w.Code, page.status)
					}
					if w.Code == http.StatusSeeOther {
						return
					}
					checkPage(t, w.Body.String(), string(tag))
					checkScript(t, w.Body.String(), tag)
				})
			}
		}
	}
}

func emptyPages() []expected {
	var pages []expected
	for _, path := range []string{"/", "/inbox", "/decisions", "/looks", "/messages"} {
		pages = append(pages, expected{"mother", path, 200})
	}
	for _, path := range []string{"/desk/offers", "/desk/assessments", "/desk/referrals", "/desk/decisions", "/desk/payments", "/desk/messages"} {
		pages = append(pages, expected{"officer", path, 200})
	}
	return append(pages, expected{"", "/verify/" + code, 404})
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

func TestAFirstViewIsSmall(t *testing.T) {
	h := open(t, city(t, &rooms{}))
	for _, page := range cityPages() {
		total := 0
		gzipped := map[string]string{"Accept-Encoding": "br, gzip"}
		first := request{who: page.who, path: page.path, header: gzipped}.to(h)
		total += first.Body.Len()
		unpacked := first.Body.Bytes()
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
			w := request{path: m[1], header: gzipped}.to(h)
			if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s: status %d, cache %q", m[1], w.Code, w.Header().Get("Cache-Control"))
			}
			total += w.Body.Len()
		}
		if total > 30<<10 {
			t.Errorf("%s takes %d bytes on the wire", page.path, total)
		}
	}
}

func TestEveryAnswerKeepsToItself(t *testing.T) {
	h := open(t, city(t, &rooms{}))
	for _, path := range []string{"/", "/inbox", "/nowhere", "/verify"} {
		w := request{path: path}.to(h)
		if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'self';") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: policy %q", path, got)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, w.Header())
		}
	}
}

func TestTheBannerStandsOnlyInADemonstration(t *testing.T) {
	d := city(t, &rooms{})
	const banner = "Ово је огледна верзија. Све особе су измишљене."
	if !strings.Contains(request{path: "/nowhere"}.to(open(t, d)).Body.String(), banner) {
		t.Error("no banner on a page of the demonstration")
	}
	d.Demo, d.Banner = nil, false
	if strings.Contains(request{path: "/"}.to(open(t, d)).Body.String(), banner) {
		t.Error("a banner on a page in earnest")
	}
}

func TestWhatIsNotOnTheNodeIsNotOnThePage(t *testing.T) {
	d := city(t, &rooms{})
	d.Exits, d.Looks, d.Messages, d.Papers, d.Verifier, d.Settling, d.Releasing = nil, nil, nil, nil, nil, nil, nil
	h := open(t, d)
	for _, page := range []expected{{"mother", "/looks", 404}, {"mother", "/offers/first/never", 404}, {"mother", "/decisions/d1/decision.pdf", 404}, {"officer", "/desk/payments/f1/release", 404}, {"", "/verify", 404}} {
		if w := (request{who: page.who, path: page.path}).to(h); w.Code != page.status {
			t.Errorf("%s: status %d", page.path, w.Code)
		}
	}
	for who, path := range map[string]string{"mother": "/offers/first", "officer": "/desk/referrals/r1"} {
		html := request{who: who, path: path}.to(h).Body.String()
		for _, gone := range []string{"/looks", "/verify", "/never", "/dismiss"} {
			if strings.Contains(html, gone) {
				t.Errorf("%s leads to %s, which is not there", path, gone)
			}
		}
	}
}

func TestNewNeedsAClockALogAndABody(t *testing.T) {
	for _, spoil := range []func(*site){func(d *site) { d.Now = nil }, func(d *site) { d.Log = nil }, func(d *site) { d.Body = nil }, func(d *site) { d.FormKey = []byte("short") }} {
		d := base(t)
		spoil(&d)
		if _, err := portal.New(d.Config, New(d.Deps)); err == nil {
			t.Error("New took deps that are not whole")
		}
	}
}
