package births

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
	"dobosh/internal/storage"
)

// row is a birth with the token of the entry that recorded it.
type row struct {
	Birth
	token string
}

var births = storage.NewTable("civil_births",
	storage.Col("id", func(b *row) *string { return &b.ID }),
	storage.Col("child", func(b *row) *string { return &b.Child }),
	storage.Col("given_name", func(b *row) *string { return &b.GivenName }),
	storage.Col("family_name", func(b *row) *string { return &b.FamilyName }),
	storage.Col("sex", func(b *row) *jmbg.Sex { return &b.Sex }),
	storage.Text("born", func(b *row) *civil.Day { return &b.Born }),
	storage.Col("live", func(b *row) *bool { return &b.Live }),
	storage.Col("birth_order", func(b *row) **int { return &b.Order }),
	storage.Col("place", func(b *row) *string { return &b.Place }),
	storage.Col("mother", func(b *row) *string { return &b.Mother }),
	storage.Col("mother_name", func(b *row) *string { return &b.MotherName }),
	storage.OrNull("father", func(b *row) *string { return &b.Father }),
	storage.OrNull("father_name", func(b *row) *string { return &b.FatherName }),
	storage.Time("recorded_at", func(b *row) *time.Time { return &b.RecordedAt }),
	storage.Col("recorded_by", func(b *row) *string { return &b.RecordedBy }),
	storage.Col("token", func(b *row) *string { return &b.token }),
)

func (r *Registrar) birth(ctx context.Context, reference string) (Birth, error) {
	unknown := problem.New(problem.NotFound, "birth-unknown")
	if !id.Valid(reference) {
		return Birth{}, unknown
	}
	b, err := births.One(ctx, r.db.Read(ctx), `where id = $1`, reference)
	if errors.Is(err, storage.ErrNotFound) {
		return Birth{}, unknown
	}
	if err != nil {
		return Birth{}, fmt.Errorf("read birth: %w", err)
	}
	return b.Birth, nil
}

// list cuts by the time of recording.
func list(ctx context.Context, from storage.Reader, after page.Key) (page.Page[Birth], error) {
	newest := births.List(
		storage.Down("recorded_at", func(b row) int64 { return storage.Micros(b.RecordedAt) }),
		storage.Down("id", func(b row) string { return b.ID }),
	)
	found, err := newest.Page(ctx, from, storage.Filter{}, after, page.Size)
	if err != nil {
		return page.Page[Birth]{}, fmt.Errorf("list births: %w", err)
	}
	return page.Map(found, func(b row) (Birth, error) { return b.Birth, nil })
}

// Put brings in births that were recorded before this register began. They make
// no events, and a child that is already here stays as it is.
func (r *Registrar) Put(ctx context.Context, before []Birth) error {
	for batch := range slices.Chunk(before, registers.Batch) {
		rows := make([]row, len(batch))
		for i, b := range batch {
			rows[i] = row{b, b.ID} // no entry recorded it
		}
		err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			_, err := births.Insert(ctx, tx, `on conflict do nothing`, rows...)
			return err
		})
		if err != nil {
			return fmt.Errorf("put births: %w", err)
		}
	}
	return nil
}
