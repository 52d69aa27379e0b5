package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
	"dobosh/internal/law"
)

// Difference is what a new pack changes, with the people it changes it for.
type Difference struct {
	law.Diff
	Cases []Case `json:"cases"`
}

// Case is an example from the tests of a rule that comes out differently for
// events on a day.
type Case struct {
	Rule  string     `json:"rule"`
	Name  string     `json:"name"`
	Day   civil.Day  `json:"day"`
	Old   string     `json:"old"` // yes, no, unknown, or why there is no answer
	New   string     `json:"new"`
	From  money.Para `json:"from"`  // total under the old pack
	To    money.Para `json:"to"`    // total under the new pack
	Gains bool       `json:"gains"` // more money than before
	Loses bool       `json:"loses"` // less money than before
}

// Compare finds what changes between two packs, and by running the examples of
// the rules under both, for the days of the examples and for the days before
// and from each change, who gains and who loses.
func Compare(old, new *law.Pack) Difference {
	d := Difference{Diff: law.Compare(old, new)}
	before, after := cache{old, map[string]compiled{}}, cache{new, map[string]compiled{}}
	for _, example := range examplesOf(old, new) {
		for _, day := range example.days(d.Days()) {
			known := example.rule.Known(example.test, day)
			a, b := before.run(example.rule.ID, day, known), after.run(example.rule.ID, day, known)
			if a.says == b.says && a.total == b.total {
				continue
			}
			d.Cases = append(d.Cases, Case{
				Rule: example.rule.ID, Name: example.test.Name, Day: day, Old: a.says, New: b.says,
				From: a.total, To: b.total, Gains: b.total > a.total, Loses: b.total < a.total,
			})
		}
	}
	return d
}

// example is one set of facts to try.
type example struct {
	rule law.Rule
	test law.RuleTest
}

// examplesOf lists the different sets of facts in the tests of both packs.
func examplesOf(packs ...*law.Pack) []example {
	var list []example
	seen := map[string]bool{}
	for _, p := range packs {
		for _, rule := range p.Rules() {
			for _, test := range rule.Tests {
				facts := fmt.Sprint(rule.ID, rule.Known(test, civil.Day{}))
				if !seen[facts] {
					seen[facts] = true
					list = append(list, example{rule, test})
				}
			}
		}
	}
	return list
}

func (e example) days(changes []civil.Day) []civil.Day {
	days := []civil.Day{e.test.Day}
	for _, day := range changes {
		days = append(days, day.AddDays(-1), day)
	}
	slices.SortFunc(days, civil.Day.Compare)
	return slices.Compact(days)
}

// cache keeps the compiled rules of one pack by rule and day.
type cache struct {
	pack  *law.Pack
	rules map[string]compiled
}

type compiled struct {
	rule *Rule
	err  error
}

type answer struct {
	says  string
	total money.Para
}

func (c cache) run(id string, day civil.Day, known map[string]any) answer {
	key := id + " " + day.String()
	entry, have := c.rules[key]
	if !have {
		entry.rule, entry.err = Compile(c.pack, id, day)
		c.rules[key] = entry
	}
	if entry.err != nil {
		return answer{says: explain(entry.err)}
	}
	out := entry.rule.Decide(maps.Clone(known))
	return answer{out.Result.String(), out.Plan.Total}
}

// String writes the differences for people, one a line.
func (d Difference) String() string {
	var b strings.Builder
	b.WriteString(d.Diff.String())
	for _, c := range d.Cases {
		word := "changes"
		switch {
		case c.Gains:
			word = "gains " + (c.To - c.From).Decimal()
		case c.Loses:
			word = "loses " + (c.From - c.To).Decimal()
		}
		fmt.Fprintf(&b, "%s, born %s, %q: %s: %s %s becomes %s %s\n", c.Rule, c.Day, c.Name, word, c.Old, c.From.Decimal(), c.New, c.To.Decimal())
	}
	if b.Len() == 0 {
		b.WriteString("nothing changes\n")
	}
	return b.String()
}
