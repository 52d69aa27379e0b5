package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Follower is every other node's side: it keeps up with the authority.
type Follower struct {
	*Registry
	url    string
	client *http.Client
	log    *slog.Logger
}

// NewFollower opens the node's copy. The authority is asked at url through
// client, which must make sure that it talks to the authority.
func NewFollower(ctx context.Context, db *storage.DB, verifier note.Verifier, url string, client *http.Client, now clock.Now, log *slog.Logger) (*Follower, error) {
	r, err := open(ctx, db, verifier, now)
	if err != nil {
		return nil, err
	}
	return &Follower{Registry: r, url: url, client: client, log: log}, nil
}

// Run keeps the copy current until ctx ends. A registry that cannot be reached
// is tried again with growing patience; one that forked is never followed
// again.
func (f *Follower) Run(ctx context.Context) {
	const patience = 5 * time.Second
	wait := 50 * time.Millisecond
	for {
		err := f.Sync(ctx, true)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrForked):
			f.log.ErrorContext(ctx, "the registry forked; following has stopped", slog.Any("error", err))
			return
		case err != nil:
			f.log.WarnContext(ctx, "registry not reached", slog.Any("error", err))
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return
			}
			wait = min(2*wait, patience)
		default:
			wait = 50 * time.Millisecond
		}
	}
}

// Sync fetches what is new, once. With wait it holds until there is something
// or the authority has nothing to say for a while.
func (f *Follower) Sync(ctx context.Context, wait bool) error {
	var pending []string
	for {
		delta, err := f.fetch(ctx, f.State().Size+int64(len(pending)), wait && len(pending) == 0)
		if err != nil {
			return err
		}
		pending = append(pending, delta.Statements...)
		if delta.Checkpoint == "" && len(delta.Statements) > 0 {
			continue
		}
		return f.accept(ctx, pending, delta.Checkpoint)
	}
}

func (f *Follower) fetch(ctx context.Context, after int64, wait bool) (Delta, error) {
	url := f.url + "?after=" + strconv.FormatInt(after, 10)
	if wait {
		url += "&wait=1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return Delta{}, err
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return Delta{}, fmt.Errorf("ask the registry: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	if resp.StatusCode != http.StatusOK {
		return Delta{}, fmt.Errorf("ask the registry: status %d", resp.StatusCode)
	}
	return readDelta(resp.Body)
}

// accept takes the leaves in if the checkpoint is over exactly the history
// that results.
func (f *Follower) accept(ctx context.Context, leaves []string, checkpoint string) error {
	if checkpoint == "" {
		return nil // the authority has said nothing at all yet
	}
	signedSize, signedRoot, err := openCheckpoint(checkpoint, f.verifier)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.extend(ctx, leaves, func(size int64, root tlog.Hash) (string, error) {
		if size != signedSize || root != signedRoot {
			return "", fmt.Errorf("%w: %d statements here, %d signed there", ErrForked, size, signedSize)
		}
		return checkpoint, nil
	})
}
