package evidence

import (
	"errors"
	"slices"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"

	"golang.org/x/mod/sumdb/note"
)

// statements are what those of a file amount to, for what is checked here.
type statements struct {
	checkpoint journal.Checkpoint
	list       []registry.Placed // all, in the order of the log
	keys       []signer
}

// readStatements checks that the statements stand under the checkpoint, and reads them.
func readStatements(r Registry, trusted note.Verifier) (statements, finding) {
	var b statements
	var err error
	if b.checkpoint, err = journal.PeekCheckpoint([]byte(r.Checkpoint)); err != nil {
		return b, fails("unreadable", "index", "—")
	}
	for _, s := range r.Statements {
		leaf := leafOf(s.Text)
		if b.checkpoint.Includes(s.Hashes, s.Index, leaf) != nil {
			return statements{}, fails("unproven", "index", s.Index)
		}
		read, err := registry.ReadStatement([]byte(s.Text))
		if err != nil {
			return statements{}, fails("unreadable", "index", s.Index)
		}
		b.list = append(b.list, registry.Placed{Index: s.Index, Statement: read})
	}
	b.readKeys()
	origin := b.checkpoint.Origin
	if trusted == nil || trusted.Name() != origin {
		return b, fails("unknown", "origin", origin)
	}
	if _, err := journal.OpenCheckpoint([]byte(r.Checkpoint), trusted); err != nil {
		return statements{}, fails("wrong", "origin", origin)
	}
	return b, holds("ok", "origin", origin, "size", b.checkpoint.Size, "statements", len(b.list))
}

// signer is a key with the node that signs with it.
type signer struct {
	note.Verifier
	registry.Node
	former bool // it has another key now
}

// readKeys collects the keys of the nodes, each once. A key is named like the
// journal that it signs: member and node. What was said last comes first.
func (b *statements) readKeys() {
	type id struct {
		name string
		hash uint32
	}
	known, newest := map[id]bool{}, map[string]bool{}
	for _, st := range slices.Backward(b.list) {
		if st.Node == nil {
			continue
		}
		origin := Origin(st.Node.Member, st.Node.Name)
		for i, text := range append([]string{st.Node.Log}, st.Node.Former...) {
			key, err := note.NewVerifier(text)
			if err != nil || key.Name() != origin || known[id{origin, key.KeyHash()}] {
				continue
			}
			known[id{origin, key.KeyHash()}] = true
			b.keys = append(b.keys, signer{key, *st.Node, i > 0 || newest[origin]})
		}
		newest[origin] = true
	}
}

// Origin is the name of the journal of a node.
func Origin(member registry.ID, node string) string { return member.String() + "/" + node }

var errStranger = errors.New("signed by no node that the file knows")

// open reads a note that one of the nodes signed, and says which.
func (b statements) open(signed string, of func(signer) bool) (*note.Note, signer, error) {
	var keys []note.Verifier
	for _, k := range b.keys {
		if of(k) {
			keys = append(keys, k.Verifier)
		}
	}
	n, err := note.Open([]byte(signed), note.VerifierList(keys...))
	if err != nil {
		return nil, signer{}, err
	}
	i := slices.IndexFunc(b.keys, func(k signer) bool { return k.Verifier.Name() == n.Sigs[0].Name && k.KeyHash() == n.Sigs[0].Hash })
	return n, b.keys[i], nil
}

// head opens the signed state of a journal and says whose it is.
func (b statements) head(signed string) (journal.Checkpoint, signer, error) {
	peeked, err := journal.PeekCheckpoint([]byte(signed))
	if err != nil {
		return peeked, signer{}, err
	}
	n, by, err := b.open(signed, func(k signer) bool { return k.Verifier.Name() == peeked.Origin })
	if err != nil {
		return peeked, by, errStranger
	}
	c, err := journal.ParseCheckpoint(n.Text)
	return c, by, err
}

// signed reports whether the key of a journal made a signature over a text.
func (b statements) signed(origin string, text, sig []byte) bool {
	return slices.ContainsFunc(b.keys, func(k signer) bool { return k.Verifier.Name() == origin && k.Verify(text, sig) })
}

// names are what members and services are called.
func (b statements) names() map[registry.ID]lang.Text {
	names := map[registry.ID]lang.Text{}
	for _, st := range b.list {
		switch {
		case st.Member != nil:
			names[st.Member.ID] = st.Member.Title
		case st.Service != nil:
			names[st.Service.ID] = st.Service.Title
		}
	}
	return names
}

// span is a contract's terms while they stood in the registry.
type span struct {
	registry.Contract
	signed string
	from   time.Time
	to     time.Time // when they were amended or ended; zero for still standing
}

// spans are the terms of a contract, oldest first.
func (b statements) spans(id string) (list []span) {
	end := func(at time.Time) {
		if n := len(list); n > 0 && list[n-1].to.IsZero() {
			list[n-1].to = at
		}
	}
	for _, st := range b.list {
		switch {
		case st.End != nil && st.End.Contract == id:
			end(st.At)
		case st.Contract != "":
			c, err := registry.ReadContract(st.Contract)
			if err != nil || c.ID != id {
				continue
			}
			end(st.At)
			list = append(list, span{Contract: c, signed: st.Contract, from: st.At})
		}
	}
	return list
}

// group is a group as it was last said by an instant.
func (b statements) group(id registry.ID, by time.Time) (g registry.Group, ok bool) {
	for _, st := range b.list {
		if st.Group != nil && st.Group.ID == id && !st.At.After(by) {
			g, ok = *st.Group, true
		}
	}
	return g, ok
}

// instrument is an instrument as it was last said by an instant, or first said.
func (b statements) instrument(ref string, by time.Time) (i registry.Instrument, ok bool) {
	for _, st := range b.list {
		if st.Instrument != nil && st.Instrument.Ref == ref && (!ok || !st.At.After(by)) {
			i, ok = *st.Instrument, true
		}
	}
	return i, ok
}

// stamper is the certificate of the time-stamp authority that the registry names,
// nil for none.
func (b statements) stamper() (certificate []byte) {
	for _, st := range b.list {
		if st.Issuer != nil && len(st.Issuer.Stamper) > 0 {
			certificate = st.Issuer.Stamper
		}
	}
	return certificate
}

// signedByBoth reports whether both sides of a contract signed its text.
func (b statements) signedByBoth(s span) bool {
	both := s.Signers()
	return !slices.ContainsFunc(both[:], func(member registry.ID) bool {
		_, _, err := b.open(s.signed, func(k signer) bool { return k.Member == member })
		return err != nil
	})
}
