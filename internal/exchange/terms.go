package exchange

import (
	"slices"

	"dobosh/internal/registry"
)

// terms is what a contract says, prepared for use. It never changes.
type terms struct {
	*registry.Contract
	at         int64 // place of the contract in the registry
	fields     *fields
	places     *places // in the response
	asked      *places // in the body of the request
	inPath     bool    // whether a segment of the path names somebody
	everything bool    // nothing of a response has to be looked at: all of it was agreed, and nobody has to be found in it
}

func newTerms(c *registry.Contract, at int64) *terms {
	t := &terms{Contract: c, at: at, fields: parseFields(c.Fields), places: parsePlaces(c.Subjects, ""), asked: parsePlaces(c.Subjects, bodySubject)}
	t.inPath = slices.ContainsFunc(c.Subjects, func(where string) bool { kind, _ := cutSubject(where); return kind == pathSubject })
	t.everything = t.fields.whole && !slices.ContainsFunc(c.Subjects, func(where string) bool { kind, _ := cutSubject(where); return kind == "" })
	return t
}

// termsOf gives the terms of a contract that stands at a place in the registry. They are kept by
// the contract's id until it is amended, so there are at most as many as there
// were contracts.
func (g *Gateway) termsOf(c *registry.Contract, at int64) *terms {
	if kept, ok := g.prepared.Load(c.ID); ok && kept.(*terms).at == at {
		return kept.(*terms)
	}
	t := newTerms(c, at)
	g.prepared.Store(c.ID, t)
	return t
}
