package registry

import (
	"context"
	"time"

	"dobosh/internal/journal"

	"golang.org/x/mod/sumdb/tlog"
)

// Cosigner has the checkpoints of the registry cosigned by witnesses.
type Cosigner interface {
	// Cosigned is the newest checkpoint with its cosignatures, nil before the
	// first.
	Cosigned() []byte
	// WaitCosigned returns nil when a checkpoint of at least this size is
	// cosigned.
	WaitCosigned(ctx context.Context, size int64) error
}

// witnessPatience is how long followers hear nothing of a change while its
// checkpoint is not cosigned. Then they hear of it all the same, and those that
// require witnesses go on asking.
const witnessTimeout = 3 * time.Second

// Publish shows followers each change once it is cosigned, until ctx ends.
// Without it they see a change at once.
func (a *Authority) Publish(ctx context.Context, c Cosigner) {
	a.held(true)
	defer a.held(false)
	for ctx.Err() == nil {
		newest := a.newest()
		soon, cancel := context.WithTimeout(ctx, witnessTimeout)
		err := c.WaitCosigned(soon, newest.size)
		cancel()
		a.publish(newest, c.Cosigned())
		if err == nil {
			_ = a.Source().Wait(ctx, newest.size) // it fails when ctx ends
		}
	}
}

// held says whether a change waits for its cosignatures. Nothing stays hidden
// when it does not any more.
func (a *Authority) held(hold bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hold = hold
	if !hold && a.shown.size < a.head.size {
		a.show(a.head)
	}
}

func (a *Authority) newest() head {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.head
}

// publish shows what is cosigned, or a head that waited long enough.
func (a *Authority) publish(waited head, cosigned []byte) {
	if c, err := journal.PeekCheckpoint(cosigned); err == nil && c.Size >= waited.size {
		waited = head{c.Size, string(cosigned)}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if waited.size >= a.shown.size {
		a.show(waited)
	}
}

// Source is the log as its witnesses are shown it.
type Source struct{ authority *Authority }

// Source gives the log to a cosigner.
func (a *Authority) Source() Source { return Source{a} }

// Checkpoint is the newest one, without cosignatures.
func (s Source) Checkpoint() []byte { return []byte(s.authority.newest().checkpoint) }

// ProveConsistency proves that the log of old statements is the beginning of
// that of size.
func (s Source) ProveConsistency(old, size int64) (tlog.TreeProof, error) {
	if old == 0 || old == size {
		return nil, nil
	}
	return tlog.ProveTree(size, old, s.authority.store.reader(context.Background()))
}

// Wait returns nil when the log has more than size statements.
func (s Source) Wait(ctx context.Context, size int64) error {
	for {
		s.authority.mu.Lock()
		newest, grew := s.authority.head, s.authority.grew
		s.authority.mu.Unlock()
		if newest.size > size {
			return nil
		}
		select {
		case <-grew:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
