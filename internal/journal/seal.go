package journal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"slices"

	"dobosh/internal/kit/seal"
)

// bodyKey seals the body of an entry that is kept for a time: it is gone with either of the two keys.
func bodyKey(owner, period [keySize]byte) [keySize]byte {
	mac := hmac.New(sha256.New, owner[:])
	mac.Write([]byte(bodyKeyDomain))
	mac.Write(period[:])
	return [keySize]byte(mac.Sum(nil))
}

// sealing is what seals an entry.
type sealing struct {
	slot   uint32       // of the owner's key
	sealer *seal.Sealer // under it
	period uint32       // slot of the key of the period, where body is set
	body   *seal.Sealer // under both; nil for a body that is sealed with the rest
}

// sealed is an entry ready to be written: its frame is complete and only its place in the log is open.
type sealed struct {
	size     int // bytes of the frame
	salt     [hashSize]byte
	leaf     [hashSize]byte
	unproved bool
	glimpse
}

// sealEntry encodes and encrypts an entry behind what buf holds, where it becomes its frame.
func sealEntry(buf []byte, e *Entry, with sealing) ([]byte, sealed) {
	var random [randomSize + nonceSize]byte
	rand.Read(random[:]) // never fails (crypto/rand)
	return sealWith(buf, e, with, [randomSize]byte(random[:randomSize]), [nonceSize]byte(random[randomSize:]))
}

// frameRoom is how many bytes the frame of an entry has at most.
func frameRoom(e *Entry) int { return keptContent + contentSize(e) + 2*seal.TagSize }

func sealWith(buf []byte, e *Entry, with sealing, random [randomSize]byte, nonce [nonceSize]byte) ([]byte, sealed) {
	e.sum()
	kind, head := byte(frameEntry), entryContent
	if with.body != nil {
		kind, head = frameKept, keptContent
	}
	begin := len(buf)
	buf = slices.Grow(buf, frameRoom(e))[:begin+head]
	buf, salt := appendContent(buf, e, random)
	commitment := Commitment(salt, e.MetaHash(), e.BodyHash())
	putEntryHead(buf[begin:], kind, commitment, with.slot, nonce)
	buf = with.sealer.AppendAt(buf[:begin+head], nonce, buf[begin+head:], commitment[:])
	if with.body != nil {
		putKeptHead(buf[begin:], with.period, len(buf)-begin-keptContent)
		buf = with.body.AppendAt(buf, nonce, e.Body, commitment[:]) // the same nonce: the keys are not the same
	}
	finishFrame(buf[begin:])
	return buf, sealed{size: len(buf) - begin, salt: salt, leaf: Leaf(commitment), unproved: e.Unproved, glimpse: glimpse{e.Kind, len(e.Subjects)}}
}

// keys give what opens a record. Errors are ErrErased, errSlot and that of reading.
type keys interface {
	opener(slot uint32) (*seal.Sealer, error)
	bodyOpener(slot, period uint32) (*seal.Sealer, error)
}

// open decrypts a record and checks that its content is the one committed to. Where only the period of the body has ended, the
// entry has the digest of the body and no error.
func (r record) open(with keys) (Entry, [hashSize]byte, error) {
	none := [hashSize]byte{}
	opener, err := with.opener(r.slot)
	if err != nil {
		return Entry{}, none, err
	}
	plain, err := opener.OpenAt(r.nonce, r.content, r.commitment[:])
	if err != nil {
		return Entry{}, none, errors.New("content does not open with its key")
	}
	e, salt, beside, err := parseContent(plain)
	if err != nil || beside != r.kept {
		return Entry{}, none, errContent
	}
	if beside {
		if err := r.openBody(&e, with); err != nil {
			return Entry{}, none, err
		}
	}
	if Commitment(salt, e.MetaHash(), e.BodyHash()) != r.commitment {
		return Entry{}, none, errors.New("content is not the one committed to")
	}
	return e, salt, nil
}

// openBody puts the body in the place of its digest, as long as its period has not ended.
func (r record) openBody(e *Entry, with keys) error {
	opener, err := with.bodyOpener(r.slot, r.period)
	if errors.Is(err, ErrErased) {
		e.Ended = true
		return nil
	}
	if err != nil {
		return err
	}
	body, err := opener.OpenAt(r.nonce, r.body, r.commitment[:])
	if err != nil {
		return errors.New("body does not open with its keys")
	}
	if sha256.Sum256(body) != e.Digest {
		return errors.New("body is not the one that belongs to the content")
	}
	e.Body, e.Digest = body, [hashSize]byte{}
	return nil
}
