package people

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/law"
)

// Expected is a birth that has not been recorded, with everything a registrar is asked.
type Expected struct {
	Child      jmbg.Number
	GivenName  string
	FamilyName string
	Hour       string // of the day of birth
	Settlement string // code of the pack
	Mother     Person
	Father     *Person // nil where nobody knows him
	Previous   int     // live births of the mother before
}

// Births invents births in the families of the stories, each call the next family's and after the last
// the first again: the one who has a right, the one with children, the one for whom a person decides, and so
// on. It is safe for concurrent use.
func Births(pack *law.Pack, now clock.Now) (func() Expected, error) {
	stories, err := Stories(pack)
	if err != nil {
		return nil, err
	}
	town, err := place(pack, "Зрењанин")
	if err != nil {
		return nil, err
	}
	family := func(mother, father string, previous int) (e Expected, err error) {
		var ok bool
		if e.Mother, ok = stories.Find(mother); !ok {
			return e, fmt.Errorf("invent births: nobody is called %q", mother)
		}
		if person, ok := stories.Find(father); ok {
			e.Father = &person
		}
		e.FamilyName, e.Settlement, e.Previous = e.Mother.FamilyName, town.Code, previous
		return e, nil
	}
	var families []Expected
	for _, f := range []struct {
		mother, father string
		previous       int
	}{{"jovana", "marko", 0}, {"ivana", "", 0}, {"ana", "petar", 2}, {"mila", "stefan", 0}, {"tamara", "", 0}} {
		e, err := family(f.mother, f.father, f.previous)
		if err != nil {
			return nil, err
		}
		families = append(families, e)
	}
	var made atomic.Int64
	return func() Expected {
		n := int(made.Add(1) - 1)
		e := families[n%len(families)]
		i := rand.IntN(1000) // of the numbers of a day; one that is taken is told to the registrar
		e.Child = Newborn(i, civil.Of(now()))
		names := []string{"Лука", "Вук", "Никола", "Дамјан"}
		if i%2 == 1 {
			names = []string{"Дуња", "Софија", "Сара", "Нађа"}
		}
		e.GivenName = names[n%len(names)]
		e.Previous += n / len(families)
		minute := (6*60 + 7*(n/len(families))) % (24 * 60) // several children of a mother on a day are twins
		e.Hour = fmt.Sprintf("%02d:%02d", minute/60, minute%60)
		return e
	}, nil
}
