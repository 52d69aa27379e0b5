package station

import (
	"context"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/people"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// Appoint gives the staff of a member their roles. Those who have theirs since the
// demonstration ran before keep them.
func Appoint(ctx context.Context, pack *law.Pack, member registry.ID, id *identity.Identity) error {
	stories, err := people.Stories(pack)
	if err != nil {
		return err
	}
	administrator := act.As("demonstration", identity.Administrator)
	for _, p := range stories.Staff {
		if p.Body != member.String() {
			continue
		}
		if _, err := id.Give(ctx, administrator, p.Subject, act.Grant{Role: p.Role}); err != nil && !problem.HasCode(err, "grant-known") {
			return fmt.Errorf("role of %s: %w", p.Subject, err)
		}
	}
	return nil
}
