package routing

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"dobosh/internal/kit/civil"
)

// Rule says that a body is competent: for a category, in a place, on days, by a provision.
type Rule struct {
	Category  string
	Place     string    // and all that lies within it; empty for everywhere
	From, To  civil.Day // both included; the zero day for always before, or after
	Provision string    // by which it is competent
	Body      string
}

func (r Rule) on(day civil.Day) bool {
	return (r.From.IsZero() || !day.Before(r.From)) && (r.To.IsZero() || !day.After(r.To))
}

func (r Rule) meets(other Rule) bool {
	begins := other.From.IsZero() || r.To.IsZero() || !r.To.Before(other.From)
	ends := r.From.IsZero() || other.To.IsZero() || !other.To.Before(r.From)
	return begins && ends
}

// The bounds of a table of competence.
const (
	MostRules = 200_000
	deepest   = 12 // places within places
)

// Competence is the table of which body is competent for what. It never changes: when the law does, another
// is made.
type Competence struct {
	rules  map[[2]string][]Rule // by category and place
	within map[string]string    // the place that a place lies in
}

// NewCompetence makes the table. within says in which place a place lies. Two rules that name different
// bodies for one category, place and day are an error, as is a place that lies within itself.
func NewCompetence(rules []Rule, within map[string]string) (*Competence, error) {
	if len(rules) > MostRules {
		return nil, fmt.Errorf("routing: more than %d rules of competence", MostRules)
	}
	c := &Competence{rules: map[[2]string][]Rule{}, within: within}
	for place := range within {
		at, depth := place, 0
		for at != "" {
			if at, depth = within[at], depth+1; depth > deepest {
				return nil, fmt.Errorf("routing: place %s lies within itself, or too deep", place)
			}
		}
	}
	var wrong []error
	for _, r := range rules {
		if r.Category == "" || r.Body == "" || r.Provision == "" || !r.From.IsZero() && !r.To.IsZero() && r.To.Before(r.From) {
			wrong = append(wrong, fmt.Errorf("routing: the rule for %q in %q lacks category, body or provision, or ends before it begins", r.Category, r.Place))
			continue
		}
		key := [2]string{r.Category, r.Place}
		for _, other := range c.rules[key] {
			if r.meets(other) && r.Body != other.Body {
				wrong = append(wrong, fmt.Errorf("routing: for %s in %q both %s (%s) and %s (%s) are competent", r.Category, r.Place, other.Body, other.Provision, r.Body, r.Provision))
			}
		}
		c.rules[key] = append(c.rules[key], r)
	}
	for _, list := range c.rules {
		slices.SortStableFunc(list, func(a, b Rule) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Provision, b.Provision)) })
	}
	return c, errors.Join(wrong...)
}

// Found is what the table says.
type Found struct {
	Body string // empty when there is none
	Rule Rule   // by which it is competent
	// Stopped are rules that would have counted, but rest on a provision that is not in force.
	Stopped []Rule
}

// Body finds who is competent for a category in a place on a day. The smallest place that has a rule counts.
// inForce says whether a provision is in force; nil for all.
func (c *Competence) Body(category, place string, day civil.Day, inForce func(provision string, on civil.Day) bool) (found Found) {
	for at := place; ; at = c.within[at] {
		for _, r := range c.rules[[2]string{category, at}] {
			switch {
			case !r.on(day):
			case inForce != nil && !inForce(r.Provision, day):
				found.Stopped = append(found.Stopped, r)
			default:
				found.Body, found.Rule = r.Body, r
				return found
			}
		}
		if at == "" {
			return found
		}
	}
}
