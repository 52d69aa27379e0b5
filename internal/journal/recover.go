package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

// DamageError says that a log is not what it was when it was signed. It is never repaired silently.
type DamageError struct {
	File   string // in the directory of the log; may be empty
	Offset int64  // byte in the file
	Says   string
}

func (e *DamageError) Error() string {
	if e.File == "" {
		return "damaged: " + e.Says
	}
	return fmt.Sprintf("damaged: %s at byte %d: %s", e.File, e.Offset, e.Says)
}

// errDerived says that hashes or offsets do not fit the segments and have to be made again.
var errDerived = errors.New("derived files do not fit")

// recover brings the log to its last signed batch: it replays the last segment, and all of them when the derived files do not
// reach its start.
func (l *Log) recover(ctx context.Context) error {
	if err := l.findSegments(ctx); err != nil {
		return err
	}
	if len(l.segments.list) == 0 {
		return l.create()
	}
	last, err := openLast(filepath.Join(l.dir, segmentName(l.segments.list[len(l.segments.list)-1].first)))
	if err != nil {
		return err
	}
	l.segments.live = last
	r, err := l.replayFrom(ctx, len(l.segments.list)-1)
	if errors.Is(err, errDerived) {
		l.log.WarnContext(ctx, "hashes of the log are made again", slog.String("origin", l.origin))
		r, err = l.replayFrom(ctx, 0)
	}
	if err != nil {
		return err
	}
	return l.adopt(ctx, r)
}

// findSegments lists the segments of the directory and of the archive. Where the beginning is missing the archive is asked whether it has
// it: the file that says so was lost.
func (l *Log) findSegments(ctx context.Context) (err error) {
	s := &l.segments
	if s.list, err = findSegments(l.dir); err != nil {
		return err
	}
	if len(s.list) > 0 && s.list[0].first > 0 && s.shelf != nil {
		l.log.WarnContext(ctx, "the archive is asked which segments it has", slog.String("origin", l.origin))
		if err := findArchived(ctx, l.dir, l.origin, s.list[0].first, s.shelf.store); err != nil {
			return err
		}
		if s.list, err = findSegments(l.dir); err != nil {
			return err
		}
	}
	switch {
	case len(s.list) == 0:
		return nil
	case s.list[0].first > 0:
		return &DamageError{File: segmentName(0), Says: "missing, and no archive is known to have it"}
	case !s.list[len(s.list)-1].here:
		return &DamageError{File: segmentName(s.list[len(s.list)-1].first), Says: "the archive has it, and what follows it is missing"}
	}
	return nil
}

// create makes the first segment, which starts with the signed checkpoint of an empty log.
func (l *Log) create() error {
	if hashes, _, err := l.derived.entries(); err != nil || hashes > 0 {
		return errors.Join(err, &DamageError{File: segmentName(0), Says: fmt.Sprintf("missing, although %d hashes are stored", hashes)})
	}
	l.owner = owner{edge: &edge{}, sync: syncSegment}
	h, err := l.sign(0, l.owner.edge.close())
	if err != nil {
		return err
	}
	file, err := createSegment(l.dir, l.origin, 0, h.checkpoint)
	if err != nil {
		return err
	}
	if err := l.segments.begin(0, file); err != nil {
		return err
	}
	l.owner.end = int64(len(segmentHead(l.origin, 0, h.checkpoint)))
	l.publish(h)
	return nil
}

func syncSegment(file *os.File) error { return syncData(file) }

// adopt takes over what a replay found: it cuts the torn tail and publishes the last signed head.
func (l *Log) adopt(ctx context.Context, r *replay) error {
	hashes, offsets, err := l.derived.entries()
	if err != nil {
		return err
	}
	size := r.edge.size
	if hashes > tlog.StoredHashCount(size) || offsets > size {
		return &DamageError{File: r.name, Offset: r.good, Says: fmt.Sprintf(
			"the segments end after %d entries, but more had been acknowledged (hashes: %d, offsets: %d)", size, hashes, offsets)}
	}
	if err := l.derived.cut(size); err != nil {
		return err
	}
	if r.torn > 0 {
		l.log.WarnContext(ctx, "cut a batch that a crash left unfinished", slog.String("origin", l.origin),
			slog.String("segment", r.name), slog.Int64("offset", r.good), slog.Int64("bytes", r.torn))
		if err := errors.Join(l.segments.live.Truncate(r.good), l.segments.live.Sync()); err != nil {
			return fmt.Errorf("cut torn batch: %w", err)
		}
	}
	c, err := OpenCheckpoint(r.checkpoint, l.Keys()...)
	if err != nil {
		return &DamageError{File: r.name, Offset: r.good, Says: "its last checkpoint: " + err.Error()}
	}
	l.owner = owner{edge: r.edge, end: r.good, sync: syncSegment}
	l.publish(&head{checkpoint: r.checkpoint, size: c.Size, root: c.Root, grown: make(chan struct{})})
	return nil
}

