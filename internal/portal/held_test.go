package portal_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"html"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
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
	"dobosh/internal/portal"
	"dobosh/internal/testkit/pages"
)

// visitorAt is somebody with cookies whose level, and account, a header of theirs says.
type visitorAt struct {
	t       *testing.T
	handler http.Handler
	jar     *cookiejar.Jar
	account string
	level   act.Level
}

// heldSaid is what a page says that keeps a form.
const heldSaid = "What you entered is not lost"

var somewhere = &url.URL{Scheme: "http", Host: "node.example", Path: "/"}

func (v *visitorAt) Actor(*http.Request) (act.Actor, bool) {
	by := act.As(v.account)
	by.Level = v.level
	return by, v.account != ""
}

// send gets a page, or posts a form.
func (v *visitorAt) send(path string, form url.Values) (status int, body string) {
	v.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if form != nil {
		r = httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept-Language", "en")
	for _, c := range v.jar.Cookies(somewhere) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	v.jar.SetCookies(somewhere, w.Result().Cookies())
	return w.Code, w.Body.String()
}

var (
	signInAddress = regexp.MustCompile(`href="(/sign-in\?[^"]+)"`)
	hiddenValues  = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
)

// back is where the sign-in of a page leads in the end.
func (v *visitorAt) back(body string) string {
	v.t.Helper()
	found := signInAddress.FindStringSubmatch(body)
	if found == nil {
		v.t.Fatalf("no way to sign in: %s", body)
	}
	to, err := url.Parse(html.UnescapeString(found[1]))
	if err != nil {
		v.t.Fatal(err)
	}
	return to.Query().Get("to")
}

// A form of several steps that somebody sends whose session is over is there when they come
// back, under whatever account, and goes on by one tap; it opens once, and for nobody else.
func TestAFormOfSeveralStepsGoesAlongThroughTheSignIn(t *testing.T) {
	l := &lender{now: start}
	wizard := l.wizard()
	v := newVisitorAt(t, func(v *visitorAt) portal.Room {
		return portal.Room{Pages: []portal.Page{
			{Pattern: "GET /loans/new", Right: act.SignedIn(), Do: func(v *portal.Visit) error { return wizard.Begin(v, "thing", loan{}) }},
			{Pattern: "POST /loans/new", Right: act.SignedIn().AtLevel(act.LevelEID), Do: wizard.Continue},
		}}
	})
	v.account, v.level = "contact:ana", act.LevelContact
	_, page := v.send("/loans/new", nil)
	form := url.Values{"thing": {"Ђ & <b>"}, "with": {"case", "charger"}}
	for _, h := range hiddenValues.FindAllStringSubmatch(page, -1) {
		form.Set(h[1], html.UnescapeString(h[2]))
	}
	status, page := v.send("/loans/new", form)
	if status != http.StatusForbidden || !strings.Contains(page, heldSaid) {
		t.Fatalf("sent too early: %d %s", status, page)
	}
	to := v.back(page)

	stranger := *v
	stranger.jar, _ = cookiejar.New(nil)
	if status, page := stranger.send(to, nil); status != http.StatusConflict || strings.Contains(page, "charger") {
		t.Errorf("another browser sees it: %d", status)
	}
	v.account, v.level = "milica", act.LevelEID
	status, page = v.send(to, nil)
	if status != http.StatusOK || len(l.lent) != 0 {
		t.Fatalf("coming back: %d, lent %v", status, l.lent)
	}
	kept := url.Values{}
	for _, h := range hiddenValues.FindAllStringSubmatch(page, -1) {
		kept.Add(h[1], html.UnescapeString(h[2]))
	}
	if kept.Get("thing") != "Ђ & <b>" || !slices.Equal(kept["with"], []string{"case", "charger"}) {
		t.Errorf("kept %v", kept)
	}
	if status, page = v.send("/loans/new", kept); status != http.StatusOK || !strings.Contains(page, "Which size of") {
		t.Errorf("going on: %d %s", status, page)
	}
	if status, _ := v.send(to, nil); status != http.StatusConflict {
		t.Errorf("opened twice: %d", status)
	}
}

// The form of an act comes back with everything in its fields, for who returns from the
// sign-in that was asked for, and once; what is too large does not travel, and is said to.
func TestTheFormOfAnActComesBackFilled(t *testing.T) {
	def := lend()
	def.Right, def.Begin = act.SignedIn().AtLevel(act.LevelEID), nil
	lent := 0
	inner := def.Do
	def.Do = func(ctx context.Context, by act.Actor, in lending) (lending, error) {
		lent++
		return inner(ctx, by, in)
	}
	a, err := def.Act()
	if err != nil {
		t.Fatal(err)
	}
	v := newVisitorAt(t, func(*visitorAt) portal.Room {
		return portal.Room{Pages: portal.ActPage{Act: a, Early: true, Back: portal.Nav{Path: "/books/{book}", Key: "loan.back"}, Next: func(*portal.Visit, any) string { return "/books" }}.Pages()}
	})
	v.account, v.level = "contact:ana", act.LevelContact
	if status, _ := v.send("/books/b1/lend", nil); status != http.StatusOK {
		t.Fatalf("an early form: %d", status)
	}
	form := url.Values{"version": {"3"}, "title": {"На Дрини ћуприја"}, "reader": {"Ана"}, "kind": {"room"}, "until": {"24. 12. 2026."}, "quiet": {"yes"}}
	for name, who := range map[string]struct {
		account string
		level   act.Level
	}{"less than is wanted": {"contact:ana", act.LevelContact}, "nobody any more": {"", act.LevelNone}} {
		v.account, v.level = who.account, who.level
		_, page := v.send("/books/b1/lend", form)
		to := v.back(page)
		v.account, v.level = "milica", act.LevelEID
		status, page := v.send(to, nil)
		if status != http.StatusOK || lent != 0 {
			t.Fatalf("%s: %d, lent %d", name, status, lent)
		}
		for _, says := range []string{`value="На Дрини ћуприја"`, `value="Ана"`, `value="room" checked`, `value="yes" checked`, "2026", `name="version" value="3"`} {
			if !strings.Contains(page, says) {
				t.Errorf("%s: the form does not say %s", name, says)
			}
		}
		if _, again := v.send(to, nil); strings.Contains(again, "Дрини") {
			t.Errorf("%s: opened twice", name)
		}
	}
	if status, page := v.send("/books/b1/lend", form); status != http.StatusSeeOther || lent != 1 {
		t.Errorf("sent again: %d, lent %d: %s", status, lent, page)
	}
	v.account = ""
	form.Set("title", incompressible())
	if _, page := v.send("/books/b1/lend", form); strings.Contains(page, heldSaid) {
		t.Error("what does not travel is promised")
	}
}

// heldSentences are those of the library, and what the pages of a form that travels say.
var heldSentences = strings.Replace(sentences, "{", `{"sign-in.button": "Sign in", "stop": "Stop", `, 1)

func newVisitorAt(t *testing.T, room func(v *visitorAt) portal.Room) *visitorAt {
	t.Helper()
	own := fstest.MapFS{"words/sr.json": {Data: []byte(heldSentences)}, "words/en.json": {Data: []byte(heldSentences)}}
	words, err := lang.Load(portal.Words(), act.Words(), lang.Words{Room: "library", Files: own})
	if err != nil {
		t.Fatal(err)
	}
	v := &visitorAt{t: t}
	v.jar, _ = cookiejar.New(nil)
	v.handler, err = portal.New(portal.Config{
		Body: lang.Text{"sr": "Библиотека", "en": "Library"}, Kind: "city", Catalogue: words, Now: func() time.Time { return start }, Log: slog.New(slog.DiscardHandler), Sessions: v, SignIn: pages.SignIn{},
	}, room(v))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// incompressible is more than a browser takes along.
func incompressible() string {
	text := make([]byte, 20_000)
	_, _ = rand.Read(text) // never fails
	return hex.EncodeToString(text)
}

// What somebody has filled who is surely known is neither shown to whoever signs in after them at the same browser, nor sent by them.
func TestAFormOfSomebodySureIsForNobodyElse(t *testing.T) {
	l := &lender{now: start}
	wizard := l.wizard()
	v := newVisitorAt(t, func(v *visitorAt) portal.Room {
		return portal.Room{Pages: []portal.Page{
			{Pattern: "GET /loans/new", Right: act.SignedIn(), Do: func(v *portal.Visit) error { return wizard.Begin(v, "thing", loan{}) }},
			{Pattern: "POST /loans/new", Right: act.SignedIn().AtLevel(act.LevelSecondFactor), Do: wizard.Continue},
		}}
	})
	for account, status := range map[string]int{"petar": http.StatusConflict, "milica": http.StatusOK} {
		v.account, v.level = "milica", act.LevelEID
		_, page := v.send("/loans/new", nil)
		form := url.Values{"thing": {"Тајно"}, "with": {"charger"}}
		for _, h := range hiddenValues.FindAllStringSubmatch(page, -1) {
			form.Set(h[1], html.UnescapeString(h[2]))
		}
		_, page = v.send("/loans/new", form)
		to := v.back(page)
		v.account, v.level = account, act.LevelSecondFactor
		got, page := v.send(to, nil)
		if got != status || strings.Contains(page, "Тајно") != (status == http.StatusOK) {
			t.Errorf("%s comes back to %d, want %d: %s", account, got, status, page)
		}
	}
}
