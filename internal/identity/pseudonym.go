package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"

	"dobosh/internal/kit/jmbg"
)

// PseudonymLength is the number of characters of a pseudonym: 128 bits in
// groups of 5, rounded up.
const PseudonymLength = 26

const digits = 13 // of a national number, at the start of the block

// alphabet is that of RFC 4648 section 6 in small letters.
var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// body is whom a pseudonym stands for, the same in every sector: thirteen digits of a
// national number and three zero bytes, or the id of somebody known by a contact alone and
// contactMark. Nothing else is one, which tells a pseudonym from a guess.
type body [aes.BlockSize]byte

// contactMark ends the body of a person who is known by a contact alone: it stands for no
// number, so no register is ever asked about it.
var contactMark = [aes.BlockSize - digits]byte{0, 0, 1}

// contactRandom is how much of the body of such a person is random; the rest follows from it.
const contactRandom = 8

func bodyOf(number jmbg.Number) (b body) {
	copy(b[:], number.String())
	return b
}

// newContact is a body that nobody has.
func newContact() (b body) {
	_, _ = rand.Read(b[:contactRandom]) // never fails: crypto/rand ends the program instead
	return b.closed()
}

// closed is the body of somebody known by a contact alone that begins as this one.
func (b body) closed() body {
	sum := sha256.Sum256(b[:contactRandom])
	copy(b[contactRandom:digits], sum[:])
	copy(b[digits:], contactMark[:])
	return b
}

func (b body) isContact() bool { return b == b.closed() }

// number is the national number of a body.
func (b body) number() (jmbg.Number, error) {
	if [aes.BlockSize - digits]byte(b[digits:]) != [aes.BlockSize - digits]byte{} {
		return jmbg.Number{}, ErrPseudonym
	}
	number, err := jmbg.Parse(string(b[:digits]))
	if err != nil {
		return jmbg.Number{}, ErrPseudonym
	}
	return number, nil
}

// encrypt permutes one block. A block cipher used once per value needs no mode
// and no nonce, and equal persons must get equal names.
func encrypt(block cipher.Block, b body) string {
	block.Encrypt(b[:], b[:])
	return alphabet.EncodeToString(b[:])
}

// decrypt accepts exactly what encrypt returns.
func decrypt(block cipher.Block, pseudonym string) (b body, err error) {
	if len(pseudonym) != PseudonymLength {
		return b, ErrPseudonym
	}
	raw, err := alphabet.DecodeString(pseudonym)
	// The last character carries 3 bits; the decoder takes the other 2 as they
	// come, and a pseudonym must have one spelling only.
	if err != nil || len(raw) != aes.BlockSize || alphabet.EncodeToString(raw) != pseudonym {
		return b, ErrPseudonym
	}
	block.Decrypt(b[:], raw)
	if _, err := b.number(); err != nil && !b.isContact() {
		return b, ErrPseudonym
	}
	return b, nil
}
