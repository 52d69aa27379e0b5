package node

import (
	"context"
	"net/http"

	"dobosh/internal/bus"
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/events"
	"dobosh/internal/storage"
	"dobosh/internal/work"

	"github.com/prometheus/client_golang/prometheus"
)

// openEvents opens what carries events to other nodes and from them, and between
// the information systems of the member.
func openEvents(b base, db *storage.DB, stream *bus.Bus, jobs *work.Runner, gateway *exchange.Gateway) (*events.Room, Brings, error) {
	hosts := make([]events.Host, len(b.Events.Webhooks))
	for i, text := range b.Events.Webhooks {
		var err error
		if hosts[i], err = events.ParseHost(text); err != nil {
			return nil, Brings{}, err
		}
	}
	m := newEventMetrics()
	room := events.New(events.Config{Gateway: gateway, DB: db, Work: jobs, Stream: stream, Hosts: hosts, Count: m.count, Now: b.now, Log: b.log})
	return room, Brings{
		News:    map[string]http.Handler{"GET " + events.Path: room.Feed()},
		Figures: []prometheus.Collector{m.published, m.delivered, m.retried, m.dead, newEventGauges(room)},
		Work:    []func(context.Context){room.Follow, room.Deliver},
	}, nil
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
	room         *events.Room
	lag, waiting *prometheus.Desc
}

func newEventGauges(room *events.Room) eventGauges {
	return eventGauges{room,
		prometheus.NewDesc("dobosh_events_lag", "Events of the stream that the subscription furthest behind has not come to.", nil, nil),
		prometheus.NewDesc("dobosh_events_dead_letters", "Dead letters that wait for somebody.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (g eventGauges) Describe(to chan<- *prometheus.Desc) { to <- g.lag; to <- g.waiting }

// Collect implements prometheus.Collector. What cannot be read is not told.
func (g eventGauges) Collect(to chan<- prometheus.Metric) {
	load, err := g.room.Load(context.Background())
	if err != nil {
		return
	}
	to <- prometheus.MustNewConstMetric(g.lag, prometheus.GaugeValue, float64(load.Behind))
	to <- prometheus.MustNewConstMetric(g.waiting, prometheus.GaugeValue, float64(load.Dead))
}
