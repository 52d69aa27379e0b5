package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
)

// Follower is every other node's side: it keeps up with the authority.
type Follower struct {
	*Registry
	url    string
	client *http.Client
	log    *slog.Logger
	quorum witnesses
}

// witnesses are those whose cosignatures a checkpoint needs, and how many.
type witnesses struct {
	keys []note.Verifier
	need int
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

// Require makes the follower refuse checkpoints that fewer than quorum of the
// witnesses have cosigned. It is called before the first round.
func (f *Follower) Require(quorum int, keys ...note.Verifier) { f.quorum = witnesses{keys, quorum} }

// How long to wait between two rounds: at least pause, so that an authority
// that answers at once is not asked without end; at most longestPause while it
// cannot be reached.
const (
	pause        = 50 * time.Millisecond
	longestPause = 5 * time.Second
)

// Run keeps the copy current until ctx ends. A registry that cannot be followed
// is tried again with growing pauses; one that forked is never followed
// again.
func (f *Follower) Run(ctx context.Context) {
	wait := pause
	for {
		err := f.Sync(ctx, true)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrForked):
			f.log.ErrorContext(ctx, "the registry forked; following has stopped", slog.Any("error", err))
			return
		case err != nil:
			wait = min(2*wait, longestPause)
			f.log.Log(ctx, missed(wait), "registry not followed", slog.Any("error", err))
		default:
			wait = pause
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// missed is how loud it is that the registry was not followed: nodes that start
// together do not find each other at once, which is no news.
func missed(wait time.Duration) slog.Level {
	if wait < longestPause/2 {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// maxPending bounds the statements taken in at once. A country has tens of
// thousands.
const maxPending = 1 << 20

// Sync fetches what is new, once. With wait it holds until there is something
// or the authority has nothing to say for a while.
func (f *Follower) Sync(ctx context.Context, wait bool) error {
	if err := f.distrust(); err != nil {
		return err
	}
	from := f.State().Size
	var pending []string
	for len(pending) < maxPending {
		delta, err := f.fetch(ctx, from+int64(len(pending)), wait && len(pending) == 0)
		if err != nil {
			return err
		}
		pending = append(pending, delta.Statements...)
		if delta.Checkpoint == "" && len(delta.Statements) > 0 {
			continue
		}
		return f.accept(ctx, from, pending, delta.Checkpoint)
	}
	return errors.New("ask the registry: more statements than can be taken in at once")
}

// distrust is an error once the authority showed two histories.
func (f *Follower) distrust() error {
	if _, forked := f.Forked(); forked {
		return fmt.Errorf("%w, as was found earlier", ErrForked)
	}
	return nil
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
	delta, err := readDelta(resp.Body)
	if err == nil && delta.From != after {
		err = fmt.Errorf("read delta: asked for %d, got %d", after, delta.From)
	}
	return delta, err
}

// accept takes the leaves that follow after the first from statements in, if
// the checkpoint is over exactly the history that results, and witnessed. What
// another call took in meanwhile is left out.
func (f *Follower) accept(ctx context.Context, from int64, leaves []string, checkpoint string) error {
	if checkpoint == "" {
		return nil // the authority has said nothing at all yet
	}
	signed, err := journal.OpenCheckpoint([]byte(checkpoint), f.verifier)
	if err != nil {
		return fmt.Errorf("ask the registry: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.distrust(); err != nil {
		return err
	}
	if signed.Size < f.tree.size {
		return f.shorter(ctx, signed, checkpoint)
	}
	leaves = leaves[min(f.tree.size-from, int64(len(leaves))):]
	grown, root, err := f.grown(leaves)
	if err != nil {
		return err
	}
	if grown.size != signed.Size {
		return fmt.Errorf("read delta: %d statements, %d signed", grown.size, signed.Size)
	}
	if root != signed.Root {
		return f.discontinued(ctx, checkpoint)
	}
	if err := f.quorum.check(checkpoint); err != nil {
		return err
	}
	next, err := f.applied(leaves, false)
	if err != nil {
		return err
	}
	if err := f.commit(ctx, leaves, next, grown, checkpoint); err != nil {
		return err
	}
	return f.confirm(ctx)
}

// discontinued is the error for statements and a checkpoint that do not go with
// what is known here. Where that is nothing, they only do not go together. The
// caller holds mu.
func (f *Follower) discontinued(ctx context.Context, checkpoint string) error {
	if f.tree.size == 0 {
		return errors.New("read delta: the statements are not those that were signed")
	}
	return f.isForked(ctx, f.head.checkpoint, checkpoint)
}

// confirm notes that the copy is current, unless others have seen otherwise.
// The caller holds mu.
func (f *Follower) confirm(ctx context.Context) error {
	if err := f.catchUpWithOthers(ctx); err != nil {
		return err
	}
	if f.withheld() {
		return ErrWithheld
	}
	f.contact.Store(storage.Micros(f.now()))
	return nil
}

// check refuses a checkpoint that is not witnessed.
func (w witnesses) check(checkpoint string) error {
	if w.need == 0 {
		return nil
	}
	found, err := journal.Cosignatures([]byte(checkpoint), w.keys...)
	if err != nil {
		return err
	}
	if len(found) < w.need {
		return fmt.Errorf("%w: %d cosignatures of %d", ErrUnwitnessed, len(found), w.need)
	}
	return nil
}

// shorter says whether a checkpoint over less than is known here is at least
// over the same beginning. The caller holds mu.
func (f *Follower) shorter(ctx context.Context, signed journal.Checkpoint, checkpoint string) error {
	if err := f.contradicts(ctx, sighting{Checkpoint: signed, signed: checkpoint}); err != nil {
		return err
	}
	return fmt.Errorf("%w: %d statements here, %d signed there", ErrBehind, f.tree.size, signed.Size)
}
