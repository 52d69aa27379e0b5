package portal

import "strings"

// problemEntry is one code of the list that the type of a problem document
// (RFC 9457) leads to.
type problemEntry struct {
	Code string
	Says string // with … for its arguments
	Do   string // likewise
}

// problems lists every code that an interface may answer with.
func (v *Visit) problems() error {
	var list []problemEntry
	for _, key := range v.Catalogue.Keys() {
		code, ok := strings.CutPrefix(key, "problem.")
		if !ok || strings.HasSuffix(code, ".do") {
			continue
		}
		e := problemEntry{Code: code, Says: WithoutPlaces(v.Say(key))}
		if spoken := "api." + code; v.Catalogue.Has(spoken) { // as interfaces say it
			e.Says = WithoutPlaces(v.Say(spoken))
		}
		if v.Catalogue.Has(key + ".do") {
			e.Do = WithoutPlaces(v.Say(key + ".do"))
		}
		list = append(list, e)
	}
	return v.Show("problems", v.Say("problems.title"), list)
}

// WithoutPlaces puts … where a sentence waits for a value.
func WithoutPlaces(s string) string {
	for {
		before, rest, open := strings.Cut(s, "{")
		_, after, closed := strings.Cut(rest, "}")
		if !open || !closed {
			return s
		}
		s = before + "…" + after
	}
}
