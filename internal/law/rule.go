package law

import (
	"encoding/json"
	"fmt"
	"maps"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"

	"gopkg.in/yaml.v3"
)

// Rule is one dated version of a rule as written; package rules compiles it.
// It is also its own record: written out as JSON it can be compiled again
// without the pack.
type Rule struct {
	ID         string          `yaml:"id" json:"id"`
	Title      lang.Text       `yaml:"title" json:"title"`
	Facts      []RuleFact      `yaml:"facts" json:"facts"`
	Parameters []string        `yaml:"parameters" json:"parameters,omitempty"` // usable in conditions by name
	Conditions []RuleCondition `yaml:"conditions" json:"conditions"`
	Plan       []RulePayment   `yaml:"plan" json:"plan"`
	Example    Facts           `yaml:"example" json:"-"` // facts that every test starts from
	Tests      []RuleTest      `yaml:"tests" json:"-"`
	Span       `yaml:",inline"`
	At         Position `yaml:"-" json:"-"`
}

// RuleFact is one thing the rule must know, and where the answer stands.
type RuleFact struct {
	Name    string    `yaml:"fact" json:"fact"`               // "child.order"
	Type    string    `yaml:"type" json:"type"`               // bool, int, date, text, code, person, account
	Min     int64     `yaml:"min" json:"min,omitempty"`       // of an int
	Max     int64     `yaml:"max" json:"max,omitempty"`       // of an int
	Service string    `yaml:"service" json:"service"`         // "RS-DEMO/GOV/REGISTERS/civil/births"
	Ask     string    `yaml:"ask" json:"ask"`                 // "/v1/births/{birth}"
	Pointer string    `yaml:"pointer" json:"pointer"`         // JSON pointer into the answer
	Label   lang.Text `yaml:"label" json:"label"`             // "ред рођења детета"
	Unsaid  lang.Text `yaml:"unsaid" json:"unsaid,omitempty"` // stands in sentences while a text fact is missing
	For     string    `yaml:"for" json:"for,omitempty"`       // "" decides; "text" only fills sentences; "payment" is asked at acceptance
}

// RuleCondition is one condition of the right.
type RuleCondition struct {
	ID        string    `yaml:"id" json:"id"`
	When      string    `yaml:"when" json:"when"` // CEL, true or false
	Provision Ref       `yaml:"provision" json:"provision"`
	Yes       lang.Text `yaml:"yes" json:"yes"`
	No        lang.Text `yaml:"no" json:"no"`
	Unknown   lang.Text `yaml:"unknown" json:"unknown"`
	At        Position  `yaml:"-" json:"-"`
}

// RulePayment is one payment of the plan; all whose When is true are paid.
type RulePayment struct {
	ID        string           `yaml:"id" json:"id"`
	When      string           `yaml:"when" json:"when"`
	Amount    string           `yaml:"amount" json:"amount"`           // parameter of kind money: the whole amount
	Months    string           `yaml:"months" json:"months,omitempty"` // parameter of kind count: paid in so many equal instalments; empty: at once
	Provision Ref              `yaml:"provision" json:"provision"`
	Says      lang.Text        `yaml:"says" json:"says"`
	Span      `yaml:",inline"` // of the right to this payment, within that of the rule
	At        Position         `yaml:"-" json:"-"`
}

// RuleTest is an example the authors of a rule wrote beside it: the facts of
// the rule's Example, changed by Facts and Without. A date fact that neither
// gives is the day itself.
type RuleTest struct {
	Name    string     `yaml:"name"`
	Day     civil.Day  `yaml:"day"` // of the event
	Facts   Facts      `yaml:"facts"`
	Without []string   `yaml:"without"`
	Result  string     `yaml:"result"`  // yes, no, unknown
	Missing []string   `yaml:"missing"` // compared when the result is unknown
	Failed  []string   `yaml:"failed"`  // ids of conditions that say no
	Once    money.Para `yaml:"-"`       // amounts are compared when the result is yes
	Monthly money.Para `yaml:"-"`
	Months  int        `yaml:"months"`
	Total   money.Para `yaml:"-"`
	At      Position   `yaml:"-"`
}

// Facts are values by the name of the fact: bool, int64 or text. Days are text.
type Facts map[string]any

// UnmarshalYAML keeps days as they are written; YAML would make instants of them.
func (f *Facts) UnmarshalYAML(node *yaml.Node) error {
	*f = Facts{}
	for name, value := range plain(node).(map[string]any) {
		if number, ok := value.(json.Number); ok {
			n, err := number.Int64()
			if err != nil {
				return fmt.Errorf("fact %q: %w", name, err)
			}
			value = n
		}
		(*f)[name] = value
	}
	return nil
}

// Known gives the facts of a test as they would be on day.
func (r Rule) Known(test RuleTest, day civil.Day) map[string]any {
	known := maps.Clone(map[string]any(r.Example))
	maps.Copy(known, test.Facts)
	for _, fact := range r.Facts {
		if _, given := known[fact.Name]; !given && fact.Type == "date" {
			known[fact.Name] = day.String()
		}
	}
	for _, name := range test.Without {
		delete(known, name)
	}
	return known
}
