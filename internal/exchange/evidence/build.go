package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/json"

	"dobosh/internal/journal"

	"golang.org/x/mod/sumdb/tlog"
)

func metaHash(meta json.RawMessage) [sha256.Size]byte { return sha256.Sum256(meta) }

// build makes the part of the file that the journal proves.
func (r *Room) build(ctx context.Context, x exchangeEntries) (File, error) {
	f := File{Format: Format, Exchange: x.request.ID, Heads: []Head{}}
	heads, err := r.heads(ctx, x)
	if err != nil {
		return f, err
	}
	b := builder{room: r, file: &f, own: heads, bare: x.bare}
	f.Request = b.message(&x.request)
	if x.upload != nil {
		m := b.message(x.upload)
		f.Upload = &m
	}
	if x.response != nil {
		m := b.message(x.response)
		f.Response = &m
	}
	if x.download != nil {
		m := b.message(x.download)
		f.Download = &m
	}
	return f, b.err
}

// heads are the signed states of this node's journal that the entries are proved
// under: the newest that witnesses have seen or, where they have not seen so much,
// the newest of all; and the first that was time-stamped.
func (r *Room) heads(ctx context.Context, x exchangeEntries) ([]Head, error) {
	var last int64
	for _, e := range x.entries() {
		last = max(last, e.own.Index)
	}
	newest := r.Journal.Checkpoint()
	if r.Cosigned != nil {
		if seen := r.Cosigned(ctx, last+1); size(seen) > last {
			newest = seen
		}
	}
	heads := []Head{{Checkpoint: string(newest)}}
	if r.Stamped == nil {
		return heads, nil
	}
	kept, ok, err := r.Stamped(last)
	if ok {
		heads = append(heads, Head{Checkpoint: string(kept.Checkpoint), TimeStamp: kept.Response})
	}
	return heads, err
}

func size(checkpoint []byte) int64 {
	c, err := journal.PeekCheckpoint(checkpoint)
	if err != nil {
		return 0
	}
	return c.Size
}

// builder puts messages into a file. After an error it does nothing more.
type builder struct {
	room *Room
	file *File
	own  []Head
	bare bool
	err  error
}

func (b *builder) message(e *entry) Message {
	m := Message{Meta: string(e.Meta), Body: e.Body}
	if hash := e.BodyHash(); b.bare && len(e.Body) > 0 || e.Digest != [sha256.Size]byte{} {
		digest := tlog.Hash(hash)
		m.Body, m.Digest = nil, &digest
	}
	own := Entry{Index: e.own.Index, Salt: e.own.Salt}
	for _, head := range b.own {
		proof, err := b.room.Journal.ProofFor(e.own.Index, e.own.Salt, []byte(head.Checkpoint))
		if err != nil {
			b.err = err
			return m
		}
		own.Proofs = append(own.Proofs, Proof{b.head(head), list(proof.Hashes)})
	}
	m.Entries = []Entry{own}
	if e.received != nil {
		at := b.head(Head{Checkpoint: string(e.received.Checkpoint)})
		m.Entries = append(m.Entries, Entry{e.received.Index, e.received.Salt, []Proof{{at, list(e.received.Proof)}}})
	}
	return m
}

// head gives the number of a head, adding it where it is new.
func (b *builder) head(h Head) int {
	for i, have := range b.file.Heads {
		if have.Checkpoint == h.Checkpoint && string(have.TimeStamp) == string(h.TimeStamp) {
			return i
		}
	}
	b.file.Heads = append(b.file.Heads, h)
	return len(b.file.Heads) - 1
}

func list(hashes []tlog.Hash) []tlog.Hash { return append([]tlog.Hash{}, hashes...) }
