// Package problem is the error that people see. A problem has a stable code
// and arguments for a sentence in the reader's language, and apart from them
// a cause that only the log sees.
package problem

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Kind says whose turn it is; it decides the HTTP status.
type Kind int

// The kinds. Their order has no meaning and may grow.
const (
	Internal Kind = iota
	Invalid
	Unauthenticated
	Forbidden
	NotFound
	Conflict
	Gone
	TooLarge
	TooMany
	Unavailable
	BadGateway
	Timeout
	Unsupported // the media type of what was sent
)

// Status is the HTTP status code of a kind.
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return http.StatusUnprocessableEntity
	case Unauthenticated:
		return http.StatusUnauthorized
	case Forbidden:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case Conflict:
		return http.StatusConflict
	case Gone:
		return http.StatusGone
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case TooMany:
		return http.StatusTooManyRequests
	case Unavailable:
		return http.StatusServiceUnavailable
	case BadGateway:
		return http.StatusBadGateway
	case Timeout:
		return http.StatusGatewayTimeout
	case Unsupported:
		return http.StatusUnsupportedMediaType
	}
	return http.StatusInternalServerError
}

// Field is what is wrong with one field of a form, as a code of its own.
type Field struct {
	Name string            `json:"name"`
	Code string            `json:"code"`
	Args map[string]string `json:"args,omitempty"`
}

// Problem is an error with a sentence for people. The sentence for Code
// stands in the catalogue under "problem." + Code; Args fill it and are safe
// to show. Cause is for the log alone.
type Problem struct {
	Kind   Kind
	Code   string
	Args   map[string]string
	Fields []Field
	Cause  error
}

// New makes a problem; pairs are names and values of arguments.
func New(kind Kind, code string, pairs ...string) *Problem {
	return &Problem{Kind: kind, Code: code, Args: args(pairs)}
}

// Because attaches the cause for the log.
func (p *Problem) Because(err error) *Problem {
	p.Cause = err
	return p
}

// At adds what is wrong with one field.
func (p *Problem) At(field, code string, pairs ...string) *Problem {
	p.Fields = append(p.Fields, Field{Name: field, Code: code, Args: args(pairs)})
	return p
}

func args(pairs []string) map[string]string {
	if len(pairs) < 2 {
		return nil
	}
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// Pairs gives the arguments back as names and values.
func Pairs(args map[string]string) []string {
	pairs := make([]string, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	return pairs
}

// Error is for the log.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Code)
	for _, f := range p.Fields {
		fmt.Fprintf(&b, " [%s: %s]", f.Name, f.Code)
	}
	if p.Cause != nil {
		b.WriteString(": ")
		b.WriteString(p.Cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// Is lets errors.Is compare problems by code.
func (p *Problem) Is(target error) bool {
	other, ok := target.(*Problem)
	return ok && other.Code == p.Code
}

// Wait is how many seconds to wait before trying again, for the header Retry-After: the
// argument "seconds", or ten.
func (p *Problem) Wait() string {
	if n, err := strconv.Atoi(p.Args["seconds"]); err == nil && n > 0 {
		return p.Args["seconds"]
	}
	return "10"
}

// Of finds the problem in an error; an error without one is Internal, and its
// text goes to the log only.
func Of(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	return New(Internal, "internal").Because(err)
}

// HasCode reports whether err is a problem with that code.
func HasCode(err error, code string) bool {
	p, ok := errors.AsType[*Problem](err)
	return ok && p.Code == code
}
