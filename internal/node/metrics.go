package node

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the figures of one node, apart from those of other nodes in the
// same process.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(n *Node) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dobosh_requests_total", Help: "Requests by surface and status."}, []string{"surface", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "dobosh_request_seconds", Help: "Time to answer a request, by surface.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5}}, []string{"surface"}),
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	m.registry.MustRegister(m.requests, m.seconds, n.exchanges.total, n.exchanges.seconds, n.exchanges.hops, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		gauge("dobosh_journal_entries", "Entries in the journal of this node.", func() float64 { return float64(n.journal.Size()) }),
		gauge("dobosh_registry_statements", "Statements of the registry that this node knows.", func() float64 { return float64(n.registry.State().Size) }),
		gauge("dobosh_registry_age_seconds", "Time since the registry was last known to be current.", func() float64 { return n.now().Sub(n.contact()).Seconds() }),
		gauge("dobosh_registry_forked", "1 when the registry showed two histories.", func() float64 {
			if _, forked := n.registry.Forked(); forked {
				return 1
			}
			return 0
		}),
		gauge("dobosh_witnessed", "1 when a witness has cosigned the journal.", func() float64 {
			if len(n.Cosigned()) > 0 {
				return 1
			}
			return 0
		}),
	)
	e := n.happened
	m.registry.MustRegister(e.published, e.delivered, e.retried, e.dead, newEventGauges(n))
	return m
}

// count counts the requests of a surface.
func (m *metrics) count(surface string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		m.requests.WithLabelValues(surface, strconv.Itoa(seen.status)).Inc()
		m.seconds.WithLabelValues(surface).Observe(time.Since(begun).Seconds())
	})
}

func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry}))
	return mux
}
