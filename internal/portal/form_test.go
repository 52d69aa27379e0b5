package portal_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
)

// What is written into a form without an act is held to the one definition of a text.
func TestWordsOfAFormAreText(t *testing.T) {
	words, err := frameWords()
	if err != nil {
		t.Fatal(err)
	}
	var got string
	var said error
	p, err := portal.New(portal.Config{Body: lang.Text{"sr": "Библиотека", "en": "Library"}, Kind: "city", Catalogue: words, Now: time.Now, Log: slog.New(slog.DiscardHandler)},
		portal.Room{Pages: []portal.Page{{Pattern: "POST /words", Right: act.Anyone(), Do: func(v *portal.Visit) error {
			got, said = v.Words("words", 20)
			return nil
		}}}})
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]struct{ text, code string }{
		"  Добар дан,\r\nZoe\u0308 ": {"Добар дан,\nZoë", ""},
		"":                           {"", "words-missing"},
		strings.Repeat("ж", 21):      {"", "words-too-long"},
		"a\x00b":                     {"", "words-signs"},
		"a\u202eb":                   {"", "words-signs"},
		"a\u2066b":                   {"", "words-signs"},
		"a\xffb":                     {"", "words-signs"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/words", strings.NewReader(url.Values{"words": {typed}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		p.ServeHTTP(httptest.NewRecorder(), r)
		code := ""
		if said != nil {
			code = problem.Of(said).Fields[0].Code
		}
		if code != want.code || want.code == "" && got != want.text {
			t.Errorf("%q: %q %q, want %+v", typed, got, code, want)
		}
	}
}

// An account number has dashes, or begins with the letters of its country: a field for it
// asks for no keyboard of digits.
func TestAnAccountNumberCanBeTyped(t *testing.T) {
	type payment struct{ To string }
	paying, err := act.Def[payment, payment]{
		Name: "loan.lend", Page: "/books/{book}/lend", Right: act.Only("librarian"),
		Fields: []act.Field[payment]{
			act.OfCode("book", func(in *payment) *string { return new(string) }, act.InPath()),
			act.OfAccount("title", func(in *payment) *string { return &in.To }),
		},
		Do: func(_ context.Context, _ act.Actor, in payment) (payment, error) { return in, nil },
	}.Act()
	if err != nil {
		t.Fatal(err)
	}
	p, _ := reading(t, paying)
	if shown := onPage(p, "librarian", nil).Body.String(); !strings.Contains(shown, `name="title"`) || strings.Contains(shown, "inputmode") {
		t.Errorf("the field of an account: %s", shown)
	}
}
