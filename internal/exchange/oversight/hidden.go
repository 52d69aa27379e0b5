package oversight

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// Hidden is what a contract hides at present from the persons concerned.
type Hidden struct {
	Contract  string
	Provision law.Ref // that allows it
	Receipts  int     // hidden now
	Next      time.Time
	Last      time.Time // when the last of them is seen
	Review    Review    // the newest; the zero Review when there was none
}

// Review is that an auditor looked at what is hidden.
type Review struct {
	At      time.Time
	Account string
	Hidden  int // receipts that were hidden then
	Finding string
}

// maxContracts bounds the list of hidden receipts: contracts that hide are few.
const maxContracts = 500

// Hidden lists, by contract, the receipts that the persons concerned do not see
// yet.
func (r *Room) Hidden(ctx context.Context, by act.Actor) ([]Hidden, error) {
	if err := r.mayWatch(by); err != nil {
		return nil, err
	}
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select contract, min(hidden_by), count(*), min(hidden_until), max(hidden_until) from journal_receipts
		where hidden_until > $1 group by contract order by contract limit $2`, storage.Micros(r.Now()), maxContracts)
	list, err := storage.All(rows, err, func(scan storage.Scan) (Hidden, error) {
		var h Hidden
		var next, last int64
		err := scan(&h.Contract, &h.Provision, &h.Receipts, &next, &last)
		h.Next, h.Last = storage.Instant(next), storage.Instant(last)
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("list what is hidden: %w", err)
	}
	for i := range list {
		if list[i].Review, err = r.newestReview(ctx, list[i].Contract); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (r *Room) newestReview(ctx context.Context, contract string) (Review, error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select at, account, hidden, finding from oversight_reviews where contract = $1 order by id desc limit 1`, contract)
	review, err := storage.One(rows, err, func(scan storage.Scan) (Review, error) {
		var v Review
		var at int64
		err := scan(&at, &v.Account, &v.Hidden, &v.Finding)
		v.At = storage.Instant(at)
		return v, err
	})
	if errors.Is(err, storage.ErrNotFound) {
		return Review{}, nil
	}
	return review, err
}

// maxFinding bounds what an auditor writes, in characters.
const maxFinding = 2000

// ReviewHidden keeps that an auditor looked at what a contract hides, and what
// they found. It is journaled before it is kept.
func (r *Room) ReviewHidden(ctx context.Context, by act.Actor, contract, finding string) error {
	if err := r.mayReview(by); err != nil {
		return err
	}
	finding = strings.TrimSpace(finding)
	if _, err := text.Lines(finding, maxFinding); err != nil {
		return problem.New(problem.Invalid, "finding-form").At("finding", "finding-form")
	}
	list, err := r.Hidden(ctx, by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(h Hidden) bool { return h.Contract == contract })
	if i < 0 {
		return problem.New(problem.NotFound, "contract-hides-nothing")
	}

	h := list[i]
	meta, err := json.Marshal(struct {
		journal.Receipt
		Hidden  int    `json:"receipts"`
		Finding string `json:"finding"`
	}{journal.Receipt{
		Asker: r.Member.String(), Role: string(identity.Auditor), Holder: r.Member.String(), Act: "review",
		Purpose: r.Purpose, Provision: string(h.Provision), Contract: h.Contract,
	}, h.Receipts, finding})
	if err != nil {
		return err
	}
	if err := r.act(ctx, journal.Entry{Meta: meta}); err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into oversight_reviews (id, contract, at, account, hidden, finding) values ($1, $2, $3, $4, $5, $6)`,
			id.New(), h.Contract, storage.Micros(r.Now()), by.Account, h.Receipts, finding)
		return err
	})
}
