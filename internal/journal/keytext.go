package journal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// ParseKey reads a public key in its text form, name+id+key (C2SP signed-note, verifier keys): of a log (type 0x01) or of a
// witness (type 0x04).
func ParseKey(text string) (note.Verifier, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("a key is written name+id+key")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(raw) < 1 {
		return nil, errors.New("key is not base64")
	}
	id, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil || len(parts[1]) != 8 {
		return nil, errors.New("key id is not eight hexadecimal digits")
	}
	var verifier note.Verifier
	switch raw[0] {
	case algEd25519:
		verifier, err = NewKey(parts[0], raw[1:])
	case algCosignature:
		verifier, err = NewCosignerKey(parts[0], raw[1:])
	default:
		return nil, fmt.Errorf("key type %#02x is not known", raw[0])
	}
	if err == nil && uint64(verifier.KeyHash()) != id {
		return nil, errors.New("key id does not belong to the key")
	}
	return verifier, err
}

// String is the text form that ParseKey reads.
func (k key) String() string { return k.text(algEd25519) }

// String is the text form that ParseKey reads.
func (c cosignerKey) String() string { return c.text(algCosignature) }

func (k key) text(alg byte) string {
	return fmt.Sprintf("%s+%08x+%s", k.name, k.hash, base64.StdEncoding.EncodeToString(append([]byte{alg}, k.pub...)))
}
