package storage

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"dobosh/internal/kit/page"
)

// List is rows in an order in which each has its own place, read page by page: a
// page begins behind the last row of the one before, wherever that is by now.
type List[T any] struct {
	query string // up to the word where
	scan  func(Scan) (T, error)
	order []By[T]
}

// By is one part of an order: an expression of SQL, its direction, and its value
// for a row, which is what the key of a page is made of. The parts together
// tell any two rows apart.
type By[T any] struct {
	text string
	down bool
	key  func(T) any // int64 or string
}

// Up orders by a column or an expression, the least first.
func Up[T any, V int64 | string](text string, key func(T) V) By[T] {
	return By[T]{text, false, func(row T) any { return key(row) }}
}

// Down orders by a column or an expression, the greatest first.
func Down[T any, V int64 | string](text string, key func(T) V) By[T] {
	return By[T]{text, true, func(row T) any { return key(row) }}
}

// List gives the rows of a table in an order.
func (t *Table[T]) List(order ...By[T]) List[T] { return NewList(t.query(), t.Scan, order...) }

// NewList gives the rows of a query, which ends before its where.
func NewList[T any](query string, scan func(Scan) (T, error), order ...By[T]) List[T] {
	return List[T]{query, scan, order}
}

// Filter narrows a list: a condition, and the values of its places $1, $2 … The
// zero Filter takes everything.
type Filter struct {
	Where string
	Args  []any
}

// Equal takes the rows with a value in a column.
func Equal(column string, value any) Filter { return Filter{column + " = $1", []any{value}} }

// Among takes the rows with one of some values in a column; without values none.
func Among[V any](column string, values ...V) Filter {
	if len(values) == 0 {
		return Filter{Where: "1 = 0"}
	}
	f := Filter{Where: column + " in " + places(1, len(values))}
	for _, value := range values {
		f.Args = append(f.Args, value)
	}
	return f
}

// MaxPage bounds the rows of a page.
const MaxPage = 200

// Page reads the page behind a key. A key that is none asks for the first page, and a
// size outside of 1 to MaxPage for page.Size.
func (l List[T]) Page(ctx context.Context, from Reader, f Filter, after page.Key, size int) (page.Page[T], error) {
	if size < 1 || size > MaxPage {
		size = page.Size
	}
	var conditions []string
	if f.Where != "" {
		conditions = append(conditions, "("+f.Where+")")
	}
	args := append([]any{}, f.Args...)
	if key := l.values(after); key != nil {
		conditions = append(conditions, "("+l.behind(len(args))+")")
		args = append(args, key...)
	}
	text := l.query
	if len(conditions) > 0 {
		text += " where " + strings.Join(conditions, " and ")
	}
	args = append(args, size+1)
	rows, err := from.QueryContext(ctx, text+" order by "+l.ordered()+" limit $"+strconv.Itoa(len(args)), args...)
	all, err := All(rows, err, l.scan)
	if err != nil {
		return page.Page[T]{}, err
	}
	return page.Of(all, size, l.key), nil
}

// Merge makes one page of several of the same list and size, each narrowed in its own way and read behind the same key. order
// is that of the list; a row that is in several of them comes once.
func (l List[T]) Merge(pages []page.Page[T], order func(a, b T) int, size int) page.Page[T] {
	if len(pages) == 1 {
		return pages[0]
	}
	var all []T
	more := false // one of them goes on, and so has as many rows as fit
	for _, p := range pages {
		all, more = append(all, p.Items...), more || p.Next != ""
	}
	slices.SortFunc(all, order)
	all = slices.CompactFunc(all, func(a, b T) bool { return order(a, b) == 0 })
	if more {
		return page.Page[T]{Items: all[:size], Next: l.key(all[size-1])}
	}
	return page.Of(all, size, l.key)
}

// Knows reports whether a key is one that this list gives out.
func (l List[T]) Knows(key page.Key) bool { return l.values(key) != nil }

// key is the place of a row in the order.
func (l List[T]) key(row T) page.Key {
	columns := make([]string, len(l.order))
	for i, by := range l.order {
		switch value := by.key(row).(type) {
		case int64:
			columns[i] = strconv.FormatInt(value, 10)
		case string:
			columns[i] = value
		}
	}
	return page.KeyOf(columns...)
}

// values reads a key; nil for none, and for one of another list.
func (l List[T]) values(key page.Key) []any {
	columns := key.Columns(len(l.order))
	if columns == nil {
		return nil
	}
	values := make([]any, len(columns))
	for i, by := range l.order {
		values[i] = columns[i]
		if _, number := by.key(*new(T)).(int64); number {
			n, err := strconv.ParseInt(columns[i], 10, 64)
			if err != nil {
				return nil
			}
			values[i] = n
		}
	}
	return values
}

// behind is the condition that a row comes behind the one whose place stands in
// the parameters after so many. Where all directions are the same it compares
// rows, for which both engines use an index of these columns.
func (l List[T]) behind(params int) string {
	texts, places, same := make([]string, len(l.order)), make([]string, len(l.order)), true
	for i, by := range l.order {
		texts[i], places[i] = by.text, "$"+strconv.Itoa(params+i+1)
		same = same && by.down == l.order[0].down
	}
	if same {
		return "(" + strings.Join(texts, ", ") + ") " + l.order[0].beyond() + " (" + strings.Join(places, ", ") + ")"
	}
	// a > $1 or a = $1 and (b < $2 or b = $2 and (…))
	last := len(l.order) - 1
	text := texts[last] + " " + l.order[last].beyond() + " " + places[last]
	for i := last - 1; i >= 0; i-- {
		text = texts[i] + " " + l.order[i].beyond() + " " + places[i] + " or " + texts[i] + " = " + places[i] + " and (" + text + ")"
	}
	return text
}

func (b By[T]) beyond() string {
	if b.down {
		return "<"
	}
	return ">"
}

func (l List[T]) ordered() string {
	parts := make([]string, len(l.order))
	for i, by := range l.order {
		parts[i] = by.text
		if by.down {
			parts[i] += " desc"
		}
	}
	return strings.Join(parts, ", ")
}
