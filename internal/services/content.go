package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/klauspost/compress/s2"

	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
)

// keep puts what was decided beside the decision, where every node of the member reads
// it: a journal belongs to one of them, and is gone when its keys are. Most of a
// content is the text of the law, so it is a third of its size when it is kept.
func (r *Room) keep(ctx context.Context, tx *storage.Tx, decision string, content []byte) error {
	_, err := tx.ExecContext(ctx, `insert into services_contents (decision, sealed) values ($1, $2)`, decision, r.Key.Seal(s2.Encode(nil, content), []byte(decision)))
	if err != nil {
		return fmt.Errorf("keep the content: %w", err)
	}
	return nil
}

// kept is the inverse of keep. It gives storage.ErrNotFound for a decision of before.
func (r *Room) kept(ctx context.Context, decision string) ([]byte, error) {
	var sealed []byte
	if err := r.DB.Read(ctx).QueryRowContext(ctx, `select sealed from services_contents where decision = $1`, decision).Scan(&sealed); err != nil {
		return nil, err
	}
	packed, err := r.Key.Open(sealed, []byte(decision))
	if err != nil {
		return nil, err
	}
	if n, err := s2.DecodedLen(packed); err != nil || n > proof.MaxSize {
		return nil, errors.Join(fmt.Errorf("content of %d bytes", n), err)
	}
	return s2.Decode(nil, packed)
}

// written is the content of a decision as it was sealed or is to be: from the
// database, or, where that has none or none that opens, from the journal of this node.
func (r *Room) written(ctx context.Context, d storedDecision) ([]byte, error) {
	raw, err := r.kept(ctx, d.id)
	switch {
	case err == nil:
		return raw, nil
	case d.content != "":
		return []byte(d.content), nil
	case d.index >= 0 && r.ours(d):
		entry, _, read := r.Journal.Read(ctx, d.index)
		if read == nil {
			return entry.Body, nil
		}
		err = errors.Join(err, read)
	}
	return nil, fmt.Errorf("content of decision %s: %w", d.id, err)
}

// ours reports whether a decision is sealed in the journal of this node.
func (r *Room) ours(d storedDecision) bool { return d.log == "" || d.log == r.Journal.Origin() }

// contentOf reads what was decided.
func (r *Room) contentOf(ctx context.Context, d storedDecision) (c proof.Content, err error) {
	raw, err := r.written(ctx, d)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("content of decision %s: %w", d.id, err)
	}
	return c, nil
}
