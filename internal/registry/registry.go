package registry

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// ErrForked means that the authority signed a history that does not continue
// the one this node knows. A node never recovers from it by itself.
var ErrForked = errors.New("the registry shows another history than before")

// ErrBehind means that the authority shows a true but shorter history than this
// node knows, as after a restore from a backup. It may catch up again.
var ErrBehind = errors.New("the registry shows less than before")

// Registry is a node's copy of the log and the state that follows from it.
type Registry struct {
	db       *storage.DB
	verifier note.Verifier
	now      clock.Now
	state    atomic.Pointer[State]
	contact  atomic.Int64 // microseconds of the last checkpoint that held

	mu         sync.Mutex // held while the log grows; owns the fields below
	hashes     hashes
	checkpoint string
	changed    chan struct{} // closed and replaced at each growth
}

// open loads the copy from storage and recomputes the state from its leaves.
func open(ctx context.Context, db *storage.DB, verifier note.Verifier, now clock.Now) (*Registry, error) {
	r := &Registry{db: db, verifier: verifier, now: now, changed: make(chan struct{})}
	r.state.Store(emptyState())
	leaves, err := r.leaves(ctx, 0, 1<<31)
	if err != nil {
		return nil, fmt.Errorf("load registry: %w", err)
	}
	state, err := r.applied(leaves, true)
	if err != nil {
		return nil, fmt.Errorf("load registry: %w", err)
	}
	if r.hashes, _, err = r.hashed(leaves); err != nil {
		return nil, fmt.Errorf("load registry: %w", err)
	}
	r.state.Store(state)
	return r, r.loadCheckpoint(ctx)
}

func (r *Registry) loadCheckpoint(ctx context.Context) error {
	type row struct {
		note string
		at   int64
	}
	rows, err := r.db.Read(ctx).QueryContext(ctx, `SELECT note, at FROM registry_checkpoint WHERE id = 1`)
	saved, err := storage.One(rows, err, func(scan storage.Scan) (row, error) {
		var x row
		return x, scan(&x.note, &x.at)
	})
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load checkpoint: %w", err)
	}
	r.checkpoint = saved.note
	r.contact.Store(saved.at)
	return nil
}

func (r *Registry) leaves(ctx context.Context, from int64, limit int) ([]string, error) {
	rows, err := r.db.Read(ctx).QueryContext(ctx, `SELECT body FROM registry_statements WHERE idx >= $1 ORDER BY idx LIMIT $2`, from, limit)
	return storage.All(rows, err, func(scan storage.Scan) (string, error) {
		var s string
		return s, scan(&s)
	})
}

// State is the present snapshot.
func (r *Registry) State() *State { return r.state.Load() }

// Contact is when the copy was last known to be current; zero for never.
func (r *Registry) Contact() time.Time {
	if us := r.contact.Load(); us != 0 {
		return storage.Instant(us)
	}
	return time.Time{}
}

// Checkpoint is the newest checkpoint, a signed note.
func (r *Registry) Checkpoint() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.checkpoint
}

// grown gives a channel that is closed when the log grows past size; it is
// already closed when it has.
func (r *Registry) grown(size int64) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.State().Size > size {
		done := make(chan struct{})
		close(done)
		return done
	}
	return r.changed
}

// hashed gives the tree that the leaves lead to. The caller holds mu.
func (r *Registry) hashed(leaves []string) (hashes, tlog.Hash, error) {
	next := r.hashes.clone()
	for _, leaf := range leaves {
		if err := next.add([]byte(leaf)); err != nil {
			return next, tlog.Hash{}, err
		}
	}
	root, err := next.root()
	return next, root, err
}

// applied gives the state that the leaves lead to. Leaves of the own storage are
// trusted: their signatures were verified before they got there. The caller
// holds mu.
func (r *Registry) applied(leaves []string, trusted bool) (*State, error) {
	next, proofs := r.State().clone(), proofs{trusted: trusted}
	for i, leaf := range leaves {
		st, err := decodeLeaf([]byte(leaf))
		if err == nil {
			err = next.apply(st, &proofs)
		}
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", r.hashes.size+int64(i), err)
		}
	}
	return next, proofs.verify()
}

// commit makes the leaves part of the log, durably, all or none. The caller
// holds mu and knows that the checkpoint is over exactly what results.
func (r *Registry) commit(ctx context.Context, leaves []string, next *State, hashes hashes, checkpoint string) error {
	if err := r.save(ctx, r.hashes.size, leaves, checkpoint); err != nil {
		return err
	}
	r.hashes, r.checkpoint = hashes, checkpoint
	r.state.Store(next)
	if len(leaves) > 0 {
		close(r.changed)
		r.changed = make(chan struct{})
	}
	return nil
}

func (r *Registry) save(ctx context.Context, from int64, leaves []string, checkpoint string) error {
	at := storage.Micros(r.now())
	err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for i, leaf := range leaves {
			if _, err := tx.ExecContext(ctx, `INSERT INTO registry_statements (idx, body) VALUES ($1, $2)`, from+int64(i), leaf); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO registry_checkpoint (id, note, at) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET note = excluded.note, at = excluded.at`, checkpoint, at)
		return err
	})
	if err != nil {
		return fmt.Errorf("save registry: %w", err)
	}
	r.contact.Store(at)
	return nil
}

// hashes are the stored hashes of a tree of size leaves, in the order of
// package tlog.
type hashes struct {
	stored []tlog.Hash
	size   int64
}

// clone shares the hashes so far; adding to the clone does not touch h.
func (h *hashes) clone() hashes { return hashes{h.stored[:len(h.stored):len(h.stored)], h.size} }

func (h *hashes) add(leaf []byte) error {
	more, err := tlog.StoredHashesForRecordHash(h.size, tlog.RecordHash(leaf), h)
	if err != nil {
		return fmt.Errorf("hash statement: %w", err)
	}
	h.stored = append(h.stored, more...)
	h.size++
	return nil
}

func (h *hashes) root() (tlog.Hash, error) { return tlog.TreeHash(h.size, h) }

// ReadHashes implements tlog.HashReader.
func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(h.stored)) {
			return nil, fmt.Errorf("no hash %d of %d", at, len(h.stored))
		}
		out[i] = h.stored[at]
	}
	return out, nil
}
