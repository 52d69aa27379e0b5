package act

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
)

// Def defines an act of which In is what is asked for and Out what comes of it.
type Def[In, Out any] struct {
	// Name is stable: "contract.refuse". The sentences of the act stand under it:
	// the name itself is the title, "-lead" what stands above the fields,
	// "-button" what the button says; a field's label is its own key or name and
	// "." and the field.
	Name string
	// Route is where programs do it: "POST /v1/proposals/{proposal}/refuse".
	// Empty where they cannot.
	Route string
	// Page is the address of the page that asks for the fields, with the names of
	// fields in braces. Empty where there is none.
	Page  string
	Right Right
	// Made answers programs that something new came to be (201).
	Made   bool
	Fields []Field[In]
	// Begin fills in what is known of the matter when a page asks, such as its
	// version. May be nil.
	Begin func(ctx context.Context, by Actor, in *In) error
	// Check finds what the fields alone cannot know. May be nil.
	Check func(ctx context.Context, by Actor, in In) error
	Do    func(ctx context.Context, by Actor, in In) (Out, error)
}

// Act is a definition without its types, for whoever makes a page, an interface,
// a description or a test of it.
type Act struct {
	Name, Route, Page string
	Right             Right
	Made              bool
	Fields            []Asked
	Out               reflect.Type // of what Do gives

	do    func(ctx context.Context, by Actor, sent *Sent) (any, error)
	begin func(ctx context.Context, by Actor, sent *Sent) (map[string][]string, error)
}

// Do does the act with what was sent. Nothing of the body is read before the
// right is known.
//
// Problems: those of the right; form-incomplete with the fields that are wrong,
// body-malformed for JSON that is none or has members that are no fields; those
// of the act itself.
func (a Act) Do(ctx context.Context, by Actor, sent *Sent) (any, error) { return a.do(ctx, by, sent) }

// Begin gives the values that a page shows before anybody has typed anything, also to
// whoever has to sign in again before they send it.
func (a Act) Begin(ctx context.Context, by Actor, sent *Sent) (map[string][]string, error) {
	return a.begin(ctx, by, sent)
}

// Act makes the definition usable.
func (d Def[In, Out]) Act() (Act, error) {
	a := Act{Name: d.Name, Route: d.Route, Page: d.Page, Right: d.Right, Made: d.Made, Out: reflect.TypeFor[Out](), do: d.do, begin: d.begin}
	if d.Name == "" || d.Do == nil || d.Right.IsZero() {
		return Act{}, fmt.Errorf("act %q: a name, a right and what it does are needed", d.Name)
	}
	for i := range d.Fields {
		f := &d.Fields[i].Asked
		if f.Says == "" {
			f.Says = d.Name + "." + f.Name
		}
		inPath := strings.Contains(d.Route, "{"+f.Name+"}") || d.Route == "" && strings.Contains(d.Page, "{"+f.Name+"}")
		if f.InPath != inPath {
			return Act{}, fmt.Errorf("act %s: field %s and the path do not fit each other", d.Name, f.Name)
		}
		if slices.ContainsFunc(a.Fields, func(other Asked) bool { return other.Name == f.Name }) {
			return Act{}, fmt.Errorf("act %s: field %s stands twice", d.Name, f.Name)
		}
		a.Fields = append(a.Fields, *f)
	}
	return a, nil
}

