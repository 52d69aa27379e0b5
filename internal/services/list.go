package services

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

// listing is a list of rows, the newest first, and how people see them.
type listing[R, V any] struct {
	query string // up to the word WHERE
	id    string // column by which the list is ordered
	scan  func(storage.Scan) (R, error)
	key   func(R) string
	view  func(context.Context, R) (V, error)
}

// filter narrows a list: a condition, and the values of its places $1, $2 …
type filter struct {
	where  string
	values []any
}

func everything() filter { return filter{where: `1 = 1`} }

func equal(column string, value any) filter { return filter{column + ` = $1`, []any{value}} }

// inState takes the empty state for every state.
func inState[S ~string](column string, state S) filter {
	if state == "" {
		return everything()
	}
	return equal(column, string(state))
}

// among wants at least one value.
func among(column string, values []string) filter {
	places, f := make([]string, len(values)), filter{}
	for i, value := range values {
		places[i] = fmt.Sprintf("$%d", i+1)
		f.values = append(f.values, value)
	}
	f.where = column + ` IN (` + strings.Join(places, ", ") + `)`
	return f
}

// page reads the page behind after. Only rows that are shown become views.
func (l listing[R, V]) page(ctx context.Context, db *storage.DB, f filter, after page.Key) (page.Page[V], error) {
	n := len(f.values)
	rows, err := db.Read(ctx).QueryContext(ctx,
		fmt.Sprintf(`%s WHERE %s AND %s < $%d ORDER BY %s DESC LIMIT $%d`, l.query, f.where, l.id, n+1, l.id, n+2),
		append(f.values, before(after), page.Size+1)...)
	found, err := storage.All(rows, err, l.scan)
	if err != nil {
		return page.Page[V]{}, err
	}
	cut := page.Of(found, page.Size, func(row R) page.Key { return page.KeyOf(l.key(row)) })
	out := page.Page[V]{Items: make([]V, len(cut.Items)), Next: cut.Next}
	for i, row := range cut.Items {
		if out.Items[i], err = l.view(ctx, row); err != nil {
			return page.Page[V]{}, err
		}
	}
	return out, nil
}

// before is the id below which a page begins; all ids are below "z".
func before(after page.Key) string {
	if columns := after.Columns(1); columns != nil {
		return columns[0]
	}
	return "z"
}

// changed reports whether a statement changed anything.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
