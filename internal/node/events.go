package node

import (
	"context"

	"dobosh/internal/exchange/events"

	"github.com/prometheus/client_golang/prometheus"
)

// openEvents opens what carries events to other nodes and from them, and between
// the information systems of the member.
func (n *Node) openEvents(context.Context) error {
	hosts := make([]events.Host, len(n.cfg.Events.Webhooks))
	for i, text := range n.cfg.Events.Webhooks {
		var err error
		if hosts[i], err = events.ParseHost(text); err != nil {
			return err
		}
	}
	n.happened = newEventMetrics()
	n.events = events.New(events.Config{Gateway: n.gateway, DB: n.db, Work: n.jobs, Stream: n.bus, Hosts: hosts, Count: n.happened.count, Now: n.now, Log: n.log})
	return nil
}

// eventMetrics are the figures of events for Prometheus.
type eventMetrics struct{ published, delivered, retried, dead prometheus.Counter }

func newEventMetrics() *eventMetrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "dobosh_events_" + name + "_total", Help: help})
	}
	return &eventMetrics{
		published: counter("published", "Events that the member's systems published here."),
		delivered: counter("delivered", "Events that subscribers were given."),
		retried:   counter("retried", "Calls of webhooks that failed and are made again."),
		dead:      counter("dead", "Events that became dead letters."),
	}
}

func (m *eventMetrics) count(c events.Count) {
	m.published.Add(float64(c.Published))
	m.delivered.Add(float64(c.Delivered))
	m.retried.Add(float64(c.Retried))
	m.dead.Add(float64(c.Dead))
}

// eventGauges look at the subscriptions when they are asked for figures.
type eventGauges struct {
	*Node
	lag, waiting *prometheus.Desc
}

func newEventGauges(n *Node) eventGauges {
	return eventGauges{n,
		prometheus.NewDesc("dobosh_events_lag", "Events of the stream that the subscription furthest behind has not come to.", nil, nil),
		prometheus.NewDesc("dobosh_events_dead_letters", "Dead letters that wait for somebody.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (g eventGauges) Describe(to chan<- *prometheus.Desc) { to <- g.lag; to <- g.waiting }

// Collect implements prometheus.Collector. What cannot be read is not told.
func (g eventGauges) Collect(to chan<- prometheus.Metric) {
	load, err := g.events.Load(context.Background())
	if err != nil {
		return
	}
	to <- prometheus.MustNewConstMetric(g.lag, prometheus.GaugeValue, float64(load.Behind))
	to <- prometheus.MustNewConstMetric(g.waiting, prometheus.GaugeValue, float64(load.Dead))
}
