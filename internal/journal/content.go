package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"
)

// The layout of the content before it is sealed (integers big-endian):
//
//	random[32] envelope u32(len meta) meta form[1] body-or-digest
//	envelope = core                                            of what the keeper says itself
//	envelope = 0[1] form[1] core u16(len stamp) stamp          of what came from another log; form is 1
//	core     = u8(len kind) kind u8(len id) id i64(at, µs) u8(count) { u8(len) subject }
//
// A kind is never empty, so the two envelopes are told apart by their first byte.
// Body form 0 is followed by the body, 1 by the SHA-256 of a body kept elsewhere, 2 by the SHA-256 of a body that lies sealed by
// itself in the same frame, because its key ends earlier.
const (
	envelopeReceived = 1

	formBody   = 0
	formDigest = 1
	formBeside = 2
	randomSize = 32
	nonceSize  = 12
	keySize    = 32
)

var errContent = errors.New("content is malformed")

func appendEnvelope(buf []byte, e *Entry) []byte {
	if len(e.Received) == 0 {
		return appendCore(buf, e)
	}
	buf = appendCore(append(buf, 0, envelopeReceived), e)
	buf = binary.BigEndian.AppendUint16(buf, uint16(len(e.Received)))
	return append(buf, e.Received...)
}

func appendCore(buf []byte, e *Entry) []byte {
	buf = appendShort(buf, e.Kind)
	buf = appendShort(buf, e.ID)
	buf = binary.BigEndian.AppendUint64(buf, uint64(e.At.UnixMicro()))
	buf = append(buf, byte(len(e.Subjects)))
	for _, s := range e.Subjects {
		buf = appendShort(buf, s)
	}
	return buf
}

func appendShort(buf []byte, s string) []byte {
	return append(append(buf, byte(len(s))), s...)
}

// appendContent appends the plaintext and returns it with the salt that belongs to it.
func appendContent(buf []byte, e *Entry, random [randomSize]byte) ([]byte, [hashSize]byte) {
	buf = append(buf, random[:]...)
	start := len(buf)
	buf = appendEnvelope(buf, e)
	salt := saltOf(random[:], buf[start:])
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(e.Meta)))
	buf = append(buf, e.Meta...)
	switch form := e.form(); form {
	case formBody:
		return append(append(buf, formBody), e.Body...), salt
	default:
		body := e.BodyHash()
		return append(append(buf, form), body[:]...), salt
	}
}

func (e *Entry) form() byte {
	switch {
	case e.detached():
		return formDigest
	case !e.Until.IsZero() && len(e.Body) > 0:
		return formBeside
	}
	return formBody
}

func contentSize(e *Entry) int {
	size := randomSize + 1 + len(e.Kind) + 1 + len(e.ID) + 8 + 1 + 4 + len(e.Meta) + 1 + max(len(e.Body), hashSize)
	for _, s := range e.Subjects {
		size += 1 + len(s)
	}
	if len(e.Received) > 0 {
		size += 4 + len(e.Received)
	}
	if e.form() == formBeside {
		size += hashSize
	}
	return size
}

// parseContent reads a plaintext back; of a body that lies beside it only the digest. The entry owns its bytes: nothing points
// into b.
func parseContent(b []byte) (e Entry, salt [hashSize]byte, beside bool, err error) {
	r := fields{rest: b}
	random := r.take(randomSize)
	start := r.rest
	e = r.envelope()
	envelope := start[:len(start)-len(r.rest)]
	if size := r.uint32(); size <= MaxMeta {
		e.Meta = append(e.Meta, r.take(int(size))...)
	} else {
		r.bad = true
	}
	beside = r.body(&e)
	if r.bad {
		return Entry{}, salt, false, errContent
	}
	return e, saltOf(random, envelope), beside, nil
}

// fields reads the parts of a content; after the first that is missing it reads only zeros and is bad.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) take(n int) []byte {
	if f.bad || n > len(f.rest) {
		f.bad = true
		return nil
	}
	b := f.rest[:n]
	f.rest = f.rest[n:]
	return b
}

// envelope reads either of the two forms.
func (f *fields) envelope() (e Entry) {
	received := len(f.rest) > 0 && f.rest[0] == 0
	if received {
		f.byte()
		f.bad = f.byte() != envelopeReceived || f.bad
	}
	e = Entry{Kind: f.short(), ID: f.short(), At: time.UnixMicro(int64(f.uint64())).UTC()}
	for range f.byte() {
		e.Subjects = append(e.Subjects, f.short())
	}
	if received {
		e.Received = bytes.Clone(f.take(int(f.uint16())))
	}
	f.bad = f.bad || e.Kind == "" || received && !isStamp(e.Received)
	return e
}

func (f *fields) byte() byte {
	if b := f.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (f *fields) uint16() uint16 {
	if b := f.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (f *fields) uint32() uint32 {
	if b := f.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (f *fields) uint64() uint64 {
	if b := f.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (f *fields) short() string { return string(f.take(int(f.byte()))) }

func (f *fields) body(e *Entry) (beside bool) {
	switch form := f.byte(); {
	case f.bad:
	case form == formBody:
		e.Body = append(e.Body, f.take(len(f.rest))...)
	case (form == formDigest || form == formBeside) && len(f.rest) == hashSize:
		copy(e.Digest[:], f.take(hashSize))
		f.bad = !e.detached()
		return form == formBeside
	default:
		f.bad = true
	}
	return false
}
