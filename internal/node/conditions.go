package node

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/oversight"
	exchangepages "dobosh/internal/exchange/pages"
	"dobosh/internal/journal"
	"dobosh/internal/journal/timestamp"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
)

// conditions tell the operator's pages how the node is.
type conditions struct {
	*door
	oversight *oversight.Room
	stamps    *timestamp.Keeper // nil where nobody time-stamps
	title     func(registry.ID) lang.Text
	vitals    *vitals
}

// Title implements exchangepages.Conditions.
func (c conditions) Title(service registry.ID) lang.Text { return c.title(service) }

// Condition implements exchangepages.Conditions.
func (c conditions) Condition(ctx context.Context, by act.Actor) (exchangepages.Condition, error) {
	if err := oversight.RightToWatch().Check(by, act.Scope{Body: c.oversight.Member.String()}); err != nil {
		return exchangepages.Condition{}, err
	}
	now := c.now()
	condition := exchangepages.Condition{Entries: c.journal.Size(), Quotas: c.quotaUse()}
	if err := c.journal.Err(); err != nil {
		condition.Journal = "stopped"
	}
	if c.authority == nil {
		stale := cmp.Or(c.base.Registry.Stale, exchange.DefaultStale)
		condition.RegistryAt = c.Contact()
		condition.StopsAt = condition.RegistryAt.Add(stale)
	}
	_, condition.Forked = c.Forked()
	condition.Revoked = c.State().Size > 0 && c.standing() == "unregistered"
	if certificate := c.certificate(); certificate.Issued() {
		condition.Certificate = certificate.NotAfter
	}
	if c.stamps != nil {
		stamped := c.stamps.State()
		condition.Stamps, condition.StampedAt, condition.StampsFail = true, stamped.At, stamped.Failing
	}
	condition.Peers = c.peers()
	c.witnessed(&condition, now)
	found := c.vitals.look(ctx)
	for _, part := range slices.Sorted(maps.Keys(found)) {
		if f := found[part]; f.alarm != "" {
			condition.Troubles = append(condition.Troubles, exchangepages.Trouble{Alarm: f.alarm, Values: f.values})
		}
	}
	hidden, err := c.oversight.Hidden(ctx, by)
	if err != nil {
		return condition, err
	}
	for _, h := range hidden {
		condition.Hidden += h.Receipts
	}
	return condition, nil
}

// witnessed tells how far witnesses have cosigned the journal.
func (c conditions) witnessed(condition *exchangepages.Condition, now time.Time) {
	if c.witnesses.Cosigner == nil {
		return
	}
	condition.Witnesses = true
	for _, status := range c.witnesses.Status() {
		if status.At.After(condition.CosignedAt) {
			condition.CosignedAt = status.At
		}
	}
	if seen, err := journal.PeekCheckpoint(c.witnesses.Cosigned()); err == nil {
		condition.Witnessed = seen.Size
	}
	if condition.CosignedAt.After(now) {
		condition.CosignedAt = now
	}
}

// mostPeers bounds the other nodes on the operator's page.
const mostPeers = 100

// peers tells how the nodes are doing that this one has asked and that the
// registry still knows where they were met, those that fail first.
func (c conditions) peers() (list []exchangepages.PeerState) {
	state := c.State()
	for _, a := range c.gateway.Peers() {
		now, known := state.NodeByTLS(a.Node.TLS)
		if !known || now.Address != a.Node.Address {
			continue
		}
		list = append(list, exchangepages.PeerState{Body: c.title(now.Member), Node: now.Name, State: now.State, Failing: a.Failing, Took: a.Took})
	}
	slices.SortStableFunc(list, func(a, b exchangepages.PeerState) int {
		switch {
		case a.Failing == b.Failing:
			return 0
		case a.Failing:
			return -1
		}
		return 1
	})
	return list[:min(len(list), mostPeers)]
}

// quotaUse lists the contracts of which questions were used today, the most used
// first.
func (c conditions) quotaUse() (list []exchangepages.QuotaUse) {
	state := c.State()
	for contract, used := range c.gateway.Used() {
		if terms, ok := state.Contract(contract); ok {
			list = append(list, exchangepages.QuotaUse{Contract: contract, Used: used, Quota: terms.Quota})
		}
	}
	slices.SortFunc(list, func(a, b exchangepages.QuotaUse) int {
		return cmp.Or(cmp.Compare(b.Share(), a.Share()), cmp.Compare(a.Contract, b.Contract))
	})
	return list
}
