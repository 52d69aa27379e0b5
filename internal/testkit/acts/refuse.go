package acts

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
)

// Refuses holds that an act refuses every bad input, as JSON and as a form, with
// the field and the code that are to be named, and that nobody without the right
// has their body read. path holds the values of the addresses; each
// act takes its own.
func Refuses(t *testing.T, a act.Act, by act.Actor, path map[string]string, good map[string]any) {
	t.Helper()
	path = maps.Clone(path)
	maps.DeleteFunc(path, func(name, _ string) bool {
		return !slices.ContainsFunc(a.Fields, func(f act.Asked) bool { return f.InPath && f.Name == name })
	})
	unread := act.FromJSON(func() ([]byte, error) {
		t.Errorf("%s: the body was read before the right was known", a.Name)
		return nil, errors.New("read")
	})
	if _, err := a.Do(context.Background(), act.Actor{}, unread); !a.Right.Open && problem.Of(err).Kind != problem.Unauthenticated {
		t.Errorf("%s by nobody: %v", a.Name, err)
	}
	if !a.Right.Open && !a.Right.SignedIn {
		if _, err := a.Do(context.Background(), act.As("somebody"), unread); problem.Of(err).Kind != problem.Forbidden {
			t.Errorf("%s by somebody without a role: %v", a.Name, err)
		}
	}
	for _, bad := range BadInputs(a, good) {
		if bad.JSON != nil {
			_, err := a.Do(context.Background(), by, act.FromJSON(func() ([]byte, error) { return bad.JSON, nil }).With(path))
			bad.check(t, a, err)
		}
		if bad.Form != nil {
			_, err := a.Do(context.Background(), by, act.FromValues(bad.Form).With(path))
			bad.check(t, a, err)
		}
	}
}

func (b Bad) check(t *testing.T, a act.Act, err error) {
	t.Helper()
	p := problem.Of(err)
	named := b.Field == "" && p.Code == b.Code || slices.ContainsFunc(p.Fields, func(f problem.Field) bool { return f.Name == b.Field && f.Code == b.Code })
	if p.Kind != problem.Invalid || !named {
		t.Errorf("%s, %s: %v, want %s at %q", a.Name, b.Name, err, b.Code, b.Field)
	}
}
