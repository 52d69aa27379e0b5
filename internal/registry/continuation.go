package registry

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/strict"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Continuation says how the registry goes on where its own key cannot: from which
// head, by whose key, and which other heads are given up. The keys of recovery
// sign it ([State.Recovery]). It is a statement of the log itself, and its place
// there is the size of the head that it goes on from.
//
// It promotes a standby when Key is new, and ends a fork when GivenUp names the
// head of the history that goes on no more.
type Continuation struct {
	Checkpoint string    `json:"checkpoint"`         // that goes on, signed by the key until then
	Key        string    `json:"key"`                // verifier key that signs from then on
	Member     ID        `json:"member"`             // whose node
	Node       string    `json:"node"`               // keeps the registry from then on
	Address    string    `json:"address"`            // where it is reached, host:port
	Pin        string    `json:"pin"`                // of its TLS key
	GivenUp    []Head    `json:"given_up,omitempty"` // heads of histories that end
	Reason     string    `json:"reason"`
	At         time.Time `json:"at"`
}

// Head is the size and the root of a history.
type Head struct {
	Size int64  `json:"size"`
	Root string `json:"root"` // base64, as in a checkpoint
}

// HeadOf gives the head that a checkpoint is about.
func HeadOf(c journal.Checkpoint) Head {
	return Head{c.Size, base64.StdEncoding.EncodeToString(c.Root[:])}
}

// continuationHeading begins the text that the keys of recovery sign.
const continuationHeading = "dobosh continuation v1\n"

// maxGivenUp bounds the heads that one continuation names.
const maxGivenUp = 64

// ErrContinuation is the cause of every continuation that is refused.
var ErrContinuation = errors.New("continuation")

// Sign makes a note of the continuation with the signatures of keys of recovery.
func (c Continuation) Sign(signers ...note.Signer) (string, error) {
	text, err := canonical.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("canonical continuation: %w", err)
	}
	signed, err := note.Sign(&note.Note{Text: continuationHeading + string(text) + "\n"}, signers...)
	if err != nil {
		return "", fmt.Errorf("sign continuation: %w", err)
	}
	return string(signed), nil
}

// ReadContinuation reads a continuation without a look at its signatures.
func ReadContinuation(signed string) (c Continuation, err error) {
	wrong := func(why any) (Continuation, error) { return c, fmt.Errorf("%w: %v", ErrContinuation, why) }
	text, _, found := strings.Cut(signed, "\n\n")
	body, headed := strings.CutPrefix(text, continuationHeading)
	if !found || !headed || len(signed) > maxStatement {
		return wrong("is no signed continuation")
	}
	if err := strict.Upto(maxStatement).Decode([]byte(body), &c); err != nil {
		return wrong(err)
	}
	if again, err := canonical.Marshal(c); err != nil || string(again) != body {
		return wrong("is not in canonical form")
	}
	if _, err := note.NewVerifier(c.Key); err != nil {
		return wrong(err)
	}
	if _, err := journal.PeekCheckpoint([]byte(c.Checkpoint)); err != nil {
		return wrong(err)
	}
	host, port, err := net.SplitHostPort(c.Address)
	switch {
	case err != nil || host == "" || port == "" || !validPin(c.Pin) || c.Member != c.Member.Owner() || checkName(c.Node) != nil:
		return wrong("names no node that can be reached")
	case len(c.GivenUp) > maxGivenUp || len(c.Reason) > maxNotice || c.Reason == "":
		return wrong("names too many heads, or no reason")
	}
	return c, nil
}

// from is the head that goes on.
func (c Continuation) from() journal.Checkpoint {
	head, _ := journal.PeekCheckpoint([]byte(c.Checkpoint)) // it was read
	return head
}

// givesUp reports whether a head of so many statements, which contradicts the
// history that goes on, is of one that was given up.
func (c Continuation) givesUp(size int64) bool {
	return slices.ContainsFunc(c.GivenUp, func(h Head) bool { return h.Size >= size })
}

// authorized reports whether enough keys of recovery have signed.
func (r Recovery) authorized(signed string) error {
	n, err := note.Open([]byte(signed), note.VerifierList(r.verifiers()...))
	if err != nil {
		return fmt.Errorf("%w: no key of recovery has signed it: %w", ErrContinuation, err)
	}
	if len(n.Sigs) < r.Quorum {
		return fmt.Errorf("%w: %d of %d keys of recovery have signed it", ErrContinuation, len(n.Sigs), r.Quorum)
	}
	return nil
}

// continued is a continuation with its place in the log.
type continued struct {
	Continuation
	at     int64
	signed string
}

// applyContinuation takes one in whose head is what the log was at its place.
// anchor is the key that this copy was told to believe; root is that of the log
// before the statement.
func (s *State) applyContinuation(signed string, at int64, anchor note.Verifier, root tlog.Hash) error {
	c, err := ReadContinuation(signed)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStatement, err)
	}
	if head := c.from(); head.Size != at || head.Root != root {
		return fmt.Errorf("%w: %w: is of another head", ErrStatement, ErrContinuation)
	}
	if _, err := journal.OpenCheckpoint([]byte(c.Checkpoint), s.keyAt(anchor, at)); err != nil && !names(c.Key, anchor) { // who was told to believe the new key cannot know the old one
		return fmt.Errorf("%w: %w: %w", ErrStatement, ErrContinuation, err)
	}
	if s.recovery == nil {
		return fmt.Errorf("%w: %w: no keys of recovery are named", ErrStatement, ErrContinuation)
	}
	if err := s.recovery.authorized(signed); err != nil {
		return fmt.Errorf("%w: %w", ErrStatement, err)
	}
	s.continued = append(slices.Clone(s.continued), continued{c, at, signed})
	return nil
}

// names reports whether a text is that of a key.
func names(text string, key note.Verifier) bool {
	read, err := note.NewVerifier(text)
	return err == nil && read.Name() == key.Name() && read.KeyHash() == key.KeyHash()
}

// keyAt is the key that signs a checkpoint over so many statements; anchor is
// that of the beginning.
func (s *State) keyAt(anchor note.Verifier, size int64) note.Verifier {
	key := anchor
	for _, c := range s.continued {
		if size <= c.at {
			break
		}
		if next, err := journal.ParseKey(c.Key); err == nil {
			key = next
		}
	}
	return key
}

// open reads a checkpoint that the key of its size has signed.
func (s *State) open(anchor note.Verifier, signed []byte) (journal.Checkpoint, error) {
	claimed, err := journal.PeekCheckpoint(signed)
	if err != nil {
		return claimed, err
	}
	return journal.OpenCheckpoint(signed, s.keyAt(anchor, claimed.Size))
}

// excuses reports whether a head of so many statements, which contradicts this
// history, is one that was given up.
func (s *State) excuses(size int64) bool {
	return slices.ContainsFunc(s.continued, func(c continued) bool { return c.givesUp(size) })
}

// Keeper is who keeps the registry where that was decided later than at its
// founding.
func (s *State) Keeper() (Continuation, bool) {
	if len(s.continued) == 0 {
		return Continuation{}, false
	}
	return s.continued[len(s.continued)-1].Continuation, true
}
