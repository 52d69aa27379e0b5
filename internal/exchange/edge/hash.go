package edge

import (
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
)

// Names of the headers of X-Road, as they are on the wire.
const (
	clientHeader  = "x-road-client"
	idHeader      = "x-road-id"
	serviceHeader = "x-road-service"
	requestHeader = "x-road-request-id"
	hashHeader    = "x-road-request-hash"
	errorHeader   = "X-Road-Error"
)

// headSum is SHA-512 over the head of a request as X-Road serialises it: method,
// target, and each header that it does not take out, in their order, then the id
// of the exchange, and the id of the message where it was generated.
func (r head) headSum(exchange, generated string) [sha512.Size]byte {
	var room [2048]byte
	b := room[:0]
	add := func(name, value string) {
		b = append(append(append(append(b, name...), ':'), value...), '\r', '\n')
	}
	b = append(append(b, r.method...), '\r', '\n')
	b = append(append(b, r.target...), '\r', '\n')
	for _, h := range r.headers {
		if !skipped(h.known) {
			add(h.Name, h.Value)
		}
	}
	add(requestHeader, exchange)
	if generated != "" {
		add(idHeader, generated)
	}
	return sha512.Sum512(b)
}

// requestHash names a request to its client; body is nil where it has none.
func requestHash(head [sha512.Size]byte, body *[sha512.Size]byte) string {
	if body != nil {
		head = sha512.Sum512(append(head[:], body[:]...))
	}
	return base64.StdEncoding.EncodeToString(head[:])
}

// uuid makes a random one (RFC 9562, version 4).
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var s [36]byte
	at := 0
	for i, part := range [...][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			s[at] = '-'
			at++
		}
		at += hex.Encode(s[at:], part)
	}
	return string(s[:])
}
