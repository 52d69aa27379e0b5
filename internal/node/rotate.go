package node

import (
	"context"
	"crypto/ed25519"
	"path/filepath"

	"dobosh/internal/admission"
	"dobosh/internal/journal"
	"dobosh/internal/node/operator"

	"golang.org/x/mod/sumdb/note"
)

// openRotation makes what replaces the keys of this node.
func (n *Node) openRotation() *admission.Rotation {
	return &admission.Rotation{RotationConfig: admission.RotationConfig{
		Member: n.cfg.Member, Node: n.cfg.Name, Authority: n.authority != nil, TLSFile: n.cfg.Keys.TLS, LogFile: n.cfg.Keys.Log, Former: n.cfg.formerFile(),
		Registry: n.registry, Submit: n.submitter, Holder: n.credential, Renewer: n.renewer, Journal: n.journal, Signer: n.signer,
		Rekeyed: func(key ed25519.PrivateKey) error {
			if n.containers.Load() == nil {
				return nil
			}
			return n.certifyContainers(key)
		},
		Beside: func(do func(context.Context)) { n.done.Go(func() { do(n.work) }) },
		Log:    n.log,
	}}
}

// rotate replaces keys while the node serves.
func (n *Node) rotate(ctx context.Context, r operator.Rotation) (out operator.Rotated, err error) {
	done := make(chan struct{})
	n.done.Go(func() { // goes on when the operator has gone
		defer close(done)
		var keys admission.Keys
		keys, err = n.rotation.Turn(n.work, r.TLS, r.Log, r.Wait)
		out = operator.Rotated{TLS: keys.TLS, Log: keys.Log}
	})
	select {
	case <-done:
		return out, err
	case <-ctx.Done():
		return operator.Rotated{}, ctx.Err()
	}
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
