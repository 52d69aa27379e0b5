package rules

import (
	"fmt"
	"slices"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/law"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// costLimit bounds one evaluation in CEL cost units. The conditions of a
// benefit need some dozens.
const costLimit = 10_000

// Bounds on what a plan pays, so that no sum can overflow. A pack keeps them
// anyway; a record may have been written by anybody.
const (
	maxAmount = 1 << 50 // para
	maxMonths = 1200
)

// condition is a compiled condition of a rule.
type condition struct {
	law.RuleCondition
	expression
	cite lang.Text
}

// payment is a compiled payment of a plan.
type payment struct {
	law.RulePayment
	expression
	cite          lang.Text
	amount        money.Para  // all of it
	monthly, last money.Para  // zero when it is paid at once
	months        int         // 0: at once
	says          lang.Values // what its sentence can name besides facts
}

// expression is compiled CEL with the facts it reads, in the order of the rule.
type expression struct {
	program cel.Program
	reads   []string
}

// celEnvironment is what the expressions of one rule can see: facts as
// variables and parameters as constants. Money is an int in para, a day is a
// timestamp at midnight UTC.
type celEnvironment struct {
	*cel.Env
	facts []string
}

func environment(rule law.Rule, parameters []law.Parameter) (celEnvironment, error) {
	var options []cel.EnvOption
	env := celEnvironment{}
	for _, f := range rule.Facts {
		options = append(options, cel.Variable(f.Name, celType(f.Type)))
		env.facts = append(env.facts, f.Name)
	}
	for _, p := range parameters {
		if slices.Contains(rule.Parameters, p.Name) {
			options = append(options, cel.Constant(p.Name, cel.IntType, types.Int(p.Value)))
		}
	}
	inner, err := cel.NewEnv(options...)
	if err != nil {
		return env, fmt.Errorf("environment of rule %q: %w", rule.ID, err)
	}
	env.Env = inner
	return env, nil
}

func celType(name string) *cel.Type {
	switch name {
	case "bool":
		return cel.BoolType
	case "int":
		return cel.IntType
	case "date":
		return cel.TimestampType
	}
	return cel.StringType
}

// check type-checks one expression and lists its faults at their places.
func (env celEnvironment) check(when string, at law.Position) (*cel.Ast, law.Findings) {
	if why := unfit(when); why != "" {
		return nil, law.Findings{{At: at, Says: why}}
	}
	ast, issues := env.Compile(when)
	var found law.Findings
	for _, e := range issues.Errors() {
		place := at
		place.Line += max(e.Location.Line()-1, 0)
		place.Column = e.Location.Column() + 1
		found = append(found, law.Finding{At: place, Says: fmt.Sprintf("column %d of %q: %s", place.Column, when, e.Message)})
	}
	if len(found) == 0 && ast.OutputType() != cel.BoolType {
		found = append(found, law.Finding{At: at, Says: fmt.Sprintf("%q gives %s; a condition gives true or false", when, ast.OutputType())})
	}
	return ast, found
}

func (env celEnvironment) expression(when string, at law.Position) (expression, error) {
	ast, found := env.check(when, at)
	if len(found) > 0 {
		return expression{}, found
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptPartialEval), cel.CostLimit(costLimit))
	if err != nil {
		return expression{}, fmt.Errorf("program %q: %w", when, err)
	}
	return expression{program, env.factsIn(ast)}, nil
}

// factsIn lists the facts an expression reads.
func (env celEnvironment) factsIn(ast *cel.Ast) []string {
	read := map[string]bool{}
	celast.PreOrderVisit(ast.NativeRep().Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		if e.Kind() == celast.IdentKind {
			read[e.AsIdent()] = true
		}
	}))
	return slices.DeleteFunc(slices.Clone(env.facts), func(name string) bool { return !read[name] })
}

func (env celEnvironment) payment(p law.RulePayment, text Record) (payment, error) {
	e, err := env.expression(p.When, p.At)
	if err != nil {
		return payment{}, err
	}
	amount, ok := text.parameter(p.Amount)
	if !ok || amount.Kind != "money" || amount.Value < 1 || amount.Value > maxAmount {
		return payment{}, fmt.Errorf("payment %q has no amount %q", p.ID, p.Amount)
	}
	compiled := payment{RulePayment: p, expression: e, cite: text.cited(p.Provision), amount: amount.Money()}
	if p.Months != "" {
		months, ok := text.parameter(p.Months)
		if !ok || months.Kind != "count" || months.Value < 1 || months.Value > maxMonths {
			return payment{}, fmt.Errorf("payment %q has no number of months %q", p.ID, p.Months)
		}
		compiled.months = int(months.Value)
		compiled.monthly, compiled.last = instalments(compiled.amount, compiled.months)
	}
	compiled.says = lang.Values{
		"amount": compiled.amount, "monthly": compiled.monthly, "months": compiled.months,
	}
	return compiled, nil
}
