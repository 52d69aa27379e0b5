package portal_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/words"

	"dobosh/internal/portal"
	"dobosh/internal/testkit/pages"
)

// matters is a room with one matter that is seen and acted on.
type matters struct {
	err   error // of every action
	calls int
}

func (m *matters) room() portal.Room {
	return portal.Room{
		Pages: []portal.Page{
			{Pattern: "GET /matters", Right: act.SignedIn(), Do: func(v *portal.Visit) error { return v.Ask(portal.Question{Title: v.Say("home.title")}) }},
			{Pattern: "GET /matters/{id}", Right: act.SignedIn(), Do: func(v *portal.Visit) error { return v.Ask(portal.Question{Title: v.Say("home.title")}) }},
			{Pattern: "POST /matters/{id}", Right: act.SignedIn(), Do: func(v *portal.Visit) error {
				if _, err := v.Version(); err != nil {
					return err
				}
				if m.err != nil {
					return m.err
				}
				m.calls++
				return v.To("/matters")
			}},
			{Pattern: "GET /open", Right: act.Anyone(), Do: func(v *portal.Visit) error { return v.Ask(portal.Question{Title: v.Say("home.title")}) }},
		},
		Nav: []portal.Nav{{Path: "/matters", Key: "home.title", Whom: portal.Holds(identity.Officer)}},
	}
}

func config(t testing.TB) portal.Config {
	words, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	return pages.Config(words)
}

func open(t testing.TB, m *matters) *portal.Portal { return pages.Open(t, config(t), m.room()) }

func kinds() []problem.Kind {
	return []problem.Kind{problem.Internal, problem.Invalid, problem.Unauthenticated, problem.Forbidden, problem.NotFound, problem.Conflict,
		problem.Gone, problem.TooLarge, problem.TooMany, problem.Unavailable, problem.BadGateway, problem.Timeout}
}

func TestThePagesOfTheFrame(t *testing.T) {
	all := []pages.Expected{{Path: "/", Status: 200}, {Who: "nobody", Path: "/", Status: 200}, {Path: "/problems", Status: 200}, {Path: "/languages", Status: 200}, {Path: "/help", Status: 200}, {Path: "/privacy", Status: 200}, {Path: "/accessibility", Status: 200}, {Path: "/nowhere", Status: 404}, {Path: "/matters", Status: 401}, {Who: "mother", Path: "/matters", Status: 200}}
	h := open(t, &matters{})
	pages.Walk(t, h, all)
	pages.Small(t, h, []pages.Expected{{Path: "/", Status: 200}, {Path: "/problems", Status: 200}, {Path: "/languages", Status: 200}, {Who: "mother", Path: "/matters", Status: 200}})
}

func TestAPageSaysHowCompleteEachLanguageIs(t *testing.T) {
	html := pages.Says(t, open(t, &matters{}), pages.Request{Path: "/languages", Tag: lang.En}, 200, `<a href="/languages">Languages</a>`, `<h2><span lang="ko">`, `<h2><span lang="hu">`)
	if strings.Contains(html, `<h2><span lang="sr`) || strings.Contains(html, `<h2><span lang="en`) {
		t.Error("a complete language lacks something")
	}
	if used, drafts := strings.Count(html, `<span class="tag ok">In use`), strings.Count(html, `<span class="tag">Draft`); used != 3 || drafts != 2 {
		t.Errorf("%d languages are in use, %d are drafts", used, drafts)
	}
}

func TestAWayIsShownToThoseWhoHaveAUseForIt(t *testing.T) {
	h := open(t, &matters{})
	for who, shown := range map[string]bool{"officer": true, "mother": false} {
		if got := strings.Contains(pages.Request{Who: who, Path: "/matters/m1"}.To(h).Body.String(), `<a href="/matters" aria-current="page">`); got != shown {
			t.Errorf("%s sees the way: %v", who, got)
		}
	}
}

func TestAPageWithoutARightKeepsThePortalFromStarting(t *testing.T) {
	if _, err := portal.New(config(t), portal.Room{Pages: []portal.Page{{Pattern: "GET /open", Do: func(*portal.Visit) error { return nil }}}}); err == nil {
		t.Error("the portal started")
	}
}

func TestTheRightIsCheckedBeforeTheBodyIsRead(t *testing.T) {
	h := open(t, &matters{})
	pages.Says(t, h, pages.Request{Path: "/matters/m1", Form: pages.Form("more", strings.Repeat("x", portal.FormMax+1))}, 401)
}

func TestFormsThatAreNotOurs(t *testing.T) {
	m := &matters{}
	h := open(t, m)
	cross := map[string]string{"Sec-Fetch-Site": "cross-site"}
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/matters/m1", Form: pages.Form("version", "3"), Header: cross}, 403, "Захтев је послат са друге веб-странице")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/matters/m1", Form: pages.Form("version", "three")}, 422)
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/matters/m1", Form: pages.Form("version", "3", "more", strings.Repeat("x", portal.FormMax))}, 413, "Образац је превелик")
	pages.Says(t, h, pages.Request{Path: "/matters/m1", Form: pages.Form("version", "3")}, 401, "Пријавите се")
	if m.calls > 0 {
		t.Error("the room was called")
	}
}

