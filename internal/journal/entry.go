package journal

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Bounds of an entry. They keep one record from filling the disk and let readers refuse a length before they allocate.
const (
	MaxKind     = 64
	MaxID       = 128
	MaxSubject  = 128
	MaxSubjects = 64
	MaxMeta     = 256 << 10
	MaxBody     = 16 << 20
)

// ErrEntry says that an entry is outside the bounds above or that its meta is not JSON.
var ErrEntry = errors.New("entry cannot be journaled")

// Entry is one thing that happened, as its keeper remembers it.
//
// Meta and Body are what a counterparty sees and can check against a Stamp. Kind, ID, At and Subjects stay with the keeper; they
// are bound into the salt, so the keeper cannot change them later either, but a counterparty learns nothing of them.
type Entry struct {
	Kind string    // what it is, for example "answer"; 1 to MaxKind bytes
	ID   string    // the keeper's own name for it; at most MaxID bytes
	At   time.Time // an instant, kept in whole microseconds; zero means now

	// Subjects are pseudonyms of the persons concerned. The first one's content key seals the entry, so erasing that person
	// makes the content unreadable. At most MaxSubjects of at most MaxSubject bytes.
	Subjects []string

	// Received is the stamp with which a message of another log came, in the form of Stamp.Bytes, so that its keeper can prove it
	// later: sealed beside the content and bound into the salt like the envelope. Empty for what the keeper says itself.
	Received []byte

	Meta json.RawMessage // one JSON value, hashed byte for byte; at most MaxMeta bytes
	Body []byte          // at most MaxBody bytes

	// Sound says that Meta was encoded by this program, or read by kit/strict, just now: it is not read once more to see whether
	// it is JSON. It is not read back.
	Sound bool
	// Unproved says that nobody wants the proof of this entry now: its stamp has index, salt and checkpoint alone. It can be proved
	// later as any other. It is not read back.
	Unproved bool

	// Digest is the SHA-256 of a body that is kept elsewhere, such as a file that was streamed through. Body is then empty.
	Digest [sha256.Size]byte

	// Until is when the body may be kept no longer, such as the end of the retention that a contract sets: the first Sweep after
	// the end of that day (UTC) destroys its key. Kind, ID, At, Subjects, Meta, Received and the digest of the body stay. Zero for
	// a body that is kept. It is not read back.
	Until time.Time
	// Ended says of an entry that was read that its body is gone because its time was over. Digest is then that of the body.
	Ended bool

	// MetaSum and BodySum are the SHA-256 of Meta and of Body where whoever appends has them anyway; zero to have them computed.
	// They must be right: an entry with wrong ones can be proved to nobody.
	MetaSum, BodySum [sha256.Size]byte
}

// BodyHash is the hash of the body that the commitment holds.
func (e *Entry) BodyHash() [sha256.Size]byte {
	switch {
	case e.detached():
		return e.Digest
	case e.BodySum != [sha256.Size]byte{}:
		return e.BodySum
	}
	return sha256.Sum256(e.Body)
}

// sum computes the hashes that are not there yet, each once.
func (e *Entry) sum() {
	e.MetaSum = e.MetaHash()
	if !e.detached() {
		e.BodySum = e.BodyHash()
	}
}

// MetaHash is the hash of the meta that the commitment holds.
func (e *Entry) MetaHash() [sha256.Size]byte {
	if e.MetaSum != [sha256.Size]byte{} {
		return e.MetaSum
	}
	return sha256.Sum256(e.Meta)
}

func (e *Entry) detached() bool { return e.Digest != [sha256.Size]byte{} }

func (e *Entry) validate() error {
	switch {
	case e.Kind == "" || len(e.Kind) > MaxKind:
		return fmt.Errorf("%w: kind has %d bytes, 1 to %d are allowed", ErrEntry, len(e.Kind), MaxKind)
	case len(e.ID) > MaxID:
		return fmt.Errorf("%w: id has %d bytes, at most %d are allowed", ErrEntry, len(e.ID), MaxID)
	case len(e.Subjects) > MaxSubjects:
		return fmt.Errorf("%w: %d subjects, at most %d are allowed", ErrEntry, len(e.Subjects), MaxSubjects)
	case len(e.Meta) > MaxMeta:
		return fmt.Errorf("%w: meta has %d bytes, at most %d are allowed", ErrEntry, len(e.Meta), MaxMeta)
	case len(e.Body) > MaxBody:
		return fmt.Errorf("%w: body has %d bytes, at most %d are allowed", ErrEntry, len(e.Body), MaxBody)
	case e.detached() && len(e.Body) > 0:
		return fmt.Errorf("%w: it has both a body and the digest of a body kept elsewhere", ErrEntry)
	case !e.Until.IsZero() && !inPeriods(e.Until):
		return fmt.Errorf("%w: it is kept until %s, a day from 1970 to 9999 is allowed", ErrEntry, e.Until.Format(time.DateOnly))
	case len(e.Received) > 0 && !isStamp(e.Received):
		return fmt.Errorf("%w: what it was received with is not a stamp", ErrEntry)
	case !e.Sound && !json.Valid(e.Meta):
		return fmt.Errorf("%w: meta is not JSON", ErrEntry)
	}
	for _, s := range e.Subjects {
		if s == "" || len(s) > MaxSubject {
			return fmt.Errorf("%w: a subject has %d bytes, 1 to %d are allowed", ErrEntry, len(s), MaxSubject)
		}
	}
	return nil
}

// owner is the subject whose content key seals the entry; empty for the key of the log itself.
func (e *Entry) owner() string {
	if len(e.Subjects) == 0 {
		return ""
	}
	return e.Subjects[0]
}
