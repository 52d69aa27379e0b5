package admission

import (
	"context"
	"crypto"
	"fmt"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// OpenIssuer makes sure that the registry names the issuer of certificates whose
// key the authority's member has. Its certificate is kept nowhere else.
func OpenIssuer(ctx context.Context, authority *registry.Authority, key crypto.Signer, member registry.ID, life time.Duration, now clock.Now) (*credential.Issuer, error) {
	named, _ := authority.State().Issuer()
	if root := credential.RootOf(key, named.Certificate, now()); root != nil {
		return credential.NewIssuer(key, root, life, now)
	}
	root, err := credential.MakeRoot(key, member.Instance+" nodes", now())
	if err != nil {
		return nil, err
	}
	if named.Certificate, err = credential.With(root, named.Certificate, now()); err != nil {
		return nil, err
	}
	if err := authority.Append(ctx, registry.Statement{Issuer: &named}); err != nil {
		return nil, fmt.Errorf("state the issuer: %w", err)
	}
	return credential.NewIssuer(key, root, life, now)
}
