// Package page cuts long lists by key: a page says where the next begins, so
// a list that grows meanwhile neither repeats nor skips a row.
package page

import (
	"encoding/base64"
	"strings"
)

// Size is the number of rows on a page when the caller does not say.
const Size = 25

// Key names the last row of the page before; the empty Key asks for the first
// page. It is opaque to everyone but the room that made it.
type Key string

// Page is a piece of a list. Next is empty on the last page.
type Page[T any] struct {
	Items []T
	Next  Key
}

// KeyOf makes a key of the sort columns of a row. Columns must not contain a
// line feed.
func KeyOf(columns ...string) Key {
	return Key(base64.RawURLEncoding.EncodeToString([]byte(strings.Join(columns, "\n"))))
}

// Columns gives back n sort columns, or nil for the empty Key and for a key
// that somebody else made.
func (k Key) Columns(n int) []string {
	if k == "" || len(k) > 512 {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(k))
	if err != nil {
		return nil
	}
	columns := strings.Split(string(raw), "\n")
	if len(columns) != n {
		return nil
	}
	return columns
}

// Of cuts rows, of which one more than size was read, into a page.
func Of[T any](rows []T, size int, key func(T) Key) Page[T] {
	if len(rows) <= size {
		return Page[T]{Items: rows}
	}
	return Page[T]{Items: rows[:size], Next: key(rows[size-1])}
}

// Map makes each row what people see of it.
func Map[A, B any](p Page[A], view func(A) (B, error)) (Page[B], error) {
	out := Page[B]{Items: make([]B, len(p.Items)), Next: p.Next}
	for i, row := range p.Items {
		var err error
		if out.Items[i], err = view(row); err != nil {
			return Page[B]{}, err
		}
	}
	return out, nil
}
