package portal

import (
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
)

// readForm reads the body of a POST, bounded. A file is left to the page that
// asked for one.
func (v *Visit) readForm() error {
	if v.R.Method != http.MethodPost {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(v.R.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		v.body = v.R.Body
		v.R.Body = http.MaxBytesReader(v.W, v.R.Body, UploadMax)
		return nil
	}
	v.R.Body = http.MaxBytesReader(v.W, v.R.Body, FormMax)
	return Unreadable(v.R.ParseForm())
}

// Unreadable is the problem of a body that cannot be read.
func Unreadable(err error) error {
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return problem.New(problem.TooLarge, "form-too-large").Because(err)
	}
	return problem.New(problem.Invalid, "form-unreadable").Because(err)
}

// Typed gives a field of the form without the blanks around it.
func (v *Visit) Typed(name string) string { return strings.TrimSpace(v.R.PostFormValue(name)) }

// Version is the state of a thing that the form was made from.
func (v *Visit) Version() (int, error) {
	n, err := strconv.Atoi(v.Typed("version"))
	if err != nil || n < 0 {
		return 0, problem.New(problem.Invalid, "form-unreadable").Because(err)
	}
	return n, nil
}

// Words reads a text of at most max characters, in one line or several, into which
// something must be written.
func (v *Visit) Words(name string, most int) (string, error) {
	typed := v.Typed(name)
	s, err := text.Lines(typed, most)
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, text.ErrEmpty):
		return typed, Incomplete(name, "words-missing")
	case errors.Is(err, text.ErrLong):
		return typed, problem.New(problem.Invalid, "form-incomplete").At(name, "words-too-long", "max", strconv.Itoa(most))
	}
	return typed, Incomplete(name, "words-signs")
}

// Incomplete is what is wrong with one field of a form.
func Incomplete(field, code string) error {
	return problem.New(problem.Invalid, "form-incomplete").At(field, code)
}

// Again is what was typed into a field just now, or what is known.
func (v *Visit) Again(name, known string) string {
	if _, sent := v.R.PostForm[name]; sent && v.Typed("to") == "" {
		return v.Typed(name)
	}
	return known
}

// Lines divides what was typed into several lines; empty ones do not count.
func Lines(s string) (out []string) {
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// ShortDay writes a day as one would type it.
func ShortDay(d civil.Day) string {
	return strconv.Itoa(d.Dom()) + "." + strconv.Itoa(int(d.Month())) + "." + strconv.Itoa(d.Year()) + "."
}
