package registers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
)

// say gives the key instead of a sentence.
func say(_ lang.Tag, key string, _ ...string) string { return key }

func sectors(t *testing.T) *identity.Sectors {
	t.Helper()
	s, err := identity.NewSectors(map[string][]byte{
		registers.Sector: bytes.Repeat([]byte{1}, 32), "family": bytes.Repeat([]byte{2}, 32), "other": bytes.Repeat([]byte{3}, 32),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask puts one question to a desk with two routes and returns the log as well.
func ask(t *testing.T, r *http.Request) (answer *httptest.ResponseRecorder, log string) {
	t.Helper()
	var lines bytes.Buffer
	desk := registers.Desk{Persons: sectors(t), Say: say, Log: slog.New(slog.NewTextHandler(&lines, nil))}
	answer = httptest.NewRecorder()
	desk.Routes(map[string]registers.Answer{
		"GET /v1/persons/{person}": func(_ context.Context, q *registers.Question) (any, error) {
			own, err := q.Person("person")
			if err != nil {
				return nil, err
			}
			called, err := q.Called(own)
			return map[string]string{"own": own, "called": called}, err
		},
		"POST /v1/things": func(_ context.Context, q *registers.Question) (any, error) {
			var thing struct {
				Name string `json:"name"`
			}
			err := q.Read(&thing)
			return registers.Created{Answer: thing.Name}, err
		},
		"GET /v1/broken/{secret}": func(context.Context, *registers.Question) (any, error) { return nil, errors.New("disk on fire") },
		"GET /v1/unwritable":      func(context.Context, *registers.Question) (any, error) { return func() {}, nil },
	}).ServeHTTP(answer, r)
	return answer, lines.String()
}

func code(t *testing.T, answer *httptest.ResponseRecorder) string {
	t.Helper()
	if got := answer.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	var d problem.Document
	if err := json.Unmarshal(answer.Body.Bytes(), &d); err != nil || d.Status != answer.Code {
		t.Errorf("problem %s with status %d: %v", answer.Body, answer.Code, err)
	}
	return d.Code
}

func number() jmbg.Number { return jmbg.Make(civil.Date(1996, time.March, 14), 83, 501) }

func TestPersonsAreTranslated(t *testing.T) {
	s := sectors(t)
	theirs, _ := s.Pseudonym("family", number())
	own, _ := s.Pseudonym(registers.Sector, number())
	r := httptest.NewRequest("GET", "/v1/persons/"+theirs, nil)
	r.Header.Set(registers.SectorHeader, "family")
	answer, _ := ask(t, r)
	var got struct{ Own, Called string }
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || got.Own != own || got.Called != theirs {
		t.Errorf("got %s, %v", answer.Body, err)
	}
	if got := answer.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("cache control %q", got)
	}
}

func TestBadQuestions(t *testing.T) {
	s := sectors(t)
	theirs, _ := s.Pseudonym("family", number())
	of := func(method, target, sector, kind, body string) *http.Request {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		if sector != "" {
			r.Header.Set(registers.SectorHeader, sector)
		}
		return r
	}
	const asJSON = "application/json"
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		code   string
	}{
		"a path nobody knows":         {of("GET", "/v1/nothing", "family", "", ""), 404, "question-unknown"},
		"a method nobody knows":       {of("DELETE", "/v1/persons/"+theirs, "family", "", ""), 404, "question-unknown"},
		"no sector":                   {of("GET", "/v1/persons/"+theirs, "", "", ""), 422, "sector-missing"},
		"a sector without a key":      {of("GET", "/v1/persons/"+theirs, "nowhere", "", ""), 422, "sector-unknown"},
		"a name of another sector":    {of("GET", "/v1/persons/"+theirs, "other", "", ""), 404, "person-unknown"},
		"a guessed name":              {of("GET", "/v1/persons/"+strings.Repeat("a", 26), "family", "", ""), 404, "person-unknown"},
		"a bare number":               {of("GET", "/v1/persons/"+number().String(), "family", "", ""), 404, "person-unknown"},
		"a name without end":          {of("GET", "/v1/persons/"+strings.Repeat("a", 9000), "family", "", ""), 404, "person-unknown"},
		"a body of another kind":      {of("POST", "/v1/things", "", "text/plain", `{}`), 422, "body-not-json"},
		"a body of no kind":           {of("POST", "/v1/things", "", "", `{}`), 422, "body-not-json"},
		"a body without end":          {of("POST", "/v1/things", "", asJSON, `{"name":"`+strings.Repeat("x", 20<<10)+`"}`), 413, "body-too-large"},
		"a long tail":                 {of("POST", "/v1/things", "", asJSON, `{"name":"x"}`+strings.Repeat(" ", 20<<10)), 413, "body-too-large"},
		"an unknown member":           {of("POST", "/v1/things", "", asJSON, `{"name":"x","more":1}`), 422, "body-malformed"},
		"two values":                  {of("POST", "/v1/things", "", asJSON, `{"name":"x"} {}`), 422, "body-malformed"},
		"half a value":                {of("POST", "/v1/things", "", asJSON, `{"name":`), 422, "body-malformed"},
		"a value of another type":     {of("POST", "/v1/things", "", asJSON, `{"name":[]}`), 422, "body-malformed"},
		"an answer that is not JSON":  {of("GET", "/v1/unwritable", "", "", ""), 500, "internal"},
		"a register that is on fire":  {of("GET", "/v1/broken/"+theirs, "", "", ""), 500, "internal"},
		"a charset is no other kind":  {of("POST", "/v1/things", "", asJSON+"; charset=utf-8", `{`), 422, "body-malformed"},
		"a kind that cannot be read":  {of("POST", "/v1/things", "", "application/json; =", `{}`), 422, "body-not-json"},
		"an empty body":               {of("POST", "/v1/things", "", asJSON, ""), 422, "body-malformed"},
		"a segment that is not there": {of("GET", "/v1/persons/", "family", "", ""), 404, "question-unknown"},
	} {
		answer, log := ask(t, c.r)
		if got := code(t, answer); answer.Code != c.status || got != c.code {
			t.Errorf("%s: %d %s, want %d %s", name, answer.Code, got, c.status, c.code)
		}
		if strings.Contains(log, theirs) || strings.Contains(answer.Body.String(), "fire") {
			t.Errorf("%s: the log names the person, or the answer the cause: %s %s", name, log, answer.Body)
		}
		if logged := log != ""; logged != (c.status == 500) {
			t.Errorf("%s: logged %v", name, logged)
		}
	}
}

func TestCreated(t *testing.T) {
	r := httptest.NewRequest("POST", "/v1/things", strings.NewReader(`{"name":"x"}`))
	r.Header.Set("Content-Type", "application/json")
	if answer, _ := ask(t, r); answer.Code != http.StatusCreated || answer.Body.String() != `"x"` {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

func TestNobodyIsCalledNothing(t *testing.T) {
	if called, err := new(registers.Question).Called(""); called != "" || err != nil {
		t.Errorf("%q, %v", called, err)
	}
}

func TestNumberFault(t *testing.T) {
	for number, want := range map[string]string{"123": "number-form", "3102996830015": "number-date", "1403996835011": "number-check"} {
		_, err := jmbg.Parse(number)
		if got := registers.NumberFault(err); got != want {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
	}
}
