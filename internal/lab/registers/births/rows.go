package births

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"dobosh/internal/kit/id"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
	"dobosh/internal/storage"
)

const (
	columns = `id, child, given_name, family_name, sex, born, live, birth_order, place,
		mother, mother_name, father, father_name, recorded_at, recorded_by`
	columnCount = 15
)

func scanBirth(scan storage.Scan) (Birth, error) {
	var b Birth
	var sex, born string
	var father, fatherName *string
	var recorded int64
	err := scan(&b.ID, &b.Child, &b.GivenName, &b.FamilyName, &sex, &born, &b.Live, &b.Order, &b.Place,
		&b.Mother, &b.MotherName, &father, &fatherName, &recorded, &b.RecordedBy)
	if err != nil {
		return Birth{}, err
	}
	if father != nil && fatherName != nil {
		b.Father, b.FatherName = *father, *fatherName
	}
	b.Sex, b.RecordedAt = jmbg.Sex(sex), storage.Instant(recorded)
	return b, b.Born.UnmarshalText([]byte(born))
}

func (r *Registrar) birth(ctx context.Context, reference string) (Birth, error) {
	unknown := problem.New(problem.NotFound, "birth-unknown")
	if !id.Valid(reference) {
		return Birth{}, unknown
	}
	rows, err := r.db.Read(ctx).QueryContext(ctx, `select `+columns+` from civil_births where id = $1`, reference)
	b, err := storage.One(rows, err, scanBirth)
	if errors.Is(err, storage.ErrNotFound) {
		return Birth{}, unknown
	}
	if err != nil {
		return Birth{}, fmt.Errorf("read birth: %w", err)
	}
	return b, nil
}

// list cuts by the time of recording. A key that is none asks for the first page.
func list(ctx context.Context, from storage.Reader, after page.Key) (page.Page[Birth], error) {
	at, last := int64(math.MaxInt64), ""
	if key := after.Columns(2); key != nil {
		if us, err := strconv.ParseInt(key[0], 10, 64); err == nil {
			at, last = us, key[1]
		}
	}
	rows, err := from.QueryContext(ctx, `select `+columns+` from civil_births where (recorded_at, id) < ($1, $2)
		order by recorded_at desc, id desc limit $3`, at, last, page.Size+1)
	births, err := storage.All(rows, err, scanBirth)
	if err != nil {
		return page.Page[Birth]{}, fmt.Errorf("list births: %w", err)
	}
	return page.Of(births, page.Size, func(b Birth) page.Key {
		return page.KeyOf(strconv.FormatInt(storage.Micros(b.RecordedAt), 10), b.ID)
	}), nil
}

// insert adds births that are not there yet and says how many those were.
func insert(ctx context.Context, tx *storage.Tx, token func(Birth) string, births []Birth) (int64, error) {
	var args []any
	for _, b := range births {
		args = append(args, b.ID, b.Child, b.GivenName, b.FamilyName, string(b.Sex), b.Born.String(), b.Live, b.Order, b.Place,
			b.Mother, b.MotherName, orNull(b.Father), orNull(b.FatherName), storage.Micros(b.RecordedAt), b.RecordedBy, token(b))
	}
	result, err := tx.ExecContext(ctx, `insert into civil_births (`+columns+`, token) values `+
		registers.Values(len(births), columnCount+1)+` on conflict do nothing`, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Put brings in births that were recorded before this register began. They make
// no events, and a child that is already here stays as it is.
func (r *Registrar) Put(ctx context.Context, births []Birth) error {
	for batch := range slices.Chunk(births, registers.Batch) {
		err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			_, err := insert(ctx, tx, func(b Birth) string { return b.ID }, batch)
			return err
		})
		if err != nil {
			return fmt.Errorf("put births: %w", err)
		}
	}
	return nil
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
