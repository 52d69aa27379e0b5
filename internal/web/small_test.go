package web

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
	"dobosh/internal/rules"
)

func TestLanguageIsChosenByLinkThenByBrowser(t *testing.T) {
	h := open(t, city(t, &rooms{}))
	for accept, want := range map[string]string{"": "sr-Cyrl", "en-GB,en;q=0.9": "en", "hr": "sr-Latn", "sr": "sr-Cyrl"} {
		w := request{path: "/", header: map[string]string{"Accept-Language": accept}}.to(h)
		if !strings.Contains(w.Body.String(), `<html lang="`+want+`">`) || w.Header().Get("Content-Language") != want {
			t.Errorf("%q does not get %s", accept, want)
		}
	}
	w := request{path: "/desk/offers?state=open&lang=sr-Latn"}.to(h)
	cookie := w.Header().Get("Set-Cookie")
	if w.Code != 303 || w.Header().Get("Location") != "/desk/offers?state=open" || !strings.HasPrefix(cookie, portal.LanguageCookie+"=sr-Latn;") || !strings.Contains(cookie, "Secure") {
		t.Errorf("%d to %q with %q", w.Code, w.Header().Get("Location"), cookie)
	}
	chosen := request{path: "/", tag: lang.En, header: map[string]string{"Accept-Language": "sr"}}.to(h)
	if !strings.Contains(chosen.Body.String(), `<html lang="en">`) {
		t.Error("the choice does not hold against the browser")
	}
}

func TestNoLanguageLinkLeadsAway(t *testing.T) {
	h := open(t, city(t, &rooms{}))
	for _, path := range []string{"//evil.example/?lang=en", `/\evil.example/?lang=en`} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path, r.URL.RawPath, r.URL.RawQuery = strings.Split(path, "?")[0], "", "lang=en"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if to := w.Header().Get("Location"); strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	if w := (request{path: "/?lang=klingon"}).to(h); w.Code != 200 {
		t.Errorf("an unknown language: %d", w.Code)
	}
}

