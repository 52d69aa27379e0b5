package journal

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/kit/strict"
)

// ErrContinuation says that a text is no continuation, or not one signed by the log that it is of.
var ErrContinuation = errors.New("continuation is not valid")

// Bounds of a continuation.
const (
	MaxWhy          = 1000 // bytes
	maxContinuation = 64 << 10
)

// Continuation is the word of a log that has lost entries for good: others have seen Seen, and it goes on from Kept, which is less. What
// was proved under Seen stays proved; the log says in the open that it cannot show it any more. It is signed like a checkpoint:
//
//	dobosh continuation v1
//	ORIGIN
//	SIZE ROOT      of what was seen
//	SIZE ROOT      of what was kept
//	WHY            base64
//
// and travels with the signed checkpoint of what was kept.
type Continuation struct {
	Seen, Kept Checkpoint // of the same origin
	Why        string
}

const continuationStart = "dobosh continuation v1"

// signedContinuation is how it travels.
type signedContinuation struct {
	Note string `json:"note"`
	Kept string `json:"kept"` // checkpoint, signed
}

func (c Continuation) text() string {
	at := func(c Checkpoint) string {
		return fmt.Sprintf("%d %s", c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
	}
	return strings.Join([]string{continuationStart, c.Seen.Origin, at(c.Seen), at(c.Kept), base64.StdEncoding.EncodeToString([]byte(c.Why)), ""}, "\n")
}

func (c Continuation) check() error {
	switch {
	case c.Seen.Origin != c.Kept.Origin:
		return fmt.Errorf("%w: it is of two logs", ErrContinuation)
	case c.Kept.Size >= c.Seen.Size:
		return fmt.Errorf("%w: nothing was lost: %d entries are kept of %d", ErrContinuation, c.Kept.Size, c.Seen.Size)
	case c.Why == "" || len(c.Why) > MaxWhy:
		return fmt.Errorf("%w: the reason has %d bytes, 1 to %d are allowed", ErrContinuation, len(c.Why), MaxWhy)
	}
	return nil
}

// Continue signs that the log goes on from what it had at kept, which is less than a checkpoint that it signed. What it gives
// is shown to witnesses and partners; [OpenContinuation] is for whoever wants to check it.
func (l *Log) Continue(seen, kept []byte, why string) (signed []byte, c Continuation, err error) {
	c.Why = why
	if c.Seen, err = OpenCheckpoint(seen, l.Keys()...); err != nil {
		return nil, c, err
	}
	if err := l.Extends(kept); err != nil {
		return nil, c, err
	}
	if c.Kept, err = OpenCheckpoint(kept, l.Keys()...); err != nil {
		return nil, c, err
	}
	if err := c.check(); err != nil {
		return nil, c, err
	}
	n, err := note.Sign(&note.Note{Text: c.text()}, l.signed.Load().signer)
	if err != nil {
		return nil, c, fmt.Errorf("sign continuation: %w", err)
	}
	signed, err = json.Marshal(signedContinuation{string(n), string(kept)})
	return signed, c, err
}

// PeekContinuation says of which log a continuation is, without a check of any signature.
func PeekContinuation(signed []byte) (origin string, err error) {
	s, err := readContinuation(signed)
	if err != nil {
		return "", err
	}
	text, err := noteText([]byte(s.Note))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrContinuation, err)
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[0] != continuationStart {
		return "", fmt.Errorf("%w: five lines are needed", ErrContinuation)
	}
	return lines[1], nil
}

func readContinuation(signed []byte) (s signedContinuation, err error) {
	if err := strict.Upto(maxContinuation).Decode(signed, &s); err != nil {
		return s, fmt.Errorf("%w: %w", ErrContinuation, err)
	}
	return s, nil
}

// OpenContinuation checks a continuation and the checkpoint that it goes on from. It gives that checkpoint too.
func OpenContinuation(signed []byte, keys ...note.Verifier) (c Continuation, kept []byte, err error) {
	s, err := readContinuation(signed)
	if err != nil {
		return c, nil, err
	}
	n, err := note.Open([]byte(s.Note), note.VerifierList(keys...))
	if err != nil {
		return c, nil, fmt.Errorf("%w: %w", ErrContinuation, err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 6 || lines[0] != continuationStart || n.Sigs[0].Name != lines[1] {
		return c, nil, fmt.Errorf("%w: it is not signed by the log that it is of", ErrContinuation)
	}
	for i, into := range []*Checkpoint{&c.Seen, &c.Kept} {
		size, root, _ := strings.Cut(lines[2+i], " ")
		if *into, err = ParseCheckpoint(lines[1] + "\n" + size + "\n" + root + "\n"); err != nil {
			return c, nil, fmt.Errorf("%w: %w", ErrContinuation, err)
		}
	}
	why, err := base64.StdEncoding.Strict().DecodeString(lines[4])
	if err != nil {
		return c, nil, fmt.Errorf("%w: the reason is not base64", ErrContinuation)
	}
	c.Why = string(why)
	if err := c.check(); err != nil {
		return c, nil, err
	}
	from, err := OpenCheckpoint([]byte(s.Kept), keys...)
	if err != nil || from != c.Kept {
		return c, nil, errors.Join(err, fmt.Errorf("%w: its checkpoint is another one", ErrContinuation))
	}
	return c, []byte(s.Kept), nil
}
