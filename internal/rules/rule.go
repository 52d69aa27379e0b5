package rules

import (
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
)

// Need is a fact that must be asked for.
type Need struct {
	Fact    string
	Type    string    // bool, int, date, text, code, person, account
	Service string    // member/subsystem/service: "RS-DEMO/GOV/REGISTERS/civil/births"
	Pointer string    // JSON pointer into the answer
	Label   lang.Text // names the fact for people
	Ask     string    // path of the question; "{birth}" is the event's subject, "{service}" the public service, "{mother.person}" a fact asked before
	Text    bool      // only fills sentences: the outcome does not wait for it
}

// Rule is a compiled version of a rule for one day.
type Rule struct {
	source source
	needs  []Need
	later  []Need
}

type source struct {
	Rule law.Rule
	Day  civil.Day
}

// Compile compiles the version of the rule that is in force on day, the day of
// the event, with the parameters of that day.
func Compile(p *law.Pack, ruleID string, day civil.Day) (*Rule, error) { return &Rule{}, nil }

// Needs lists the facts that the outcome needs, in the order in which to ask.
func (r *Rule) Needs() []Need { return r.needs }

// AtAcceptance lists the facts asked only when the offer is accepted, such as
// the account to pay to.
func (r *Rule) AtAcceptance() []Need { return r.later }

// Decide says what the rule makes of the known facts. Values are bool, int,
// int64, string or civil.Day, or what encoding/json makes of them; a value of
// the wrong type or outside its bounds counts as missing.
func (r *Rule) Decide(known map[string]any) Outcome { return Outcome{} }

// Record is Decide with everything needed to decide again.
func (r *Rule) Record(known map[string]any) (Record, Outcome) { return Record{}, Outcome{} }
