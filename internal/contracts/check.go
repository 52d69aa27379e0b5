package contracts

import (
	"context"
	"slices"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// Descriptions knows what services offer, where somebody described them. The
// room owns no descriptions.
type Descriptions interface {
	// Operations lists what a service answers; false where nobody described it.
	Operations(ctx context.Context, service registry.ID) ([]Operation, bool)
}

// Operation is one question that a service answers.
type Operation struct {
	Method string    `json:"method"`
	Path   string    `json:"path"`             // with places in braces, as in OpenAPI
	Says   lang.Text `json:"says,omitempty"`   // its summary, as its author wrote it
	Fields []Pointer `json:"fields,omitempty"` // of the answer

	Parameters []string `json:"parameters,omitempty"` // that the query may have
	Passes     []string `json:"passes,omitempty"`     // headers of the question that it reads
}

// Pointer is a field of an answer.
type Pointer struct {
	At   string    `json:"at"`             // JSON pointer; "*" for every element of a list
	Says lang.Text `json:"says,omitempty"` // what it means, as its author wrote it
}

// Check says everything about a contract for which this member should not sign
// it: a problem "contract-terms" with what is wrong by the name of the term.
func (r *Room) Check(ctx context.Context, c registry.Contract) error {
	p := problem.New(problem.Invalid, "contract-terms")
	r.checkSides(p, c)
	r.checkPurpose(p, c)
	checkPeriod(p, c, civil.Of(r.Now()))
	for _, f := range c.Faults() {
		p.At(f.Term, faultCode(f), "value", f.Value)
	}
	if len(p.Fields) == 0 {
		r.checkDescription(ctx, p, c)
	}
	if err := c.Check(); err != nil && len(p.Fields) == 0 {
		p.At("contract", "contract-malformed").Because(err)
	}
	if len(p.Fields) == 0 {
		return nil
	}
	return p
}

// faultCode names what is wrong with a term.
func faultCode(f registry.Fault) string {
	if f.Many {
		return "terms-too-many"
	}
	return map[string]string{"methods": "method-unknown", "paths": "path-malformed", "fields": "pointer-malformed", "subjects": "subject-malformed",
		"headers": "header-malformed", "passes": "header-malformed", "parameters": "parameter-malformed", "events": "event-malformed"}[f.Term]
}

// checkSides wants two who are there, and keeps the id of a contract between its
// two sides.
func (r *Room) checkSides(p *problem.Problem, c registry.Contract) {
	state := r.State()
	asker, provider := c.Between()
	if c.Group != (registry.ID{}) {
		if _, known := state.Group(c.Group); !known {
			p.At("group", "group-unknown", "group", c.Group.String())
		}
	} else if !state.HasSubsystem(asker) {
		p.At("consumer", "client-unknown", "client", asker.String())
	}
	if c.Service == "" && len(c.Events) > 0 {
		if !state.HasSubsystem(provider) {
			p.At("service", "provider-unknown", "service", provider.String())
		}
	} else if _, known := state.Service(provider.With(c.Service)); !known {
		p.At("service", "provider-unknown", "service", provider.With(c.Service).String())
	}
	for _, d := range c.Delegates {
		if !state.HasSubsystem(d) {
			p.At("delegates", "client-unknown", "client", d.String())
		}
	}
	stands, taken := state.Contract(c.ID)
	a, b := stands.Between()
	switch {
	case !taken:
	case a != asker || b != provider:
		p.At("id", "contract-id-taken", "contract", c.ID)
	case stands.Digest() == c.Digest():
		p.At("contract", "contract-unchanged", "contract", c.ID)
	}
}

// checkPurpose wants a purpose of the pack, and provisions that are in force on
// the first day on which the contract can be used.
func (r *Room) checkPurpose(p *problem.Problem, c registry.Contract) {
	first := civil.Of(r.Now())
	if c.From.After(first) {
		first = c.From
	}
	if purpose, ok := r.Law.Purpose(c.Purpose); !ok || !purpose.Holds(first) {
		p.At("purpose", "purpose-unknown", "purpose", c.Purpose)
	}
	provisions := map[string]law.Ref{"provision": c.Provision}
	if c.Delay != (registry.Delay{}) {
		provisions["delay"] = c.Delay.Provision
	}
	for name, ref := range provisions {
		if err := r.Law.InForce(ref, first); err != nil {
			why := problem.Of(err)
			p.Fields = append(p.Fields, problem.Field{Name: name, Code: why.Code, Args: why.Args})
		}
	}
}

func checkPeriod(p *problem.Problem, c registry.Contract, today civil.Day) {
	switch {
	case c.From.IsZero():
		p.At("from", "day-malformed")
	case !c.To.IsZero() && c.To.Before(c.From):
		p.At("to", "period-backwards")
	case !c.To.IsZero() && c.To.Before(today):
		p.At("to", "period-over", "today", today.String())
	}
	for name, n := range map[string]int{"quota": c.Quota, "rate": c.Rate, "retention": c.Retention} {
		if n < 0 {
			p.At(name, "count-malformed")
		}
	}
}

// checkDescription wants that the service offers what is asked for, where it
// is known what it offers.
func (r *Room) checkDescription(ctx context.Context, p *problem.Problem, c registry.Contract) {
	if r.Descriptions == nil || c.Service == "" {
		return
	}
	operations, described := r.Descriptions.Operations(ctx, c.Provider.With(c.Service))
	if !described {
		return
	}
	var fields []Pointer
	for _, path := range c.Paths {
		found := false
		for _, o := range operations {
			if samePath(o.Path, path) && slices.ContainsFunc(c.Methods, func(m string) bool { return strings.EqualFold(m, o.Method) }) {
				found, fields = true, append(fields, o.Fields...)
			}
		}
		if !found {
			p.At("paths", "path-not-offered", "value", path)
		}
	}
	for _, pointer := range c.Fields {
		if len(p.Fields) == 0 && len(fields) > 0 && !offered(fields, pointer) {
			p.At("fields", "field-not-offered", "value", pointer)
		}
	}
}

// samePath compares patterns without the names of their places.
func samePath(a, b string) bool {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		_, one := registry.PlaceName(x[i])
		_, other := registry.PlaceName(y[i])
		if one != other || !one && x[i] != y[i] {
			return false
		}
	}
	return true
}

// offered reports whether a pointer is a field, holds fields or lies within one.
func offered(fields []Pointer, pointer string) bool {
	for _, f := range fields {
		if f.At == pointer || pointer == "" || within(f.At, pointer) || within(pointer, f.At) {
			return true
		}
	}
	return false
}

func within(inner, outer string) bool { return strings.HasPrefix(inner, outer+"/") }
