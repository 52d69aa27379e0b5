package registry

import (
	"context"
	"fmt"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Authority is the supervisor's side: the one who may append.
type Authority struct {
	*Registry
	signer note.Signer
	rates  rates
}

// NewAuthority opens the registry that signer speaks for. The name of the
// signer is the origin of the log.
func NewAuthority(ctx context.Context, db *storage.DB, signer note.Signer, verifier note.Verifier, now clock.Now) (*Authority, error) {
	r, err := open(ctx, db, verifier, now)
	if err != nil {
		return nil, err
	}
	return &Authority{Registry: r, signer: signer}, nil
}

// Append adds statements, all or none, and signs the checkpoint over them.
func (a *Authority) Append(ctx context.Context, statements ...Statement) error {
	leaves := make([]string, len(statements))
	for i, st := range statements {
		if st.By == "" {
			st.At = a.now()
		}
		leaf, err := st.encode()
		if err != nil {
			return err
		}
		leaves[i] = string(leaf)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	next, err := a.applied(leaves, false)
	if err != nil {
		return err
	}
	grown, root, err := a.grown(leaves)
	if err != nil {
		return err
	}
	checkpoint, err := a.sign(next.Size, root)
	if err != nil {
		return err
	}
	if err := a.commit(ctx, leaves, next, grown, checkpoint); err != nil {
		return err
	}
	a.contact.Store(storage.Micros(a.now()))
	return nil
}

func (a *Authority) sign(size int64, root tlog.Hash) (string, error) {
	signed, err := note.Sign(&note.Note{Text: journal.Checkpoint{Origin: a.signer.Name(), Size: size, Root: root}.Text()}, a.signer)
	if err != nil {
		return "", fmt.Errorf("sign checkpoint: %w", err)
	}
	return string(signed), nil
}
