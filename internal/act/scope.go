package act

import "slices"

// Scope narrows what a role is for. In a grant an empty field stands for all; in the
// description of a matter it stands for what is not known or does not apply.
type Scope struct {
	Body    string // member of the federation, as in the registry
	Unit    string // of the body
	Service string // public service
	Kind    string // of case
	Place   string // as in the pack
}

// Covers reports whether a grant with this scope is for the matter. A grant that is
// for one service is not for a matter whose service nobody knows.
func (s Scope) Covers(matter Scope) bool {
	wide := func(granted, of string) bool { return granted == "" || granted == of }
	return wide(s.Body, matter.Body) && wide(s.Unit, matter.Unit) && wide(s.Service, matter.Service) &&
		wide(s.Kind, matter.Kind) && wide(s.Place, matter.Place)
}

// Scopes is where somebody may do something: in each of them. The empty list is nowhere.
type Scopes []Scope

// Cover reports whether one of the scopes is for the matter.
func (all Scopes) Cover(matter Scope) bool {
	return slices.ContainsFunc(all, func(s Scope) bool { return s.Covers(matter) })
}
