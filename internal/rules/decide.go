package rules

import (
	"slices"

	"dobosh/internal/kit/money"

	"cel.dev/cel-go/common/types"
)

// Decide says what the rule makes of the known facts. Values are bool, int,
// int64, string or civil.Day, or what encoding/json makes of them; a value of
// the wrong type or outside its bounds counts as missing. It is safe for
// concurrent use and has no other input: the same facts, the same outcome.
func (r *Rule) Decide(known map[string]any) Outcome {
	f := r.understand(known)
	return r.decide(f, r.words(f))
}

// Weigh is the result of Decide without its sentences, for whoever still gathers
// facts.
func (r *Rule) Weigh(known map[string]any) Result { return r.decide(r.understand(known), nil).Result }

// decide needs no words where nobody reads the sentences.
func (r *Rule) decide(f *facts, words *words) Outcome {
	out := Outcome{Result: Yes, Steps: make([]Step, 0, len(r.conditions)+1)}
	for i := range r.conditions {
		step := r.conditions[i].step(f, words)
		out.Result = min(out.Result, step.Result)
		out.Steps = append(out.Steps, step)
	}
	if out.Result == No {
		return out
	}

	// A yes has a plan; where there is none yet, a step says why.
	missing := slices.DeleteFunc(slices.Clone(r.unread), f.has)
	plan, lacking, unsure := r.pays(f, words)
	missing = append(missing, lacking...)
	if len(missing) > 0 || unsure || plan.Total <= 0 {
		reason := noAmount()
		switch {
		case len(missing) > 0:
			reason = words.missing(notYetKnown(), missing)
		case unsure:
			reason = notComputable()
		}
		out.Result = Unknown
		provision, cite := r.conditions[0].Provision, r.conditions[0].cite // the right itself, where no payment is in force
		if len(r.payments) > 0 {
			provision, cite = r.payments[0].Provision, r.payments[0].cite
		}
		out.Steps = append(out.Steps, Step{Condition: "plan", Result: Unknown, Provision: provision, Cite: cite,
			Facts: r.planFacts(), Missing: missing, Says: reason})
	}
	if out.Result == Yes {
		out.Plan = plan
		return out
	}
	for _, step := range out.Steps {
		out.Missing = append(out.Missing, step.Missing...)
	}
	out.Missing = r.ordered(out.Missing)
	return out
}

// step evaluates one condition.
func (c *condition) step(f *facts, words *words) Step {
	result, missing := c.evaluate(f)
	step := Step{Condition: c.ID, Result: result, Provision: c.Provision, Cite: c.cite, Facts: c.reads, Missing: missing}
	switch {
	case result == Yes:
		step.Says = words.fill(c.Yes)
	case result == No:
		step.Says = words.fill(c.No)
	case len(missing) > 0:
		step.Says = words.missing(c.Unknown, missing)
	default:
		step.Says = notComputable()
	}
	return step
}

// evaluate gives the value of an expression, and for unknown the missing facts
// that could still change it. No missing fact means that it cannot be
// computed, for instance because it costs too much.
func (e *expression) evaluate(f *facts) (Result, []string) {
	value, _, err := e.program.Eval(f)
	if err != nil {
		return Unknown, nil
	}
	switch value := value.(type) {
	case types.Bool:
		if value {
			return Yes, nil
		}
		return No, nil
	case *types.Unknown:
		names := map[string]bool{}
		for _, id := range value.IDs() {
			trails, _ := value.GetAttributeTrails(id)
			for _, trail := range trails {
				names[trail.Variable()] = true
			}
		}
		return Unknown, slices.DeleteFunc(slices.Clone(e.reads), func(name string) bool { return !names[name] })
	}
	return Unknown, nil
}

// pays adds up the payments whose condition holds. lacking names facts without
// which it is not known whether a payment is due; unsure means that the
// payments cannot be computed or do not make one plan.
func (r *Rule) pays(f *facts, words *words) (plan Plan, lacking []string, unsure bool) {
	for i := range r.payments {
		p := &r.payments[i]
		result, missing := p.evaluate(f)
		lacking = append(lacking, missing...)
		unsure = unsure || result == Unknown && len(missing) == 0
		if result == Yes {
			unsure = unsure || p.months > 0 && plan.Months > 0
			plan.add(p, words)
		}
	}
	return plan, lacking, unsure
}

func (plan *Plan) add(p *payment, words *words) {
	if p.months > 0 {
		plan.Monthly, plan.Last, plan.Months = p.monthly, p.last, p.months
	} else {
		plan.Once += p.amount
	}
	plan.Total += p.amount
	if words == nil {
		return
	}
	says := words.payment(p)
	plan.Payments = append(plan.Payments, Payment{ID: p.ID, Provision: p.Provision, Cite: p.cite, Amount: p.amount, Months: p.months, Says: says})
	plan.Says = join(plan.Says, says, " ")
}

// instalments splits an amount into equal instalments, rounded to the nearest
// para as in the decisions on nominal amounts; the last settles the rest, so
// that the sum is the amount of the law.
func instalments(amount money.Para, months int) (monthly, last money.Para) {
	n := money.Para(months)
	monthly = (2*amount + n) / (2 * n)
	if last = amount - monthly*(n-1); last <= 0 { // only for amounts smaller than the rounding
		monthly = amount / n
		last = amount - monthly*(n-1)
	}
	return monthly, last
}

func (r *Rule) planFacts() []string {
	read := slices.Clone(r.unread)
	for _, p := range r.payments {
		read = append(read, p.reads...)
	}
	return r.ordered(read)
}

// ordered puts facts in the order of the rule, each once.
func (r *Rule) ordered(names []string) []string {
	var list []string
	for _, f := range r.text.Rule.Facts {
		if slices.Contains(names, f.Name) {
			list = append(list, f.Name)
		}
	}
	return list
}
