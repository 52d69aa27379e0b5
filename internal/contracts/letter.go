package contracts

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/strict"
	"dobosh/internal/kit/text"
	"dobosh/internal/registry"

	"golang.org/x/mod/sumdb/note"
)

// Letter is one act as it is told to the other side. It is a note signed by
// the journal key of a node of its sender, so both can show it later.
type Letter struct {
	Proposal string      `json:"proposal"` // id
	N        int         `json:"n"`        // number of the act in the proposal, from 1
	Act      Act         `json:"act"`
	From     registry.ID `json:"from"`               // member
	At       time.Time   `json:"at"`                 // when it was written
	Contract string      `json:"contract,omitempty"` // the text, signed by the sender; with an approval by both
	Reason   string      `json:"reason,omitempty"`
}

const (
	letterHeading = "dobosh letter v1\n"
	maxLetter     = 192 << 10 // bytes; a contract has at most 64 KiB as a statement
	maxSteps      = 1000      // acts in one proposal
	maxReason     = 2000      // characters
)

// ErrLetter is the cause of every letter that cannot be read.
var ErrLetter = errors.New("letter")

// sign writes the letter.
func (l Letter) sign(signer note.Signer) (string, error) {
	raw, err := canonical.Marshal(l)
	if err != nil {
		return "", fmt.Errorf("write letter: %w", err)
	}
	signed, err := note.Sign(&note.Note{Text: letterHeading + string(raw) + "\n"}, signer)
	if err != nil {
		return "", fmt.Errorf("sign letter: %w", err)
	}
	return string(signed), nil
}

// readLetter reads a letter that a key of its sender signed.
func readLetter(signed string, keys func(member registry.ID) note.Verifiers) (Letter, error) {
	var l Letter
	text, _, found := strings.Cut(signed, "\n\n")
	body, headed := strings.CutPrefix(text, letterHeading)
	if len(signed) > maxLetter || !found || !headed {
		return l, fmt.Errorf("%w: has not the form of one", ErrLetter)
	}
	if err := strict.Upto(maxLetter).Decode([]byte(body), &l); err != nil {
		return l, fmt.Errorf("%w: %w", ErrLetter, err)
	}
	if err := l.check(); err != nil {
		return l, err
	}
	if _, err := note.Open([]byte(signed), keys(l.From)); err != nil {
		return l, fmt.Errorf("%w: signature of %s: %w", ErrLetter, l.From, err)
	}
	return l, nil
}

func (l Letter) check() error {
	wrong := func(what string) error { return fmt.Errorf("%w: %s", ErrLetter, what) }
	switch {
	case !id.Valid(l.Proposal):
		return wrong("names no proposal")
	case l.N < 1 || l.N > maxSteps || (l.N == 1) != (l.Act == Propose):
		return wrong("has a number that its act cannot have")
	case l.Act != Propose && l.Act != Amend && l.Act != Approve && l.Act != Refuse && l.Act != Withdraw && l.Act != Fail:
		return wrong("says an act that is none")
	case l.Act.written() != (l.Contract != ""):
		return wrong("carries a text where none belongs, or none where one does")
	case l.Act.reasoned() && !sayable(l.Reason):
		return wrong("gives no reason, or one that is too long")
	case !l.Act.reasoned() && l.Reason != "":
		return wrong("gives a reason where none belongs")
	case l.From == registry.ID{} || l.From != l.From.Owner():
		return wrong("is from no member")
	}
	return nil
}

// sayable wants up to maxReason characters of text.
func sayable(s string) bool {
	_, err := text.Lines(s, maxReason)
	return err == nil
}

// signedBy reports whether a key of the member signed the note.
func signedBy(signed string, keys note.Verifiers) bool {
	_, err := note.Open([]byte(signed), keys)
	return err == nil
}

// digestOf names the text of a contract.
func digestOf(c registry.Contract) string {
	sum := c.Digest()
	return hex.EncodeToString(sum[:])
}
