package exchange

import (
	"crypto/sha256"
	"encoding/hex"
)

// RequestID is the X-Road-Request-Id of an exchange, which both information
// systems see: X-Road wants a UUID of version 4 there, so that one is made of the
// id of the exchange in the journals.
func RequestID(exchange string) string {
	b := sha256.Sum256([]byte(exchange))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:16])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
