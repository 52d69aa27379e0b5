package node

import (
	"context"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/receipts"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"

	"golang.org/x/mod/sumdb/note"
)

// believed is whom people can check papers against: the registry that the node
// follows, with the journals that it names, and the witnesses that the
// configuration names.
type believed struct {
	base
	centre
}

// proofs are believed of decisions.
func (t believed) proofs() proof.Trust {
	var trust proof.Trust
	state := t.State()
	for _, m := range state.Members() {
		for _, node := range state.Nodes(m.ID) {
			trust.Logs = append(trust.Logs, node.Keys()...)
		}
	}
	trust.Witnesses = keysOf(t.Witnesses)
	return trust
}

// papers check what people hold: the decisions of this institution, and evidence
// from anywhere in the instance.
type papers struct {
	*services.Room
	trust believed
}

// Believed implements pages.Verifier.
func (p papers) Believed() evidence.Trust {
	return evidence.Trust{Registry: p.trust.Key(), Witnesses: append(keysOf(p.trust.Witnesses), keysOf(p.trust.base.Registry.Witnesses)...)}
}

// keysOf are those of witnesses.
func keysOf(witnesses []Witness) (keys []note.Verifier) {
	for _, w := range witnesses {
		if key, err := journal.ParseKey(w.Key); err == nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// guarded has what officers look at watched over.
type guarded struct{ *receipts.Watch }

// Note implements services.Looks.
func (w guarded) Note(ctx context.Context, l services.Look) error {
	return w.Watch.Note(ctx, receipts.Look(l))
}
