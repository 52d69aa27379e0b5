package registers

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"dobosh/internal/identity"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
)

// The bounds of a question.
const (
	maxBody = 16 << 10 // bytes
	maxPart = 64       // bytes of one segment of a path
)

// Question is one question at the desk. It lives as long as the request.
type Question struct {
	request *http.Request
	writer  http.ResponseWriter
	persons Persons
}

// Header gives a header of the request.
func (q *Question) Header(name string) string { return q.request.Header.Get(name) }

// Query gives the first value of a name in the query.
func (q *Question) Query(name string) string { return q.request.URL.Query().Get(name) }

// Part gives a segment of the path by its name in the pattern. One that is too
// long to be anything is given as empty.
func (q *Question) Part(name string) string {
	if part := q.request.PathValue(name); len(part) <= maxPart {
		return part
	}
	return ""
}

// Person gives the name in [Sector] of the person whom the path names. A name
// that is no pseudonym of the asker's sector is a person nobody knows; that it
// is forged is not said.
func (q *Question) Person(part string) (string, error) {
	return q.Own(q.Part(part))
}

// Own gives the name in [Sector] of a person whom the asker names.
func (q *Question) Own(pseudonym string) (string, error) {
	sector, err := q.sector()
	if err != nil {
		return "", err
	}
	own, err := q.persons.Translate(sector, Sector, pseudonym)
	switch {
	case errors.Is(err, identity.ErrSector):
		return "", problem.New(problem.Invalid, "sector-unknown").Because(err)
	case err != nil:
		return "", UnknownPerson().Because(err)
	}
	return own, nil
}

// Called gives the name by which the asker knows a person of the tables; for
// nobody it is empty.
func (q *Question) Called(person string) (string, error) {
	if person == "" {
		return "", nil
	}
	sector, err := q.sector()
	if err != nil {
		return "", err
	}
	called, err := q.persons.Translate(Sector, sector, person)
	if errors.Is(err, identity.ErrSector) {
		return "", problem.New(problem.Invalid, "sector-unknown").Because(err)
	}
	return called, err
}

func (q *Question) sector() (string, error) {
	sector := q.Header(SectorHeader)
	if sector == "" {
		return "", problem.New(problem.Invalid, "sector-missing")
	}
	return sector, nil
}

// Read reads the body, one JSON value without unknown members, into a value.
func (q *Question) Read(into any) error {
	kind, _, err := mime.ParseMediaType(q.Header("Content-Type"))
	if err != nil || kind != "application/json" {
		return problem.New(problem.Invalid, "body-not-json").Because(err)
	}
	err = strict.Upto(maxBody).Read(q.request.Body, into)
	switch {
	case errors.Is(err, strict.ErrLarge):
		return problem.New(problem.TooLarge, "body-too-large")
	case err != nil:
		return problem.New(problem.Invalid, "body-malformed").Because(err)
	}
	return nil
}

// Raw reads a body of another kind than JSON, of at most limit bytes.
func (q *Question) Raw(limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(q.writer, q.request.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, problem.New(problem.TooLarge, "body-too-large")
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "body-malformed").Because(err)
	}
	return body, nil
}

// UnknownPerson is the problem of a person whom a register does not know.
func UnknownPerson() *problem.Problem { return problem.New(problem.NotFound, "person-unknown") }