func TestTheLogNamesRoutesAndNobody(t *testing.T) {
	var lines bytes.Buffer
	d := city(t, &rooms{})
	d.Log = slog.New(slog.NewJSONHandler(&lines, nil))
	h := open(t, d)
	request{who: "mother", path: "/offers/secret-offer?after=secret-key"}.to(h)
	line := lines.String()
	for _, want := range []string{`"route":"GET /offers/{id}"`, `"status":200`, `"method":"GET"`, `"request":"`} {
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
		d := city(t, &rooms{err: context.Canceled})
		d.Log = slog.New(slog.NewJSONHandler(&lines, nil))
		h := open(t, d)
		request{who: "mother", path: "/offers/first/accept", form: form("version", "3")}.to(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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

func TestTheMatterOfALook(t *testing.T) {
	an := id.New()
	for matter, want := range map[string][2]string{
		"decision " + an: {an, ""}, "decision twelve": {"", ""}, an: {"", an}, "birth registration": {"", ""}, "": {"", ""},
	} {
		l := lookView{Look: receipts.Look{Matter: matter}}
		if got := [2]string{l.Decision(), l.Reference()}; got != want {
			t.Errorf("%q: decision and reference are %q, want %q", matter, got, want)
		}
	}
}

func TestAmountsInWords(t *testing.T) {
	_, _, all := words(t)
	say := speaking(all, lang.SrCyrl)
	for name, c := range map[string]struct {
		plan rules.Plan
		want amount
	}{
		"once":    {once(), amount{"300.000", "динара, једнократно", nil}},
		"one":     {rules.Plan{Once: 100, Total: 100}, amount{"1", "динар, једнократно", nil}},
		"para":    {rules.Plan{Once: 101, Total: 101}, amount{"1,01", "динара, једнократно", nil}},
		"monthly": {rules.Plan{Monthly: money.Dinars(10000), Last: money.Dinars(10000), Months: 24, Total: money.Dinars(240000)}, amount{"10.000", "динара месечно, у 24 рате", []string{"Месечно: 10.000 динара, 24 месеца.", "Укупно: 240.000 динара."}}},
		"both":    {monthly(), amount{"245.000,50", "динара укупно", []string{"Једнократно: 5.000 динара.", "Месечно: 10.000 динара, 24 месеца.", "Последња рата: 10.000,50 динара."}}},
	} {
		got := say.amountOf(c.plan)
		if got.Figure != c.want.Figure || got.Unit != c.want.Unit || strings.Join(got.Words, "|") != strings.Join(c.want.Words, "|") {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestAClockEndsWithItsLastDay(t *testing.T) {
	_, _, all := words(t)
	say := speaking(all, lang.SrCyrl)
	from, until := now.Add(-10*24*time.Hour), civil.Date(2026, time.December, 4).Start()
	got := say.termOf(from, until, now, nil, "")
	if got.Until != civil.Date(2026, time.December, 3) || got.Left != 10 || got.Passed < 48 || got.Passed > 50 {
		t.Errorf("%+v", got)
	}
	if over := say.termOf(from, until, until.Add(time.Hour), nil, ""); over.Left != 0 || over.Passed != 100 {
		t.Errorf("after its end: %+v", over)
	}
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Unix(rapid.Int64Range(0, math.MaxInt32).Draw(t, "begin"), 0)
		end := begin.Add(time.Duration(rapid.Int64Range(0, int64(5*365*24*time.Hour)).Draw(t, "length")))
		at := time.Unix(rapid.Int64Range(0, math.MaxInt32).Draw(t, "now"), 0)
		if c := say.termOf(begin, end, at, nil, ""); c.Left < 0 || c.Passed < 0 || c.Passed > 100 {
			t.Fatalf("%+v", c)
		}
	})
}

func TestDaysAreReadAsPeopleWriteThem(t *testing.T) {
	want := civil.Date(2026, time.January, 9)
	for _, s := range []string{"9.1.2026.", "9. 1. 2026.", "09.01.2026", "9/1/2026", "2026-01-09"} {
		if got, ok := act.ParseDay(s); !ok || got != want {
			t.Errorf("%q is %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "31.2.2026.", "9.1.26", "1.2.3.2026", "..2026", "9.-1.2026", "јуче", "9.1.2026.x"} {
		if got, ok := act.ParseDay(s); ok {
			t.Errorf("%q is taken for %v", s, got)
		}
	}
}

func FuzzParseDay(f *testing.F) {
	for _, s := range []string{"9.1.2026.", "2026-01-09[Asia/Seoul]", "0.0.0000", "٣.1.2026"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if day, ok := act.ParseDay(s); ok && day.IsZero() {
			t.Errorf("%q is no day and was taken for one", s)
		}
	})
}

func TestQRCodesAreDark(t *testing.T) {
	html, err := qrSVG("https://zrenjanin.example/verify/"+code, `says "so"`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`role="img"`, `aria-label="says &#34;so&#34;"`, `fill="#fff"`, `stroke="#000"`, "M4 4.5h7"} { // the finder pattern stands in the corner
		if !strings.Contains(string(html), want) {
			t.Errorf("no %s in %.200s", want, html)
		}
	}
	if _, err := parse("<!doctype html>" + string(html)); err != nil {
		t.Error(err)
	}
	if _, err := qrSVG(strings.Repeat("x", 5000), ""); err == nil {
		t.Error("a text too long for a code was drawn")
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
	h := open(t, city(t, &rooms{}))
	if w := (request{path: "/assets/style.000000000000.css"}).to(h); w.Code != http.StatusNotFound || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestForeignTextIsMarked(t *testing.T) {
	_, _, all := words(t)
	en := speaking(all, lang.En)
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

// speaking is a page in a language, of nobody and nothing.
func speaking(all *lang.Catalogue, tag lang.Tag) *visit {
	return &visit{Visit: &portal.Visit{Speaker: portal.Speaker{Catalogue: all, Tag: tag, Zone: time.UTC}}}
}
