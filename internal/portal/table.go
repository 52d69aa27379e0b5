package portal

import "html/template"

// Table shows rows in columns, and on a narrow screen one under the other, each
// value with its label. The first column names the row.
type Table[T any] struct {
	Caption string // a sentence; seen where the table has no heading above it
	With    []any  // names and values that the sentence of the caption takes
	Headed  bool   // the heading above the table says the same
	Empty   string // a sentence for no rows at all; "list.none" when empty
	Columns []Column[T]
}

// Column is one thing that is said of every row. An empty value takes no place on
// a narrow screen.
type Column[T any] struct {
	Key  string // the sentence at its head
	Kind Kind
	Cell func(v *Visit, row T) template.HTML
}

// Kind is how values of a column are set.
type Kind string

// Kinds of columns besides that of words.
const (
	Figures Kind = "num"  // at the right, in digits of one width
	When    Kind = "when" // days and instants, not broken
	Codes   Kind = "code" // identifiers
)

type tableView struct {
	Caption, Empty string
	Headed         bool
	Heads          []cell
	Rows           [][]cell
}

type cell struct {
	Label string
	Kind  Kind
	Value template.HTML
}

// Show makes the table of some rows.
func (t Table[T]) Show(v *Visit, rows []T) (template.HTML, error) {
	empty := t.Empty
	if empty == "" {
		empty = "list.none"
	}
	view := tableView{Caption: v.Say(t.Caption, t.With...), Headed: t.Headed, Empty: v.Say(empty)}
	for _, c := range t.Columns {
		view.Heads = append(view.Heads, cell{Label: v.Say(c.Key), Kind: c.Kind})
	}
	for _, row := range rows {
		cells := make([]cell, len(t.Columns))
		for i, c := range t.Columns {
			cells[i] = cell{view.Heads[i].Label, c.Kind, c.Cell(v, row)}
		}
		view.Rows = append(view.Rows, cells)
	}
	return v.Render("table", view)
}

// Tag is a state in one word or two; good ones are green.
func Tag(says string, good bool) template.HTML {
	if good {
		return `<span class="tag ok">` + Escaped(says) + `</span>`
	}
	return `<span class="tag">` + Escaped(says) + `</span>`
}

// Anchor is a way to a page, within other words. The address is one of this
// portal, made of a path and of identifiers.
func Anchor(address string, words template.HTML) template.HTML {
	return `<a href="` + Escaped(address) + `">` + words + `</a>`
}
