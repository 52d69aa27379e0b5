package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/journal/timestamp"

	"golang.org/x/mod/sumdb/note"
)

// Evidence is what the journal of a node is checked with: where it lies, the
// key that signs it, and what witnesses hold of it.
func (c Config) Evidence() (dir string, key note.Verifier, known [][]byte, err error) {
	private, err := ReadKey(c.Keys.Log)
	if err != nil {
		return "", nil, nil, err
	}
	if key, err = journal.NewKey(Origin(c.Member, c.Name), PublicOf(private)); err != nil {
		return "", nil, nil, err
	}
	if known, err = c.cosigned(); err != nil {
		return "", nil, nil, err
	}
	return filepath.Join(c.Dir, "journal"), key, known, nil
}

// cosigned is the checkpoint that witnesses hold: a journal that does not
// extend it was cut back or replaced, and does not open.
func (c Config) cosigned() ([][]byte, error) {
	signed, err := os.ReadFile(c.cosignedFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return [][]byte{signed}, nil
}

func (c Config) cosignedFile() string { return filepath.Join(c.Dir, "cosigned") }

// openEvidences makes the room that proves exchanges to strangers, and gives it to
// the auditors.
func (n *Node) openEvidences(context.Context) error {
	signer, err := journal.NewSigner(n.journal.Origin(), n.logKey)
	if err != nil {
		return err
	}
	n.oversight.Evidences = &evidence.Room{
		Journal: n.journal, Registry: n.registry, Signer: signer, Now: n.now, Cosigned: n.cosignedSoon, Stamped: n.cfg.stamped,
	}
	return nil
}

// witnessMoment is how long whoever takes evidence of what just happened waits for
// a witness.
const witnessMoment = 5 * time.Second

// cosignedSoon is the newest cosigned checkpoint, of so many entries if that comes
// soon.
func (n *Node) cosignedSoon(ctx context.Context, size int64) []byte {
	if n.cosigner == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, witnessMoment)
	defer cancel()
	_ = n.cosigner.WaitCosigned(ctx, size) // what there is will do
	return n.cosigner.Cosigned()
}

// stamped is the first time-stamp that covers an entry.
func (c Config) stamped(index int64) (timestamp.Kept, bool, error) {
	return timestamp.Covering(c.stampDir(), index)
}
