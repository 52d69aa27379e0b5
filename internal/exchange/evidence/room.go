package evidence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/journal/timestamp"
	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"

	"golang.org/x/mod/sumdb/note"
)

// Journal is a log of this node, as it is read.
type Journal interface {
	Search(ctx context.Context, q journal.Query) (found []journal.Logged, next int64, err error)
	Read(ctx context.Context, index int64) (journal.Entry, journal.Stamp, error)
	ProofFor(index int64, salt [32]byte, checkpoint []byte) (journal.Proof, error)
	Checkpoint() []byte
}

// Statements are the registry as this node knows it.
type Statements interface {
	History(ctx context.Context, words []string, each func(registry.Placed)) error
	ProveAll(ctx context.Context, indexes []int64) ([]registry.Proved, []byte, error)
}

// Room makes evidence files from what one node keeps. It is safe for concurrent
// use.
type Room struct {
	Journal  Journal
	Registry Statements
	Signer   note.Signer // the node's key; its name is the origin of the journal
	Now      clock.Now

	// Translate names a person in another sector; nil where the node cannot.
	Translate func(from, to, pseudonym string) (string, error)
	// Cosigned gives the newest checkpoint with cosignatures, and may wait a moment
	// for one over so many entries; nil where there are no witnesses.
	Cosigned func(ctx context.Context, size int64) []byte
	// Stamped gives the first time-stamp over a checkpoint that covers an entry; nil
	// where the journal is not time-stamped.
	Stamped func(index int64) (timestamp.Kept, bool, error)
}

// Option says what a file is to hold.
type Option func(*exchangeEntries)

// WithoutBodies leaves the content out: its digests prove it to who has it.
func WithoutBodies(c *exchangeEntries) { c.bare = true }

// Export makes the evidence file of an exchange by its id; of several with one id,
// which different askers may give, that of the newest. Errors are the problems
// "exchange-unknown" and "evidence-too-large", and those of reading.
func (r *Room) Export(ctx context.Context, id string, options ...Option) ([]byte, error) {
	entries, err := r.entries(ctx, journal.Query{ID: id})
	if err != nil {
		return nil, err
	}
	list := pair(entries)
	if len(list) == 0 {
		return nil, unknown()
	}
	file, _, err := r.export(ctx, list[len(list)-1], options)
	return file, err
}

// around is how far the entries of one exchange may lie from each other.
const around = 3 * time.Hour

// ExportAt makes the evidence file of the exchange that an entry of the journal
// belongs to, and says whom it is about: whoever hands it out has to tell them. They
// are named in [exchange.ReceiptSector], as far as this node can. Errors are those of
// [Room.Export] and the problem "exchange-erased".
func (r *Room) ExportAt(ctx context.Context, index int64) (file []byte, persons []string, err error) {
	entry, _, err := r.Journal.Read(ctx, index)
	switch {
	case isErased(err):
		return nil, nil, problem.New(problem.Gone, "exchange-erased").Because(err)
	case errors.Is(err, journal.ErrNotFound):
		return nil, nil, unknown()
	case err != nil:
		return nil, nil, err
	}
	entries, err := r.entries(ctx, journal.Query{ID: entry.ID, From: entry.At.Add(-around), To: entry.At.Add(around)})
	if err != nil {
		return nil, nil, err
	}
	for _, x := range pair(entries) {
		if x.holds(index) {
			return r.export(ctx, x, nil)
		}
	}
	return nil, nil, unknown()
}

func unknown() error { return problem.New(problem.NotFound, "exchange-unknown") }

func (r *Room) export(ctx context.Context, x exchangeEntries, options []Option) (file []byte, persons []string, err error) {
	for _, option := range options {
		option(&x)
	}
	f, err := r.build(ctx, x)
	if err != nil {
		return nil, nil, fmt.Errorf("make evidence: %w", err)
	}
	var terms []registry.Contract
	if f.Registry, terms, err = r.statements(ctx, x); err != nil {
		return nil, nil, fmt.Errorf("make evidence: %w", err)
	}
	file, err = r.seal(f)
	return file, r.persons(x, terms), err
}

// persons are those whom the journal names with the exchange and those whom any
// terms of its contract find in it: who asks about a birth learns only from the
// answer who the mother is.
func (r *Room) persons(x exchangeEntries, terms []registry.Contract) (persons []string) {
	for _, e := range x.entries() {
		persons = append(persons, e.Subjects...)
	}
	var asked, answer []byte // nobody is found in what is gone
	if len(x.request.Body) > 0 {
		asked, _ = x.requestMeta.Open(x.request.Body)
	}
	if x.response != nil && len(x.response.Body) > 0 {
		answer, _ = x.responseMeta.Open(x.response.Body)
	}
	for _, c := range terms {
		for _, person := range exchange.Concerned(c, x.requestMeta, asked, answer) {
			if r.Translate == nil {
				continue
			}
			if receipt, err := r.Translate(c.Sector, exchange.ReceiptSector, person); err == nil {
				persons = append(persons, receipt)
			}
		}
	}
	slices.Sort(persons)
	return slices.Compact(persons)
}

// seal signs the file and writes it.
func (r *Room) seal(f File) ([]byte, error) {
	f.Made = Made{By: r.Signer.Name(), At: r.Now().UTC().Truncate(time.Second)}
	text, err := f.sealed()
	if err != nil {
		return nil, err
	}
	if f.Seal, err = r.Signer.Sign(text); err != nil {
		return nil, fmt.Errorf("seal evidence: %w", err)
	}
	raw, err := canonical.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("canonical evidence: %w", err)
	}
	if len(raw) > MaxSize {
		return nil, problem.New(problem.TooLarge, "evidence-too-large")
	}
	return raw, sound(raw)
}

// sound refuses to give out what nobody could verify. What the parties did wrong is
// no reason: that is what evidence is for.
func sound(raw []byte) error {
	proving := []string{CheckForm, CheckRegistry, CheckSeal, CheckRequest, CheckResponse, CheckAsked, CheckGiven}
	for _, c := range Verify(raw, Trust{}).Checks {
		if c.Result == Fails && slices.Contains(proving, c.Name) && c.Detail != CheckRegistry+".unknown" {
			return fmt.Errorf("the evidence does not hold: %s %v", c.Detail, c.Args)
		}
	}
	return nil
}
