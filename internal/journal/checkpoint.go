package journal

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrCheckpoint says that a text is not a checkpoint, or not one signed by the key it should be signed by.
var ErrCheckpoint = errors.New("checkpoint is not valid")

// Checkpoint is the head of a log (C2SP tlog-checkpoint): this origin, at this size, had this root.
type Checkpoint struct {
	Origin string
	Size   int64 // entries
	Root   tlog.Hash
}

// Text is the body of the signed note.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// ParseCheckpoint reads the body of a checkpoint. Extension lines are allowed and ignored, as the standard says.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(text) > maxCheckpoint || len(lines) < 4 || lines[len(lines)-1] != "" {
		return Checkpoint{}, fmt.Errorf("%w: three lines are needed", ErrCheckpoint)
	}
	for _, line := range lines[:len(lines)-1] {
		if line == "" {
			return Checkpoint{}, fmt.Errorf("%w: an empty line", ErrCheckpoint)
		}
	}
	size, err := parseDecimal(lines[1])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: size: %w", ErrCheckpoint, err)
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: root: %w", ErrCheckpoint, err)
	}
	if size == 0 && root != emptyRoot() {
		return Checkpoint{}, fmt.Errorf("%w: the root of an empty log is not that of no leaves", ErrCheckpoint)
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}

// OpenCheckpoint checks the signature of a checkpoint by its log's key, whose name must be the origin. Other signatures, such as
// those of witnesses, are ignored.
func OpenCheckpoint(signed []byte, keys ...note.Verifier) (Checkpoint, error) {
	if len(signed) > maxCheckpoint {
		return Checkpoint{}, fmt.Errorf("%w: %d bytes", ErrCheckpoint, len(signed))
	}
	n, err := note.Open(signed, note.VerifierList(keys...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	for _, sig := range n.Sigs {
		if sig.Name == c.Origin {
			return c, nil
		}
	}
	return Checkpoint{}, fmt.Errorf("%w: origin %q is not the name of the key that signed it", ErrCheckpoint, c.Origin)
}

// noteText is the signed part of a note, without a check of any signature.
func noteText(signed []byte) (string, error) {
	s := string(signed)
	i := strings.LastIndex(s, "\n\n")
	if len(s) > maxCheckpoint || i < 0 {
		return "", fmt.Errorf("%w: not a signed note", ErrCheckpoint)
	}
	return s[:i+1], nil
}

// PeekCheckpoint reads what a checkpoint says without checking any signature: to find out whose key to ask for.
func PeekCheckpoint(signed []byte) (Checkpoint, error) {
	text, err := noteText(signed)
	if err != nil {
		return Checkpoint{}, err
	}
	return ParseCheckpoint(text)
}

func emptyRoot() tlog.Hash { return sha256.Sum256(nil) }

// parseDecimal reads an ASCII decimal without sign and leading zeroes.
func parseDecimal(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%.24q is not a plain decimal number", s)
	}
	return n, nil
}

// parseHash reads one hash in standard base64, in its only canonical form.
func parseHash(s string) (tlog.Hash, error) {
	var h tlog.Hash
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != len(h) || base64.StdEncoding.EncodeToString(b) != s {
		return h, fmt.Errorf("%.60q is not a SHA-256 hash in base64", s)
	}
	copy(h[:], b)
	return h, nil
}
