package web

import "strings"

// problemEntry is one code of the list that the type of a problem document
// (RFC 9457) leads to.
type problemEntry struct {
	Code string
	Says string // with … for its arguments
	Do   string
}

// problems lists every code that an interface may answer with.
func (p *portal) problems(v *visit) error {
	var list []problemEntry
	for _, key := range p.catalogue.Keys() {
		code, ok := strings.CutPrefix(key, "problem.")
		if !ok || strings.HasSuffix(code, ".do") {
			continue
		}
		e := problemEntry{Code: code, Says: withoutPlaces(v.say(key))}
		if p.catalogue.Has(key + ".do") {
			e.Do = v.say(key + ".do")
		}
		list = append(list, e)
	}
	return v.show("problems", v.say("problems.title"), list)
}

// withoutPlaces puts … where a sentence waits for a value.
func withoutPlaces(s string) string {
	for {
		before, rest, open := strings.Cut(s, "{")
		_, after, closed := strings.Cut(rest, "}")
		if !open || !closed {
			return s
		}
		s = before + "…" + after
	}
}
