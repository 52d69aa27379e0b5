package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dobosh/internal/lab/demo"
)

// Patience with the commands of the manual while other faults go on.
const (
	copying = 15 * time.Second
	putting = 90 * time.Second
)

// span is from when a copy was made until the node was put back from it.
type span struct{ from, to time.Time }

// restore does what the manual says, by its commands. A copy is made while the node
// serves; later it is killed, and either its machine is gone, with everything, or
// its database. What was acknowledged since the copy has to come back from the journal
// in the second case. In the first it is gone, the node says so before it goes on, and
// somebody decides that it does; what others hold of it they keep.
func (t *trouble) restore(ctx context.Context, f Fault, k *keeper) error {
	k.files.Lock()
	defer k.files.Unlock()
	if t.database != nil && k.Name() == demo.Registers {
		t.skip("%s of the registers on PostgreSQL: dobosh makes no tables for its guest, the register of births", f.Kind)
		return nil
	}
	folder := filepath.Dir(k.File())
	copies := filepath.Join(filepath.Dir(folder), "copies", k.Name())
	copied := time.Now()
	if err := t.insist(ctx, copying, func(ctx context.Context) error { return t.dobosh(ctx, "backup", "--config", k.File(), "--to", copies) }); err != nil {
		fmt.Fprintf(t.log, "  no copy of %s came about: %v\n", k.Name(), err)
		return nil // another fault was in the way
	}
	_ = wait(ctx, f.Lasts)

	machine := f.Much%2 == 0
	since := k.soFar()
	err := k.down(func() error {
		put := []string{"restore", "--from", copies, "--config", k.File()}
		if machine {
			put = []string{"restore", "--from", copies, "--to", folder}
			fmt.Fprintf(t.log, "  the machine of %s is gone\n", k.Name())
		} else {
			fmt.Fprintf(t.log, "  the database of %s is gone\n", k.Name())
		}
		err := t.insist(ctx, putting, func(ctx context.Context) error {
			if err := t.takeAway(ctx, k, machine); err != nil {
				return err
			}
			return t.dobosh(ctx, put...)
		})
		t.mu.Lock()
		gone := span{copied, time.Now()}
		if machine {
			t.lost[k.Name()] = append(t.lost[k.Name()], gone)
		}
		if k.Name() == demo.Registers { // the register of births is a guest of the node: no journal has it
			t.rows = append(t.rows, gone)
		}
		t.mu.Unlock()
		k.WentBack(copied, !machine)
		return err
	})
	if err != nil {
		return err
	}
	return t.answer(ctx, k, since)
}

// answer does what a node asks for that was put back and refuses to start: its journal
// goes on from fewer entries than a witness knows, when no newer copy is to be had;
// what others know of the registry is taken from one that follows it.
func (t *trouble) answer(ctx context.Context, k *keeper, since int64) error {
	ctx, cancel := context.WithTimeout(ctx, recovery)
	defer cancel()
	for asked := 0; ctx.Err() == nil; {
		said := k.said(since)
		var with []string
		switch {
		case strings.Contains(said, "a second history would begin"):
			with = []string{"recover", "journal", "--config", k.File(), "--why", "the machine is gone"}
		case strings.Contains(said, "dobosh recover registry"):
			asked++ // one follower may know what another does not
			with = []string{"recover", "registry", "--config", k.File(), "--from", t.follower(k.Name(), asked)}
		}
		if with != nil {
			fmt.Fprintf(t.log, "  %s refuses, and is told: dobosh %s %s\n", k.Name(), with[0], with[1])
			if err := k.down(func() error { return t.recover(ctx, with) }); err != nil {
				return err
			}
			since = k.soFar()
		}
		ready, done := context.WithTimeout(ctx, time.Second)
		err := k.Ready(ready)
		done()
		if err == nil {
			return nil
		}
		_ = wait(ctx, again)
	}
	return nil // that it is not ready is seen in the end
}

// recover runs a command until it succeeds: others may be away.
func (t *trouble) recover(ctx context.Context, with []string) error {
	patience := putting
	if with[1] == "registry" {
		patience = copying // then another one is asked
	}
	err := t.insist(ctx, patience, func(ctx context.Context) error { return t.dobosh(ctx, with...) })
	if err != nil && (with[1] == "registry" || strings.Contains(err.Error(), "nothing to give up")) {
		return nil // the follower is away, or whoever knew more was itself put back from a copy
	}
	return err
}

// follower is where one of the other nodes is reached, in turn.
func (t *trouble) follower(of string, turn int) string {
	var all []string
	for name, p := range t.proxies {
		if name != of {
			all = append(all, p.listener.Addr().String())
		}
	}
	slices.Sort(all)
	return all[turn%len(all)]
}

// takeAway removes the database of a node that is down, or everything.
func (t *trouble) takeAway(ctx context.Context, k *keeper, machine bool) error {
	var gone []string
	if machine {
		all, err := os.ReadDir(k.data())
		if err != nil {
			return err
		}
		for _, entry := range all {
			gone = append(gone, filepath.Join(k.data(), entry.Name()))
		}
		folder := filepath.Dir(k.File())
		if all, err = os.ReadDir(folder); err != nil {
			return err
		}
		stays := []string{filepath.Base(k.disk.at), filepath.Base(k.disk.under), filepath.Base(k.logFile()), filepath.Base(k.Config().Clock)} // two are mounted; a copy has the clock of then
		for _, entry := range all {
			if !slices.Contains(stays, entry.Name()) {
				gone = append(gone, filepath.Join(folder, entry.Name()))
			}
		}
	} else {
		gone = with(filepath.Join(k.data(), "dobosh.db"), kept{beside: "*"})
	}
	var errs []error
	for _, path := range gone {
		errs = append(errs, os.RemoveAll(path))
	}
	if t.database != nil {
		errs = append(errs, t.database.(interface {
			Renew(ctx context.Context, database string) error
		}).Renew(ctx, k.Name()))
	}
	return errors.Join(errs...)
}

// insist repeats what fails while other faults are in the way.
func (t *trouble) insist(ctx context.Context, patience time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var before error // of the attempt before the one that patience cut short
	for {
		err := do(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return errors.Join(before, err)
		}
		if wait(ctx, 5*again) != nil {
			return err
		}
		before = err
	}
}

// dobosh runs a command of the program that institutions have.
func (t *trouble) dobosh(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, t.options.Program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("dobosh %s: %w: %s", strings.Join(args[:2], " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Lost implements [bench.Trouble].
func (t *trouble) Lost(node string, at time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return within(t.lost[node], at)
}

// lostRows says whether a birth that was recorded at an instant may be gone.
func (t *trouble) lostRows(at time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return within(t.rows, at)
}

func within(spans []span, at time.Time) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return !at.Before(s.from) && !at.After(s.to) })
}
