package registry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
)

// ReadStatements reads a file with one statement a line, as JSON.
func ReadStatements(path string) (statements []Statement, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read statements: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxStatement+1)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		st, err := decodeStatement(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		statements = append(statements, st)
	}
	return statements, lines.Err()
}

// Ensure makes the registry say what the statements amount to together, so
// that a seed can be read at every start. A contract that the registry ended or
// amended since stays as it is.
func (a *Authority) Ensure(ctx context.Context, statements []Statement) error {
	have := a.State()
	next := have.clone()
	var news []Statement
	var proofs proofs
	for _, st := range statements {
		if next.says(st) || next.wentOn(st) {
			continue
		}
		reading, err := read(st)
		if err != nil {
			return err
		}
		if err := next.apply(reading, &proofs); err != nil {
			return err
		}
		news = append(news, st)
	}
	if (len(news) == 0 || next.equal(have)) && a.Checkpoint() != "" {
		return nil
	}
	return a.Append(ctx, news...)
}

// equal reports whether two states say the same.
func (s *State) equal(other *State) bool {
	for _, m := range s.Members() {
		if !reflect.DeepEqual(s.Nodes(m.ID), other.Nodes(m.ID)) {
			return false
		}
	}
	return reflect.DeepEqual(s.Members(), other.Members()) && reflect.DeepEqual(s.Services(), other.Services()) &&
		reflect.DeepEqual(s.Contracts(), other.Contracts()) && reflect.DeepEqual(s.Groups(), other.Groups()) &&
		reflect.DeepEqual(s.Instruments(), other.Instruments()) && reflect.DeepEqual(s.Classes(), other.Classes()) &&
		reflect.DeepEqual(s.issuer, other.issuer) && reflect.DeepEqual(s.recovery, other.recovery)
}

// says reports whether the state already is as a statement wants it.
func (s *State) says(st Statement) bool {
	switch {
	case st.Member != nil:
		have, there := s.members.Get(st.Member.ID)
		return there && reflect.DeepEqual(have.Member, *st.Member)
	case st.Node != nil:
		have, there := s.Node(st.Node.Member, st.Node.Name)
		return reflect.DeepEqual(have, *st.Node) || !there && st.Node.Address == ""
	case st.Service != nil:
		have, there := s.Service(st.Service.ID)
		return there && reflect.DeepEqual(have, *st.Service)
	case st.Group != nil:
		have, there := s.Group(st.Group.ID)
		return reflect.DeepEqual(have, *st.Group) || !there && len(st.Group.Members) == 0
	case st.Contract != "":
		return s.saidContract(st.Contract)
	case st.End != nil:
		_, contract := s.Contract(st.End.Contract)
		_, service := s.Service(st.End.Service)
		return !contract && !service
	}
	return s.saysEnacted(st)
}

// wentOn reports whether a member has described a service further since it was
// as a seed says.
func (s *State) wentOn(st Statement) bool {
	if st.Service == nil || st.Service.Description == "" {
		return false
	}
	have, _ := s.Service(st.Service.ID)
	was := func(e Edition) bool { return e.Description == st.Service.Description }
	return slices.ContainsFunc(have.Former, was) || have.Description == st.Service.Description && have.Next != nil
}

func (s *State) saysEnacted(st Statement) bool {
	switch {
	case st.Instrument != nil:
		have, _ := s.Instrument(st.Instrument.Ref)
		return reflect.DeepEqual(have, *st.Instrument)
	case st.Issuer != nil:
		return reflect.DeepEqual(s.issuer, st.Issuer)
	case st.Class != nil:
		have, _ := s.classes.Get(st.Class.Code)
		return reflect.DeepEqual(have, *st.Class)
	case st.Recovery != nil:
		return reflect.DeepEqual(s.recovery, st.Recovery)
	}
	return false
}

// saidContract reports whether a text of a contract was ever taken.
func (s *State) saidContract(text string) bool {
	c, err := peekContract(text)
	if err != nil {
		return false
	}
	p, there := s.contracts.Get(c.ID)
	return there && slices.Contains(p.texts, c.digest())
}

// Says reports whether the registry already is as a statement wants it.
func (r *Registry) Says(st Statement) bool { return r.State().says(st) }
