package rules

import (
	"encoding/json"
	"math"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/text"
	"dobosh/internal/law"

	"cel.dev/cel-go/cel"
)

// facts are the known facts of one case, as CEL reads them: bool, int64,
// string or, for days, time.Time at midnight UTC. It is the activation of
// every program of the rule.
type facts struct {
	values  map[string]any
	unknown []*cel.AttributePatternType
}

// The next four methods make facts an activation for partial evaluation. CEL
// finds the unknown facts only through AsPartialActivation.
func (f *facts) ResolveName(name string) (any, bool) { v, ok := f.values[name]; return v, ok }

// Parent is part of the activation: there is none.
func (f *facts) Parent() cel.Activation { return nil }

// UnknownAttributePatterns names the facts that are missing.
func (f *facts) UnknownAttributePatterns() []*cel.AttributePatternType { return f.unknown }

// AsPartialActivation says that some facts may be missing.
func (f *facts) AsPartialActivation() (cel.PartialActivation, bool) { return f, true }

func (f *facts) has(name string) bool { _, ok := f.values[name]; return ok }

// understand keeps the values that are what the rule says they are. A value of
// the wrong type or outside its bounds is not known: it may be anything, so it
// must not decide.
func (r *Rule) understand(known map[string]any) *facts {
	f := &facts{values: make(map[string]any, len(known))}
	for i := range r.text.Rule.Facts {
		fact := &r.text.Rule.Facts[i]
		if value, ok := valueOf(fact, known[fact.Name]); ok {
			f.values[fact.Name] = value
		} else {
			f.unknown = append(f.unknown, cel.AttributePattern(fact.Name))
		}
	}
	return f
}

// maxText bounds the text of a fact, in characters.
const maxText = 200

func valueOf(fact *law.RuleFact, given any) (any, bool) {
	switch fact.Type {
	case "bool":
		value, ok := given.(bool)
		return value, ok
	case "int":
		value, ok := integer(given)
		return value, ok && value >= fact.Min && (fact.Max == 0 || value <= fact.Max)
	case "date":
		day, ok := dayOf(given)
		return time.Date(day.Year(), day.Month(), day.Dom(), 0, 0, 0, 0, time.UTC), ok
	case "account":
		value, ok := given.(string)
		return value, ok && isAccount(value)
	}
	// What a register says stands in the decision of a person: it is a line like any other,
	// or it is not known.
	said, _ := given.(string)
	value, err := text.Line(said, maxText)
	return value, err == nil
}

func integer(given any) (int64, bool) {
	switch value := given.(type) {
	case int:
		return int64(value), true
	case int64:
		return value, true
	case json.Number:
		n, err := value.Int64()
		return n, err == nil
	case float64:
		return int64(value), value == math.Trunc(value) && math.Abs(value) < 1<<53
	}
	return 0, false
}

func dayOf(given any) (civil.Day, bool) {
	switch value := given.(type) {
	case civil.Day:
		return value, !value.IsZero()
	case string:
		day, err := civil.Parse(value)
		return day, err == nil && len(value) == len(time.DateOnly)
	}
	return civil.Day{}, false
}

// isAccount accepts the 18 digits of a Serbian account.
func isAccount(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) == 18
}

// recorded gives the facts as JSON carries them.
func (f *facts) recorded() map[string]any {
	out := make(map[string]any, len(f.values))
	for name, value := range f.values {
		if day, ok := value.(time.Time); ok {
			value = day.Format(time.DateOnly)
		}
		out[name] = value
	}
	return out
}