func TestAnErrorNamesNothingInside(t *testing.T) {
	h := open(t, &matters{err: errors.New("password=secret")})
	html := pages.Says(t, h, pages.Request{Who: "mother", Path: "/matters/m1", Form: pages.Form("version", "3")}, 500, "До нас је")
	if strings.Contains(html, "secret") {
		t.Error("the cause reached the page")
	}
}

func TestEveryKindOfProblemIsAPage(t *testing.T) {
	for _, kind := range kinds() {
		h := open(t, &matters{err: problem.New(kind, "somebody-elses-code", "day", "2026-11-23")})
		for _, tag := range lang.Tags() {
			pages.Says(t, h, pages.Request{Who: "officer", Path: "/matters/m1", Tag: tag, Form: pages.Form("version", "3")}, kind.Status())
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
		pages.Says(t, open(t, &matters{err: err}), pages.Request{Who: "officer", Path: "/matters/m1", Tag: tag, Form: pages.Form("version", "3")}, 403, says)
	}
}

func TestSignInGoesWhereThePersonWanted(t *testing.T) {
	h := open(t, &matters{})
	pages.Says(t, h, pages.Request{Path: "/matters/m1"}, 401, `href="/sign-in?to=%2Fmatters%2Fm1"`)
	w := pages.Request{Path: "/sign-in?to=%2Fmatters%2Fm1", Tag: lang.En}.To(h)
	if got := w.Header().Get("Location"); !strings.Contains(got, "to=%2Fmatters%2Fm1") || !strings.Contains(got, "ui_locales=en") {
		t.Errorf("sent to %q", got)
	}
	m, cfg := &matters{}, config(t)
	cfg.SignIn = pages.SignIn{Err: problem.New(problem.Unavailable, "sign-in-provider-away")}
	pages.Says(t, pages.Open(t, cfg, m.room()), pages.Request{Path: "/sign-in?to=/matters"}, 503, "Пружалац електронске идентификације тренутно не одговара")
	pages.Says(t, pages.Open(t, cfg, m.room()), pages.Request{Path: portal.SignInReturn + "?code=x"}, 503)
}

func TestEveryAnswerKeepsToItself(t *testing.T) {
	h := open(t, &matters{})
	for _, path := range []string{"/", "/matters", "/nowhere", "/open"} {
		w := pages.Request{Path: path}.To(h)
		if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'self';") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: policy %q", path, got)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, w.Header())
		}
	}
}

func TestTheBannerStandsOnlyInADemonstration(t *testing.T) {
	cfg := config(t)
	cfg.Banner = true

	const banner = "Ово је огледна верзија. Све особе су измишљене."
	if !strings.Contains(pages.Request{Path: "/nowhere"}.To(pages.Open(t, cfg)).Body.String(), banner) {
		t.Error("no banner on a page of the demonstration")
	}
	cfg.Banner = false
	if strings.Contains(pages.Request{Path: "/"}.To(pages.Open(t, cfg)).Body.String(), banner) {
		t.Error("a banner on a page in earnest")
	}
}

func TestNewNeedsAClockALogAndABody(t *testing.T) {
	for _, spoil := range []func(*portal.Config){func(c *portal.Config) { c.Now = nil }, func(c *portal.Config) { c.Log = nil }, func(c *portal.Config) { c.Body = nil }, func(c *portal.Config) { c.Catalogue = nil }, func(c *portal.Config) { c.FormKey = []byte("short") }} {
		cfg := config(t)
		spoil(&cfg)
		if _, err := portal.New(cfg); err == nil {
			t.Error("New took a configuration that is not whole")
		}
	}
}

func TestLanguageIsChosenByLinkThenByBrowser(t *testing.T) {
	h := open(t, &matters{})
	for accept, want := range map[string]string{"": "sr-Cyrl", "en-GB,en;q=0.9": "en", "hr": "sr-Latn", "sr": "sr-Cyrl"} {
		w := pages.Request{Path: "/", Header: map[string]string{"Accept-Language": accept}}.To(h)
		if !strings.Contains(w.Body.String(), `<html lang="`+want+`">`) || w.Header().Get("Content-Language") != want {
			t.Errorf("%q does not get %s", accept, want)
		}
	}
	w := pages.Request{Path: "/matters?state=open&lang=sr-Latn"}.To(h)
	cookie := w.Header().Get("Set-Cookie")
	if w.Code != 303 || w.Header().Get("Location") != "/matters?state=open" || !strings.HasPrefix(cookie, portal.LanguageCookie+"=sr-Latn;") || !strings.Contains(cookie, "Secure") {
		t.Errorf("%d to %q with %q", w.Code, w.Header().Get("Location"), cookie)
	}
	chosen := pages.Request{Path: "/", Tag: lang.En, Header: map[string]string{"Accept-Language": "sr"}}.To(h)
	if !strings.Contains(chosen.Body.String(), `<html lang="en">`) {
		t.Error("the choice does not hold against the browser")
	}
}

