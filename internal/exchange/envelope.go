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
	b := make([]byte, envelopeHead, envelopeHead+len(e.stamp)+len(e.meta)+len(e.body))
	b = append(append(append(b, e.stamp...), e.meta...), e.body...)
	e.putHead(b, len(e.stamp))
	return b
}

// message writes a message of this node, with the stamp that its journal gave it, into memory that serves the next one
// after forget.
func (g *Gateway) message(e *envelope, stamp journal.Stamp) *[]byte {
	into, again := g.messages.Get().(*[]byte)
	if !again {
		into = new([]byte)
	}
	b := stamp.AppendTo(append((*into)[:0], make([]byte, envelopeHead)...))
	e.putHead(b, len(b)-envelopeHead)
	*into = append(append(b, e.meta...), e.body...)
	return into
}

// forget lets go of a message that has left.
func (g *Gateway) forget(message *[]byte) {
	if cap(*message) <= maxSpare {
		g.messages.Put(message)
	}
}

// maxSpare is how many bytes are kept for the next message.
const maxSpare = 64 << 10

func (e *envelope) putHead(b []byte, stamp int) {
	b[0] = e.kind
	binary.BigEndian.PutUint16(b[1:], uint16(stamp))
	binary.BigEndian.PutUint32(b[3:], uint32(len(e.meta)))
	binary.BigEndian.PutUint32(b[7:], uint32(len(e.body)))
	binary.BigEndian.PutUint32(b[11:], micros(e.system))
	binary.BigEndian.PutUint32(b[15:], micros(e.journal))
}

func micros(d time.Duration) uint32 { return uint32(min(max(d.Microseconds(), 0), 1<<32-1)) }

func duration(us uint32) time.Duration { return time.Duration(us) * time.Microsecond }

// errBody means that a body is longer than its bound, or than memory allows.
var errBody = fmt.Errorf("%w: the body is larger than agreed", errMessage)

// readEnvelope reads a message whose body has at most limit bytes. It refuses
// lengths that no message of this version has. admit is asked before a body is read
// into memory; it waits until there is room.
func readEnvelope(from io.Reader, limit int, admit func(size int) error) (envelope, error) {
	head, err := next(from, envelopeHead)
	if err != nil {
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

	all, err := next(from, stamp+meta+body)
	if err != nil {
		return envelope{}, fmt.Errorf("read message: %w", err)
	}
	e := envelope{
		kind: kind, stamp: all[:stamp:stamp], meta: all[stamp : stamp+meta : stamp+meta], body: all[stamp+meta:],
		system: duration(binary.BigEndian.Uint32(head[11:])), journal: duration(binary.BigEndian.Uint32(head[15:])),
	}
	e.metaSum, e.bodySum = sha256.Sum256(e.meta), sha256.Sum256(e.body)
	return e, nil
}

// next gives the bytes that come next, where they lie if they came on a stream.
func next(from io.Reader, n int) ([]byte, error) {
	if stream, is := from.(interface{ Next(n int) ([]byte, error) }); is {
		return stream.Next(n)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(from, b)
	return b, err
}
