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
	own    note.Verifier                     // of signer
	node   Node                              // that keeps it, where that is known
	dial   func(context.Context, Node) error // to a node that moves; nil where nobody is dialled
	least  int64                             // statements that a witness says there are; guarded by mu
	kept   bool                              // elsewhere, by a continuation that is not known here; guarded by mu
}

// NewAuthority opens the registry that signer speaks for. The name of the
// signer is the origin of the log.
func NewAuthority(ctx context.Context, db *storage.DB, signer note.Signer, verifier note.Verifier, now clock.Now) (*Authority, error) {
	r, err := open(ctx, db, verifier, now)
	if err != nil {
		return nil, err
	}
	r.keeps = true
	return &Authority{Registry: r, signer: signer, own: verifier}, nil
}

// Append adds statements, all or none, and signs the checkpoint over them. It is
// refused while others are known to know more than is known here ([Authority.Whole]).
func (a *Authority) Append(ctx context.Context, statements ...Statement) error {
	return a.append(ctx, a.mayAppend, statements...)
}

func (a *Authority) append(ctx context.Context, may func(*State) error, statements ...Statement) error {
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
	grown, root, err := a.grown(leaves)
	if err != nil {
		return err
	}
	if err := may(a.State()); err != nil {
		return err
	}
	next, err := a.applied(leaves, grown, false)
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
