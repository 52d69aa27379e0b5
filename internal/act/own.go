package act

import "context"

// OfOwn is a field that is asked for as one of a kind and whose values its room
// reads itself: an identifier that has a form of its own, a number in another unit.
// put is given them as the kind keeps them, none where nothing was given, and sees
// what the fields before it have put; what does not fit is a [Fault], and several
// are joined ([errors.Join]). A value that is not among the options is put's to
// refuse. get gives what put takes. The kind is one of those of [OfValue].
func OfOwn[In any](name string, kind Kind, put func(ctx context.Context, in *In, values []string) error, get func(in *In) []string, bounds ...Bound) Field[In] {
	inner, ok := ofSlot(name, kind, bounds)
	if !ok {
		inner, _ = ofSlot(name, Line, bounds)
	}
	f := Field[In]{Asked: inner.Asked, get: get}
	f.own = func(ctx context.Context, in *In, typed []string) error {
		var s slot
		if err := inner.put(&s, typed); err != nil {
			return err
		}
		return put(ctx, in, inner.get(&s))
	}
	return f
}

// Fault is what is wrong with the values of a field: the code of a problem with its
// arguments.
func Fault(code string, pairs ...string) error { return fault{code, pairs} }

// faultsOf are the faults that an error is made of; none where it is another error.
func faultsOf(err error) (all []fault) {
	switch err := err.(type) {
	case fault:
		return []fault{err}
	case interface{ Unwrap() []error }:
		for _, each := range err.Unwrap() {
			found := faultsOf(each)
			if found == nil {
				return nil
			}
			all = append(all, found...)
		}
	}
	return all
}

// Part asks for fields of a part of what an act asks for.
func Part[In, P any](at func(in *In) *P, fields ...Field[P]) []Field[In] {
	all := make([]Field[In], len(fields))
	for i, f := range fields {
		all[i] = Field[In]{Asked: f.Asked}
		if f.put != nil {
			all[i].put = func(in *In, typed []string) error { return f.put(at(in), typed) }
		}
		if f.get != nil {
			all[i].get = func(in *In) []string { return f.get(at(in)) }
		}
		if f.raw != nil {
			all[i].raw = func(in *In, value []byte) error { return f.raw(at(in), value) }
		}
		if f.own != nil {
			all[i].own = func(ctx context.Context, in *In, values []string) error { return f.own(ctx, at(in), values) }
		}
	}
	return all
}
