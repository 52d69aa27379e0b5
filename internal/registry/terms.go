package registry

import (
	"fmt"
	"slices"
	"strings"
)

// The bounds of a contract's terms. They keep a question and a reply, which
// repeat some of them, within a header.
const (
	maxTerms = 64      // entries of one list
	maxTerm  = 200     // bytes of one entry
	maxLimit = 1 << 43 // bytes of one body: 8 TiB
)

// methods are those of X-Road's REST interface.
func methods() []string {
	return []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
}

// validate refuses a contract whose terms cannot be enforced as they stand.
func (c Contract) validate() error {
	wrong := func(what string) error { return fmt.Errorf("%w %s: %s", ErrContract, c.ID, what) }
	switch {
	case c.ID == "" || len(c.ID) > maxTerm:
		return wrong("has no id, or one that is too long")
	case (c.Consumer == ID{}) == (c.Group == ID{}):
		return wrong("is neither with a consumer nor with a group, or with both")
	case !isSystem(c.asker()) || !isSystem(c.Provider):
		return wrong("is not between two subsystems")
	case c.Service == "" && len(c.Events) == 0:
		return wrong("gives neither a service nor events")
	case c.Purpose == "" || c.Provision == "":
		return wrong("names no purpose or no provision")
	case c.From.IsZero() || !c.To.IsZero() && c.To.Before(c.From):
		return wrong("has no period or ends before it begins")
	case c.Quota < 0 || c.Retention < 0 || c.Rate < 0 || c.Limit < 0 || c.Limit > maxLimit:
		return wrong("has a negative quota, rate, limit or retention, or a limit that is too large")
	case c.Delay != Delay{} && (c.Delay.Days < 1 || c.Delay.Days > MaxDelay || c.Delay.Provision == ""):
		return wrong("hides exchanges by no provision, or for no number of days from 1 to 3650")
	}
	for _, term := range []string{c.Service, c.Purpose, string(c.Provision), string(c.Delay.Provision), c.Sector, c.Area} {
		if len(term) > maxTerm {
			return wrong("has a term that is too long")
		}
	}
	if err := c.validateDelegates(wrong); err != nil {
		return err
	}
	return c.validateLists(wrong)
}

// isSystem reports whether an identifier is that of a subsystem, or of a group.
func isSystem(id ID) bool { return id.Subsystem != "" && id.Service == "" }

func (c Contract) validateDelegates(wrong func(string) error) error {
	if len(c.Delegates) > maxTerms {
		return wrong("has more than 64 delegates")
	}
	for i, d := range c.Delegates {
		if !isSystem(d) || d == c.Consumer || slices.Contains(c.Delegates[:i], d) {
			return wrong(fmt.Sprintf("has a delegate that is none, or the same twice: %.60q", d))
		}
	}
	return nil
}

func (c Contract) validateLists(wrong func(string) error) error {
	for _, list := range []struct {
		name  string
		terms []string
		valid func(string) bool
	}{
		{"method", c.Methods, func(m string) bool { return slices.Contains(methods(), m) }},
		{"path", c.Paths, validPattern},
		{"field", c.Fields, validPointer},
		{"subject", c.Subjects, c.validSubject},
		{"header", c.Headers, validHeader},
		{"header", c.Passes, validHeader},
		{"parameter", c.Parameters, validParameter},
		{"event", c.Events, func(e string) bool { return e != "" }},
	} {
		if len(list.terms) > maxTerms {
			return wrong("has more than 64 terms in one list")
		}
		for _, term := range list.terms {
			if len(term) > maxTerm || !list.valid(term) {
				return wrong(fmt.Sprintf("has a %s that is none: %.60q", list.name, term))
			}
		}
	}
	return nil
}

// validPattern wants a decoded path whose segments are neither empty nor dots,
// save that the last may be empty. A name in braces occurs once. The empty pattern
// is the address of the service itself, which is another than "/".
func validPattern(pattern string) bool {
	if pattern == "" { // a service that is asked without a path
		return true
	}
	if pattern == "" {
		return true
	}
	rest, rooted := strings.CutPrefix(pattern, "/")
	if !rooted || strings.ContainsAny(pattern, "%?#\\") || strings.ContainsFunc(pattern, forbidden) {
		return false
	}
	segments := strings.Split(rest, "/")
	var names []string
	for i, s := range segments {
		if s == "." || s == ".." || s == "" && i < len(segments)-1 {
			return false
		}
		if name, is := PlaceName(s); is {
			names = append(names, name)
		} else if strings.ContainsAny(s, "{}") {
			return false
		}
	}
	slices.Sort(names)
	return len(slices.Compact(names)) == len(names)
}

// PlaceName reads a segment such as "{person}" of a path pattern.
func PlaceName(segment string) (name string, is bool) {
	if len(segment) < 3 || segment[0] != '{' || segment[len(segment)-1] != '}' || strings.ContainsAny(segment[1:len(segment)-1], "{}") {
		return "", false
	}
	return segment[1 : len(segment)-1], true
}

// validPointer wants a JSON pointer (RFC 6901, section 3).
func validPointer(pointer string) bool {
	if pointer != "" && pointer[0] != '/' {
		return false
	}
	for after := range strings.SplitSeq(strings.ReplaceAll(pointer, "~", "\x00~"), "\x00") {
		if len(after) > 0 && after[0] == '~' && (len(after) < 2 || after[1] != '0' && after[1] != '1') {
			return false
		}
	}
	return true
}

// validSubject wants a place in the answer or in the question: a segment that
// some path names, a parameter, a header or a place in the body.
func (c Contract) validSubject(subject string) bool {
	subject = strings.TrimPrefix(subject, MaybeSubject)
	where, name, named := strings.Cut(subject, ":")
	switch {
	case strings.HasPrefix(subject, "/"):
		return validPointer(subject)
	case !named || name == "":
		return false
	case where == "path":
		return slices.ContainsFunc(c.Paths, func(pattern string) bool { return slices.Contains(strings.Split(pattern, "/"), "{"+name+"}") })
	case where == "query":
		return !strings.ContainsFunc(name, forbidden)
	case where == "header":
		return validToken(name)
	}
	return where == "body" && validPointer(name)
}

// MaybeSubject stands before a place at which nobody needs to be named.
const MaybeSubject = "maybe:"

func validHeader(name string) bool { return name == "*" || validToken(name) }

// validParameter wants the decoded name of a parameter.
func validParameter(name string) bool { return name != "" && !strings.ContainsFunc(name, forbidden) }

// validToken wants the name of a header (RFC 9110, section 5.6.2).
func validToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
