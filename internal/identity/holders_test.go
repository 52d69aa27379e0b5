package identity_test

import (
	"context"
	"testing"

	"dobosh/internal/identity"
	"dobosh/internal/storage"
)

// However many hold a role, nobody is left out: the cases of whoever is would be put back.
func TestAllWhoHoldARoleAreKnown(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		const many = 6000
		err := r.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `insert into identity_grants (id, issuer, account, role, body, unit, service, kind, place, from_at, to_at, given_by, given_at, confirmed_by, confirmed_at)
				with recursive nth(n) as (select 1 union all select n + 1 from nth where n < $1)
				select 'grant-' || cast((n + 1) / 2 * 2 as text) || '-' || cast(n as text), $2, 'account-' || cast((n + 1) / 2 as text), $3, '', '', 'service-' || cast(n as text), '', '', 0, 0, 'x', 0, 'x', 1 from nth`,
				many, r.config.Issuer, string(identity.Officer))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		all, err := r.id.Holders(t.Context(), identity.Officer)
		if err != nil || len(all) != many/2+1 {
			t.Fatalf("%d hold the role, %v; want %d", len(all), err, many/2+1)
		}
		for _, by := range all {
			if by.Account != "officer" && len(by.Grants) != 2 {
				t.Errorf("%s holds %d grants, want 2", by.Account, len(by.Grants))
			}
		}
	})
}
