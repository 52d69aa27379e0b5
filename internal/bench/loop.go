package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// warmUp is how many loops go ahead of the measurement, so that connections
// stand and rules are compiled.
const warmUp = 16

func now() time.Time { return time.Now() }

// Run measures and cleans up behind itself, except for the folder.
func Run(ctx context.Context, o Options) (result Result, err error) {
	if o, err = o.withDefaults(); err != nil {
		return Result{}, err
	}
	r, err := newRig(o, o.crowd())
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	_, _ = fmt.Fprintln(o.Log, "starting three nodes")
	if err := r.start(ctx); err != nil {
		return Result{}, err
	}
	m := &measurement{rig: r, options: o}
	return m.run(ctx)
}

// crowd is how many persons are needed: what a fast machine may get done.
func (o Options) crowd() int {
	births := int(o.Seconds*max(o.Rate, 500)) + 2*warmUp
	if o.Births > 0 {
		births = min(births, o.Births+2*warmUp)
	}
	return 2 * (births/mostChildren + 1)
}

// measurement is one run on a rig that stands.
type measurement struct {
	rig     *rig
	options Options
	flying  sync.WaitGroup
	births  atomic.Int64 // that were begun

	mu        sync.Mutex
	latencies []time.Duration // guarded by mu; of the loops that are counted
	inWindow  int             // guarded by mu; loops that ended before the window closed
	failures  []error         // guarded by mu
}

func (m *measurement) run(ctx context.Context) (Result, error) {
	watching, stopWatching := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { m.rig.driver.watch(watching) })
	defer watch.Wait()
	defer stopWatching()

	_, _ = fmt.Fprintln(m.options.Log, "warming up")
	patient, cancel := context.WithTimeout(ctx, m.options.Drain+m.options.window())
	defer cancel()
	for range warmUp {
		m.begin(patient, false, time.Time{})
	}
	m.flying.Wait()
	if err := m.failed(); err != nil {
		return Result{}, fmt.Errorf("warming up: %w", err)
	}
	_, _ = fmt.Fprintf(m.options.Log, "measuring for %s\n", m.options.window())
	before, begun := m.rig.usage(), time.Now()
	killed := m.killing(ctx)
	m.drive(patient, begun.Add(m.options.window()))
	took := time.Since(begun)
	after := m.rig.usage() // at the end of the window: what is under way is not counted
	m.flying.Wait()
	killErr := <-killed
	result := m.result(took, before, after)
	if m.options.Kill {
		result.Reconciled = m.reconcile(ctx)
	}
	return result, errors.Join(killErr, ctx.Err())
}

// drive begins births until the end, at the rate or as slots become free.
func (m *measurement) drive(ctx context.Context, end time.Time) {
	slots := make(chan struct{}, m.options.Flying)
	window, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	begun := time.Now()
	for i := 0; m.more(i); i++ {
		if m.options.Rate > 0 && !pause(window, begun.Add(time.Duration(float64(i)/m.options.Rate*float64(time.Second)))) {
			return
		}
		select {
		case slots <- struct{}{}:
		case <-window.Done():
			return
		}
		m.begin(ctx, true, end, func() { <-slots })
	}
	<-window.Done()
}

// more says whether there are births left to begin.
func (m *measurement) more(i int) bool {
	return (m.options.Births == 0 || i < m.options.Births) && int(m.births.Load()) < m.rig.driver.capacity()
}

// pause waits until an instant; false when ctx ends before it.
func pause(ctx context.Context, until time.Time) bool {
	wait := time.Until(until)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// begin sends the next birth on its way.
func (m *measurement) begin(ctx context.Context, counts bool, end time.Time, after ...func()) {
	i := int(m.births.Add(1)) - 1
	m.flying.Go(func() {
		latency, err := m.rig.driver.loop(ctx, i)
		m.note(latency, err, counts, end)
		for _, f := range after {
			f()
		}
	})
}

func (m *measurement) note(latency time.Duration, err error, counts bool, end time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case err != nil:
		m.failures = append(m.failures, err)
	case counts:
		m.latencies = append(m.latencies, latency)
		if time.Now().Before(end) {
			m.inWindow++
		}
	}
}

func (m *measurement) failed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.failures) == 0 {
		return nil
	}
	return m.failures[0]
}
