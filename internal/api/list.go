package api

import "dobosh/internal/kit/page"

// List is one page of a list, as programs read it.
type List[T any] struct {
	Items []T      `json:"items"`
	Next  page.Key `json:"next,omitempty"` // ask with ?after= for what follows
}

// ListOf makes a page of a list for programs: one of nothing is empty, not null.
func ListOf[T any](found page.Page[T], err error) (List[T], error) {
	return List[T]{append([]T{}, found.Items...), found.Next}, err
}
