package rules

import (
	"errors"
	"fmt"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/law"

	"cel.dev/cel-go/cel"
)

// FormFields are the fields of a form of the pack as an act asks for them. A
// condition sees the fields before it: a count as int, yes or no as bool, several
// as list, everything else as string, each as it was sent.
func FormFields(form law.Form) ([]act.Field[act.Values], error) {
	var fields []act.Field[act.Values]
	env, err := cel.NewEnv()
	if err != nil {
		return nil, fmt.Errorf("form %q: %w", form.ID, err)
	}
	var before []law.FormField
	for _, f := range form.Fields {
		bounds := []act.Bound{act.Labelled(f.Label, f.Hint)}
		if f.Most > 0 {
			bounds = append(bounds, act.Most(f.Most))
		}
		if f.Optional {
			bounds = append(bounds, act.Optional())
		}
		if len(f.Options) > 0 {
			options := make([]act.Option, len(f.Options))
			for i, o := range f.Options {
				options[i] = act.Option{Value: o.Value, Says: o.Says}
			}
			bounds = append(bounds, act.Offering(options...))
		}
		if f.When != "" {
			holds, err := formCondition(env, before, f.When)
			if err != nil {
				return nil, fmt.Errorf("form %q, field %q: %w", form.ID, f.Name, err)
			}
			bounds = append(bounds, act.When(holds))
		}
		field, err := act.OfValue(f.Name, f.Kind, bounds...)
		if err != nil {
			return nil, fmt.Errorf("form %q: %w", form.ID, err)
		}
		fields = append(fields, field)
		before = append(before, f)
		if env, err = env.Extend(cel.Variable(f.Name, formType(f.Kind))); err != nil {
			return nil, fmt.Errorf("form %q, field %q: %w", form.ID, f.Name, err)
		}
	}
	return fields, nil
}

func formType(kind act.Kind) *cel.Type {
	switch kind {
	case act.Count:
		return cel.IntType
	case act.YesNo, act.Consent:
		return cel.BoolType
	case act.Several:
		return cel.ListType(cel.StringType)
	}
	return cel.StringType
}

// formCondition reads a condition over the fields before it. What fails while it
// is looked at, does not hold: a field that nobody can decide about is not asked.
func formCondition(env *cel.Env, before []law.FormField, when string) (func(act.Values) bool, error) {
	if why := unfit(when); why != "" {
		return nil, errors.New(why)
	}
	ast, issues := env.Compile(when)
	if issues.Err() != nil {
		return nil, fmt.Errorf("condition %q: %w", when, issues.Err())
	}
	if ast.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("condition %q is no yes or no", when)
	}
	program, err := env.Program(ast, cel.CostLimit(costLimit))
	if err != nil {
		return nil, fmt.Errorf("condition %q: %w", when, err)
	}
	return func(sent act.Values) bool {
		seen := map[string]any{}
		for _, f := range before {
			switch f.Kind {
			case act.Count:
				n, _ := strconv.ParseInt(sent.One(f.Name), 10, 32) // what is no number is 0 here, and refused where it is read
				seen[f.Name] = n
			case act.YesNo, act.Consent:
				seen[f.Name] = sent.One(f.Name) == "yes"
			case act.Several:
				seen[f.Name] = append([]string{}, sent[f.Name]...)
			default:
				seen[f.Name] = sent.One(f.Name)
			}
		}
		out, _, err := program.Eval(seen)
		holds, ok := false, false
		if err == nil {
			holds, ok = out.Value().(bool)
		}
		return ok && holds
	}, nil
}

// checkForm says what is wrong with the conditions of a form.
func checkForm(form law.Form) law.Findings {
	if _, err := FormFields(form); err != nil {
		return law.Findings{{At: form.At, Says: err.Error()}}
	}
	return nil
}
