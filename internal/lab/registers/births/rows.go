package births

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
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
	least int // what the entry itself says of the order: one more than the births stated before; 0 when it is not known
}

var births = storage.NewTable("civil_births",
	storage.Col("id", func(b *row) *string { return &b.ID }),
	storage.Col("child", func(b *row) *string { return &b.Child }),
	storage.Col("given_name", func(b *row) *string { return &b.GivenName }),
	storage.Col("family_name", func(b *row) *string { return &b.FamilyName }),
	storage.Col("sex", func(b *row) *jmbg.Sex { return &b.Sex }),
	storage.Text("born", func(b *row) *civil.Day { return &b.Born }),
	storage.Col("live", func(b *row) *bool { return &b.Live }),
	storage.OrNull("hour", func(b *row) *string { return &b.Hour }),
	storage.OrNull("birth_order", func(b *row) *int { return &b.least }),
	storage.Col("place", func(b *row) *string { return &b.Place }),
	storage.Col("mother", func(b *row) *string { return &b.Mother }),
	storage.Col("mother_name", func(b *row) *string { return &b.MotherName }),
	storage.OrNull("father", func(b *row) *string { return &b.Father }),
	storage.OrNull("father_name", func(b *row) *string { return &b.FatherName }),
	storage.Time("recorded_at", func(b *row) *time.Time { return &b.RecordedAt }),
	storage.Col("recorded_by", func(b *row) *string { return &b.RecordedBy }),
	storage.OrNull("checked", func(b *row) *string { return &b.Checked }),
	storage.Col("token", func(b *row) *string { return &b.token }),
)

func (r *Registrar) birth(ctx context.Context, reference string) (Birth, error) {
	unknown := problem.New(problem.NotFound, "birth-unknown")
	if !id.Valid(reference) {
		return Birth{}, unknown
	}
	of, err := births.All(ctx, r.db.Read(ctx), `where mother = (select mother from civil_births where id = $1)`, reference)
	if err != nil {
		return Birth{}, fmt.Errorf("read birth: %w", err)
	}
	at := slices.IndexFunc(of, func(b row) bool { return b.ID == reference })
	if at < 0 {
		return Birth{}, unknown
	}
	b := of[at].Birth
	b.Order = told(b.ID, of)
	return b, nil
}

// told is the order of one of the births of a mother; nil when it cannot be told.
func told(id string, of []row) *int {
	if nth, ok := order(of)[id]; ok {
		return &nth
	}
	return nil
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
	told, err := orders(ctx, from, found.Items)
	if err != nil {
		return page.Page[Birth]{}, fmt.Errorf("list births: %w", err)
	}
	return page.Map(found, func(b row) (Birth, error) {
		if nth, ok := told[b.ID]; ok {
			b.Order = &nth
		}
		return b.Birth, nil
	})
}

// orders tells the order of the births of a page, each among those of its mother.
func orders(ctx context.Context, from storage.Reader, shown []row) (map[string]int, error) {
	if len(shown) == 0 {
		return nil, nil
	}
	places, mothers := make([]string, len(shown)), make([]any, len(shown))
	for i, b := range shown {
		places[i], mothers[i] = "$"+strconv.Itoa(i+1), b.Mother
	}
	all, err := births.All(ctx, from, `where mother in (`+strings.Join(places, ", ")+`)`, mothers...)
	if err != nil {
		return nil, err
	}
	ofMother, told := map[string][]row{}, map[string]int{}
	for _, b := range all {
		ofMother[b.Mother] = append(ofMother[b.Mother], b)
	}
	for _, of := range ofMother {
		maps.Copy(told, order(of))
	}
	return told, nil
}

// Put brings in births that were recorded before this register began. They make
// no events, and a child that is already here stays as it is.
func (r *Registrar) Put(ctx context.Context, before []Birth) error {
	for batch := range slices.Chunk(before, registers.Batch) {
		rows := make([]row, len(batch))
		for i, b := range batch {
			rows[i] = row{Birth: b, token: b.ID} // no entry recorded it
			if b.Order != nil {
				rows[i].least = *b.Order
			}
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
