package law

import (
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
)

// Term is a period that the law sets: exactly one of Days and Months is given.
type Term struct {
	ID        string    `yaml:"id"`
	Title     lang.Text `yaml:"title"`
	Days      int       `yaml:"days"`
	Months    int       `yaml:"months"`
	Provision Ref       `yaml:"provision"`
	Span      `yaml:",inline"`
	Evidence  `yaml:",inline"`
}

// Ends gives the last day of the term that begins with an event on day.
func (t Term) Ends(day civil.Day) civil.Day { return day.AddMonths(t.Months).AddDays(t.Days) }
