package journal

import (
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
)

// segment is one file of frames: a segment frame, the checkpoint that it starts from, then batches that each end with a checkpoint.
type segment struct {
	first int64 // index of its first entry
	file  *os.File
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
func createSegment(dir, origin string, first int64, checkpoint []byte) (*segment, error) {
	path := filepath.Join(dir, segmentName(first))
	if err := WriteWhole(path, segmentHead(origin, first, checkpoint)); err != nil {
		return nil, fmt.Errorf("new segment: %w", err)
	}
	return openSegment(path, first)
}

func openSegment(path string, first int64) (*segment, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, filePerm)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	return &segment{first: first, file: file}, nil
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

// segments are the open files of a log. Readers hold the lock to find a file; files stay open until Close.
type segments struct {
	mu   sync.RWMutex
	list []*segment // in order, at least one; the last is written
}

func (s *segments) add(seg *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, seg)
}

func (s *segments) last() *segment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.list[len(s.list)-1]
}

// of returns the segment that holds an index.
func (s *segments) of(index int64) *segment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, found := slices.BinarySearchFunc(s.list, index, func(seg *segment, index int64) int {
		return int(min(max(seg.first-index, -1), 1))
	})
	if found {
		return s.list[i]
	}
	return s.list[i-1]
}

func (s *segments) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, seg := range s.list {
		errs = append(errs, seg.file.Close())
	}
	return errors.Join(errs...)
}
