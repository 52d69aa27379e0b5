package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
	"dobosh/internal/testkit/acts"
	"dobosh/internal/words"
)

// every is one field of each kind that programs send.
type every struct {
	line, text, name, code, month, account, national, choice string
	day                                                      civil.Day
	count, version                                           int
	amount                                                   money.Para
	yes, consent                                             bool
	several                                                  []string
	file                                                     []byte
}

// What an interface says of a wrong field is about what was sent, and not about a
// form on a page.
func TestAnErrorOfAnInterfaceSpeaksOfIt(t *testing.T) {
	everything, err := act.Def[every, int]{
		Name: "test.every", Route: "POST /v1/every", Right: act.Anyone(),
		Fields: []act.Field[every]{
			act.OfLine("line", func(e *every) *string { return &e.line }), act.OfText("text", func(e *every) *string { return &e.text }),
			act.OfName("name", func(e *every) *string { return &e.name }), act.OfCode("code", func(e *every) *string { return &e.code }),
			act.OfMonth("month", func(e *every) *string { return &e.month }), act.OfAccount("account", func(e *every) *string { return &e.account }),
			act.OfNational("national", func(e *every) *string { return &e.national }), act.OfChoice("choice", func(e *every) *string { return &e.choice }, act.Of("", "a", "b")),
			act.OfDay("day", func(e *every) *civil.Day { return &e.day }), act.OfCount("count", func(e *every) *int { return &e.count }),
			act.OfVersion("version", func(e *every) *int { return &e.version }), act.OfAmount("amount", func(e *every) *money.Para { return &e.amount }),
			act.OfYesNo("yes", func(e *every) *bool { return &e.yes }), act.OfConsent("consent", func(e *every) *bool { return &e.consent }),
			act.OfSeveral("several", func(e *every) *[]string { return &e.several }, act.Of("", "a", "b")), act.OfFile("file", func(e *every) *[]byte { return &e.file }),
		},
		Do: func(context.Context, act.Actor, every) (int, error) { return 1, nil },
	}.Act()
	if err != nil {
		t.Fatal(err)
	}
	said, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	surface, err := api.Surface{
		Name: "every", Acts: []act.Act{everything}, Answers: new(api.Answers), Who: func(*http.Request) (act.Actor, error) { return act.Actor{}, nil },
		Say: said.Say, Log: slog.New(slog.DiscardHandler),
	}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	onPages := map[string]*regexp.Regexp{
		"en": regexp.MustCompile(`(?i)\b(form|from the list|choose|enter|tick|write|field contains|begin again|start again|card|consent)\b`),
		"sr": regexp.MustCompile(`(?i)(образац|обрасц|са списка|изаберите|упишите|напишите|означите|картиц|почните)`),
	}
	good := map[string]any{
		"line": "a", "text": "a", "name": "Ана", "code": "a", "month": "2026-11", "account": "840000000000103134", "national": "0101990710006", "choice": "a",
		"day": "2026-11-29", "count": 1, "version": 1, "amount": "1.50", "yes": true, "consent": true, "several": []string{"a"}, "file": "YQ==",
	}
	for _, bad := range acts.BadInputs(everything, good) {
		for language, words := range onPages {
			if bad.JSON == nil {
				continue
			}
			q := httptest.NewRequest(http.MethodPost, "/v1/every", strings.NewReader(string(bad.JSON)))
			q.Header.Set("Content-Type", "application/json")
			q.Header.Set("Accept-Language", language)
			w := httptest.NewRecorder()
			surface.ServeHTTP(w, q)
			if w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s: status %d", bad.Name, w.Code)
			}
			for _, title := range regexp.MustCompile(`"title":"([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
				if words.MatchString(title[1]) {
					t.Errorf("%s: %s", bad.Name, title[1])
				}
			}
		}
	}
}
