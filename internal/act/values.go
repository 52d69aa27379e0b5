package act

import (
	"fmt"
	"slices"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
)

// Values are the answers to a form whose fields are data and not members of a
// type: each in the form in which it is kept, a day as "2026-11-29", an amount
// with two decimals, yes or no. A field that was not answered is absent.
type Values map[string][]string

// One gives the answer to a field that has one, or "".
func (v Values) One(name string) string {
	if len(v[name]) == 0 {
		return ""
	}
	return v[name][0]
}

// slot holds one answer while it is read.
type slot struct {
	text  string
	n     int
	yes   bool
	day   civil.Day
	money money.Para
	list  []string
}

// ofSlot is a field of a kind that keeps its answer in a slot.
func ofSlot(name string, kind Kind, bounds []Bound) (f Field[slot], ok bool) {
	of, ok := map[Kind]func() Field[slot]{
		Line:     func() Field[slot] { return OfLine(name, func(s *slot) *string { return &s.text }, bounds...) },
		Text:     func() Field[slot] { return OfText(name, func(s *slot) *string { return &s.text }, bounds...) },
		Name:     func() Field[slot] { return OfName(name, func(s *slot) *string { return &s.text }, bounds...) },
		Code:     func() Field[slot] { return OfCode(name, func(s *slot) *string { return &s.text }, bounds...) },
		Place:    func() Field[slot] { return OfPlace(name, func(s *slot) *string { return &s.text }, bounds...) },
		Person:   func() Field[slot] { return OfPerson(name, func(s *slot) *string { return &s.text }, bounds...) },
		Month:    func() Field[slot] { return OfMonth(name, func(s *slot) *string { return &s.text }, bounds...) },
		Account:  func() Field[slot] { return OfAccount(name, func(s *slot) *string { return &s.text }, bounds...) },
		National: func() Field[slot] { return OfNational(name, func(s *slot) *string { return &s.text }, bounds...) },
		Choice:   func() Field[slot] { return OfChoice(name, func(s *slot) *string { return &s.text }, bounds...) },
		Day:      func() Field[slot] { return OfDay(name, func(s *slot) *civil.Day { return &s.day }, bounds...) },
		Count:    func() Field[slot] { return OfCount(name, func(s *slot) *int { return &s.n }, bounds...) },
		Amount:   func() Field[slot] { return OfAmount(name, func(s *slot) *money.Para { return &s.money }, bounds...) },
		YesNo:    func() Field[slot] { return OfYesNo(name, func(s *slot) *bool { return &s.yes }, bounds...) },
		Version:  func() Field[slot] { return OfVersion(name, func(s *slot) *int { return &s.n }, bounds...) },
		Consent:  func() Field[slot] { return OfConsent(name, func(s *slot) *bool { return &s.yes }, bounds...) },
		Several:  func() Field[slot] { return OfSeveral(name, func(s *slot) *[]string { return &s.list }, bounds...) },
	}[kind]
	if !ok {
		return f, false
	}
	return of(), true
}

// OfValue is a field of a kind that is known only when the program runs.
func OfValue(name string, kind Kind, bounds ...Bound) (Field[Values], error) {
	inner, ok := ofSlot(name, kind, bounds)
	if !ok {
		return Field[Values]{}, fmt.Errorf("field %s: %q is no kind that a form can ask for", name, kind)
	}
	f := Field[Values]{Asked: inner.Asked}
	f.put = func(in *Values, typed []string) error {
		var s slot
		if err := inner.put(&s, typed); err != nil {
			return err
		}
		if *in == nil {
			*in = Values{}
		}
		if delete(*in, name); len(typed) > 0 && slices.ContainsFunc(typed, func(one string) bool { return one != "" }) {
			(*in)[name] = inner.get(&s)
		}
		return nil
	}
	f.get = func(in *Values) []string { return (*in)[name] }
	return f, nil
}
