package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"syscall"
	"time"

	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/station"
)

// Trouble is what somebody does to the nodes while loops run. Afterwards the
// nodes are held against what the driver was told, as after kills.
type Trouble interface {
	// Prepare may change the configurations of the nodes, before any starts.
	Prepare(files map[string]string) error
	// Make makes trouble for so long and returns when the nodes have what they
	// need again. What it found stands in the result.
	Make(ctx context.Context, nodes []*Victim, window time.Duration) (findings []string)
	// Excuses says whether a refusal may be its doing, and the loop goes on asking.
	Excuses() bool
	// Lost says whether what a node acknowledged at an instant may be gone, because the
	// node was put back from a copy made before.
	Lost(node string, at time.Time) bool
	// Audit looks at what the nodes left behind when they have stopped.
	Audit(ctx context.Context, told Told) (findings []string)
}

// Told is what the driver was told.
type Told struct {
	Births    []string             // that were recorded
	Offers    int                  // that each of them gives
	Decisions map[string]string    // by offer
	At        map[string]time.Time // when of each birth and decision
	Files     []PaidFile           // that were released and taken
}

func (m *measurement) told() Told {
	t := m.rig.driver.ledger.told()
	t.Files = m.rig.cashiers.files()
	return t
}

// lost says whether what a node acknowledged at an instant may be gone.
func (m *measurement) lost(node string, at time.Time) bool {
	return m.options.Trouble != nil && m.options.Trouble.Lost(node, at)
}

func (l *ledger) told() Told {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := Told{Offers: l.wanted, Decisions: maps.Clone(l.decisions), At: maps.Clone(l.at)}
	for reference, m := range l.matters {
		if m.recorded {
			t.Births = append(t.Births, reference)
		}
	}
	slices.Sort(t.Births)
	return t
}

// troubling lets trouble be made while loops run; the findings come when it is over.
func (m *measurement) troubling(ctx context.Context) <-chan []string {
	done := make(chan []string, 1)
	if m.options.Trouble == nil {
		done <- nil
		return done
	}
	var victims []*Victim
	for _, p := range m.rig.nodes {
		victims = append(victims, &Victim{p, m.rig.driver.ledger})
	}
	go func() { done <- m.options.Trouble.Make(ctx, victims, m.options.window()) }()
	return done
}

// excusing repeats what was refused while that may be the doing of the trouble.
func (d *driver) excusing(ctx context.Context, do func() error) error {
	for {
		excused := d.trouble != nil && d.trouble.Excuses()
		err := do()
		var refused *refusal
		if !errors.As(err, &refused) || !(excused || d.trouble != nil && d.trouble.Excuses()) {
			return err
		}
		d.stubborn.again.Add(1)
		if !pause(ctx, time.Now().Add(200*time.Millisecond)) {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

// Victim is a node as a process, in the hands of whoever makes trouble.
type Victim struct {
	p      *process
	ledger *ledger
}

// WentBack tells the driver, before the process is started again, that the node was
// put back from a copy made at an instant, with or without a journal that goes on to
// the end.
func (v *Victim) WentBack(copied time.Time, journal bool) {
	switch v.Name() {
	case demo.City:
		v.ledger.cityBack(copied, journal)
	case demo.Registers:
		v.ledger.registersBack(copied)
	}
}

// Name is that of the node.
func (v *Victim) Name() string { return v.p.name }

// File is the configuration.
func (v *Victim) File() string { return v.p.file }

// Config is what the process was started with.
func (v *Victim) Config() station.Config { return v.p.cfg }

// Launch starts the process, which must have ended, and does not wait until it
// is ready.
func (v *Victim) Launch() error {
	_, err := v.p.launch()
	return err
}

// Ready returns when the process answers that it can work.
func (v *Victim) Ready(ctx context.Context) error { return v.p.ready(ctx, v.Ended()) }

// Ended is closed when the process has ended.
func (v *Victim) Ended() <-chan struct{} {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	if v.p.ended == nil {
		ended := make(chan struct{})
		close(ended)
		return ended
	}
	return v.p.ended
}

// Kill ends the process without warning and returns when it has ended.
func (v *Victim) Kill() error { return v.p.kill() }

// Process is its number; 0 while none runs.
func (v *Victim) Process() int {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	if v.p.command == nil {
		return 0
	}
	return v.p.command.Process.Pid
}

// Signal sends a signal to the process, if one runs.
func (v *Victim) Signal(s syscall.Signal) error {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	if v.p.command == nil {
		return nil
	}
	return v.p.command.Process.Signal(s)
}
