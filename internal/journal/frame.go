package journal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A frame is u32(length of type and payload) u32(CRC-32C of the length, type and payload) type[1] payload, big-endian.
const (
	frameHead  = 8
	frameStart = frameHead + 1

	frameSegment    = 'S' // u64(first index) origin
	frameEntry      = 'E' // commitment[32] u32(key slot) nonce[12] sealed content
	frameKept       = 'K' // commitment[32] u32(key slot) nonce[12] u32(slot of the period) u32(len) sealed content, sealed body
	frameCheckpoint = 'C' // signed note

	entryContent  = frameStart + hashSize + 4 + nonceSize
	keptContent   = entryContent + 4 + 4
	maxCheckpoint = 64 << 10
	maxFrame      = entryContent + MaxBody + MaxMeta + 64<<10
)

var (
	errShort = errors.New("the file ends inside a frame")
	errFrame = errors.New("a frame does not match its checksum")
)

type frame struct {
	kind    byte
	payload []byte // points into the buffer it was parsed from
	size    int    // bytes of the whole frame
}

func finishFrame(b []byte) {
	binary.BigEndian.PutUint32(b[0:4], uint32(len(b)-frameHead))
	binary.BigEndian.PutUint32(b[4:8], frameSum(b))
}

func frameSum(b []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(b[0:4], table), table, b[frameHead:])
}

func appendFrame(buf []byte, kind byte, payload []byte) []byte {
	start := len(buf)
	buf = append(buf, make([]byte, frameHead)...)
	buf = append(append(buf, kind), payload...)
	finishFrame(buf[start:])
	return buf
}

// parseFrame reads the frame at the start of b. errShort: b ends before the frame does; errFrame: it is damaged.
func parseFrame(b []byte) (frame, error) {
	if len(b) < frameHead {
		return frame{}, errShort
	}
	length := binary.BigEndian.Uint32(b)
	if length < 1 || length > maxFrame-frameHead {
		return frame{}, errFrame
	}
	size := frameHead + int(length)
	if size > len(b) {
		return frame{}, errShort
	}
	if binary.BigEndian.Uint32(b[4:8]) != frameSum(b[:size]) {
		return frame{}, errFrame
	}
	return frame{kind: b[frameHead], payload: b[frameStart:size], size: size}, nil
}

// record is the payload of an entry frame.
type record struct {
	commitment [hashSize]byte
	slot       uint32
	nonce      [nonceSize]byte
	content    []byte

	kept   bool   // the body is sealed by itself
	period uint32 // slot of the key of its period
	body   []byte
}

func putEntryHead(b []byte, kind byte, commitment [hashSize]byte, slot uint32, nonce [nonceSize]byte) {
	b[frameHead] = kind
	copy(b[frameStart:], commitment[:])
	binary.BigEndian.PutUint32(b[frameStart+hashSize:], slot)
	copy(b[frameStart+hashSize+4:], nonce[:])
}

func putKeptHead(b []byte, period uint32, size int) {
	binary.BigEndian.PutUint32(b[entryContent:], period)
	binary.BigEndian.PutUint32(b[entryContent+4:], uint32(size))
}

func (f frame) record() (record, error) {
	in := fields{rest: f.payload}
	var r record
	copy(r.commitment[:], in.take(hashSize))
	r.slot = in.uint32()
	copy(r.nonce[:], in.take(nonceSize))
	switch f.kind {
	case frameEntry:
		r.content = in.rest
	case frameKept:
		r.kept, r.period = true, in.uint32()
		r.content = in.take(int(min(in.uint32(), maxFrame)))
		r.body = in.rest
	default:
		in.bad = true
	}
	if in.bad {
		return record{}, errors.New("not an entry")
	}
	return r, nil
}
