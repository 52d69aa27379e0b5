package journal

import (
	"encoding/binary"
	"iter"
)

// slotIndex leads from a subject to the slots that may be its own, in some 10 bytes for a key. It knows 40 bits of an id: whoever asks
// compares the whole id with the one in the slot. Ids are hashes under a secret, so they fill it evenly.
type slotIndex [256]slotShard // by the first byte of the id; each grows for itself, so nobody waits until millions were moved

// slotShard is a table with open addressing. A cell is the next 32 bits of the id, then 32 bits of slot+1; 0 is a free one. An eighth
// at least is free. The cells lie in the order of the ids, as far as there was room, so that a cell says where it belongs.
type slotShard struct {
	cells []uint64
	used  int
}

// newSlotIndex has room for so many slots before it grows.
func newSlotIndex(slots int64) *slotIndex {
	x := &slotIndex{}
	for i := range x {
		x[i].cells = make([]uint64, slots/int64(len(x))*5/4+8)
	}
	return x
}

func (x *slotIndex) shard(id subjectID) *slotShard { return &x[id[0]] }

func slotCell(id subjectID, slot uint32) uint64 {
	return uint64(binary.BigEndian.Uint32(id[1:]))<<32 | (uint64(slot) + 1)
}

// add notes another slot of a subject.
func (x *slotIndex) add(id subjectID, slot uint32) {
	s := x.shard(id)
	if s.used++; s.full() {
		old := s.cells
		s.cells = make([]uint64, len(old)+len(old)/4+8)
		s.put(old)
	}
	s.put([]uint64{slotCell(id, slot)})
}

// collect notes slots as add does, but finds them only after settle: millions that come in no order each wait for the memory, unless
// those of a shard are put in their places together.
func (x *slotIndex) collect(id subjectID, slot uint32) {
	s := x.shard(id)
	if s.used == len(s.cells) {
		s.cells = append(s.cells, 0)
	}
	s.cells[s.used] = slotCell(id, slot)
	s.used++
}

// settle puts in its place what was collected into a new index.
func (x *slotIndex) settle() {
	var collected []uint64
	for i := range x {
		s := &x[i]
		collected = append(collected[:0], s.cells[:s.used]...)
		if clear(s.cells); s.full() {
			s.cells = make([]uint64, s.used*5/4+8)
		}
		s.put(collected)
	}
}

// candidates are the slots that may be of a subject, in no order. The index is not changed while they are asked for.
func (x *slotIndex) candidates(id subjectID) iter.Seq[uint32] {
	s, like := x.shard(id), slotCell(id, 0)
	return func(yield func(uint32) bool) {
		for i := s.home(like); s.cells[i] != 0; i = s.after(i) {
			if cell := s.cells[i]; cell>>32 == like>>32 && !yield(uint32(cell)-1) {
				return
			}
		}
	}
}

// remove forgets a slot of a subject and moves those that it had pushed on back towards their places.
func (x *slotIndex) remove(id subjectID, slot uint32) {
	s, cell := x.shard(id), slotCell(id, slot)
	hole := s.home(cell)
	for s.cells[hole] != cell {
		if s.cells[hole] == 0 {
			return
		}
		hole = s.after(hole)
	}
	for i := s.after(hole); s.cells[i] != 0; i = s.after(i) {
		if s.distance(s.home(s.cells[i]), i) >= s.distance(hole, i) {
			s.cells[hole], hole = s.cells[i], i
		}
	}
	s.cells[hole] = 0
	s.used--
}

func (s *slotShard) full() bool { return s.used*8 > len(s.cells)*7 }

// put writes those of some cells that are not free.
func (s *slotShard) put(cells []uint64) {
	for _, cell := range cells {
		if cell == 0 {
			continue
		}
		i := s.home(cell)
		for s.cells[i] != 0 {
			i = s.after(i)
		}
		s.cells[i] = cell
	}
}

func (s *slotShard) home(cell uint64) int { return int((cell >> 32) * uint64(len(s.cells)) >> 32) }

func (s *slotShard) after(i int) int {
	if i++; i < len(s.cells) {
		return i
	}
	return 0
}

// distance is how many steps lead from one cell on to another.
func (s *slotShard) distance(from, to int) int {
	if to < from {
		to += len(s.cells)
	}
	return to - from
}
