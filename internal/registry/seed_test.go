package registry

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func ensure(t *testing.T, a *Authority, statements []Statement) {
	t.Helper()
	if err := a.Ensure(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

func TestSeedIsReadAtEveryStart(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		clock := clock.NewManual(morning)
		db := open(Migrations())
		a := openAuthority(t, db, clock.Now)
		ensure(t, a, seed(t))
		before := a.Checkpoint()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		clock.Advance(3600e9)
		again := openAuthority(t, open(Migrations()), clock.Now)
		ensure(t, again, seed(t))
		if again.State().Size != 6 || again.Checkpoint() != before {
			t.Errorf("the second start said it again: %d statements", again.State().Size)
		}
		ensure(t, again, append(seed(t), memberSays(city, "family", "portal")))
		if again.State().Size != 7 || !again.State().HasSubsystem(subsystem(city, "portal")) {
			t.Error("what the seed says anew was not taken")
		}
	})
}

func TestSeedWithoutStatementsSignsTheEmptyLog(t *testing.T) {
	a := newAuthority(t)
	ensure(t, a, nil)
	if a.Checkpoint() == "" || a.State().Size != 0 {
		t.Error("an authority without statements has no checkpoint")
	}
}

func TestSeedDoesNotBringEndedContractsBack(t *testing.T) {
	ended := append(seed(t), Statement{End: &End{Contract: "births", Reason: "test"}})
	a := newAuthority(t)
	ensure(t, a, ended)
	size := a.State().Size
	for name, again := range map[string][]Statement{"with its end": ended, "without": seed(t)} {
		ensure(t, a, again)
		if _, back := a.State().Contract("births"); back || a.State().Size != size {
			t.Errorf("read again %s: back %v, %d statements", name, back, a.State().Size)
		}
	}
}

func TestSeedDoesNotUndoWhatAMemberDescribed(t *testing.T) {
	digest := func(letter string) string { return strings.Repeat(letter, 64) }
	said := Service{ID: ID{Instance: city.Instance, Class: city.Class, Member: city.Member, Subsystem: "family", Service: "grants"}, Description: digest("a"), Version: "1", Since: civil.Date(2026, 1, 1)}
	next := Edition{Version: "2", Description: digest("b"), From: civil.Date(2027, 1, 1)}
	announced, begun := said, said
	announced.Next = &next
	begun.Description, begun.Version, begun.Since = next.Description, next.Version, next.From
	begun.Former = []Edition{{Version: "1", Description: said.Description, From: said.Since}}
	for name, member := range map[string]Service{"announced": announced, "begun": begun} {
		a := newAuthority(t)
		ensure(t, a, append(seed(t), Statement{Service: &said}))
		ensure(t, a, []Statement{{Service: &member}})
		size := a.State().Size
		ensure(t, a, append(seed(t), Statement{Service: &said}))
		if a.State().Size != size {
			t.Errorf("%s: the seed said the old description again", name)
		}
	}
}

func TestSeedThatTakesANodeOutDoesNotGrow(t *testing.T) {
	out := append(seed(t), nodeSays(t, city, "n2"), Statement{Node: &Node{Member: city, Name: "n2"}})
	out[len(out)-2].Node.TLS = strings.Repeat("cd", 32)
	a := newAuthority(t)
	ensure(t, a, out)
	size := a.State().Size
	ensure(t, a, out)
	if a.State().Size != size || len(a.State().Nodes(city)) != 1 {
		t.Errorf("%d statements after %d", a.State().Size, size)
	}
}

func TestStatementsFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seed.jsonl")
	var lines []string
	for _, st := range seed(t) {
		raw, err := json.Marshal(st)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(raw), "")
	}
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Join(lines, "\n"))
	got, err := ReadStatements(path)
	if err != nil || len(got) != 6 {
		t.Fatalf("%d statements, %v", len(got), err)
	}
	ensure(t, newAuthority(t), got)
	for name, text := range map[string]string{"unknown member": `{"membre":{}}`, "no JSON": "hello", "two things": `{"contract":"x","end":{"reason":""}}`, "long line": strings.Repeat("x", maxStatement+2)} {
		write(text)
		if _, err := ReadStatements(path); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
	if _, err := ReadStatements(path + "x"); err == nil {
		t.Error("a file that is not there was read")
	}
}
