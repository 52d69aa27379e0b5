package proof

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"dobosh/internal/journal"
	"dobosh/internal/law"
)

// ErrSeal says that a stamp or a witnessed checkpoint is not one of this
// content.
var ErrSeal = errors.New("the seal is not of this decision")

// Entry is what is appended to the journal to seal the content: its meta and
// its canonical form as the body. Kind, ID, time and subjects are the caller's.
func (c Content) Entry() (journal.Entry, error) {
	if what := c.complete().outOfBounds(); what != "" {
		return journal.Entry{}, fmt.Errorf("seal decision: %s is missing or out of bounds", what)
	}
	meta, err := c.Meta()
	if err != nil {
		return journal.Entry{}, err
	}
	body, err := c.Canonical()
	if err != nil {
		return journal.Entry{}, err
	}
	return journal.Entry{Meta: meta, Body: body}, nil
}

// complete writes empty lists as lists, so that one content has one form.
func (c Content) complete() Content {
	if c.Receipts == nil {
		c.Receipts = []Receipt{}
	}
	if c.Decision.Affirms == nil {
		c.Decision.Affirms = []law.Statement{}
	}
	return c
}

// Build puts a decision file together from the content, the stamp of the entry
// that sealed it and, once there is one, the proof against a cosigned
// checkpoint of the same log. It refuses what could not be verified later.
func Build(c Content, stamp journal.Stamp, witnessed *journal.Proof) ([]byte, error) {
	c = c.complete()
	body, err := c.Canonical()
	if err != nil {
		return nil, err
	}
	f := File{Format: Format, Content: c}
	f.Seal = Seal{Content: sha256.Sum256(body), Salt: stamp.Salt, Index: stamp.Index, Proof: list(stamp.Proof)}
	if f.Seal.Checkpoint, err = trim(stamp.Checkpoint, false); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSeal, err)
	}
	if witnessed != nil {
		f.Witness = &Witness{Proof: list(witnessed.Hashes)}
		if f.Witness.Checkpoint, err = trim(witnessed.Checkpoint, true); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSeal, err)
		}
	}
	file, err := canonical(f)
	if err != nil {
		return nil, err
	}
	report, whole, ok := checkSeal(file, Trust{})
	if ok {
		report = checkRule(report, whole) // it is ours
	}
	for _, c := range report.Checks { // everything must fit together, whoever signed it
		if !c.OK && !slices.Contains([]string{"signer.unknown", "witness.unknown", "witness.absent"}, c.Detail) {
			return nil, fmt.Errorf("%w: %s %v", ErrSeal, c.Detail, c.Args)
		}
	}
	return file, nil
}

func list(hashes []tlog.Hash) []tlog.Hash { return append([]tlog.Hash{}, hashes...) }
