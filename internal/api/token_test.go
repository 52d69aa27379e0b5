package api

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
)

func TestProgramsAreKnownByTheirTokens(t *testing.T) {
	dir := t.TempDir()
	var all []Program
	for name, token := range map[string]string{"one": "first\n", "two": "second"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		all = append(all, Program{Name: name, TokenFile: file, Grants: []act.Grant{{Role: "officer"}}})
	}
	who, err := Tokens(all)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(header string) (act.Actor, error) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", header)
		return who(r)
	}
	if by, err := ask("bearer second"); err != nil || by.Account != "system:two" || !by.Has("officer") || len(by.Persons) != 0 {
		t.Errorf("actor %+v, error %v", by, err)
	}
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer third", "Basic first", "first", "Bearer first "} {
		if by, err := ask(header); !problem.HasCode(err, "token-unknown") || by.Known() {
			t.Errorf("%q: actor %+v, error %v", header, by, err)
		}
	}
	if _, err := Tokens([]Program{{Name: "none", TokenFile: filepath.Join(dir, "none")}}); err == nil {
		t.Error("a program without a token was taken")
	}
}