func TestNoLanguageLinkLeadsAway(t *testing.T) {
	h := open(t, &matters{})
	for _, path := range []string{"//evil.example/?lang=en", `/\evil.example/?lang=en`} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path, r.URL.RawPath, r.URL.RawQuery = strings.Split(path, "?")[0], "", "lang=en"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if to := w.Header().Get("Location"); strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	if w := (pages.Request{Path: "/?lang=klingon"}).To(h); w.Code != 200 {
		t.Errorf("an unknown language: %d", w.Code)
	}
}

func TestTheLogNamesRoutesAndNobody(t *testing.T) {
	var lines bytes.Buffer
	m, cfg := &matters{}, config(t)
	cfg.Log = slog.New(slog.NewJSONHandler(&lines, nil))
	h := pages.Open(t, cfg, m.room())
	pages.Request{Who: "mother", Path: "/matters/secret-matter?after=secret-key"}.To(h)
	line := lines.String()
	for _, want := range []string{`"route":"GET /matters/{id}"`, `"status":200`, `"method":"GET"`, `"request":"`} {
		if !strings.Contains(line, want) {
			t.Errorf("the line has no %s: %s", want, line)
		}
	}
	for _, never := range []string{"secret", "milica", "Милица"} {
		if strings.Contains(line, never) {
			t.Errorf("the line says %q: %s", never, line)
		}
	}
	if strings.Count(line, "\n") != 1 {
		t.Errorf("not one line: %s", line)
	}
}

func TestAReaderWhoLeftIsNoFault(t *testing.T) {
	for left, faults := range map[bool]int{false: 1, true: 0} {
		var lines bytes.Buffer
		m, cfg := &matters{err: context.Canceled}, config(t)
		cfg.Log = slog.New(slog.NewJSONHandler(&lines, nil))
		h := pages.Open(t, cfg, m.room())
		pages.Request{Who: "mother", Path: "/matters/m1", Form: pages.Form("version", "3")}.To(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			if left {
				cancel()
			}
			h.ServeHTTP(w, r.WithContext(ctx))
		}))
		if n := strings.Count(lines.String(), `"level":"ERROR"`); n != faults {
			t.Errorf("the reader left %v: %d faults in %s", left, n, lines.String())
		}
	}
}

func TestAcceptEncoding(t *testing.T) {
	for header, want := range map[string]bool{"": false, "gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0": false, "br": false} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", header)
		if portal.Unpacks(r) != want {
			t.Errorf("%q: %v", header, !want)
		}
	}
}

func TestOldAssetsAreGone(t *testing.T) {
	h := open(t, &matters{})
	if w := (pages.Request{Path: "/assets/style.000000000000.css"}).To(h); w.Code != http.StatusNotFound || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestForeignTextIsMarked(t *testing.T) {
	en := portal.Speaker{Catalogue: config(t).Catalogue, Tag: lang.En, Zone: time.UTC}
	if got := en.Text(lang.Text{"sr": "само <овде>"}); got != `<span lang="sr-Cyrl">само &lt;овде&gt;</span>` {
		t.Errorf("a text without English: %s", got)
	}
	if got := en.Name("Љиљана"); got != `<span lang="sr-Latn">Ljiljana</span>` {
		t.Errorf("a name: %s", got)
	}
	if got := en.Name("Smith & Co"); got != "Smith &amp; Co" {
		t.Errorf("a Latin name: %s", got)
	}
}

func TestNobodyHasNoRequestID(t *testing.T) {
	if got := portal.RequestID(context.Background()); got != "" {
		t.Errorf("%q", got)
	}
}

func TestAPageIsSetForWhomItIs(t *testing.T) {
	m := &matters{}
	desk := m.room()
	for setting, class := range map[portal.Setting]string{portal.Staff: "question staff", portal.Engineers: "question staff engineers"} {
		desk.Nav[0].Setting = setting
		for _, path := range []string{"/matters", "/matters/m1"} {
			html := pages.Says(t, pages.Open(t, config(t), desk), pages.Request{Who: "officer", Path: path}, 200, `<body class="`+class+`">`)
			if strings.Contains(html, "023 000 000") {
				t.Errorf("%s sends whoever works here to the counter", path)
			}
		}
	}
	pages.Says(t, open(t, m), pages.Request{Who: "mother", Path: "/matters"}, 200, `<body class="question">`, "023 000 000")
}
