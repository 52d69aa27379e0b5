package node

import (
	"cmp"
	"context"
	"slices"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/oversight"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/web"

	"github.com/prometheus/client_golang/prometheus"
)

// Purpose and provision under which an auditor takes evidence: the duty of the
// institution to show that it processes data lawfully (ZZPL, art. 5(2)).
const (
	auditPurpose   = "oversight"
	auditProvision = "zzpl/5/2"
)

// openOversight makes what operators and auditors see of exchanges. It comes
// before the gateway, which tells the meter.
func (n *Node) openOversight(context.Context) error {
	n.meter = oversight.NewMeter(n.now)
	n.exchanges = newExchangeMetrics()
	n.oversight = &oversight.Room{
		Member: n.cfg.Member, DB: n.db, Journal: n.journal, Meter: n.meter, Purpose: auditPurpose, Provision: auditProvision, Now: n.now,
	}
	return nil
}

// observe counts an exchange for the pages and for the metrics.
func (n *Node) observe(o exchange.Observation) {
	n.meter.Observe(o)
	n.exchanges.observe(o)
}

// exchangeMetrics are the figures of exchanges for Prometheus. Services are not
// told apart here: there may be thousands, and the pages show them.
type exchangeMetrics struct {
	total   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	hops    *prometheus.HistogramVec
}

func newExchangeMetrics() *exchangeMetrics {
	buckets := []float64{.0005, .001, .002, .003, .005, .01, .015, .025, .05, .1, .25, .5, 1, 5, 30}
	return &exchangeMetrics{
		total:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dobosh_exchanges_total", Help: "Exchanges by direction and by the code of the refusal, which is empty for those that were answered."}, []string{"direction", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "dobosh_exchange_seconds", Help: "Time of one exchange, by direction.", Buckets: buckets}, []string{"direction"}),
		hops:    prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "dobosh_exchange_hop_seconds", Help: "Time of one step of an exchange, by direction and step.", Buckets: buckets}, []string{"direction", "hop"}),
	}
}

func (m *exchangeMetrics) observe(o exchange.Observation) {
	direction := "answering"
	if o.Outbound {
		direction = "asking"
	}
	m.total.WithLabelValues(direction, o.Code).Inc()
	m.seconds.WithLabelValues(direction).Observe(o.Took.Seconds())
	for _, hop := range o.Hops {
		m.hops.WithLabelValues(direction, hop.Name).Observe(hop.Took.Seconds())
	}
}

// conditions tell the operator's pages how the node is.
type conditions struct{ *Node }

// Title implements web.Conditions.
func (c conditions) Title(service registry.ID) lang.Text { return c.title(service) }

// Condition implements web.Conditions.
func (c conditions) Condition(ctx context.Context, by act.Actor) (web.Condition, error) {
	if !by.Has(identity.Operator) && !by.Has(identity.Auditor) {
		return web.Condition{}, problem.New(problem.Forbidden, "not-yours")
	}
	now := c.now()
	condition := web.Condition{Entries: c.journal.Size(), Quotas: c.quotaUse()}
	if err := c.journal.Err(); err != nil {
		condition.Journal = "stopped"
	}
	if c.authority == nil {
		stale := cmp.Or(c.cfg.Registry.Stale, exchange.DefaultStale)
		condition.RegistryAt = c.registry.Contact()
		condition.StopsAt = condition.RegistryAt.Add(stale)
	}
	_, condition.Forked = c.registry.Forked()
	condition.Revoked = c.registry.State().Size > 0 && c.standing() == "unregistered"
	if certificate := c.Certificate(); certificate.Issued() {
		condition.Certificate = certificate.NotAfter
	}
	if c.stamps != nil {
		stamped := c.stamps.State()
		condition.Stamps, condition.StampedAt, condition.StampsFail = true, stamped.At, stamped.Failing
	}
	condition.Peers = c.peers()
	c.witnessed(&condition, now)
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
func (c conditions) witnessed(condition *web.Condition, now time.Time) {
	if c.cosigner == nil {
		return
	}
	condition.Witnesses = true
	for _, status := range c.cosigner.Status() {
		if status.At.After(condition.CosignedAt) {
			condition.CosignedAt = status.At
		}
	}
	if seen, err := journal.PeekCheckpoint(c.Cosigned()); err == nil {
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
func (c conditions) peers() (list []web.PeerState) {
	state := c.registry.State()
	for _, a := range c.gateway.Peers() {
		now, known := state.NodeByTLS(a.Node.TLS)
		if !known || now.Address != a.Node.Address {
			continue
		}
		list = append(list, web.PeerState{Body: c.title(now.Member), Node: now.Name, State: now.State, Failing: a.Failing, Took: a.Took})
	}
	slices.SortStableFunc(list, func(a, b web.PeerState) int {
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
func (c conditions) quotaUse() (list []web.QuotaUse) {
	state := c.registry.State()
	for contract, used := range c.gateway.Used() {
		if terms, ok := state.Contract(contract); ok {
			list = append(list, web.QuotaUse{Contract: contract, Used: used, Quota: terms.Quota})
		}
	}
	slices.SortFunc(list, func(a, b web.QuotaUse) int {
		return cmp.Or(cmp.Compare(b.Share(), a.Share()), cmp.Compare(a.Contract, b.Contract))
	})
	return list
}
