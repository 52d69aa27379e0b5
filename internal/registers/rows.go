package registers

import (
	"strconv"
	"strings"
)

// Batch is how many rows go into one statement when a register is filled: with
// sixteen columns half of the parameters that SQLite takes (32766).
const Batch = 1000

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
