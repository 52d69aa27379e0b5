package exchange

import (
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// agreedQuery refuses a query in which something stands that the contract does not name, or that two programs could
// read differently: a name that is escaped without need, differs only in its letters' case or in brackets, or stands
// twice. Who is concerned is found by the name of a parameter, so nobody may be named by another that a system takes for it.
func agreedQuery(c *registry.Contract, raw string) error {
	if raw == "" {
		return nil
	}
	refused := problem.New(problem.Forbidden, "parameter-not-agreed", "contract", c.ID)
	if strings.Contains(raw, ";") {
		return refused
	}
	seen := make([]string, 0, 8)
	for pair := range strings.SplitSeq(raw, "&") {
		written, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(written)
		if err != nil || !plainName(written, name) || overrides(name) {
			return refused
		}
		if _, err := url.QueryUnescape(value); err != nil {
			return refused
		}
		subject := slices.ContainsFunc(c.Subjects, func(where string) bool { return isQuerySubject(where, name) })
		alike := !subject && slices.ContainsFunc(c.Subjects, func(where string) bool {
			kind, named := cutSubject(where)
			return kind == querySubject && normal(named) == normal(stem(name))
		})
		any := slices.Contains(c.Parameters, "*")
		switch {
		case alike, !subject && !any && !slices.Contains(c.Parameters, name):
			return refused
		case slices.Contains(seen, normal(name)) && (subject || !any):
			return refused
		}
		seen = append(seen, normal(name))
	}
	return nil
}

// overrides reports whether a parameter lets frameworks take a request for one with another method.
func overrides(name string) bool {
	switch strings.ToLower(name) {
	case "_method", "_http_method", "http_method_override", "x-http-method-override", "x-http-method", "x-method-override":
		return true
	}
	return false
}

func isQuerySubject(where, name string) bool {
	kind, named := cutSubject(where)
	return kind == querySubject && named == name
}

// plainName reports whether a name is written with no more escapes than it needs: RFC 3986, section 2.3, wants none for
// letters, digits and -._~ . A plus is a space to some and none to others.
func plainName(written, name string) bool {
	if name == "" || strings.Contains(written, "+") {
		return false
	}
	for rest := written; ; {
		var more bool
		if _, rest, more = strings.Cut(rest, "%"); !more {
			return true
		}
		b, err := strconv.ParseUint(rest[:min(2, len(rest))], 16, 8)
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
		if err != nil || letter || strings.IndexByte("-._~", byte(b)) >= 0 {
			return false
		}
	}
}

// stem is the part of a name before brackets, by which frameworks make a list of a parameter.
func stem(name string) string { before, _, _ := strings.Cut(name, "["); return before }

// normal is what programs that are not exact make of a name: without case, brackets and dots.
func normal(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// isForm reports whether a body holds parameters, which many systems read together with those of the query.
func isForm(mediaType string) bool {
	media, _, err := mime.ParseMediaType(mediaType)
	return err != nil && mediaType != "" || media == "application/x-www-form-urlencoded" || media == "multipart/form-data"
}
