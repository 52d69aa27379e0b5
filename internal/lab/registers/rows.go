package registers

import (
	"strconv"
	"strings"
)

// Batch is how many rows go into one statement when a register is filled. SQLite
// finds each $n in a list of all names, so the work grows with the square: 1000
// rows of nine columns take five times as long as ten times 100, while PostgreSQL
// gains little beyond 100.
const Batch = 100

// Values writes the parameters of an insert of many rows: "($1,$2),($3,$4)".
func Values(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%columns == 0:
			b.WriteString("),(")
		default:
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteByte(')')
	return b.String()
}
