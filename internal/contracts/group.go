package contracts

import (
	"context"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/journal"
	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Groups lists the groups with which contracts are made as a whole: those of
// this member, and those of others.
func (r *Room) Groups(_ context.Context, by act.Actor) (own, others []registry.Group, err error) {
	if err := r.mayRead(by); err != nil {
		return nil, nil, err
	}
	for _, g := range r.State().Groups() {
		if g.ID.Owner() == r.Member {
			own = append(own, g)
		} else {
			others = append(others, g)
		}
	}
	return own, others, nil
}

// PutGroup says who is of a group of this member; a group of the authority's
// is a global one. Without members it is taken out.
func (r *Room) PutGroup(ctx context.Context, by act.Actor, g registry.Group) error {
	if err := r.maySign(by); err != nil {
		return err
	}
	if g.ID.Owner() != r.Member || g.ID.Subsystem == "" || g.ID.Service != "" {
		return problem.New(problem.Invalid, "group-terms").At("code", "group-foreign")
	}
	state := r.State()
	if state.HasSubsystem(g.ID) {
		return problem.New(problem.Invalid, "group-terms").At("code", "group-is-system")
	}
	p := problem.New(problem.Invalid, "group-terms")
	for i, m := range g.Members {
		if !state.HasSubsystem(m) || m.Service != "" {
			p.At("members", "client-unknown", "client", m.String())
		} else if slices.Contains(g.Members[:i], m) {
			p.At("members", "member-twice", "client", m.String())
		}
	}
	if len(p.Fields) > 0 {
		return p
	}
	meta, err := canonical.Marshal(map[string]string{"act": "group", "holder": g.ID.String(), "officer": by.Account})
	if err != nil {
		return err
	}
	body, err := canonical.Marshal(g)
	if err != nil {
		return err
	}
	if _, err := r.Journal.Append(ctx, journal.Entry{Kind: "act", ID: "group", At: r.Now(), Meta: meta, Body: body}); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	return r.Registry.Submit(ctx, registry.Statement{Group: &g})
}
