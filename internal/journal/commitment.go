package journal

import (
	"crypto/sha256"

	"golang.org/x/mod/sumdb/tlog"
)

// The first lines of everything hashed here: no two uses of SHA-256 can be taken for one another.
const (
	commitmentDomain = "dobosh entry v1\n"
	saltDomain       = "dobosh salt v1\n"
	bodyKeyDomain    = "dobosh body key v1\n"
)

const hashSize = sha256.Size

// Commitment is the record of the Merkle log: it says nothing about meta and body to those who do not have the salt, and it can
// be opened to exactly one meta and body.
func Commitment(salt, metaHash, bodyHash [hashSize]byte) [hashSize]byte {
	buf := make([]byte, 0, len(commitmentDomain)+3*hashSize)
	buf = append(buf, commitmentDomain...)
	buf = append(buf, salt[:]...)
	buf = append(buf, metaHash[:]...)
	buf = append(buf, bodyHash[:]...)
	return sha256.Sum256(buf)
}

// Leaf is the hash of a commitment in the tree (RFC 6962, section 2.1).
func Leaf(commitment [hashSize]byte) tlog.Hash {
	return tlog.RecordHash(commitment[:])
}

// saltOf derives the salt from 32 random bytes and the envelope (kind, id, time, subjects). The random part makes it unguessable;
// the envelope in it binds what the counterparty never sees.
func saltOf(random, envelope []byte) [hashSize]byte {
	var room [2048]byte // most envelopes fit, with the stamp of another log
	buf := append(room[:0], saltDomain...)
	buf = append(buf, random...)
	buf = append(buf, envelope...)
	return sha256.Sum256(buf)
}
