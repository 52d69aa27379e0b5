package rules

import (
	"fmt"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/law"
)

// Result is one of three truth values.
type Result int8

// The three values, ordered so that the least of several conditions is their
// conjunction in Kleene's logic.
const (
	No Result = iota - 1
	Unknown
	Yes
)

func (r Result) String() string {
	switch r {
	case No:
		return "no"
	case Yes:
		return "yes"
	}
	return "unknown"
}

// MarshalText writes "yes", "no" or "unknown".
func (r Result) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (r *Result) UnmarshalText(text []byte) error {
	for _, result := range []Result{No, Unknown, Yes} {
		if result.String() == string(text) {
			*r = result
			return nil
		}
	}
	return fmt.Errorf("result %q is not yes, no or unknown", text)
}

// Outcome is what a rule says about a set of facts. Its texts and lists are
// shared with the rule: read them, do not change them.
type Outcome struct {
	Result  Result   `json:"result"`
	Missing []string `json:"missing,omitempty"` // facts, in the order of the rule; only when unknown
	Steps   []Step   `json:"steps"`             // one for each condition, in the order of the rule
	Plan    Plan     `json:"plan,omitzero"`     // only when yes
}

// Step is one condition with its reason.
type Step struct {
	Condition string    `json:"condition"`
	Result    Result    `json:"result"`
	Provision law.Ref   `json:"provision"`
	Cite      lang.Text `json:"cite"`              // the provision as lawyers write it
	Facts     []string  `json:"facts"`             // facts the condition reads
	Missing   []string  `json:"missing,omitempty"` // those of them that are missing and matter
	Says      lang.Text `json:"says"`              // the sentence for a parent
}

// Plan is what is paid. Once + Monthly*(Months-1) + Last == Total when there
// are months, Once == Total when there are none.
type Plan struct {
	Once     money.Para `json:"once"`     // at once
	Monthly  money.Para `json:"monthly"`  // in each month but the last
	Last     money.Para `json:"last"`     // in the last month: settles what rounding left
	Months   int        `json:"months"`   //
	Total    money.Para `json:"total"`    // all together
	Says     lang.Text  `json:"says"`     // all payments in one text
	Payments []Payment  `json:"payments"` // the parts, each with its provision
}

// Payment is one part of a plan.
type Payment struct {
	ID        string     `json:"id"`
	Provision law.Ref    `json:"provision"`
	Cite      lang.Text  `json:"cite"`
	Amount    money.Para `json:"amount"`
	Months    int        `json:"months"` // 0: at once
	Says      lang.Text  `json:"says"`
}
