package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Table says the columns of a table once: what is read, how a row is scanned and
// what is written follow from them. It never changes and is safe for concurrent
// use. What a room asks beyond that it writes in SQL, with [Table.Columns].
type Table[T any] struct {
	name    string
	columns []Column[T]
	read    string // the columns that are read, as a list
	written string // those that are written
	then    func(*T) error
}

// Column is one column of a table and where its value is in a T. [Col] and its
// kin make them.
type Column[T any] struct {
	name  string
	at    func(*T) any // what Scan writes to; nil for a column that is written only
	value func(*T) any // what an insert writes
}

// NewTable makes a table of its name and columns. A name may be a join, whose
// rows can only be read.
func NewTable[T any](name string, columns ...Column[T]) *Table[T] {
	t := &Table[T]{name: name, columns: columns}
	var read, written []string
	for _, c := range columns {
		if c.at != nil {
			read = append(read, c.name)
		}
		written = append(written, c.name)
	}
	t.read, t.written = strings.Join(read, ", "), strings.Join(written, ", ")
	return t
}

// Col is a column whose value database/sql reads and writes as it is: text,
// numbers, truth values, bytes, and types made of them.
func Col[T, V any](name string, at func(*T) *V) Column[T] {
	return Column[T]{name, func(row *T) any { return at(row) }, func(row *T) any { return *at(row) }}
}

// Time is a column of an instant in microseconds; 0 is the zero time.
func Time[T any](name string, at func(*T) *time.Time) Column[T] {
	return valued(name, func(row *T) value { return instant{at(row), false} })
}

// TimeOrNull is Time with null for the zero time.
func TimeOrNull[T any](name string, at func(*T) *time.Time) Column[T] {
	return valued(name, func(row *T) value { return instant{at(row), true} })
}

// OrNull is Col with null for the zero value.
func OrNull[T any, V comparable](name string, at func(*T) *V) Column[T] {
	return valued(name, func(row *T) value { return nullable[V]{at(row)} })
}

// Flag is a column of a truth value as 0 or 1.
func Flag[T any](name string, at func(*T) *bool) Column[T] {
	return valued(name, func(row *T) value { return flag{at(row)} })
}

// Text is a column of what writes and reads itself as text, such as a day; the
// empty text is its zero value.
func Text[T any, V encoding.TextMarshaler, P reads[V]](name string, at func(*T) *V) Column[T] {
	return valued(name, func(row *T) value { return texted[V, P]{at(row), false} })
}

// TextOrNull is Text with null for the zero value.
func TextOrNull[T any, V encoding.TextMarshaler, P reads[V]](name string, at func(*T) *V) Column[T] {
	return valued(name, func(row *T) value { return texted[V, P]{at(row), true} })
}

// JSON is a column of JSON that this table itself wrote; the empty text is the
// zero value.
func JSON[T, V any](name string, at func(*T) *V) Column[T] {
	return valued(name, func(row *T) value { return marshalled[V]{at(row)} })
}

// Written is a column that follows from a row and is not read with it.
func Written[T any](name string, value func(*T) any) Column[T] {
	return Column[T]{name: name, value: value}
}

// Then has what follows from a row worked out whenever one was read.
func (t *Table[T]) Then(then func(*T) error) *Table[T] {
	other := *t
	other.then = then
	return &other
}

// Columns lists the columns that [Table.Scan] reads, in its order.
func (t *Table[T]) Columns() string { return t.read }

// Scan reads one row of the columns.
func (t *Table[T]) Scan(scan Scan) (row T, err error) {
	into := make([]any, 0, len(t.columns))
	for _, c := range t.columns {
		if c.at != nil {
			into = append(into, c.at(&row))
		}
	}
	if err := scan(into...); err != nil {
		return *new(T), err
	}
	if t.then != nil {
		return row, t.then(&row)
	}
	return row, nil
}

// All reads the rows that the rest of a select gives: "where a = $1 order by b
// limit $2". It bounds their number.
func (t *Table[T]) All(ctx context.Context, from Reader, rest string, args ...any) ([]T, error) {
	rows, err := from.QueryContext(ctx, t.query()+" "+rest, args...)
	return All(rows, err, t.Scan)
}

// One reads the first row that the rest of a select gives, or ErrNotFound.
func (t *Table[T]) One(ctx context.Context, from Reader, rest string, args ...any) (T, error) {
	rows, err := from.QueryContext(ctx, t.query()+" "+rest, args...)
	return One(rows, err, t.Scan)
}

func (t *Table[T]) query() string { return "select " + t.read + " from " + t.name }

