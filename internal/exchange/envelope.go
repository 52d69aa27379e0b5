package exchange

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"dobosh/internal/journal"
)

// The kinds of an envelope.
const (
	sealed   = 1 // a message with its stamp
	unsealed = 2 // a refusal that came before a journal knew of the request
)

const (
	envelopeHead = 19       // u8 kind, u16 stamp, u32 meta, u32 body, u32 + u32 microseconds
	maxPart      = 1 << 20  // bytes of one part of a long body
	maxMeta      = 64 << 10 // bytes of the JSON of a message
)

// envelope is a message as it travels on a stream: lengths first, then the
// stamp, the meta and the body as they are. The two durations are the
// provider's word for how long its information system and its journal took;
// nothing proves them.
type envelope struct {
	kind    byte
	stamp   []byte
	meta    []byte
	body    []byte
	system  time.Duration
	journal time.Duration

	metaSum, bodySum [sha256.Size]byte // of what was read
}

// bytes writes the envelope.
func (e envelope) bytes() []byte {
	b := make([]byte, 0, envelopeHead+len(e.stamp)+len(e.meta)+len(e.body))
	b = append(b, e.kind)
	b = binary.BigEndian.AppendUint16(b, uint16(len(e.stamp)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.meta)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.body)))
	b = binary.BigEndian.AppendUint32(b, micros(e.system))
	b = binary.BigEndian.AppendUint32(b, micros(e.journal))
	return append(append(append(b, e.stamp...), e.meta...), e.body...)
}

func micros(d time.Duration) uint32 { return uint32(min(max(d.Microseconds(), 0), 1<<32-1)) }

func duration(us uint32) time.Duration { return time.Duration(us) * time.Microsecond }

// errBody means that a body is longer than its bound, or than memory allows.
var errBody = fmt.Errorf("%w: the body is larger than agreed", errMessage)

// readEnvelope reads a message whose body has at most limit bytes. It refuses
// lengths that no message of this version has. admit is asked before a body is read
// into memory; it waits until there is room.
func readEnvelope(from io.Reader, limit int, admit func(size int) error) (envelope, error) {
	var head [envelopeHead]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return envelope{}, fmt.Errorf("read message: %w", err)
	}
	kind, stamp := head[0], int(binary.BigEndian.Uint16(head[1:]))
	meta, body := int(binary.BigEndian.Uint32(head[3:])), int(binary.BigEndian.Uint32(head[7:]))
	if kind != sealed && kind != unsealed || stamp > journal.MaxStampBytes || meta == 0 || meta > maxMeta || kind == unsealed && stamp+body > 0 {
		return envelope{}, fmt.Errorf("%w: an envelope of kind %d with a stamp of %d bytes and a meta of %d", errMessage, kind, stamp, meta)
	}
	if body > limit {
		return envelope{}, errBody
	}
	if err := admit(body); err != nil {
		return envelope{}, err
	}

	all := make([]byte, stamp+meta+body)
	if _, err := io.ReadFull(from, all); err != nil {
		return envelope{}, fmt.Errorf("read message: %w", err)
	}
	e := envelope{
		kind: kind, stamp: all[:stamp:stamp], meta: all[stamp : stamp+meta : stamp+meta], body: all[stamp+meta:],
		system: duration(binary.BigEndian.Uint32(head[11:])), journal: duration(binary.BigEndian.Uint32(head[15:])),
	}
	e.metaSum, e.bodySum = sha256.Sum256(e.meta), sha256.Sum256(e.body)
	return e, nil
}
