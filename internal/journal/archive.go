package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dobosh/internal/files"
	"dobosh/internal/kit/clock"
)

// archiveEvery is how often it is looked whether a segment has become full, and whether the archive is there.
const archiveEvery = 30 * time.Second

// defaultLocal is how many full segments stay in the directory.
const defaultLocal = 16

// ArchiveState is how the archive of a log is.
type ArchiveState struct {
	Configured bool
	Segments   int   // that only the archive has
	Waiting    int   // that are to go there
	Err        error // of the last time that something was put there or looked for; nil when that went well
}

// Archiving is how the archive is.
func (l *Log) Archiving() ArchiveState {
	state := ArchiveState{Configured: l.segments.shelf != nil}
	all := l.segments.all()
	for i, seg := range all {
		switch {
		case !seg.here:
			state.Segments++
		case state.Configured && i < len(all)-1-l.local:
			state.Waiting++
		}
	}
	if failed := l.archiving.Load(); failed != nil {
		state.Err = *failed
	}
	return state
}

// KeepArchived puts full segments into the archive until ctx ends. Appends and readers are not held up, whether the archive is there or not.
func (l *Log) KeepArchived(ctx context.Context, log *slog.Logger) {
	if l.segments.shelf == nil {
		return
	}
	for {
		moved, err := l.Archive(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			log.WarnContext(ctx, "segments of the journal are not archived", slog.String("origin", l.origin), slog.Any("error", err))
		}
		if moved > 0 {
			log.InfoContext(ctx, "segments of the journal were archived", slog.String("origin", l.origin), slog.Int("segments", moved))
		}
		if clock.Pause(ctx, archiveEvery) != nil {
			return
		}
	}
}

// Archive puts the full segments that are more than are to stay here into the archive, the oldest first, and says how many went. A segment
// leaves the directory when the archive has given all of it back and that is noted, so whatever a crash interrupts is begun again.
// Errors: the problem "archive-away", *DamageError for a segment that is not what was signed, and those of the disk.
func (l *Log) Archive(ctx context.Context) (moved int, err error) {
	defer func() {
		if ctx.Err() == nil {
			l.archiving.Store(&err)
		}
	}()
	if l.segments.shelf == nil {
		return 0, away(errNoArchive)
	}
	l.archive.Lock()
	defer l.archive.Unlock()
	all := l.segments.all()
	if err := l.archiveIsThere(ctx, all); err != nil {
		return 0, err
	}
	for i, seg := range all[:max(len(all)-1-l.local, 0)] {
		if !seg.here {
			continue
		}
		if err := l.archiveOne(ctx, seg, all[i+1].first); err != nil {
			return moved, fmt.Errorf("archive %s: %w", segmentName(seg.first), err)
		}
		moved++
	}
	return moved, nil
}

// archiveIsThere looks for the newest segment that went there: an empty folder where something should be mounted is not the archive.
func (l *Log) archiveIsThere(ctx context.Context, all []segment) error {
	for i := len(all) - 1; i >= 0; i-- {
		kept := all[i].kept
		if kept == nil {
			continue
		}
		asked, cancel := context.WithTimeout(ctx, blockPatience)
		defer cancel()
		list, err := l.segments.shelf.store.List(asked, kept.name(l.origin))
		if err != nil {
			return away(err)
		}
		if len(list) != 1 || list[0].Size != kept.size {
			return away(fmt.Errorf("it does not have %s", kept.name(l.origin)))
		}
		return nil
	}
	return nil
}

// archiveOne is the story of one segment: looked through, put, read back, noted, removed.
func (l *Log) archiveOne(ctx context.Context, seg segment, end int64) error {
	b, err := os.ReadFile(filepath.Join(l.dir, segmentName(seg.first)))
	if err != nil {
		return err
	}
	if err := l.soundSegment(seg.first, end, b); err != nil {
		return err
	}
	a := archivedOf(seg.first, b)
	shelf := l.segments.shelf
	if err := shelf.holds(ctx, l.origin, a); err != nil { // it may have got there before a crash
		put, cancel := context.WithTimeout(ctx, wholePatience)
		defer cancel()
		if err := shelf.store.Put(put, a.name(l.origin), bytes.NewReader(b), a.size); err != nil {
			return away(err)
		}
		if err := shelf.holds(ctx, l.origin, a); err != nil {
			return err
		}
	}
	if seg.kept == nil || *seg.kept != a {
		if err := addArchived(l.dir, a); err != nil {
			return err
		}
		l.segments.keep(a)
	}
	return l.segments.leave(seg.first)
}

// soundSegment makes sure that what is about to be the only copy is what was signed: every frame, and every entry in the tree.
func (l *Log) soundSegment(first, end int64, b []byte) error {
	index, offset := first, 0
	damage := func(says string) error {
		return &DamageError{File: segmentName(first), Offset: int64(offset), Says: says}
	}
	for offset < len(b) {
		f, err := parseFrame(b[offset:])
		if err != nil {
			return damage(err.Error())
		}
		if f.kind == frameEntry || f.kind == frameKept {
			rec, err := f.record()
			if err != nil {
				return damage(err.Error())
			}
			if err := l.inTree(index, rec); err != nil {
				return errors.Join(damage("not the entry that was signed"), err)
			}
			index++
		}
		offset += f.size
	}
	if index != end {
		return damage(fmt.Sprintf("it ends before entry %d", end))
	}
	return nil
}

// inTree looks whether a record is the entry with this index, by the hashes that are here.
func (l *Log) inTree(index int64, rec record) error {
	hashes, err := l.derived.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return err
	}
	if hashes[0] != Leaf(rec.commitment) {
		return errFrame
	}
	return nil
}

// newShelf is nil where there is no archive.
func newShelf(store files.Store) *shelf {
	if store == nil {
		return nil
	}
	return &shelf{store: store}
}
