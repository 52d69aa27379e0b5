package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
)

func TestOfHidesWhatIsNotAProblem(t *testing.T) {
	p := Of(errors.New("password=secret"))
	if p.Kind != Internal || p.Code != "internal" {
		t.Errorf("kind %v, code %s", p.Kind, p.Code)
	}
	doc := p.Document(lang.En, func(_ lang.Tag, key string, _ ...string) string { return key })
	if strings.Contains(fmt.Sprint(doc), "secret") {
		t.Error("the cause reached the document")
	}
}

func TestOfFindsTheWrappedProblem(t *testing.T) {
	err := fmt.Errorf("ask the register: %w", New(Unavailable, "register-away", "register", "births").Because(errors.New("refused")))
	if p := Of(err); p.Code != "register-away" || p.Args["register"] != "births" {
		t.Errorf("found %+v", p)
	}
	if !errors.Is(err, New(Invalid, "register-away")) || !HasCode(err, "register-away") {
		t.Error("problems are not compared by code")
	}
}

func TestWriteJSON(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Language", "sr-Latn")
	say := func(tag lang.Tag, key string, pairs ...string) string {
		return string(tag) + " " + key + " " + strings.Join(pairs, "=")
	}
	WriteJSON(w, r, New(Invalid, "form").At("child", "jmbg-check", "n", "13"), say)
	if w.Code != 422 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("status %d, type %s", w.Code, w.Header().Get("Content-Type"))
	}
	var d Document
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Code != "form" || d.Title != "sr-Latn problem.form " || len(d.Fields) != 1 || d.Fields[0].Title != "sr-Latn problem.jmbg-check n=13" {
		t.Errorf("document %+v", d)
	}
}
