package timestamp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"

	"golang.org/x/mod/sumdb/note"
)

// Source is the log whose checkpoints are time-stamped.
type Source interface {
	Checkpoint() []byte
}

// Config says which log is time-stamped by whom.
type Config struct {
	Dir    string        // keeps the files; made when absent
	URL    string        // of the authority
	Trust  Trust         // whose time-stamps are taken
	Log    note.Verifier // key of the log
	Every  time.Duration // shortest time between two time-stamps; 0 means a minute
	Client *http.Client  // reaches the authority; nil for an ordinary one
	// Heard is told what the authority's clock said, signed; nil for nobody.
	Heard func(at time.Time)
}

const (
	defaultEvery = time.Minute
	// retry is how long the authority is left alone after it failed.
	retry = 15 * time.Second
	// look is how often the keeper looks at the clock.
	look = time.Second
)

// State is how the time-stamping of a log stands.
type State struct {
	At      time.Time // of the newest time-stamp, as the authority says; zero before the first
	Size    int64     // entries of the log under it
	Failing time.Time // since when the authority has failed; zero while it does not
	Problem string    // what it failed with last; names nobody
}

// Keeper has a log time-stamped. Its methods are safe for concurrent use.
type Keeper struct {
	cfg    Config
	source Source
	now    clock.Now
	log    *slog.Logger
	due    time.Time // of the goroutine

	cancel context.CancelFunc
	done   chan struct{}

	mu    sync.Mutex
	state State
}

// Start reads what was kept and begins to ask. Close comes before that of the log.
func Start(ctx context.Context, cfg Config, source Source, now clock.Now, log *slog.Logger) (*Keeper, error) {
	if cfg.Every <= 0 {
		cfg.Every = defaultEvery
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: askTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	k := &Keeper{cfg: cfg, source: source, now: now, log: log, done: make(chan struct{})}
	if err := k.load(); err != nil {
		return nil, fmt.Errorf("time-stamps: %w", err)
	}
	ctx, k.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go k.run(ctx)
	return k, nil
}

// load takes up the newest time-stamp.
func (k *Keeper) load() error {
	if err := os.MkdirAll(k.cfg.Dir, 0o700); err != nil {
		return err
	}
	kept, err := List(k.cfg.Dir)
	if err != nil || len(kept) == 0 {
		return err
	}
	newest, err := Read(k.cfg.Dir, kept[len(kept)-1])
	if err != nil {
		return err
	}
	stamp, err := k.cfg.Trust.Verify(newest.Response, newest.Checkpoint)
	if err != nil {
		return nil // of an authority that was trusted earlier: the next one is asked for at once
	}
	k.state = State{At: stamp.At, Size: newest.Size}
	return nil
}

// State tells how it stands.
func (k *Keeper) State() State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

// Close ends the asking and waits for it.
func (k *Keeper) Close() error {
	k.cancel()
	<-k.done
	k.cfg.Client.CloseIdleConnections()
	return nil
}

func (k *Keeper) run(ctx context.Context) {
	defer close(k.done)
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if now := k.now(); !now.Before(k.due) {
			k.step(ctx, now)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// step has the newest checkpoint time-stamped, if the log has grown, and says when to look again.
func (k *Keeper) step(ctx context.Context, now time.Time) {
	checkpoint := k.source.Checkpoint()
	head, err := journal.PeekCheckpoint(checkpoint)
	if err == nil && head.Size == k.State().Size {
		k.due = now // the next entry is time-stamped soon
		return
	}
	var stamp TimeStamp
	if err == nil {
		stamp, err = k.stamp(ctx, head.Size, checkpoint)
	}
	if ctx.Err() != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.due = now.Add(min(retry, k.cfg.Every))
		if k.state.Failing.IsZero() {
			k.state.Failing = now
			k.log.WarnContext(ctx, "the journal is not time-stamped", slog.Any("error", err))
		}
		k.state.Problem = problemOf(err)
		return
	}
	if k.cfg.Heard != nil {
		k.cfg.Heard(stamp.At)
	}
	k.due = now.Add(k.cfg.Every)
	k.state = State{At: stamp.At, Size: head.Size}
}

// stamp asks for a time-stamp over a checkpoint and keeps both.
func (k *Keeper) stamp(ctx context.Context, size int64, checkpoint []byte) (TimeStamp, error) {
	response, stamp, err := ask(ctx, k.cfg.Client, k.cfg.URL, k.cfg.Trust, checkpoint)
	if err != nil {
		return TimeStamp{}, err
	}
	// The response comes last: where it is, its checkpoint is.
	err = journal.WriteWhole(filepath.Join(k.cfg.Dir, fileName(size, noteSuffix)), checkpoint)
	if err == nil {
		err = journal.WriteWhole(filepath.Join(k.cfg.Dir, fileName(size, responseSuffix)), response)
	}
	return stamp, err
}

// problemOf says in a few words what failed, without addresses.
func problemOf(err error) string {
	switch {
	case errors.Is(err, ErrTimeStamp):
		return "the answer of the authority is not a time-stamp that can be trusted"
	case errors.Is(err, errAway):
		return "the authority does not answer"
	}
	return "the time-stamp could not be kept"
}
