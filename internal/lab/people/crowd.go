package people

import (
	"errors"
	"time"

	"dobosh/internal/kit/account"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/law"
)

// maxCrowd is how many different numbers [Generate] has.
const maxCrowd = 2 * crowdDays * 500

// crowdDays are the birthdays of the crowd, from 1982 on: 19 years.
const crowdDays = 7000

// Generate invents n residents of the settlements of the pack, each with an
// account: couples, the woman first. They have no stories and do not sign in.
func Generate(pack *law.Pack, n int) (Population, error) {
	var homes []law.Place
	for _, p := range pack.Places() {
		if p.Within != "" {
			homes = append(homes, p)
		}
	}
	if len(homes) == 0 || n < 0 || n > maxCrowd {
		return Population{}, errors.New("invent people: no settlements in the pack, or too many people")
	}
	p := Population{Persons: make([]Person, n)}
	for i := range p.Persons {
		p.Persons[i] = resident(i, homes[i/2%len(homes)])
	}
	return p, nil
}

func resident(i int, home law.Place) Person {
	couple := i / 2
	given, order := womanNames(), 500
	if i%2 == 1 {
		given, order = manNames(), 0
	}
	born := civil.Date(1982, time.January, 1).AddDays(couple % crowdDays)
	families := familyNames()
	return Person{
		Number: jmbg.Make(born, regionCrowd, order+couple/crowdDays), GivenName: given[couple%len(given)],
		FamilyName: families[couple/len(given)%len(families)],
		Resident:   new(true), Citizen: new(true), Municipality: home.Within, Settlement: home.Code, Since: born,
		Account: account.Make(bank, 1_000_000_000_000+int64(i)),
	}
}

func womanNames() []string {
	return []string{"Ана", "Биљана", "Весна", "Гордана", "Даница", "Ђурђа", "Ема", "Жана", "Зорица", "Ивана", "Јована", "Ксенија", "Љиљана", "Марија", "Невена", "Нина", "Оливера"}
}

func manNames() []string {
	return []string{"Александар", "Бојан", "Вук", "Горан", "Дејан", "Ђорђе", "Жарко", "Зоран", "Иван", "Јован", "Коста", "Љубомир", "Марко", "Никола", "Огњен", "Петар", "Растко"}
}

func familyNames() []string {
	return []string{"Примерић", "Узорковић", "Огледовић", "Замишљенић", "Измишљенић", "Пробновић", "Вежбић", "Показић", "Макетић", "Скицић"}
}
