package post

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
)

// Became is what became of a letter.
type Became string

// What can become of one.
const (
	Delivered Became = "delivered" // into the hands of the addressee, who signed
	Collected Became = "collected" // the addressee took it from the post
	Returned  Became = "returned"  // nobody got it
)

// All lists what can become of a letter.
func All() []Became { return []Became{Delivered, Collected, Returned} }

func (b Became) known() bool { return slices.Contains(All(), b) }

// Advice is what the post says of one letter.
type Advice struct {
	Number string
	Day    civil.Day
	Became Became
	Line   int // of the table; 0 where it is of none
}

// MostAdvices is how many lines a table of the post may have.
const MostAdvices = 2000

// columns are those that a table has, in any order.
const columns = "number, day, what"

// ReadAdvice reads a table of the post: CSV with commas or semicolons, of which the first line names the
// columns number, day and what. words are those of the post for these and for what became of a letter.
//
// Problems: advice-form; advice-line with the number of the line.
func ReadAdvice(raw []byte, words map[string]string) ([]Advice, error) {
	form := func(err error) error {
		return problem.New(problem.Invalid, "advice-form", "columns", columns).At("file", "advice-form", "columns", columns).Because(err)
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if !utf8.Valid(raw) {
		return nil, form(fmt.Errorf("no UTF-8"))
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	table := csv.NewReader(bytes.NewReader(raw))
	table.TrimLeadingSpace = true
	if strings.Count(first, ";") > strings.Count(first, ",") {
		table.Comma = ';'
	}
	var rows [][]string
	var lines []int // of the file: empty ones are no rows, and a row may take several
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, form(err)
		}
		line, _ := table.FieldPos(0)
		rows, lines = append(rows, row), append(lines, line)
	}
	if len(rows) < 2 || len(rows) > MostAdvices+1 {
		return nil, form(fmt.Errorf("%d lines", len(rows)))
	}
	column := func(name string) int {
		return slices.IndexFunc(rows[0], func(s string) bool {
			s = strings.TrimSpace(s)
			return strings.EqualFold(s, name) || words[s] == name
		})
	}
	number, day, what := column("number"), column("day"), column("what")
	if number < 0 || day < 0 || what < 0 {
		return nil, form(fmt.Errorf("a column is missing"))
	}
	all := make([]Advice, 0, len(rows)-1)
	for i, row := range rows[1:] {
		a := Advice{Number: strings.ToUpper(strings.TrimSpace(row[number])), Line: lines[i+1]}
		word := strings.TrimSpace(row[what])
		if a.Became = Became(strings.ToLower(word)); !a.Became.known() {
			a.Became = Became(words[word])
		}
		var err error
		if a.Day, err = civil.Parse(strings.TrimSpace(row[day])); err != nil || !a.Became.known() || a.Number == "" {
			return nil, AtLine(a.Line, err)
		}
		all = append(all, a)
	}
	return all, nil
}

// AtLine says which line of a table is wrong.
func AtLine(line int, cause error) error {
	return problem.New(problem.Invalid, "advice-line", "line", fmt.Sprint(line)).At("file", "advice-line", "line", fmt.Sprint(line)).Because(cause)
}
