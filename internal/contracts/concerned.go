package contracts

import (
	"context"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/registry"
)

// SubjectKinds are the places outside of the path at which a person may be named, by
// the field that asks for each.
func SubjectKinds() []string { return []string{"query", "header", "body", "answer"} }

// Subject divides "path:person" and the like; a pointer is into the answer.
func Subject(s string) (kind, name string) {
	if rest, maybe := strings.CutPrefix(s, registry.MaybeSubject); maybe { // nobody needs to be named there
		kind, name = Subject(rest)
		return kind, registry.MaybeSubject + name
	}
	for _, kind := range []string{"path", "query", "header", "body"} {
		if name, ok := strings.CutPrefix(s, kind+":"); ok {
			return kind, name
		}
	}
	return "answer", s
}

// concerned is whom the exchanges are about: where the person is named, and in which
// sector. "nobody", which whoever asks reads, stands instead of all of it.
func (t Terms) concerned() []act.Field[registry.Contract] {
	about := act.When(func(sent act.Values) bool { return sent.One("nobody") != "yes" })
	all := []act.Field[registry.Contract]{
		act.OfOwn("subjects", act.Several, func(_ context.Context, c *registry.Contract, values []string) error {
			c.Subjects = values
			return faults(*c, "subjects", nil)
		}, func(c *registry.Contract) []string { return slices.Clone(c.Subjects) }, act.Optional(), act.Wrong("subject-malformed"), act.Says("contract.person-path"), about,
			t.offers(func(context.Context) (options []act.Option) {
				for _, place := range placesOf(t.About.Paths) {
					options = append(options, act.Option{Value: "path:" + place, Label: "contract.person-at", Code: "{" + place + "}"})
				}
				return options
			})),
	}
	if t.About != nil { // a form has a field for each place; programs send them all as they stand
		for _, kind := range SubjectKinds() {
			all = append(all, subjectsIn(kind, about))
		}
	}
	return append(all, act.OfCode("sector", func(c *registry.Contract) *string { return &c.Sector }, act.Missing("choice-missing"), act.Says("contract.sector"), about))
}

// subjectsIn are the names of persons at one kind of place, with commas between them.
func subjectsIn(kind string, about act.Bound) act.Field[registry.Contract] {
	within := func(s string) bool { k, _ := Subject(s); return k == kind }
	return act.OfOwn(kind, act.Line, func(_ context.Context, c *registry.Contract, values []string) error {
		c.Subjects = slices.DeleteFunc(slices.Clone(c.Subjects), within)
		for name := range strings.SplitSeq(one(values), ",") {
			name, maybe := strings.CutPrefix(strings.TrimSpace(name), registry.MaybeSubject)
			if name != "" && kind != "answer" {
				name = kind + ":" + name
			}
			if name != "" && maybe {
				name = registry.MaybeSubject + name
			}
			if name != "" {
				c.Subjects = append(c.Subjects, name)
			}
		}
		return faults(*c, "subjects", within)
	}, func(c *registry.Contract) []string {
		var names []string
		for _, s := range c.Subjects {
			if k, name := Subject(s); k == kind {
				names = append(names, name)
			}
		}
		return some(strings.Join(names, ", "))
	}, act.Optional(), act.Coded(), act.Says("contract.at."+kind), about)
}

// Sectors are those in which the contracts of the pack name persons, and one more
// that is known.
func (t Terms) Sectors(known string) []string {
	names := []string{known}
	if t.Pack != nil {
		for _, c := range t.Pack.Contracts() {
			names = append(names, c.Sector)
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(s string) bool { return s == "" })
}

// placesOf are the names of the places in patterns, each once.
func placesOf(paths []string) (names []string) {
	for _, path := range paths {
		for segment := range strings.SplitSeq(path, "/") {
			if name, is := registry.PlaceName(segment); is {
				names = addOnce(names, name)
			}
		}
	}
	return names
}
