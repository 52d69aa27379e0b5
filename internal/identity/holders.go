package identity

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/storage"
)

// holdersAtOnce bounds the grants of one role that are read together.
const holdersAtOnce = 1000

// Holders are the accounts that hold a role now, each with its name and what it holds, by name. It is for rooms: who may
// see them is theirs to say.
func (id *Identity) Holders(ctx context.Context, role act.Role) (all []act.Actor, err error) {
	type held struct {
		id, account, name string
		grant             act.Grant
	}
	var found []held
	for after, n := "", holdersAtOnce; n == holdersAtOnce; {
		rows, err := id.db.Read(ctx).QueryContext(ctx, `select g.id, g.account, coalesce(a.name, ''), g.body, g.unit, g.service, g.kind, g.place
			from identity_grants g left join identity_accounts a on a.issuer = g.issuer and a.account = g.account
			where g.issuer = $1 and g.role = $2 and g.confirmed_at > 0 and g.taken_at = 0 and g.from_at <= $3 and (g.to_at = 0 or g.to_at > $3) and g.id > $4
			order by g.id limit $5`, id.cfg.Issuer, string(role), storage.Micros(id.now()), after, holdersAtOnce)
		some, err := storage.All(rows, err, func(scan storage.Scan) (h held, err error) {
			s := &h.grant.Scope
			h.grant.Role = role
			return h, scan(&h.id, &h.account, &h.name, &s.Body, &s.Unit, &s.Service, &s.Kind, &s.Place)
		})
		if err != nil {
			return nil, fmt.Errorf("who holds the role %s: %w", role, err)
		}
		if n = len(some); n > 0 {
			after = some[n-1].id
		}
		found = append(found, some...)
	}
	slices.SortStableFunc(found, func(a, b held) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.account, b.account)) })
	for _, h := range found {
		if last := len(all) - 1; last >= 0 && all[last].Account == h.account {
			all[last].Grants = append(all[last].Grants, h.grant)
			continue
		}
		all = append(all, act.Actor{Account: h.account, Name: h.name, Grants: []act.Grant{h.grant}})
	}
	return all, nil
}
