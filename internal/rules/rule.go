package rules

import (
	"fmt"
	"slices"
	"sync"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
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

// Rule is a version of a rule compiled for one day.
type Rule struct {
	text       Record // everything but facts and outcome; never changed
	needs      []Need
	later      []Need
	conditions []condition
	payments   []payment
	unread     []string // facts that no expression reads and that a yes still needs
	sentences  sentences
	names      map[string]lang.Text // of places, by code
	env        celEnvironment

	asides sync.Map // expressions that others ask about, by their text

	once     sync.Once // makes the next two
	constant constant  // of a record
	broken   error
}

// Compile compiles the version of the rule that is in force on day, the day of
// the event, with the parameters of that day. It fails with the problem
// "provision-not-in-force" when something the rule rests on has ended, and
// with "rule-not-in-force" when there is no version for the day.
func Compile(p *law.Pack, ruleID string, day civil.Day) (*Rule, error) {
	text, err := gather(p, ruleID, day)
	if err != nil {
		return nil, err
	}
	names := map[string]lang.Text{}
	for _, place := range p.Places() {
		names[place.Code] = place.Name
	}
	return compile(text, names)
}

// gather collects from the pack all that the rule needs on the day.
func gather(p *law.Pack, ruleID string, day civil.Day) (Record, error) {
	rule, ok := p.Rule(ruleID, day)
	if !ok {
		return Record{}, problem.New(problem.NotFound, "rule-not-in-force", "rule", ruleID, "day", day.String())
	}
	rule.Plan = slices.DeleteFunc(slices.Clone(rule.Plan), func(pay law.RulePayment) bool { return !pay.Holds(day) })
	text := Record{Format: recordFormat, Pack: Origin{p.ID, p.Version, p.Digest}, Day: day, Rule: rule}

	for _, name := range parametersOf(rule) {
		parameter, ok := p.Parameter(name, day)
		if !ok {
			return Record{}, problem.New(problem.NotFound, "parameter-not-in-force", "parameter", name, "day", day.String())
		}
		text.Parameters = append(text.Parameters, parameter)
	}

	var refs []law.Ref
	for _, c := range rule.Conditions {
		refs = append(refs, c.Provision)
	}
	for _, pay := range rule.Plan {
		refs = append(refs, pay.Provision)
	}
	slices.Sort(refs)
	for _, ref := range slices.Compact(refs) {
		if err := p.InForce(ref, day); err != nil {
			return Record{}, err
		}
		provision, _ := p.Provision(ref)
		text.Provisions = append(text.Provisions, cite(provision))
	}
	return text, nil
}

func parametersOf(rule law.Rule) []string {
	names := slices.Clone(rule.Parameters)
	for _, pay := range rule.Plan {
		names = append(names, pay.Amount)
		if pay.Months != "" {
			names = append(names, pay.Months)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// compile turns the text of a rule into programs. It needs nothing but the
// text, so that a record can be compiled without its pack.
func compile(text Record, names map[string]lang.Text) (*Rule, error) {
	if !text.Rule.Holds(text.Day) {
		return nil, fmt.Errorf("rule %q is not in force on %s", text.Rule.ID, text.Day)
	}
	if len(text.Rule.Conditions) == 0 {
		return nil, fmt.Errorf("rule %q has no condition", text.Rule.ID)
	}
	if found := tooMuch(text.Rule); len(found) > 0 {
		return nil, found
	}
	env, err := environment(text.Rule, text.Parameters)
	if err != nil {
		return nil, err
	}
	r := &Rule{text: text, names: names, env: env, sentences: sentencesOf(text.Rule)}
	for _, c := range text.Rule.Conditions {
		when, err := env.expression(c.When, c.At)
		if err != nil {
			return nil, err
		}
		r.conditions = append(r.conditions, condition{c, when, text.cited(c.Provision)})
	}
	for _, pay := range text.Rule.Plan {
		compiled, err := env.payment(pay, text)
		if err != nil {
			return nil, err
		}
		r.payments = append(r.payments, compiled)
	}
	for _, f := range text.Rule.Facts { // by what they are for
		need := Need{f.Name, f.Type, f.Service, f.Pointer, f.Label, f.Ask, f.For == "text"}
		if f.For == "payment" {
			r.later = append(r.later, need)
			continue
		}
		r.needs = append(r.needs, need)
		if f.For == "" && !r.reads(f.Name) {
			r.unread = append(r.unread, f.Name)
		}
	}
	return r, nil
}

// Applies reports whether something that a pack says under a condition in the words of the rule is for known facts:
// it is where the condition is empty, holds, or cannot be told.
func (r *Rule) Applies(when string, known map[string]any) (bool, error) {
	if when == "" {
		return true, nil
	}
	compiled, ok := r.asides.Load(when)
	if !ok {
		e, err := r.env.expression(when, r.text.Rule.At)
		if err != nil {
			return false, err
		}
		compiled, _ = r.asides.LoadOrStore(when, &e)
	}
	result, _ := compiled.(*expression).evaluate(r.understand(known))
	return result != No, nil
}

func (r *Rule) reads(fact string) bool {
	return slices.ContainsFunc(r.conditions, func(c condition) bool { return slices.Contains(c.reads, fact) }) ||
		slices.ContainsFunc(r.payments, func(p payment) bool { return slices.Contains(p.reads, fact) })
}

// ID names the rule.
func (r *Rule) ID() string { return r.text.Rule.ID }

// Day is the day the rule was compiled for.
func (r *Rule) Day() civil.Day { return r.text.Day }

// Needs lists the facts that the outcome needs, in the order in which to ask.
// Stop asking when the outcome is already no. The list is the rule's: read it.
func (r *Rule) Needs() []Need { return r.needs }

// AtAcceptance lists the facts asked only when the offer is accepted, such as
// the account to pay to. The list is the rule's: read it.
func (r *Rule) AtAcceptance() []Need { return r.later }
