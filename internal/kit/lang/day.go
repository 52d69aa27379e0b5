package lang

import (
	"strconv"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/script"
)

// Day says a day as people do: "23. новембра 2026." or "23 November 2026".
// Serbian uses the genitive, since a day answers when.
func Day(d civil.Day, tag Tag) string {
	if d.IsZero() {
		return ""
	}
	dom, year := strconv.Itoa(d.Dom()), strconv.Itoa(d.Year())
	if tag == En {
		return dom + " " + d.Month().String() + " " + year
	}
	s := dom + ". " + month(int(d.Month())) + " " + year + "."
	if tag == SrLatn {
		return script.Latin(s)
	}
	return s
}

func month(m int) string {
	return [...]string{"јануара", "фебруара", "марта", "априла", "маја", "јуна", "јула", "августа", "септембра", "октобра", "новембра", "децембра"}[m-1]
}
