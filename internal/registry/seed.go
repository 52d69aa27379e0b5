package registry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
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
	for _, st := range statements {
		if next.says(st) {
			continue
		}
		if err := next.apply(st); err != nil {
			return err
		}
		news = append(news, st)
	}
	if next.equal(have) && a.Checkpoint() != "" {
		return nil
	}
	return a.Append(ctx, news...)
}

// equal reports whether two states say the same.
func (s *State) equal(other *State) bool {
	return reflect.DeepEqual(s.members, other.members) && reflect.DeepEqual(s.nodes, other.nodes) &&
		reflect.DeepEqual(s.services, other.services) && reflect.DeepEqual(s.contracts, other.contracts) &&
		reflect.DeepEqual(s.groups, other.groups) && reflect.DeepEqual(s.enacted, other.enacted) &&
		reflect.DeepEqual(s.classes, other.classes) && reflect.DeepEqual(s.issuer, other.issuer)
}

// says reports whether the state already is as a statement wants it.
func (s *State) says(st Statement) bool {
	switch {
	case st.Member != nil:
		return reflect.DeepEqual(s.members[st.Member.ID], *st.Member)
	case st.Node != nil:
		have, there := s.nodes[st.Node.Member][st.Node.Name]
		return reflect.DeepEqual(have, *st.Node) || !there && st.Node.Address == ""
	case st.Service != nil:
		return reflect.DeepEqual(s.services[st.Service.ID], *st.Service)
	case st.Contract != "":
		c, err := peekContract(st.Contract)
		_, before := s.texts[c.digest()]
		return err == nil && before
	case st.Group != nil:
		have, there := s.groups[st.Group.ID]
		return reflect.DeepEqual(have, *st.Group) || !there && len(st.Group.Members) == 0
	case st.Instrument != nil:
		return reflect.DeepEqual(s.enacted[st.Instrument.Ref], *st.Instrument)
	case st.Issuer != nil:
		return reflect.DeepEqual(s.issuer, st.Issuer)
	case st.Class != nil:
		return reflect.DeepEqual(s.classes[st.Class.Code], *st.Class)
	case st.End != nil:
		_, contract := s.contracts[st.End.Contract]
		_, service := s.services[st.End.Service]
		return !contract && !service
	}
	return false
}
