package pages

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
)

var (
	sealedField = regexp.MustCompile(`name="form" value="([^"]+)"`)
	stepField   = regexp.MustCompile(`name="at" value="([^"]+)"`)
)

// Wizard goes through a form of several steps as a browser does: each answer goes
// out with the sealed form of the page before.
type Wizard struct {
	T       testing.TB
	Handler http.Handler
	Who     string
	Path    string // where the answers go
	HTML    string // the page that is open
}

// Begin opens the first page.
func (w *Wizard) Begin(path string) {
	w.HTML = Request{Who: w.Who, Path: path}.To(w.Handler).Body.String()
}

// Sealed is what has been answered so far, closed.
func (w *Wizard) Sealed() string { return sealedField.FindStringSubmatch(w.HTML)[1] }

// Step names the question on the page that is open.
func (w *Wizard) Step() string { return stepField.FindStringSubmatch(w.HTML)[1] }

// Answer sends the page with some fields, and gives the status and where it leads.
func (w *Wizard) Answer(pairs ...string) (status int, location string) {
	w.T.Helper()
	values := Form(pairs...)
	values.Set("form", w.Sealed())
	if values.Get("at") == "" {
		values.Set("at", w.Step())
	}
	answer := Request{Who: w.Who, Path: w.Path, Form: values}.To(w.Handler)
	if answer.Code != http.StatusSeeOther {
		w.HTML = answer.Body.String()
		Check(w.T, w.HTML, lang.SrCyrl)
	}
	return answer.Code, answer.Header().Get("Location")
}

// Leads answers and expects the next question.
func (w *Wizard) Leads(step string, pairs ...string) {
	w.T.Helper()
	if status, _ := w.Answer(pairs...); status != http.StatusOK {
		w.T.Fatalf("status %d, want the step %s", status, step)
	}
	if got := w.Step(); got != step {
		w.T.Fatalf("the step %s follows, want %s", got, step)
	}
}

// Stays answers and expects the same question again, with what is wrong.
func (w *Wizard) Stays(says string, pairs ...string) {
	w.T.Helper()
	step := w.Step()
	if status, _ := w.Answer(pairs...); status != http.StatusUnprocessableEntity || w.Step() != step || !strings.Contains(w.HTML, says) {
		w.T.Errorf("%v: status %d, and not %q", pairs, status, says)
	}
}
