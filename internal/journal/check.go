package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"dobosh/internal/files"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Check reads the whole log in dir, and what of it lies in the archive, which may be nil, without the program that writes it, and reports every record that is missing, changed or out
// of order, every checkpoint that the log's keys did not sign, and a history that does not extend the known checkpoints, such as
// those that witnesses hold. The log may be running. An error says that the check could not be done; damage is in the report.
func Check(ctx context.Context, dir string, archive files.Store, keys []note.Verifier, known ...[]byte) (*Report, error) {
	if len(keys) == 0 {
		return nil, errors.New("check log: no key to check it with")
	}
	c := &checker{dir: dir, shelf: newShelf(archive), keys: keys, edge: &edge{}, report: &Report{Origin: keys[0].Name()}}
	if err := c.open(known); err != nil {
		return nil, fmt.Errorf("check log: %w", err)
	}
	defer c.derived.close()
	if err := c.walk(ctx); err != nil {
		return nil, fmt.Errorf("check log: %w", err)
	}
	c.finish()
	return c.report, nil
}

// checker reads the segments once and builds the tree again as it goes.
type checker struct {
	dir     string
	shelf   *shelf // nil without an archive
	keys    []note.Verifier
	report  *Report
	derived *derived // only read
	stored  int64    // hashes in their file when the check began
	places  int64    // places in their file then
	slots   keySlots
	known   []Checkpoint // not yet reached, in order of their sizes

	edge *edge
	lost bool  // the tree could not be followed past some damage
	end  int64 // size that the newest checkpoint with a good signature says
	name string
	last bool // the segment is the last one

	pending []checked // entries since the last checkpoint
	broken  bool      // some of them could not be read
}

// checked is an entry that waits for its checkpoint.
type checked struct {
	leaf  tlog.Hash
	place place
}

func (c *checker) open(known [][]byte) (err error) {
	for _, signed := range known {
		k, err := OpenCheckpoint(signed, c.keys...)
		if err != nil {
			return fmt.Errorf("known checkpoint: %w", err)
		}
		c.known = append(c.known, k)
	}
	slices.SortFunc(c.known, func(a, b Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	if c.derived, err = openDerivedReadOnly(c.dir); err != nil {
		return err
	}
	if c.stored, c.places, err = c.derived.entries(); err != nil {
		return err
	}
	c.slots, err = readKeySlots(c.dir, c.report)
	return err
}

func (c *checker) walk(ctx context.Context) error {
	list, err := findSegments(c.dir)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("%s holds no log: %w", c.dir, os.ErrNotExist)
	}
	s := segments{dir: c.dir, origin: c.report.Origin, shelf: c.shelf, list: list}
	for i, seg := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := s.whole(ctx, seg)
		damage := (*DamageError)(nil)
		if err != nil && !errors.As(err, &damage) {
			return err
		}
		c.name, c.last = segmentName(seg.first), i == len(list)-1
		c.report.Segments++
		if !seg.here {
			c.report.Archived++
		}
		if damage != nil {
			c.find(0, seg.first, "%s", damage.Says)
		}
		c.segment(seg.first, b)
	}
	return nil
}

func (c *checker) find(offset, index int64, format string, args ...any) {
	c.report.find(Finding{File: c.name, Offset: offset, Index: index, Says: fmt.Sprintf(format, args...)})
}

// next is the index that the next entry has.
func (c *checker) next() int64 { return c.edge.size + int64(len(c.pending)) }

func (c *checker) segment(first int64, b []byte) {
	offset, end := c.start(first, b), 0
	for offset < len(b) {
		f, err := parseFrame(b[offset:])
		if err == nil && f.kind == frameSegment {
			err = errors.New("a segment frame inside the segment")
		}
		if err != nil {
			next := findCheckpoint(b[offset:], c.report.Origin)
			if next < 0 {
				break
			}
			c.find(int64(offset), c.next(), "%v", err)
			c.broken = true
			offset += next
			continue
		}
		c.frame(f, offset)
		offset += f.size
		if f.kind == frameCheckpoint {
			end = offset
		}
	}
	c.tail(int64(offset), int64(len(b)-end))
}

// start checks the segment frame, and returns where the frames behind it begin.
func (c *checker) start(first int64, b []byte) int {
	if first != c.edge.size && !c.lost {
		c.find(0, c.edge.size, "the segment starts with entry %d: what lies between is missing", first)
	}
	f, err := parseFrame(b)
	if err != nil {
		c.find(0, -1, "segment frame: %v", err)
		return max(findCheckpoint(b, c.report.Origin), 0)
	}
	origin, index, err := parseSegmentHead(f)
	if err != nil || origin != c.report.Origin || index != first {
		c.find(0, -1, "the segment belongs to another log or place")
	}
	return f.size
}

func (c *checker) frame(f frame, offset int) {
	if f.kind == frameCheckpoint {
		c.checkpoint(f, offset)
		return
	}
	rec, err := f.record()
	if err != nil {
		c.find(int64(offset), c.next(), "%v", err)
		c.broken = true
		return
	}
	c.content(rec, int64(offset))
	c.pending = append(c.pending, checked{
		leaf: Leaf(rec.commitment), place: place{offset: uint32(offset), size: uint32(f.size)},
	})
}

// content opens an entry if its key is there.
func (c *checker) content(rec record, offset int64) {
	e, _, err := rec.open(c.slots)
	switch {
	case errors.Is(err, ErrErased):
		c.report.Erased++
	case err != nil:
		c.find(offset, c.next(), "%v (key slot %d)", err, rec.slot)
	case len(e.Received) > 0 && !receivedFits(e):
		c.find(offset, c.next(), "the stamp that it came with is that of another message")
	}
	if e.Ended {
		c.report.Ended++
	}
}

// receivedFits checks that the stamp of a message from elsewhere is one of this message. Whether the other log signed it only its
// key can tell; that was asked when the message came.
func receivedFits(e Entry) bool {
	s, err := ParseStampBytes(e.Received)
	if err != nil {
		return false
	}
	c, err := PeekCheckpoint(s.Checkpoint)
	return err == nil && c.contains(s, e.MetaHash(), e.BodyHash()) == nil
}

// tail judges what follows the last checkpoint of a segment: in the last one it may be a batch that was never acknowledged.
func (c *checker) tail(offset, size int64) {
	index := c.next()
	c.pending, c.broken = c.pending[:0], false
	switch {
	case size == 0:
	case !c.last:
		c.find(offset, index, "the segment does not end with a checkpoint")
	case c.places > c.end:
		c.find(offset, index, "damaged, although it had been acknowledged")
	default:
		c.report.Torn = size
		c.report.note("%d bytes behind the last checkpoint were never acknowledged", size)
	}
}

// finish compares what was found with what must be there.
func (c *checker) finish() {
	size := c.end
	c.report.Entries = size
	c.name = ""
	if c.places > size || c.stored > tlog.StoredHashCount(size) {
		c.find(0, size, "the segments end here, but more had been acknowledged: offsets of %d entries are stored", c.places)
	}
	if c.places < size || c.stored < tlog.StoredHashCount(size) {
		c.report.note("hashes and offsets do not reach the end of the log; they are made again when it is opened")
	}
	for _, k := range c.known {
		if k.Size <= size {
			c.find(0, -1, "whether the log extends the checkpoint of %d entries cannot be told", k.Size)
			continue
		}
		c.find(0, size, "the log has %d entries, but signed a checkpoint with %d: it was cut back", size, k.Size)
	}
	c.slots.unused(c.report)
}
