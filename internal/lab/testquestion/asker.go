// Package testquestion asks registers over HTTP as the node before them does. It is for
// tests only.
package testquestion

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	"dobosh/internal/lab/registers"
)

// Asker is a body that names persons in the sector family.
type Asker struct {
	t       testing.TB
	Sectors *identity.Sectors // register, family and tax
}

// New returns an asker whose sector keys are always the same.
func New(t testing.TB) Asker {
	t.Helper()
	sectors, err := identity.NewSectors(map[string][]byte{
		registers.Sector: bytes.Repeat([]byte{1}, 32), "family": bytes.Repeat([]byte{2}, 32), "tax": bytes.Repeat([]byte{3}, 32),
	})
	if err != nil {
		t.Fatal(err)
	}
	return Asker{t, sectors}
}

// Desk is a desk with the asker's sectors; its problems give keys for sentences,
// its log goes to the test.
func (a Asker) Desk() registers.Desk {
	say := func(_ lang.Tag, key string, _ ...string) string { return key }
	return registers.Desk{Persons: a.Sectors, Say: say, Log: slog.New(slog.NewTextHandler(a.t.Output(), nil))}
}

// Woman and Man give the number of somebody who was born on 1 January of a year.
func Woman(year, nth int) jmbg.Number {
	return jmbg.Make(civil.Date(year, time.January, 1), 83, 500+nth)
}

// Man is the male form of [Woman].
func Man(year, nth int) jmbg.Number {
	return jmbg.Make(civil.Date(year, time.January, 1), 83, nth)
}

// Own is the name of a person in the tables.
func (a Asker) Own(number jmbg.Number) string { return a.Called(registers.Sector, number) }

// Called is the name of a person in a sector.
func (a Asker) Called(sector string, number jmbg.Number) string {
	a.t.Helper()
	called, err := a.Sectors.Pseudonym(sector, number)
	if err != nil {
		a.t.Fatal(err)
	}
	return called
}

// Ask puts a question without a body, in a sector, and returns status and answer.
func (a Asker) Ask(register http.Handler, sector, path string) (int, map[string]any) {
	a.t.Helper()
	return a.send(register, httptest.NewRequest("GET", path, nil), sector)
}

// Send puts a question with a body: a text as it is, anything else as JSON. pairs
// are further headers.
func (a Asker) Send(register http.Handler, sector, path string, body any, pairs ...string) (int, map[string]any) {
	a.t.Helper()
	text, isText := body.(string)
	if !isText {
		raw, err := json.Marshal(body)
		if err != nil {
			a.t.Fatal(err)
		}
		text = string(raw)
	}
	r := httptest.NewRequest("POST", path, strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(pairs); i += 2 {
		r.Header.Set(pairs[i], pairs[i+1])
	}
	return a.send(register, r, sector)
}

func (a Asker) send(register http.Handler, r *http.Request, sector string) (int, map[string]any) {
	a.t.Helper()
	if sector != "" {
		r.Header.Set(registers.SectorHeader, sector)
	}
	w := httptest.NewRecorder()
	register.ServeHTTP(w, r)
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		a.t.Fatalf("%s: %d %s: %v", r.URL.Path, w.Code, w.Body, err)
	}
	return w.Code, answer
}

// Refused checks that a question was refused with a code, and with codes of
// fields, each as "field:code".
func (a Asker) Refused(status int, answer map[string]any, want int, code string, fields ...string) {
	a.t.Helper()
	var got []string
	list, _ := answer["fields"].([]any)
	for _, f := range list {
		field, _ := f.(map[string]any)
		got = append(got, fmt.Sprintf("%v:%v", field["name"], field["code"]))
	}
	if status != want || answer["code"] != code || strings.Join(got, " ") != strings.Join(fields, " ") {
		a.t.Errorf("got %d %v %v, want %d %s %v", status, answer["code"], got, want, code, fields)
	}
}
