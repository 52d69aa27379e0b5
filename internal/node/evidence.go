package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/journal/timestamp"
	"dobosh/internal/kit/clock"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
)

// Evidence is what the journal of a node is checked with: where it lies, the
// key that signs it, and what witnesses hold of it.
func (c Config) Evidence() (dir string, key note.Verifier, known [][]byte, err error) {
	private, err := credential.ReadKey(c.Keys.Log)
	if err != nil {
		return "", nil, nil, err
	}
	if key, err = journal.NewKey(Origin(c.Member, c.Name), credential.PublicOf(private)); err != nil {
		return "", nil, nil, err
	}
	if known, err = c.cosigned(key); err != nil {
		return "", nil, nil, err
	}
	return filepath.Join(c.Dir, "journal"), key, known, nil
}

// cosigned is the checkpoint that witnesses hold: a journal that does not
// extend it was cut back or replaced, and does not open. A file that is damaged
// says nothing; the witnesses have what stood in it, and are asked.
func (c Config) cosigned(key note.Verifier) ([][]byte, error) {
	signed, err := os.ReadFile(c.cosignedFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	former, err := journal.FormerKeys(c.formerFile(), key)
	if err != nil {
		return nil, err
	}
	if _, err := journal.OpenCheckpoint(signed, append(former, key)...); err != nil {
		return nil, nil
	}
	return [][]byte{signed}, nil
}

func (c Config) cosignedFile() string { return filepath.Join(c.Dir, "cosigned") }

// stamped is the first time-stamp that covers an entry.
func (c Config) stamped(index int64) (timestamp.Kept, bool, error) {
	return timestamp.Covering(c.stampDir(), index)
}

// OpenEvidences opens what a node keeps, beside the node if that runs, to prove
// exchanges. The caller calls closing at the end.
func OpenEvidences(ctx context.Context, c Config, now clock.Now, log *slog.Logger) (room *evidence.Room, closing func() error, err error) {
	dir, key, _, err := c.Evidence()
	if err != nil {
		return nil, nil, err
	}
	private, err := credential.ReadKey(c.Keys.Log)
	if err != nil {
		return nil, nil, err
	}
	signer, err := journal.NewSigner(key.Name(), private)
	if err != nil {
		return nil, nil, err
	}
	copied, closeDB, err := c.openCopy(ctx, now, log)
	if err != nil {
		return nil, nil, err
	}
	archive, err := c.Archive.Store()
	if err != nil {
		return nil, nil, errors.Join(err, closeDB())
	}
	view, err := journal.OpenView(dir, archive, now, append([]note.Verifier{key}, c.formerKeys(copied.State(), key)...)...)
	if err != nil {
		return nil, nil, errors.Join(err, closeDB())
	}
	return &evidence.Room{Journal: view, Registry: copied, Signer: signer, Now: now, Cosigned: c.cosignedBefore, Stamped: c.stamped},
		func() error { return errors.Join(closeDB(), view.Close()) }, nil
}

// formerKeys are the other keys of the journal that the registry knows: a
// time-stamp may be over what one of them signed.
func (c Config) formerKeys(state *registry.State, present note.Verifier) (former []note.Verifier) {
	known, _ := state.Node(c.Member, c.Name)
	for _, key := range known.Keys() {
		if key.Name() == present.Name() && key.KeyHash() != present.KeyHash() {
			former = append(former, key)
		}
	}
	return former
}

// openCopy opens the copy of the registry in the node's database.
func (c Config) openCopy(ctx context.Context, now clock.Now, log *slog.Logger) (*registry.Registry, func() error, error) {
	verifier, err := c.registryKey()
	if err != nil {
		return nil, nil, fmt.Errorf("key of the registry: %w", err)
	}
	where, err := c.storage()
	if err != nil {
		return nil, nil, err
	}
	db, err := storage.Visit(ctx, where, log)
	if err != nil {
		return nil, nil, err
	}
	copied, err := registry.OpenCopy(ctx, db, verifier, now)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return copied, db.Close, nil
}

// registryKey verifies the registry: the authority's own key, or the one that a
// follower was told.
func (c Config) registryKey() (note.Verifier, error) {
	if !c.Registry.Authority {
		return journal.ParseKey(c.Registry.Key)
	}
	key, err := credential.ReadKey(c.Keys.Registry)
	if err != nil {
		return nil, err
	}
	return journal.NewKey(RegistryOrigin(c.Member.Instance), credential.PublicOf(key))
}

// cosignedBefore is the newest cosigned checkpoint that the node left in its
// folder.
func (c Config) cosignedBefore(context.Context, int64) []byte {
	signed, err := os.ReadFile(c.cosignedFile())
	if err != nil {
		return nil // there are no witnesses, or none answered yet
	}
	return signed
}

// formerFile lists the keys that the journal had before, the newest first.
func (c Config) formerFile() string { return filepath.Join(c.Dir, "journal.former") }

// FormerKeys verify what the journal of the node signed before its present key.
func (c Config) FormerKeys() ([]note.Verifier, error) {
	_, present, _, err := c.Evidence()
	if err != nil {
		return nil, err
	}
	return journal.FormerKeys(c.formerFile(), present)
}
