package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"dobosh/internal/kit/clock"
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
	r, err := newRig(ctx, o, o.crowd())
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
	counting  bool            // guarded by mu; the window is open
	latencies []time.Duration // guarded by mu; of the loops that ended within the window
	failures  []error         // guarded by mu
}

func (m *measurement) run(ctx context.Context) (Result, error) {
	watching, stopWatching := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { m.rig.driver.watch(watching) })
	defer watch.Wait()
	defer stopWatching()

	_, _ = fmt.Fprintln(m.options.Log, "warming up")
	patient, cancel := context.WithTimeout(ctx, m.options.Drain+m.options.ramp()+m.options.window())
	defer cancel()
	for range warmUp {
		m.begin(patient, func() {})
	}
	m.flying.Wait()
	if err := m.failed(); err != nil {
		return Result{}, fmt.Errorf("warming up: %w", err)
	}
	_, _ = fmt.Fprintf(m.options.Log, "measuring for %s\n", m.options.window())
	driving, stopDriving := context.WithCancel(patient)
	m.flying.Go(func() { m.drive(driving, patient) })
	m.flying.Go(func() { m.rig.beside.ask(driving, m) })
	m.flying.Go(func() { m.rig.cashiers.work(driving) })
	killed, troubled := m.killing(ctx), m.troubling(ctx)
	pause(ctx, time.Now().Add(m.options.ramp()))
	before, begun := m.rig.usage(), m.open()
	pause(ctx, begun.Add(m.options.window()))
	took, after := m.shut(begun), m.rig.usage() // what is under way now is not counted
	stopDriving()
	killErr := <-killed
	findings := <-troubled
	m.flying.Wait()
	result := m.result(took, before, after)
	if m.rig.server != nil {
		share, err := m.rig.server.repeated(ctx)
		if err != nil {
			return result, err
		}
		result.Repeated = &share
	}
	if m.options.Kill || m.options.Trouble != nil {
		result.Reconciled = m.reconcile(ctx)
		result.Reconciled.Findings = append(findings, result.Reconciled.Findings...)
		if m.rig.server != nil && !result.Reconciled.OK() {
			m.rig.server.keepAt = filepath.Join(m.options.Dir, "postgresql")
		}
	}
	return result, errors.Join(killErr, ctx.Err())
}

// ramp is how long the loops run before they are counted, so that as many end
// as begin.
func (o Options) ramp() time.Duration { return min(o.window()/4, 3*time.Second) }

// open begins the window, shut ends it: loops that end between are counted.
func (m *measurement) open() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counting, m.latencies = true, nil
	return time.Now()
}

func (m *measurement) shut(begun time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counting = false
	return time.Since(begun)
}

// drive begins births until window ends, at the rate or as slots become free.
// Loops that are under way then go on to their end, or to that of ctx.
func (m *measurement) drive(window, ctx context.Context) {
	slots := make(chan struct{}, m.options.Flying)
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
		m.begin(ctx, func() { <-slots })
	}
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
	return clock.Pause(ctx, wait) == nil
}

// begin sends the next birth on its way.
func (m *measurement) begin(ctx context.Context, after func()) {
	i := int(m.births.Add(1)) - 1
	m.flying.Go(func() {
		defer after()
		latency, err := m.rig.driver.loop(ctx, i)
		m.mu.Lock()
		defer m.mu.Unlock()
		switch {
		case err != nil:
			m.failures = append(m.failures, err)
		case m.counting:
			m.latencies = append(m.latencies, latency)
		}
	})
}

func (m *measurement) failed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.failures) == 0 {
		return nil
	}
	return m.failures[0]
}
