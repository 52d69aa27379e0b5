package people

import (
	"fmt"
	"time"

	"dobosh/internal/identity"
	"dobosh/internal/kit/account"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
)

// elsewhere is the code of Novi Sad, where the grant of Zrenjanin does not reach.
const elsewhere = "80284"

// Stories gives the families of the demonstration and the staff. Places are
// found in the pack by their names.
func Stories(pack *law.Pack) (Population, error) {
	town, err := place(pack, "Зрењанин")
	if err != nil {
		return Population{}, err
	}
	village, err := place(pack, "Меленци")
	if err != nil {
		return Population{}, err
	}
	p := Population{Staff: staff()}
	jovana := woman("jovana", "Јована", "Примерић", civil.Date(1996, time.March, 14), town,
		"Чека прво дете. Живи у Зрењанину.", "Expects her first child. Lives in Zrenjanin.")
	ana := woman("ana", "Ана", "Узорковић", civil.Date(1991, time.June, 2), village,
		"Мајка двоје деце. Живи у Меленцима.", "Mother of two. Lives in Melenci.")
	mila := woman("mila", "Мила", "Огледовић", civil.Date(1993, time.October, 21), law.Place{Within: elsewhere},
		"Живи у Новом Саду: нема право на помоћ града Зрењанина.", "Lives in Novi Sad: no right to the grant of Zrenjanin.")
	tamara := woman("tamara", "Тамара", "Замишљенић", civil.Date(1995, time.January, 9), law.Place{},
		"Нема пребивалиште у Србији.", "Has no residence in Serbia.")
	tamara.Resident, tamara.Since = new(false), civil.Day{}
	ivana := woman("ivana", "Ивана", "Измишљенић", civil.Date(1994, time.August, 30), town,
		"Регистар не зна њено држављанство: одлучује службеник.", "The register does not know her citizenship: a person decides.")
	ivana.Citizen = nil
	petar := man("petar", "Петар", "Узорковић", civil.Date(1989, time.May, 17), village, "Отац двоје деце.", "Father of two.")
	p.Persons = []Person{
		jovana, man("marko", "Марко", "Примерић", civil.Date(1994, time.February, 3), town, "Јованин муж.", "Jovana's husband."),
		ana, petar,
		mila, man("stefan", "Стефан", "Огледовић", civil.Date(1992, time.April, 25), law.Place{Within: elsewhere}, "Милин муж.", "Mila's husband."),
		tamara, ivana,
	}
	p.Births = []Birth{
		{jmbg.Make(civil.Date(2019, time.September, 5), regionStories, 511), "Лена", "Узорковић", 1, town.Code, ana, petar},
		{jmbg.Make(civil.Date(2022, time.April, 11), regionStories, 12), "Вук", "Узорковић", 2, town.Code, ana, petar},
	}
	return p, nil
}

func woman(subject, given, family string, born civil.Day, home law.Place, sr, en string) Person {
	return person(subject, given, family, jmbg.Make(born, regionStories, 501), home, lang.Text{"sr": sr, "en": en})
}

func man(subject, given, family string, born civil.Day, home law.Place, sr, en string) Person {
	return person(subject, given, family, jmbg.Make(born, regionStories, 1), home, lang.Text{"sr": sr, "en": en})
}

// person has an account whose number is the digits of the birthday.
func person(subject, given, family string, number jmbg.Number, home law.Place, story lang.Text) Person {
	born := number.Born()
	return Person{
		Subject: subject, Number: number, GivenName: given, FamilyName: family,
		Resident: new(true), Citizen: new(true), Municipality: home.Within, Settlement: home.Code, Since: born,
		Account: account.Make(bank, int64(born.Year()*10000+int(born.Month())*100+born.Dom())), Story: story,
	}
}

func staff() []Staff {
	return []Staff{
		{"registrar", "Весна Пробновић", "RS-DEMO/GOV/REGISTERS", identity.Registrar, lang.Text{"sr": "Матичар: уписује рођења.", "en": "Registrar: records births."}},
		{"officer", "Никола Вежбић", "RS-DEMO/GOV/ZRENJANIN", identity.Officer, lang.Text{"sr": "Службеник града: решава случајеве и припрема исплате.", "en": "Officer of the city: decides cases and prepares payments."}},
		{"cashier", "Светлана Благајнић", "RS-DEMO/GOV/ZRENJANIN", identity.Officer, lang.Text{"sr": "Службеница града: одобрава исплате које је други припремио.", "en": "Officer of the city: releases payments that another has prepared."}},
		{"leader", "Мирјана Прегледић", "RS-DEMO/GOV/ZRENJANIN", identity.Leader, lang.Text{"sr": "Руководилац у граду: види колико је посла и шта касни.", "en": "Leader in the city: sees how much work there is and what is late."}},
		{"contracts", "Драгана Потписић", "RS-DEMO/GOV/ZRENJANIN", identity.Contracts, lang.Text{"sr": "Тражи податке за град и потписује уговоре.", "en": "Asks for data for the city and signs contracts."}},
		{"keeper", "Милан Печатић", "RS-DEMO/GOV/REGISTERS", identity.Contracts, lang.Text{"sr": "Потписује уговоре за регистре: одобрава, мења, одбија.", "en": "Signs contracts for the registers: approves, amends, refuses."}},
		{"clerk", "Олга Питалић", "RS-DEMO/GOV/REGISTERS", identity.Officer, lang.Text{"sr": "Службеница регистара: одговара на питања о увидима.", "en": "Officer of the registers: answers questions about looks."}},
		{"engineer", "Лазар Описић", "RS-DEMO/GOV/REGISTERS", identity.Operator, lang.Text{"sr": "Одржава чвор регистара и описује њихове услуге.", "en": "Runs the node of the registers and describes their services."}},
		{"operator", "Горан Макетић", "RS-DEMO/GOV/ZRENJANIN", identity.Operator, lang.Text{"sr": "Одржава чвор града.", "en": "Runs the node of the city."}},
		{"reviewer", "Зорица Замислић", "RS-DEMO/GOV/ZRENJANIN", identity.Auditor, lang.Text{"sr": "Ревизор града: преузима доказе, ништа не мења.", "en": "Auditor of the city: takes evidence, changes nothing."}},
		{"steward", "Бранко Нацртић", "RS-DEMO/GOV/SUPERVISOR", identity.Operator, lang.Text{"sr": "Одржава чвор надзора и прима нове чланове.", "en": "Runs the node of the supervisor and admits new members."}},
		{"auditor", "Јелена Скицић", "RS-DEMO/GOV/SUPERVISOR", identity.Auditor, lang.Text{"sr": "Надзорник: гледа, ништа не мења.", "en": "Auditor: reads, changes nothing."}},
	}
}

// place finds a settlement by its Cyrillic name.
func place(pack *law.Pack, name string) (law.Place, error) {
	for _, p := range pack.Places() {
		if p.Within != "" && p.Name["sr"] == name {
			return p, nil
		}
	}
	return law.Place{}, fmt.Errorf("invent people: the pack has no settlement %s", name)
}
