package node

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/entrance"
	"dobosh/internal/security"

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

	entrances *entrances
}

func newMetrics(now clock.Now, log *journal.Log, c centre, w witnesses, watch *security.Log, of []Brings) *metrics {
	m := &metrics{
		registry:  prometheus.NewRegistry(),
		entrances: &entrances{},
		requests:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dobosh_requests_total", Help: "Requests by surface and status."}, []string{"surface", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "dobosh_request_seconds", Help: "Time to answer a request, by surface.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5}}, []string{"surface"}),
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	truth := func(is bool) float64 {
		if is {
			return 1
		}
		return 0
	}
	m.registry.MustRegister(m.requests, m.seconds, m.entrances, dropped{watch}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		gauge("dobosh_journal_entries", "Entries in the journal of this node.", func() float64 { return float64(log.Size()) }),
		gauge("dobosh_registry_statements", "Statements of the registry that this node knows.", func() float64 { return float64(c.State().Size) }),
		gauge("dobosh_registry_age_seconds", "Time since the registry was last known to be current.", func() float64 { return now().Sub(c.contact(now())).Seconds() }),
		gauge("dobosh_registry_forked", "1 when the registry showed two histories.", func() float64 { _, forked := c.Forked(); return truth(forked) }),
		gauge("dobosh_witnessed", "1 when a witness has cosigned the journal.", func() float64 { return truth(len(w.Cosigned()) > 0) }),
	)
	for _, b := range of {
		m.registry.MustRegister(b.Figures...)
	}
	return m
}

// partFigures tell how the parts of a node are, and what they measured.
type partFigures struct{ vitals *vitals }

// Describe implements prometheus.Collector: which figures there are depends on the
// node.
func (partFigures) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (f partFigures) Collect(to chan<- prometheus.Metric) {
	part := prometheus.NewDesc("dobosh_part", "How a part of the node is: 0 well, 1 somebody should see to it, 2 it fails.", []string{"part"}, nil)
	for name, found := range f.vitals.look(context.Background()) {
		to <- prometheus.MustNewConstMetric(part, prometheus.GaugeValue, float64(found.grade), name)
		for figure, value := range found.figures {
			to <- prometheus.MustNewConstMetric(prometheus.NewDesc(figure, figureHelp()[figure], nil, nil), prometheus.GaugeValue, value)
		}
	}
}

// figureHelp says what parts measure.
func figureHelp() map[string]string {
	return map[string]string{
		"dobosh_archive_segments":            "Segments of the journal that only the archive has.",
		"dobosh_archive_waiting":             "Full segments of the journal that wait for the archive.",
		"dobosh_outbox_waiting":              "Events that the stream does not have yet.",
		"dobosh_outbox_failing_seconds":      "For how long events could not be published; 0 when they can.",
		"dobosh_stream_lost":                 "Events that the stream has lost and nobody has any more.",
		"dobosh_mail_held":                   "Mails that came in and wait for an officer.",
		"dobosh_work_oldest_seconds":         "How long the longest due job is due.",
		"dobosh_disk_free_bytes":             "Room on the disk under the folder of the node.",
		"dobosh_disk_size_bytes":             "Size of that disk.",
		"dobosh_clock_offset_seconds":        "How far the clock is ahead of those of registry, witnesses and time-stamp authority.",
		"dobosh_witness_behind_entries":      "Entries of the journal that no witness has cosigned.",
		"dobosh_certificate_expires_seconds": "When the certificate of the node ends, in seconds since 1970.",
	}
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

// handler shows the figures.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
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

// entrances are the figures of the listeners.
type entrances struct {
	of []struct {
		surface string
		*entrance.Listener
	}
}

func (e *entrances) add(surface string, l *entrance.Listener) {
	e.of = append(e.of, struct {
		surface string
		*entrance.Listener
	}{surface, l})
}

// The figures of one listener.
var (
	openDesc    = prometheus.NewDesc("dobosh_connections", "Connections that are open, by surface.", []string{"surface"}, nil)
	refusedDesc = prometheus.NewDesc("dobosh_connections_refused_total", "Connections for which there was no place, by surface.", []string{"surface"}, nil)
	leftDesc    = prometheus.NewDesc("dobosh_connections_left_total", "Connections that waited and had to make place, by surface.", []string{"surface"}, nil)
)

// Describe implements prometheus.Collector.
func (e *entrances) Describe(to chan<- *prometheus.Desc) {
	to <- openDesc
	to <- refusedDesc
	to <- leftDesc
}

// Collect implements prometheus.Collector.
func (e *entrances) Collect(to chan<- prometheus.Metric) {
	for _, l := range e.of {
		open, refused, left := l.Figures()
		to <- prometheus.MustNewConstMetric(openDesc, prometheus.GaugeValue, float64(open), l.surface)
		to <- prometheus.MustNewConstMetric(refusedDesc, prometheus.CounterValue, float64(refused), l.surface)
		to <- prometheus.MustNewConstMetric(leftDesc, prometheus.CounterValue, float64(left), l.surface)
	}
}

// dropped are the events that the security log could not pass on.
type dropped struct{ *security.Log }

var droppedDesc = prometheus.NewDesc("dobosh_security_events_dropped_total", "Events of the security log that were dropped because its queue was full, by way.", []string{"way"}, nil)

// Describe implements prometheus.Collector.
func (d dropped) Describe(to chan<- *prometheus.Desc) { to <- droppedDesc }

// Collect implements prometheus.Collector.
func (d dropped) Collect(to chan<- prometheus.Metric) {
	for way, n := range d.Figures() {
		to <- prometheus.MustNewConstMetric(droppedDesc, prometheus.CounterValue, float64(n), way)
	}
}
