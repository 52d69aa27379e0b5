package node

import (
	"context"

	"dobosh/internal/act"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
	"dobosh/internal/work"
	workpages "dobosh/internal/work/pages"

	"github.com/prometheus/client_golang/prometheus"
)

// queuePages are where operators see the work of the node. What became of events is
// settled with their subscription.
func queuePages(member registry.ID, jobs *work.Runner) (portal.Room, error) {
	matter := act.Scope{Body: member.String()}
	acts, err := jobs.Acts(workpages.RightToOperate(), matter)
	return workpages.New(workpages.Deps{Queue: jobs, Matter: matter, Acts: acts, Own: map[string]string{"events.letters": "/desk/events"}}), err
}

// queueGauges look at the queue when they are asked for figures.
type queueGauges struct {
	jobs               *work.Runner
	waiting, due, dead *prometheus.Desc
}

func newQueueGauges(jobs *work.Runner) queueGauges {
	gauge := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("dobosh_work_"+name, help, []string{"queue"}, nil)
	}
	return queueGauges{jobs,
		gauge("waiting", "Jobs that are not done yet, by queue."),
		gauge("due", "Jobs that are due or being done, by queue."),
		gauge("dead", "Jobs that were put aside and wait for somebody, by queue."),
	}
}

// Describe implements prometheus.Collector.
func (g queueGauges) Describe(to chan<- *prometheus.Desc) { to <- g.waiting; to <- g.due; to <- g.dead }

// Collect implements prometheus.Collector. What cannot be read is not told.
func (g queueGauges) Collect(to chan<- prometheus.Metric) {
	counts, err := g.jobs.Counts(context.Background())
	if err != nil {
		return
	}
	for _, c := range counts {
		to <- prometheus.MustNewConstMetric(g.waiting, prometheus.GaugeValue, float64(c.Waiting), c.Queue)
		to <- prometheus.MustNewConstMetric(g.due, prometheus.GaugeValue, float64(c.Due), c.Queue)
		to <- prometheus.MustNewConstMetric(g.dead, prometheus.GaugeValue, float64(c.Dead), c.Queue)
	}
}
