package journal

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	segmentSuffix = ".seg"
	filePerm      = 0o600

	// maxOpen is how many full segments are held open for reading, beside the one that is written.
	maxOpen = 16
)

// segment is one file of frames: a segment frame, the checkpoint that it starts from, then batches that each end with a checkpoint.
type segment struct {
	first int64     // index of its first entry
	here  bool      // it lies in the directory of the log
	kept  *archived // what the archive has of it; nil while it has nothing. One that is not here has it
}

func segmentName(first int64) string { return fmt.Sprintf("%019d%s", first, segmentSuffix) }

// segmentHead are the two frames that every segment starts with: whose log it is and the tree that it continues.
func segmentHead(origin string, first int64, checkpoint []byte) []byte {
	head := binary.BigEndian.AppendUint64(nil, uint64(first))
	return appendFrame(appendFrame(nil, frameSegment, append(head, origin...)), frameCheckpoint, checkpoint)
}

func parseSegmentHead(f frame) (origin string, first int64, err error) {
	if f.kind != frameSegment || len(f.payload) < 8 {
		return "", 0, errors.New("the file does not start with a segment frame")
	}
	return string(f.payload[8:]), int64(binary.BigEndian.Uint64(f.payload)), nil
}

// createSegment makes a segment file that is either whole or absent after a crash.
func createSegment(dir, origin string, first int64, checkpoint []byte) (*os.File, error) {
	path := filepath.Join(dir, segmentName(first))
	if err := WriteWhole(path, segmentHead(origin, first, checkpoint)); err != nil {
		return nil, fmt.Errorf("new segment: %w", err)
	}
	return openLast(path)
}

// openLast opens the segment that is written.
func openLast(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, filePerm)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	return file, nil
}

// listSegments returns the first indexes of the segment files of dir in order.
func listSegments(dir string) ([]int64, error) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var firsts []int64
	for _, entry := range names {
		digits, ok := strings.CutSuffix(entry.Name(), segmentSuffix)
		if !ok {
			continue
		}
		first, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || segmentName(first) != entry.Name() {
			return nil, fmt.Errorf("%s is not the name of a segment", entry.Name())
		}
		firsts = append(firsts, first)
	}
	slices.Sort(firsts)
	return firsts, nil
}

// findSegments lists what the directory and the archive have, in order. The directory is read first: a segment leaves it only after the
// archive is known to have it.
func findSegments(dir string) ([]segment, error) {
	firsts, err := listSegments(dir)
	if err != nil {
		return nil, err
	}
	all, err := readArchived(dir)
	if err != nil {
		return nil, err
	}
	byFirst := make(map[int64]*archived, len(all))
	list := make([]segment, 0, len(all)+len(firsts))
	for i := range all {
		if byFirst[all[i].first] == nil {
			list = append(list, segment{first: all[i].first})
		}
		byFirst[all[i].first] = &all[i] // the last one counts
	}
	for i := range list {
		list[i].kept = byFirst[list[i].first]
		_, list[i].here = slices.BinarySearch(firsts, list[i].first)
	}
	for _, first := range firsts {
		if byFirst[first] == nil {
			list = append(list, segment{first: first, here: true})
		}
	}
	slices.SortFunc(list, func(a, b segment) int { return int(min(max(a.first-b.first, -1), 1)) })
	return list, nil
}

// foundIn lists one segment again.
func foundIn(dir string, first int64) (segment, error) {
	list, err := findSegments(dir)
	if err != nil {
		return segment{}, err
	}
	i := slices.IndexFunc(list, func(s segment) bool { return s.first == first })
	if i < 0 {
		return segment{}, os.ErrNotExist
	}
	return list[i], nil
}

// segments are those of a log: the last one open, of the others those that were read last. It is safe for concurrent use.
type segments struct {
	dir    string
	origin string
	shelf  *shelf // of the archive; nil where there is none

	mu     sync.Mutex
	list   []segment // in order, at least one; guarded by mu
	live   *os.File  // the last of them; guarded by mu
	open   []reading // the one read last first, at most maxOpen; guarded by mu
	closed bool      // guarded by mu
}

// reading is a full segment that is open.
type reading struct {
	first int64
	file  *os.File
}

