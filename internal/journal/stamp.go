package journal

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxStampText and MaxStampBytes bound the two forms of a Stamp, in bytes.
const (
	MaxStampText  = 8 << 10
	MaxStampBytes = MaxStampText / 4 * 3
)

// ErrStamp says that a text is not a stamp.
var ErrStamp = errors.New("not a stamp")

// ErrProof says that a message is not the one that was logged, or was not logged by this log.
var ErrProof = errors.New("message is not in the log")

// Stamp proves that a message is in a log. It travels with the message and is checked with Verify.
type Stamp struct {
	Index      int64            // of the entry in the log
	Salt       [hashSize]byte   // opens the commitment
	Proof      tlog.RecordProof // audit path from the leaf to the root of the checkpoint
	Checkpoint []byte           // signed note; shared with others, not to be changed
}

const stampVersion = 1

// Text is the stamp for a header: its bytes in unpadded base64url.
func (s Stamp) Text() string { return base64.RawURLEncoding.EncodeToString(s.Bytes()) }

// Bytes is the stamp: version[1] uvarint(index) salt[32] count[1] hash[32]* checkpoint.
func (s Stamp) Bytes() []byte {
	return s.AppendTo(make([]byte, 0, 1+binary.MaxVarintLen64+hashSize+1+len(s.Proof)*hashSize+len(s.Checkpoint)))
}

// AppendTo appends the bytes of the stamp.
func (s Stamp) AppendTo(b []byte) []byte {
	b = append(b, stampVersion)
	b = binary.AppendUvarint(b, uint64(s.Index))
	b = append(b, s.Salt[:]...)
	b = append(b, byte(len(s.Proof)))
	for i := range s.Proof {
		b = append(b, s.Proof[i][:]...)
	}
	return append(b, s.Checkpoint...)
}

// ParseStamp reads the text of a stamp. There is one text for one stamp; anything else is ErrStamp. Nothing is verified.
func ParseStamp(text string) (Stamp, error) {
	if len(text) > MaxStampText {
		return Stamp{}, fmt.Errorf("%w: %d characters", ErrStamp, len(text))
	}
	if strings.ContainsAny(text, "\r\n") { // the decoder of base64 skips line ends
		return Stamp{}, ErrStamp
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return Stamp{}, fmt.Errorf("%w: %w", ErrStamp, err)
	}
	return ParseStampBytes(b)
}

// ParseStampBytes reads the bytes of a stamp, which the stamp goes on to use. There is one writing of one stamp; anything else
// is ErrStamp. Nothing is verified.
func ParseStampBytes(b []byte) (Stamp, error) {
	if len(b) == 0 || len(b) > MaxStampBytes || b[0] != stampVersion {
		return Stamp{}, fmt.Errorf("%w: too long, or of an unknown version", ErrStamp)
	}
	index, n := binary.Uvarint(b[1:])
	if n <= 0 || int64(index) < 0 || n != max(1, (bits.Len64(index)+6)/7) {
		return Stamp{}, fmt.Errorf("%w: index", ErrStamp)
	}
	r := fields{rest: b[1+n:]}
	s := Stamp{Index: int64(index)}
	copy(s.Salt[:], r.take(hashSize))
	if count := int(r.byte()); count < 64 {
		s.Proof = hashes(r.take(count * hashSize))
	} else {
		r.bad = true
	}
	s.Checkpoint = r.rest
	if r.bad {
		return Stamp{}, ErrStamp
	}
	return s, nil
}

// isStamp is for journals that keep the stamp of a message: it looks at its form alone, since whoever keeps it has parsed and
// verified it.
func isStamp(b []byte) bool { return len(b) > 0 && len(b) <= MaxStampBytes && b[0] == stampVersion }

func hashes(b []byte) []tlog.Hash {
	list := make([]tlog.Hash, len(b)/hashSize)
	for i := range list {
		copy(list[i][:], b[i*hashSize:])
	}
	return list
}

// Leaf is the leaf that the message of this stamp has in the tree.
func (s Stamp) Leaf(meta, body [hashSize]byte) tlog.Hash {
	return Leaf(Commitment(s.Salt, meta, body))
}

// Verify checks that the message with these SHA-256 hashes is in the log that key belongs to. Errors: ErrCheckpoint, ErrProof.
func Verify(s Stamp, meta, body [hashSize]byte, key note.Verifier) error {
	c, err := OpenCheckpoint(s.Checkpoint, key)
	if err != nil {
		return err
	}
	return c.contains(s, meta, body)
}

func (c Checkpoint) contains(s Stamp, meta, body [hashSize]byte) error {
	return c.Includes(s.Proof, s.Index, s.Leaf(meta, body))
}

// Includes checks the audit path of a leaf against the checkpoint.
func (c Checkpoint) Includes(proof tlog.RecordProof, index int64, leaf tlog.Hash) error {
	if index < 0 || index >= c.Size {
		return fmt.Errorf("%w: entry %d is not among %d", ErrProof, index, c.Size)
	}
	if err := tlog.CheckRecord(proof, c.Size, c.Root, index, leaf); err != nil {
		return fmt.Errorf("%w: its proof does not lead to the signed root", ErrProof)
	}
	return nil
}
