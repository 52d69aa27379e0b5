package node

import (
	"crypto/sha256"
	"testing"

	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
)

func TestSystemsAreKnownByTheirTokens(t *testing.T) {
	known := tokens{{"one", sha256.Sum256([]byte("first"))}, {"two", sha256.Sum256([]byte("second"))}}
	by, err := known.actor("bearer second", identity.Officer)
	if err != nil || by.Account != "system:two" || !by.Has(identity.Officer) || len(by.Persons) != 0 {
		t.Errorf("actor %+v, error %v", by, err)
	}
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer third", "Basic first", "first", "Bearer first "} {
		if by, err := known.actor(header, identity.Officer); !problem.HasCode(err, "token-unknown") || by.Account != "" {
			t.Errorf("%q: actor %+v, error %v", header, by, err)
		}
	}
}

func TestCounterNamesThePerson(t *testing.T) {
	key := sha256.Sum256([]byte("family"))
	sectors, err := identity.NewSectors(map[string][]byte{"family": key[:]})
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{sectors: sectors, names: []string{"family"}}
	number := jmbg.Make(civil.Date(1996, 3, 14), 83, 501)
	person, err := c.person(number.String())
	if err != nil {
		t.Fatal(err)
	}
	if want, err := sectors.Pseudonym("family", number); err != nil || person.Is("family") != want || person.Has(identity.Officer) {
		t.Errorf("person %+v, want %s, %v", person, want, err)
	}
	for _, wrong := range []string{"", "1", number.String()[:12] + "x", "0000000000000"} {
		if _, err := c.person(wrong); !problem.HasCode(err, "number-invalid") {
			t.Errorf("%q: error %v", wrong, err)
		}
	}
}
