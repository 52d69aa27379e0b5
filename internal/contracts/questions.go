package contracts

import (
	"context"
	"errors"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/registry"
)

// Methods are those with which a service can be asked, the usual ones first.
func Methods() []string { return []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} }

// Described reports whether it is known what the service of a contract answers.
func (t Terms) Described(ctx context.Context, c registry.Contract) bool {
	_, described := t.operations(ctx, c)
	return described
}

func (t Terms) operations(ctx context.Context, c registry.Contract) ([]Operation, bool) {
	return t.Choices.Operations(ctx, c.Provider.With(c.Service))
}

// questions are what will be asked, and what of the answer leaves: operations of a
// service that is described, or methods and paths.
func (t Terms) questions() []act.Field[registry.Contract] {
	unnamed := act.When(func(sent act.Values) bool { return len(sent["operations"]) == 0 })
	return []act.Field[registry.Contract]{
		act.OfOwn("operations", act.Several, t.putOperations, func(c *registry.Contract) (chosen []string) {
			operations, _ := t.operations(context.Background(), *c) // kept here, or not known
			for _, o := range operations {
				if slices.Contains(c.Methods, o.Method) && slices.Contains(c.Paths, o.Path) {
					chosen = append(chosen, o.Name())
				}
			}
			return chosen
		}, t.whole(), act.Wrong("path-not-offered"), act.Says("contract.questions-label"), t.offers(func(ctx context.Context) (options []act.Option) {
			operations, _ := t.operations(ctx, *t.About)
			for _, o := range operations {
				options = append(options, act.Option{Value: o.Name(), Says: o.Says, Code: o.Name()})
			}
			return options
		})),
		act.OfSeveral("methods", func(c *registry.Contract) *[]string { return &c.Methods }, act.Of("contract.method.", Methods()[:5]...), act.Wrong("method-unknown"), act.Says("contract.methods"), unnamed),
		act.OfOwn("bare", act.Consent, func(_ context.Context, c *registry.Contract, values []string) error {
			if c.Paths = nil; one(values) == "yes" {
				c.Paths = []string{""}
			}
			return nil
		}, func(c *registry.Contract) []string {
			if slices.Contains(c.Paths, "") {
				return []string{"yes"}
			}
			return nil
		}, act.Optional(), act.Says("contract.bare"), unnamed),
		act.OfOwn("paths", act.Several, func(_ context.Context, c *registry.Contract, values []string) error {
			if c.Paths = append(c.Paths, values...); len(c.Paths) == 0 {
				return act.Fault("words-missing")
			}
			return faults(*c, "paths", nil)
		}, func(c *registry.Contract) []string {
			return slices.DeleteFunc(slices.Clone(c.Paths), func(p string) bool { return p == "" })
		}, act.Optional(), act.Coded(), act.Says("contract.paths"), unnamed),
		t.leaving(),
	}
}

func (t Terms) putOperations(ctx context.Context, c *registry.Contract, values []string) error {
	if len(values) == 0 {
		return nil // methods and paths say it
	}
	operations, _ := t.operations(ctx, *c)
	c.Methods, c.Paths, c.Parameters, c.Passes = nil, nil, nil, nil
	var wrong []error
	for _, value := range values {
		i := slices.IndexFunc(operations, func(o Operation) bool { return o.Name() == strings.TrimSpace(value) })
		if i < 0 {
			wrong = append(wrong, act.Fault("path-not-offered", "value", value))
			continue
		}
		c.Methods, c.Paths = addOnce(c.Methods, operations[i].Method), addOnce(c.Paths, operations[i].Path)
		for _, name := range operations[i].Parameters {
			c.Parameters = addOnce(c.Parameters, name)
		}
		for _, name := range operations[i].Passes {
			c.Passes = addOnce(c.Passes, name)
		}
	}
	return errors.Join(wrong...)
}

// Name is how an operation is chosen.
func (o Operation) Name() string { return o.Method + " " + o.Path }

// leaving are the fields of the answer that leave.
func (t Terms) leaving() act.Field[registry.Contract] {
	bounds := []act.Bound{act.Missing("fields-missing"), act.Wrong("field-not-offered"), act.Coded(), act.Says("contract.fields-typed")}
	if t.About != nil && len(t.offered(context.Background(), *t.About)) > 0 {
		bounds = append(bounds, act.Says("contract.fields-label"), act.From(func(ctx context.Context) (options []act.Option) {
			for _, p := range t.offered(ctx, *t.About) {
				options = append(options, act.Option{Value: p.At, Says: p.Says, Code: p.At})
			}
			return options
		}))
	}
	return act.OfOwn("fields", act.Several, func(ctx context.Context, c *registry.Contract, values []string) error {
		c.Fields = values
		if err := faults(*c, "fields", nil); err != nil {
			return err
		}
		known := t.offered(ctx, *c)
		var wrong []error
		for _, value := range values {
			if len(known) > 0 && !offered(known, value) {
				wrong = append(wrong, act.Fault("field-not-offered", "value", value))
			}
		}
		return errors.Join(wrong...)
	}, func(c *registry.Contract) []string { return slices.Clone(c.Fields) }, bounds...)
}

// offered are the fields of the answers to what is asked, each once.
func (t Terms) offered(ctx context.Context, c registry.Contract) (fields []Pointer) {
	operations, _ := t.operations(ctx, c)
	for _, o := range operations {
		asked := slices.ContainsFunc(c.Paths, func(path string) bool { return samePath(o.Path, path) })
		if !asked || !slices.Contains(c.Methods, o.Method) {
			continue
		}
		for _, p := range o.Fields {
			if p.At != "" && !slices.ContainsFunc(fields, func(f Pointer) bool { return f.At == p.At }) {
				fields = append(fields, p)
			}
		}
	}
	return fields
}

// offers gives the options that follow from the contract so far.
func (t Terms) offers(options func(ctx context.Context) []act.Option) act.Bound {
	if t.About == nil {
		return func(*act.Asked) {}
	}
	return act.From(options)
}

func addOnce(list []string, one string) []string {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}
