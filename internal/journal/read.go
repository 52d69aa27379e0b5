package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"golang.org/x/mod/sumdb/tlog"
)

// Read returns an entry with a stamp against the newest checkpoint. Errors: ErrNotFound, ErrErased, *DamageError, and the problem
// "archive-away" (ErrArchiveAway) when the entry lies there.
func (l *Log) Read(ctx context.Context, index int64) (Entry, Stamp, error) {
	h := l.head.Load()
	e, salt, err := l.entry(ctx, index, h.size)
	if err != nil {
		return Entry{}, Stamp{}, fmt.Errorf("read entry %d: %w", index, err)
	}
	proof, err := l.ProveInclusion(index, h.size)
	if err != nil {
		return Entry{}, Stamp{}, err
	}
	return e, Stamp{Index: index, Salt: salt, Proof: proof, Checkpoint: h.checkpoint}, nil
}

func (l *Log) entry(ctx context.Context, index, size int64) (Entry, [hashSize]byte, error) {
	none := [hashSize]byte{}
	if err := ctx.Err(); err != nil {
		return Entry{}, none, err
	}
	if index < 0 || index >= size {
		return Entry{}, none, ErrNotFound
	}
	rec, at, err := l.record(ctx, index)
	if err != nil {
		return Entry{}, none, err
	}
	e, salt, err := rec.open(l.keyring)
	if unreadable := (*fs.PathError)(nil); errors.Is(err, ErrErased) || errors.As(err, &unreadable) {
		return Entry{}, none, err
	}
	if err != nil {
		at.Says = err.Error()
		return Entry{}, none, &at
	}
	return e, salt, nil
}

// record reads the frame of an entry, and where it lies for an error that names it.
func (l *Log) record(ctx context.Context, index int64) (record, DamageError, error) {
	p, err := l.derived.place(index)
	if err != nil {
		return record{}, DamageError{}, err
	}
	seg := l.segments.of(index)
	at := DamageError{File: segmentName(seg.first), Offset: int64(p.offset), Says: errFrame.Error()}
	if p.size > maxFrame {
		return record{}, at, &at
	}
	b := make([]byte, p.size)
	archived, err := l.segments.read(ctx, seg.first, b, int64(p.offset))
	if err != nil {
		return record{}, at, fmt.Errorf("segment: %w", err)
	}
	rec, err := l.recordIn(index, b, archived)
	if err != nil {
		if archived {
			l.segments.shelf.forget(l.segments.of(index).kept.name(l.origin))
		}
		return record{}, at, &at
	}
	return rec, at, nil
}

// recordIn is the record that a frame holds. One from the archive has passed through other hands: it is looked for in the tree.
func (l *Log) recordIn(index int64, b []byte, archived bool) (record, error) {
	f, err := parseFrame(b)
	if err != nil {
		return record{}, err
	}
	if f.size != len(b) {
		return record{}, errFrame
	}
	rec, err := f.record()
	if err == nil && archived {
		err = l.inTree(index, rec)
	}
	return rec, err
}

// Logged is an entry in its place.
type Logged struct {
	Index  int64
	Entry  Entry // empty when Erased
	Erased bool
}

// Follow yields the entries from an index on, and waits for new ones. It ends when ctx ends or the log is closed; an error is the
// last thing that it yields.
func (l *Log) Follow(ctx context.Context, from int64) iter.Seq2[Logged, error] {
	return func(yield func(Logged, error) bool) {
		for index := max(from, 0); l.Wait(ctx, index) == nil; {
			for size := l.Size(); index < size; index++ {
				entry, err := l.Logged(ctx, index)
				if ctx.Err() != nil {
					return
				}
				if !yield(entry, err) || err != nil {
					return
				}
			}
		}
	}
}

// Logged reads one entry without a proof; that it was erased is not an error.
func (l *Log) Logged(ctx context.Context, index int64) (Logged, error) {
	e, _, err := l.entry(ctx, index, l.Size())
	if errors.Is(err, ErrErased) {
		return Logged{Index: index, Erased: true}, nil
	}
	if err != nil {
		return Logged{Index: index}, fmt.Errorf("read entry %d: %w", index, err)
	}
	return Logged{Index: index, Entry: e}, nil
}

// Wait returns nil when the log has more than size entries. Errors: that of ctx, ErrClosed, ErrStopped.
func (l *Log) Wait(ctx context.Context, size int64) error {
	for {
		h := l.head.Load()
		if h.size > size {
			return nil
		}
		select {
		case <-h.grown:
		case <-ctx.Done():
			return ctx.Err()
		case <-l.stopped:
			if l.Size() <= size {
				return l.cause
			}
		}
	}
}

// ProveInclusion proves that an entry is among the first size ones (RFC 6962, section 2.1.1).
func (l *Log) ProveInclusion(index, size int64) (tlog.RecordProof, error) {
	if size > l.Size() || index < 0 || index >= size {
		return nil, fmt.Errorf("prove inclusion of %d in %d: %w", index, size, ErrNotFound)
	}
	return tlog.ProveRecord(size, index, l.derived)
}

// ProveConsistency proves that the first old entries are the start of the first size ones (RFC 6962, section 2.1.2). The proof is
// empty when old is zero or both are the same.
func (l *Log) ProveConsistency(old, size int64) (tlog.TreeProof, error) {
	if old < 0 || old > size || size > l.Size() {
		return nil, fmt.Errorf("prove consistency of %d with %d: %w", old, size, ErrNotFound)
	}
	if old == 0 || old == size {
		return tlog.TreeProof{}, nil
	}
	return tlog.ProveTree(size, old, l.derived)
}

func (l *Log) rootAt(size int64) (tlog.Hash, error) {
	if size == 0 {
		return emptyRoot(), nil
	}
	return tlog.TreeHash(size, l.derived)
}
