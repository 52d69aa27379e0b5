package identity

import (
	"crypto/sha256"
	"testing"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
)

func TestAPersonIsNamedInEverySector(t *testing.T) {
	family, register := sha256.Sum256([]byte("family")), sha256.Sum256([]byte("register"))
	sectors, err := NewSectors(map[string][]byte{"family": family[:], "register": register[:]})
	if err != nil {
		t.Fatal(err)
	}
	number := jmbg.Make(civil.Date(1996, 3, 14), 83, 501)
	person, err := sectors.Person(number)
	if err != nil {
		t.Fatal(err)
	}
	for _, sector := range []string{"family", "register"} {
		if want, err := sectors.Pseudonym(sector, number); err != nil || person.Is(sector) != want {
			t.Errorf("%s: %q, want %q, %v", sector, person.Is(sector), want, err)
		}
	}
	if person.Has(Officer) || !person.Has(Resident) || person.Known() {
		t.Errorf("person %+v", person)
	}
}