// All makes acts of their definitions, each by its method Act.
func All(define ...func() (Act, error)) (all []Act, err error) {
	for _, one := range define {
		a, err := one()
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func (d Def[In, Out]) do(ctx context.Context, by Actor, sent *Sent) (any, error) {
	if err := d.Right.Admit(by); err != nil {
		return nil, err
	}
	in, err := d.read(ctx, sent)
	if err != nil {
		return nil, err
	}
	if d.Check != nil {
		if err := d.Check(ctx, by, in); err != nil {
			return nil, err
		}
	}
	out, err := d.Do(ctx, by, in)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// read reads all fields and tells all that is wrong with them.
func (d Def[In, Out]) read(ctx context.Context, sent *Sent) (in In, err error) {
	if sent.read != nil {
		if err := sent.read(); err != nil {
			return in, err
		}
	}
	for name := range sent.raw {
		if !slices.ContainsFunc(d.Fields, func(f Field[In]) bool { return f.Name == name && !f.InPath }) {
			return in, problem.New(problem.Invalid, "body-malformed").Because(fmt.Errorf("act %s has no field of a name that was sent", d.Name))
		}
	}
	return in, Take(ctx, &in, sent, d.Fields...)
}

// Take reads some fields, as a step of a form does, and tells all that is wrong
// with them.
//
// Problems: form-incomplete with the fields; question-unknown for a part of the
// path that is none.
func Take[In any](ctx context.Context, in *In, sent *Sent, fields ...Field[In]) error {
	wrong := problem.New(problem.Invalid, "form-incomplete")
	for _, f := range fields {
		err := f.take(ctx, in, sent)
		found := faultsOf(err)
		switch {
		case err == nil:
		case found == nil:
			return err
		case f.InPath: // there is no such address
			return problem.New(problem.NotFound, "question-unknown").Because(err)
		}
		for _, fault := range found {
			wrong.At(f.Name, fault.code, fault.pairs...)
		}
	}
	if len(wrong.Fields) > 0 {
		return wrong
	}
	return nil
}

// Again holds what a program has put together against the fields, as if it had
// been sent, and keeps what they make of it.
//
// Problems: those of [Take].
func Again[In any](ctx context.Context, in *In, fields ...Field[In]) error {
	values := map[string][]string{}
	for _, f := range fields {
		values[f.Name] = f.get(in)
	}
	return Take(ctx, in, &Sent{values: values}, fields...)
}

// Shown are the fields as a page asks for them, with what is known of each.
func Shown[In any](in *In, fields ...Field[In]) (asked []Asked, known map[string][]string) {
	known = map[string][]string{}
	for _, f := range fields {
		asked = append(asked, f.Asked)
		known[f.Name] = f.get(in)
	}
	return asked, known
}

// Named picks fields in the order of the names.
func Named[In any](fields []Field[In], names ...string) (picked []Field[In]) {
	for _, name := range names {
		for _, f := range fields {
			if f.Name == name {
				picked = append(picked, f)
			}
		}
	}
	return picked
}

func (f Field[In]) take(ctx context.Context, in *In, sent *Sent) error {
	if f.When != nil && !f.When(sent.values) {
		return nil
	}
	if !sent.fits(f.Asked) {
		return fault{"value-type", nil}
	}
	if _, err := civil.Parse(strings.Join(sent.values[f.Name], "")); sent.isJSON && f.Kind == Day && len(sent.values[f.Name]) > 0 && err != nil {
		return fault{"day-malformed", nil} // programs write days as data has them
	}
	if f.Kind == File && sent.isJSON && len(sent.values[f.Name]) == 1 {
		content, err := base64.StdEncoding.DecodeString(sent.values[f.Name][0])
		if err != nil {
			return fault{"value-type", nil}
		}
		return f.put(in, []string{string(content)})
	}
	if f.raw != nil {
		return f.raw(in, sent.raw[f.Name])
	}
	if f.own != nil {
		return f.own(ctx, in, sent.values[f.Name])
	}
	if err := f.put(in, sent.values[f.Name]); err != nil || f.Options == nil {
		return err
	}
	offered := f.Options(ctx)
	for _, value := range f.get(in) {
		if !slices.ContainsFunc(offered, func(o Option) bool { return o.Value == value }) {
			if f.Wrong != "" {
				return fault{f.Wrong, []string{"value", value}}
			}
			return fault{cmp.Or(f.Missing, "choice-missing"), nil}
		}
	}
	return nil
}

func (d Def[In, Out]) begin(ctx context.Context, by Actor, sent *Sent) (map[string][]string, error) {
	if _, err := d.Right.Where(by); err != nil {
		return nil, err
	}
	if sent.read != nil {
		if err := sent.read(); err != nil {
			return nil, err
		}
	}
	var in In
	for _, f := range d.Fields {
		if f.InPath {
			if err := f.take(ctx, &in, sent); err != nil {
				return nil, problem.New(problem.NotFound, "page-unknown").Because(err)
			}
		}
	}
	if d.Begin == nil {
		return nil, nil
	}
	if err := d.Begin(ctx, by, &in); err != nil {
		return nil, err
	}
	known := map[string][]string{}
	for _, f := range d.Fields {
		if f.get != nil {
			known[f.Name] = f.get(&in)
		}
	}
	return known, nil
}