// Insert writes rows, some hundred at most, and says how many those were. rest is
// what follows the values, such as "on conflict do nothing".
func (t *Table[T]) Insert(ctx context.Context, tx *Tx, rest string, rows ...T) (int64, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	text, args := t.insert(rest, rows)
	result, err := tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Add writes those rows, some hundred at most, whose key is not there yet, and gives
// them back in any order. The key is a list of columns; no two of the rows have the same.
func (t *Table[T]) Add(ctx context.Context, tx *Tx, key string, rows ...T) ([]T, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	text, args := t.insert("on conflict ("+key+") do nothing returning "+t.read, rows)
	added, err := tx.QueryContext(ctx, text, args...)
	return All(added, err, t.Scan)
}

func (t *Table[T]) insert(rest string, rows []T) (text string, args []any) {
	args = make([]any, 0, len(rows)*len(t.columns))
	for i := range rows {
		for _, c := range t.columns {
			args = append(args, c.value(&rows[i]))
		}
	}
	return "insert into " + t.name + " (" + t.written + ") values " + places(len(rows), len(t.columns)) + " " + rest, args
}

// Put writes rows in the place of those with the same key, which is a list of
// columns.
func (t *Table[T]) Put(ctx context.Context, tx *Tx, key string, rows ...T) error {
	keys, set := strings.Split(key, ", "), []string{}
	for _, c := range t.columns {
		if !slices.Contains(keys, c.name) {
			set = append(set, c.name+" = excluded."+c.name)
		}
	}
	_, err := t.Insert(ctx, tx, "on conflict ("+key+") do update set "+strings.Join(set, ", "), rows...)
	return err
}

// places writes ($1, $2), ($3, $4) for so many rows of so many columns.
func places(rows, columns int) string {
	all, one := make([]string, rows), make([]string, columns)
	for i := range all {
		for j := range one {
			one[j] = "$" + strconv.Itoa(i*columns+j+1)
		}
		all[i] = "(" + strings.Join(one, ", ") + ")"
	}
	return strings.Join(all, ", ")
}

// value is where a column is read to, and what is written for it.
type value interface {
	Scan(from any) error
	Value() (driver.Value, error)
}

func valued[T any](name string, at func(*T) value) Column[T] {
	whole := func(row *T) any { return at(row) }
	return Column[T]{name, whole, whole}
}

type instant struct {
	at   *time.Time
	null bool
}

func (c instant) Scan(from any) error {
	switch us := from.(type) {
	case nil:
		*c.at = time.Time{}
	case int64:
		*c.at = time.Time{}
		if us != 0 {
			*c.at = Instant(us)
		}
	default:
		return fmt.Errorf("an instant is not %T", from)
	}
	return nil
}

func (c instant) Value() (driver.Value, error) {
	switch {
	case !c.at.IsZero():
		return Micros(*c.at), nil
	case c.null:
		return nil, nil
	}
	return int64(0), nil
}

type nullable[V comparable] struct{ at *V }

func (c nullable[V]) Scan(from any) error {
	var read sql.Null[V]
	if err := read.Scan(from); err != nil {
		return err
	}
	*c.at = read.V
	return nil
}

func (c nullable[V]) Value() (driver.Value, error) {
	if *c.at == *new(V) {
		return nil, nil
	}
	return driver.DefaultParameterConverter.ConvertValue(*c.at)
}

type flag struct{ at *bool }

func (c flag) Scan(from any) error {
	n, ok := from.(int64)
	if !ok {
		return fmt.Errorf("a flag is not %T", from)
	}
	*c.at = n != 0
	return nil
}

func (c flag) Value() (driver.Value, error) {
	if *c.at {
		return int64(1), nil
	}
	return int64(0), nil
}

// reads is the pointer to a V that reads itself.
type reads[V any] interface {
	*V
	encoding.TextUnmarshaler
}

type texted[V encoding.TextMarshaler, P reads[V]] struct {
	at   P
	null bool
}

func (c texted[V, P]) Scan(from any) error {
	text, err := textOf(from)
	*c.at = *new(V)
	if err != nil || text == "" {
		return err
	}
	return c.at.UnmarshalText([]byte(text))
}

func (c texted[V, P]) Value() (driver.Value, error) {
	if reflect.ValueOf(*c.at).IsZero() {
		if c.null {
			return nil, nil
		}
		return "", nil
	}
	text, err := (*c.at).MarshalText()
	return string(text), err
}

type marshalled[V any] struct{ at *V }

func (c marshalled[V]) Scan(from any) error {
	text, err := textOf(from)
	if err != nil || text == "" {
		return err
	}
	return json.Unmarshal([]byte(text), c.at)
}

func (c marshalled[V]) Value() (driver.Value, error) {
	text, err := json.Marshal(*c.at)
	return string(text), err
}

func textOf(from any) (string, error) {
	switch text := from.(type) {
	case nil:
		return "", nil
	case string:
		return text, nil
	case []byte:
		return string(text), nil
	}
	return "", fmt.Errorf("a text is not %T", from)
}
