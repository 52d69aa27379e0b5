package link

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Protocol is the name in ALPN under which the two sides agree on this protocol.
const Protocol = "dobosh/1"

// The types of frames.
const (
	frameHello  = 1 // first of each side: streams that may be open, window, greeting
	frameData   = 2 // bytes of a stream
	frameCredit = 3 // so many more bytes may be sent on a stream
	frameReset  = 4 // a stream ends at once, with a code
	frameLeave  = 5 // no stream above this number is handled any more
	framePing   = 6 // eight bytes that come back
	framePong   = 7
)

// The flags of a data frame.
const (
	flagOpen = 1 // the stream begins with this frame
	flagEnd  = 2 // its sender has nothing more to say
)

const (
	headSize    = 10       // u32 length of the payload, u8 type, u8 flags, u32 stream
	maxPayload  = 16 << 10 // of one frame
	maxGreeting = 8 << 10  // of a hello
	pingSize    = 8
	wordSize    = 4
)

// ErrProtocol means that the other side does not keep to the protocol. The
// connection is over.
var ErrProtocol = errors.New("link: the other side does not keep to the protocol")

// head is what stands before the payload of a frame.
type head struct {
	size   uint32 // of the payload
	kind   byte
	flags  byte
	stream uint32
}

// appendFrame adds a frame to what is going to leave.
func appendFrame(b []byte, kind, flags byte, stream uint32, payload []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	b = append(b, kind, flags)
	b = binary.BigEndian.AppendUint32(b, stream)
	return append(b, payload...)
}

func appendWord(b []byte, kind byte, stream, word uint32) []byte {
	var payload [wordSize]byte
	binary.BigEndian.PutUint32(payload[:], word)
	return appendFrame(b, kind, 0, stream, payload[:])
}

// parseHead reads the head of a frame and refuses one that no frame of this
// version can have, before anything of its payload is read.
func parseHead(b []byte) (head, error) {
	h := head{size: binary.BigEndian.Uint32(b), kind: b[4], flags: b[5], stream: binary.BigEndian.Uint32(b[6:])}
	if h.flags != 0 && h.kind != frameData {
		return h, fmt.Errorf("%w: flags on a frame that has none", ErrProtocol)
	}
	valid := false
	switch h.kind {
	case frameHello:
		valid = h.stream == 0 && h.size >= 2*wordSize && h.size <= 2*wordSize+maxGreeting
	case frameData:
		valid = h.stream != 0 && h.size <= maxPayload && h.flags <= flagOpen|flagEnd && (h.size > 0 || h.flags != 0)
	case frameCredit, frameReset:
		valid = h.stream != 0 && h.size == wordSize
	case frameLeave:
		valid = h.stream == 0 && h.size == wordSize
	case framePing, framePong:
		valid = h.stream == 0 && h.size == pingSize
	}
	if !valid {
		return h, fmt.Errorf("%w: no frame of type %d has %d bytes on stream %d with flags %d", ErrProtocol, h.kind, h.size, h.stream, h.flags)
	}
	return h, nil
}

// hello is what each side says first.
type hello struct {
	streams  uint32 // that the other side may have open
	window   uint32 // bytes that it may send on a new stream before it is given credit
	greeting []byte
}

const (
	minWindow = 16 << 10
	maxWindow = 16 << 20
)

func (h hello) frame() []byte {
	payload := binary.BigEndian.AppendUint32(nil, h.streams)
	payload = binary.BigEndian.AppendUint32(payload, h.window)
	return appendFrame(nil, frameHello, 0, 0, append(payload, h.greeting...))
}

func parseHello(payload []byte) (hello, error) {
	h := hello{streams: binary.BigEndian.Uint32(payload), window: binary.BigEndian.Uint32(payload[wordSize:]), greeting: payload[2*wordSize:]}
	if h.window < minWindow || h.window > maxWindow {
		return h, fmt.Errorf("%w: a window of %d bytes", ErrProtocol, h.window)
	}
	return h, nil
}
