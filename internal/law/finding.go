package law

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a file of the pack. Lines and columns count from 1;
// zero means the whole file.
type Position struct {
	File   string
	Line   int
	Column int
}

// String gives "rules/a.yaml:12".
func (at Position) String() string {
	if at.Line == 0 {
		return at.File
	}
	return fmt.Sprintf("%s:%d", at.File, at.Line)
}

// Finding is one fault of a pack, in one plain sentence.
type Finding struct {
	At   Position
	Says string
}

// String gives "rules/a.yaml:12: sentence".
func (f Finding) String() string { return f.At.String() + ": " + f.Says }

// Findings are all faults of a pack, ordered by file and line. As an error it
// says all of them, one a line.
type Findings []Finding

func (fs Findings) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// ordered sorts findings by file and place; map order must not reach people.
func (fs Findings) ordered() Findings {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.At.File, b.At.File), a.At.Line-b.At.Line, a.At.Column-b.At.Column, strings.Compare(a.Says, b.Says))
	})
	return fs
}
