package catalogue

import (
	"context"
	"errors"

	"dobosh/internal/act"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// KeepDraft keeps a description that may be published later, and gives its
// digest. Drafts are forgotten in turn, like the descriptions of others.
// Problems: not-allowed and those of [openapi.Read].
func (r *Room) KeepDraft(ctx context.Context, by act.Actor, raw []byte) (digest string, err error) {
	if err := r.mayDescribe(by); err != nil {
		return "", err
	}
	doc, err := openapi.Read(raw)
	if err != nil {
		return "", err
	}
	return doc.Digest, r.store(ctx, doc, false)
}

// KeptDraft gives a description that was kept.
//
// Problem: not-allowed, draft-gone.
func (r *Room) KeptDraft(ctx context.Context, by act.Actor, digest string) ([]byte, error) {
	if err := r.mayDescribe(by); err != nil {
		return nil, err
	}
	raw, err := r.kept(ctx, digest)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, problem.New(problem.NotFound, "draft-gone")
	}
	return raw, err
}

// Systems are the subsystems of this member, under which it can describe
// services.
func (r *Room) Systems() (systems []registry.ID) {
	member, _ := r.State().Member(r.Member)
	for _, name := range member.Subsystems {
		system := r.Member
		system.Subsystem = name
		systems = append(systems, system)
	}
	return systems
}

// IsOwn reports whether a service is of this member.
func (r *Room) IsOwn(service registry.ID) bool { return service.Owner() == r.Member }