// begin takes in a new last segment. The one before is read like any other from now on.
func (s *segments) begin(first int64, file *os.File) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.live
	s.list, s.live = append(s.list, segment{first: first, here: true}), file
	if before == nil {
		return nil
	}
	return before.Close()
}

// last is the segment that is written, and its file.
func (s *segments) last() (first int64, file *os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list[len(s.list)-1].first, s.live
}

// all are the segments as they are now.
func (s *segments) all() []segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

// at is the number of the segment that holds an index; the caller has the lock.
func (s *segments) at(index int64) int {
	i, found := slices.BinarySearchFunc(s.list, index, func(seg segment, index int64) int {
		return int(min(max(seg.first-index, -1), 1))
	})
	if found {
		return i
	}
	return i - 1
}

// of is the segment that holds an index.
func (s *segments) of(index int64) segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list[s.at(index)]
}

// file is an open segment, which may be closed at any time to make room for another; nil for one that only the archive has.
func (s *segments) file(first int64) (*os.File, segment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seg := s.list[s.at(first)]
	switch {
	case s.closed:
		return nil, seg, ErrClosed
	case first == s.list[len(s.list)-1].first:
		return s.live, seg, nil
	case !seg.here:
		return nil, seg, nil
	}
	if i := slices.IndexFunc(s.open, func(r reading) bool { return r.first == first }); i >= 0 {
		r := s.open[i]
		copy(s.open[1:i+1], s.open[:i])
		s.open[0] = r
		return r.file, seg, nil
	}
	file, err := os.Open(filepath.Join(s.dir, segmentName(first)))
	if errors.Is(err, os.ErrNotExist) { // for a view: it may have gone into the archive
		if now, again := foundIn(s.dir, first); again == nil && !now.here {
			s.list[s.at(first)] = now
			return nil, now, nil
		}
	}
	if err != nil {
		return nil, seg, err
	}
	if len(s.open) == maxOpen {
		_ = s.open[maxOpen-1].file.Close() // read only
		s.open = s.open[:maxOpen-1]
	}
	s.open = slices.Insert(s.open, 0, reading{first, file})
	return file, seg, nil
}

// read fills b from an offset of a segment, wherever that is. archived says that it came from the archive. Errors: the problem
// "archive-away", and those of the file.
func (s *segments) read(ctx context.Context, first int64, b []byte, offset int64) (archived bool, err error) {
	for {
		file, seg, err := s.file(first)
		if err != nil {
			return false, err
		}
		if file == nil {
			return true, s.shelf.read(ctx, s.origin, seg.kept, b, offset)
		}
		if _, err = file.ReadAt(b, offset); !errors.Is(err, os.ErrClosed) { // else it made room just now, or went into the archive
			return false, err
		}
	}
}

// whole reads all of a segment. Errors: the problem "archive-away", *DamageError together with what was read, and those of the file.
func (s *segments) whole(ctx context.Context, seg segment) ([]byte, error) {
	if seg.here {
		b, err := os.ReadFile(filepath.Join(s.dir, segmentName(seg.first)))
		if !errors.Is(err, os.ErrNotExist) {
			return b, err
		}
		now, again := foundIn(s.dir, seg.first) // it may just have gone into the archive
		if again != nil || now.here {
			return nil, errors.Join(err, again)
		}
		seg = now
	}
	return s.shelf.whole(ctx, s.origin, seg.kept)
}

// keep notes what the archive has of a segment.
func (s *segments) keep(a archived) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list[s.at(a.first)].kept = &a
}

// leave removes a segment from the directory, after the archive is known to have it. Who reads it goes on.
func (s *segments) leave(first int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list[s.at(first)].here = false
	if i := slices.IndexFunc(s.open, func(r reading) bool { return r.first == first }); i >= 0 {
		_ = s.open[i].file.Close() // read only
		s.open = slices.Delete(s.open, i, i+1)
	}
	return os.Remove(filepath.Join(s.dir, segmentName(first)))
}

func (s *segments) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return os.ErrClosed
	}
	s.closed = true
	var errs []error
	for _, r := range s.open {
		errs = append(errs, r.file.Close())
	}
	if s.live != nil {
		errs = append(errs, s.live.Close())
	}
	return errors.Join(errs...)
}
