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

// Ensure makes the statements that the registry does not say already, so that
// a seed can be read at every start.
func (a *Authority) Ensure(ctx context.Context, statements []Statement) error {
	var news []Statement
	for _, st := range statements {
		if !a.State().says(st) {
			news = append(news, st)
		}
	}
	if len(news) == 0 && a.Checkpoint() != "" {
		return nil
	}
	return a.Append(ctx, news...)
}

// says reports whether the state already is as a statement wants it.
func (s *State) says(st Statement) bool {
	switch {
	case st.Member != nil:
		return reflect.DeepEqual(s.members[st.Member.ID], *st.Member)
	case st.Node != nil:
		return s.nodes[st.Node.Member][st.Node.Name] == *st.Node
	case st.Service != nil:
		return reflect.DeepEqual(s.services[st.Service.ID], *st.Service)
	case st.Contract != "":
		c, err := peekContract(st.Contract)
		return err == nil && reflect.DeepEqual(s.contracts[c.ID], c)
	case st.End != nil:
		_, contract := s.contracts[st.End.Contract]
		_, service := s.services[st.End.Service]
		return !contract && !service
	}
	return false
}
