package services

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

// listing is a list of rows, the newest first, and how people see them.
type listing[R, V any] struct {
	rows storage.List[R]
	view func(context.Context, R) (V, error)
}

// filter narrows a list to the rows that meet each condition.
type filter []condition

// condition is one of the filter. Without a value it lets nothing through.
type condition struct {
	text   string // with %s for the list of values
	values []any
}

func everything() filter { return nil }

func equal(column string, value any) filter { return filter{{column + ` in (%s)`, []any{value}}} }

// inState takes the empty state for every state.
func inState[S ~string](column string, state S) filter {
	if state == "" {
		return everything()
	}
	return equal(column, string(state))
}

func among(column string, values []string) filter {
	c := condition{text: column + ` in (%s)`}
	for _, value := range values {
		c.values = append(c.values, value)
	}
	return filter{c}
}

func (f filter) and(other filter) filter { return slices.Concat(f, other) }

// where writes the filter behind the values that a query has already.
func (f filter) where(values ...any) (string, []any) {
	where := "1 = 1"
	for _, c := range f {
		places := make([]string, len(c.values))
		for i, value := range c.values {
			values = append(values, value)
			places[i] = fmt.Sprintf("$%d", len(values))
		}
		if len(places) == 0 {
			where += " and 1 = 0"
			continue
		}
		where += " and " + fmt.Sprintf(c.text, strings.Join(places, ", "))
	}
	return where, values
}

// page reads the page behind after. Only rows that are shown become views.
func (l listing[R, V]) page(ctx context.Context, db *storage.DB, f filter, after page.Key) (page.Page[V], error) {
	where, values := f.where()
	cut, err := l.rows.Page(ctx, db.Read(ctx), storage.Filter{Where: where, Args: values}, after, page.Size)
	if err != nil {
		return page.Page[V]{}, err
	}
	return page.Map(cut, func(row R) (V, error) { return l.view(ctx, row) })
}

// changed reports whether a statement changed anything.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
