package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base32"

	"dobosh/internal/kit/jmbg"
)

// PseudonymLength is the number of characters of a pseudonym: 128 bits in
// groups of 5, rounded up.
const PseudonymLength = 26

const digits = 13 // of a national number, at the start of the block

// alphabet is that of RFC 4648 section 6 in small letters.
var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// encrypt permutes one block. A block cipher used once per value needs no mode
// and no nonce, and equal persons must get equal names; the three zero bytes
// are what tells a pseudonym from a guess.
func encrypt(block cipher.Block, number jmbg.Number) string {
	var b [aes.BlockSize]byte
	copy(b[:], number.String())
	block.Encrypt(b[:], b[:])
	return alphabet.EncodeToString(b[:])
}

// decrypt accepts exactly what encrypt returns.
func decrypt(block cipher.Block, pseudonym string) (jmbg.Number, error) {
	if len(pseudonym) != PseudonymLength {
		return jmbg.Number{}, ErrPseudonym
	}
	raw, err := alphabet.DecodeString(pseudonym)
	// The last character carries 3 bits; the decoder takes the other 2 as they
	// come, and a pseudonym must have one spelling only.
	if err != nil || len(raw) != aes.BlockSize || alphabet.EncodeToString(raw) != pseudonym {
		return jmbg.Number{}, ErrPseudonym
	}
	var b [aes.BlockSize]byte
	block.Decrypt(b[:], raw)
	if [aes.BlockSize - digits]byte(b[digits:]) != [aes.BlockSize - digits]byte{} {
		return jmbg.Number{}, ErrPseudonym
	}
	number, err := jmbg.Parse(string(b[:digits]))
	if err != nil {
		return jmbg.Number{}, ErrPseudonym
	}
	return number, nil
}
