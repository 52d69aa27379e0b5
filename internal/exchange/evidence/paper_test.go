package evidence_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"dobosh/internal/journal"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// paper is a journal in which nothing is left to chance, so that the files of the
// specification are the same in every run: the salt of entry n is SHA-256 of the
// origin and n.
type paper struct {
	tb      testing.TB
	origin  string
	signer  note.Signer
	key     note.Verifier
	entries []journal.Entry
	stamps  []journal.Stamp
	hashes  []tlog.Hash
}

func (p *paper) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		found[i] = p.hashes[at]
	}
	return found, nil
}

func (p *paper) append(e journal.Entry) journal.Stamp {
	p.tb.Helper()
	index := int64(len(p.entries))
	s := journal.Stamp{Index: index, Salt: sha256.Sum256(fmt.Appendf(nil, "%s %d", p.origin, index))}
	leaf := s.Leaf(sha256.Sum256(e.Meta), e.BodyHash())
	p.hashes = append(p.hashes, testkit.Must[[]tlog.Hash](p.tb)(tlog.StoredHashesForRecordHash(index, leaf, p))...)
	p.entries = append(p.entries, e)
	s.Checkpoint = p.Checkpoint()
	s.Proof = testkit.Must[tlog.RecordProof](p.tb)(tlog.ProveRecord(index+1, index, p))
	p.stamps = append(p.stamps, s)
	return s
}

func (p *paper) Checkpoint() []byte {
	size := int64(len(p.entries))
	root := testkit.Must[tlog.Hash](p.tb)(tlog.TreeHash(size, p))
	return testkit.Must[[]byte](p.tb)(note.Sign(&note.Note{Text: journal.Checkpoint{Origin: p.origin, Size: size, Root: root}.Text()}, p.signer))
}

func (p *paper) Search(_ context.Context, q journal.Query) (found []journal.Logged, next int64, err error) {
	for i, e := range p.entries {
		if e.ID == q.ID && slices.Contains(q.Kinds, e.Kind) {
			found = append(found, journal.Logged{Index: int64(i), Entry: e})
		}
	}
	return found, 0, nil
}

func (p *paper) Read(_ context.Context, index int64) (journal.Entry, journal.Stamp, error) {
	if index >= int64(len(p.entries)) {
		return journal.Entry{}, journal.Stamp{}, journal.ErrNotFound
	}
	return p.entries[index], p.stamps[index], nil
}

func (p *paper) ProofFor(index int64, salt [32]byte, checkpoint []byte) (journal.Proof, error) {
	c, err := journal.OpenCheckpoint(checkpoint, p.key)
	if err != nil {
		return journal.Proof{}, err
	}
	hashes, err := tlog.ProveRecord(c.Size, index, p)
	return journal.Stamp{Index: index, Salt: salt, Proof: hashes, Checkpoint: checkpoint}.ProofFile(), err
}

// onPaper lets a side write on paper from now on.
func (s *side) onPaper() {
	s.paper = &paper{tb: s.tb, origin: s.origin(), signer: s.signer(), key: verifierOf(s.tb, s.origin(), s.key)}
	s.room.Journal = s.paper
	for range 3 {
		s.append(journal.Entry{Kind: "other", Meta: []byte("{}")})
	}
}