// replay is the state of reading segments again.
type replay struct {
	origin     string
	edge       *edge
	out        *derived
	fresh      bool // the tree was built from the segments alone, so a wrong root is damage
	checkpoint []byte
	name       string // of the segment being read
	good       int64  // end of its last checkpoint
	torn       int64  // bytes behind it

	leaves []tlog.Hash // since the last checkpoint; they enter the tree with the next one
	places []place
	stored []tlog.Hash // reused
}

// replayFrom reads the segments from number i on and writes their part of the derived files.
func (l *Log) replayFrom(ctx context.Context, i int) (*replay, error) {
	r := &replay{origin: l.origin, out: l.derived, edge: &edge{}, fresh: i == 0}
	list := l.segments.list
	if i > 0 {
		first := list[i].first
		hashes, offsets, err := l.derived.entries()
		if err != nil {
			return nil, err
		}
		if hashes < tlog.StoredHashCount(first) || offsets < first {
			return nil, errDerived
		}
		if r.edge, err = restoreEdge(first, l.derived); err != nil {
			return nil, err
		}
	}
	for ; i < len(list); i++ {
		b, err := l.segments.whole(ctx, list[i])
		if err != nil {
			return nil, err
		}
		if err := r.segment(list[i].first, b); err != nil {
			return nil, err
		}
		if r.torn > 0 && i < len(list)-1 {
			return nil, r.damage(r.good, "it does not end with a checkpoint")
		}
	}
	return r, nil
}

func (r *replay) damage(offset int64, says string) error {
	return &DamageError{File: r.name, Offset: offset, Says: says}
}

// segment reads one segment up to its last whole batch. What follows is torn if no checkpoint lies behind it.
func (r *replay) segment(first int64, b []byte) error {
	r.name = segmentName(first)
	offset, err := r.start(first, b)
	if err != nil {
		return err
	}
	r.good = offset
	for {
		f, err := parseFrame(b[offset:])
		if err != nil {
			break
		}
		if err := r.frame(f, offset); err != nil {
			return err
		}
		offset += int64(f.size)
	}
	// Only what was never acknowledged may be cut, and a torn write leaves no checkpoint behind the tear.
	if r.torn = int64(len(b)) - r.good; r.torn > 0 && findCheckpoint(b[offset:], r.origin) >= 0 {
		return r.damage(offset, "a record is damaged, and signed records follow it")
	}
	return nil
}

// start reads the segment frame and the checkpoint that the segment continues.
func (r *replay) start(at int64, b []byte) (int64, error) {
	f, err := parseFrame(b)
	if err != nil {
		return 0, r.damage(0, "its first frame is damaged")
	}
	origin, first, err := parseSegmentHead(f)
	if err != nil || origin != r.origin || first != at {
		return 0, r.damage(0, "it belongs to another log or place")
	}
	if first != r.edge.size {
		return 0, r.damage(0, fmt.Sprintf("it starts with entry %d, but the log before it ends with %d entries", first, r.edge.size))
	}
	c, err := parseFrame(b[f.size:])
	if err != nil || c.kind != frameCheckpoint {
		return 0, r.damage(int64(f.size), "its first checkpoint is damaged")
	}
	if err := r.batch(c, int64(f.size)); err != nil {
		if !r.fresh {
			return 0, errDerived
		}
		return 0, err
	}
	return int64(f.size + c.size), nil
}

func (r *replay) frame(f frame, offset int64) error {
	switch f.kind {
	case frameEntry, frameKept:
		rec, err := f.record()
		if err != nil {
			return r.damage(offset, err.Error())
		}
		r.leaves = append(r.leaves, Leaf(rec.commitment))
		r.places = append(r.places, place{offset: uint32(offset), size: uint32(f.size)})
		return nil
	case frameCheckpoint:
		return r.batch(f, offset)
	}
	return r.damage(offset, "a frame is of no known kind")
}

// batch ends a batch: its checkpoint must be that of the tree.
func (r *replay) batch(f frame, offset int64) error {
	c, err := PeekCheckpoint(f.payload)
	if err != nil {
		return r.damage(offset, err.Error())
	}
	r.stored = r.stored[:0]
	for _, leaf := range r.leaves {
		r.stored = r.edge.add(r.stored, leaf)
	}
	if c.Origin != r.origin || c.Size != r.edge.size || c.Root != r.edge.close() {
		return r.damage(offset, "the entries before this checkpoint are not the ones it was signed for")
	}
	if err := r.out.write(r.edge.size-int64(len(r.places)), r.stored, r.places); err != nil {
		return err
	}
	r.edge.settle()
	r.leaves, r.places = r.leaves[:0], r.places[:0]
	r.checkpoint, r.good = append([]byte(nil), f.payload...), offset+int64(f.size)
	return nil
}
