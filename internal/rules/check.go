package rules

import (
	"fmt"
	"slices"

	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
)

// Check reads every rule and every form of a pack and lists what is wrong with it:
// expressions that do not type-check, with line and column, and sentences with
// places that may stay empty. It does not run tests; see [Test].
func Check(p *law.Pack) []law.Finding {
	var found law.Findings
	for _, rule := range p.Rules() {
		found = append(found, checkRule(p, rule)...)
	}
	for _, form := range p.Forms() {
		found = append(found, checkForm(form)...)
	}
	return found
}

func checkRule(p *law.Pack, rule law.Rule) law.Findings {
	if found := tooMuch(rule); len(found) > 0 {
		return found
	}
	var parameters []law.Parameter
	for _, name := range parametersOf(rule) {
		if values := p.Values(name); len(values) > 0 {
			parameters = append(parameters, values[0])
		}
	}
	env, err := environment(rule, parameters)
	if err != nil {
		return law.Findings{{At: rule.At, Says: err.Error()}}
	}
	var found law.Findings
	for _, s := range p.Services() {
		for _, statement := range s.Affirms {
			if s.Rule == rule.ID && statement.When != "" {
				_, faults := env.check(statement.When, rule.At)
				found = append(found, faults...)
			}
		}
	}
	for _, c := range rule.Conditions {
		ast, faults := env.check(c.When, c.At)
		found = append(found, faults...)
		if len(faults) == 0 {
			says := speech{rule: rule, reads: env.factsIn(ast)}
			found = append(found, says.check(c.At, c.ID, c.Yes)...)
			found = append(found, says.check(c.At, c.ID, c.No)...)
			found = append(found, says.check(c.At, c.ID, c.Unknown, "missing")...)
		}
	}
	for _, pay := range rule.Plan {
		_, faults := env.check(pay.When, pay.At)
		found = append(found, faults...)
		says := speech{rule: rule, reads: env.facts} // a payment is due only when every fact is known
		found = append(found, says.check(pay.At, pay.ID, pay.Says, "amount", "monthly", "months")...)
	}
	return found
}

// speech is what a sentence of a rule can name.
type speech struct {
	rule  law.Rule
	reads []string // facts that are known whenever the sentence is said
}

// check finds places that nothing fills, or that stay empty while a fact that
// the condition does not wait for is missing.
func (s speech) check(at law.Position, id string, text lang.Text, extra ...string) law.Findings {
	var found law.Findings
	names := places(text)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !slices.Contains(extra, name) && !s.fills(name) {
			found = append(found, law.Finding{At: at, Says: fmt.Sprintf("a sentence of %q names {%s}, which is not certain to be known there", id, name)})
		}
	}
	return found
}

func (s speech) fills(name string) bool {
	if slices.Contains(s.rule.Parameters, name) {
		return true
	}
	return slices.ContainsFunc(s.rule.Facts, func(f law.RuleFact) bool {
		known := slices.Contains(s.reads, f.Name)
		return name == f.Name && (known || f.Unsaid != nil) || name == f.Name+".ordinal" && f.Type == "int" && known
	})
}
