package people_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/bus"
	"dobosh/internal/identity"
	"dobosh/internal/kit/account"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/lab/people"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/registers/payments"
	"dobosh/internal/lab/registers/residence"
	"dobosh/internal/lab/testquestion"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
)

func stories(t testing.TB) people.Population {
	t.Helper()
	p, err := people.Stories(laws.Serbia(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// state is the three registers of the demonstration on one database.
type state struct {
	testquestion.Asker
	people.Registers
	db    *storage.DB
	clock *clock.Manual
}

func newState(t testing.TB, engine string) state {
	t.Helper()
	db := testkit.Database(t, engine)(bus.Migrations(), births.Migrations(), residence.Migrations(), payments.Migrations())
	s := state{Asker: testquestion.New(t), db: db, clock: clock.NewManual(time.Date(2026, time.November, 23, 11, 0, 0, 0, time.UTC))}
	pack := laws.Serbia(t)
	registrar, err := births.New(births.Config{
		DB: db, Desk: s.Desk(), Now: s.clock.Now, HandleKey: bytes.Repeat([]byte{7}, 32), Source: "/civil",
		Municipality: func(settlement string) (string, bool) {
			place, ok := pack.Place(settlement)
			return place.Within, ok && place.Within != ""
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Registers = people.Registers{
		Persons: s.Sectors, Births: registrar, Residence: residence.New(db, s.Desk()), Payments: payments.New(db, s.Desk(), s.clock.Now),
	}
	return s
}

func (s state) count(t *testing.T, table string) (rows int) {
	t.Helper()
	if err := s.db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from `+table).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestStoriesAreSound(t *testing.T) {
	p, pack := stories(t), laws.Serbia(t)
	numbers, subjects := map[string]bool{}, map[string]bool{}
	for _, person := range p.Persons {
		if _, err := jmbg.Parse(person.Number.String()); err != nil || numbers[person.Number.String()] || subjects[person.Subject] {
			t.Errorf("%s: %v, or a number or subject stands twice", person.Name(), err)
		}
		numbers[person.Number.String()], subjects[person.Subject] = true, true
		if err := account.Check(person.Account); err != nil {
			t.Errorf("%s: %v", person.Name(), err)
		}
		if _, ok := pack.Place(person.Settlement); person.Settlement != "" && !ok {
			t.Errorf("%s lives in a place the pack does not know", person.Name())
		}
		if person.Story["sr"] == "" || person.Story["en"] == "" {
			t.Errorf("%s has no story", person.Name())
		}
	}
	for _, staff := range p.Staff {
		if _, ok := pack.Body(staff.Body); !ok || subjects[staff.Subject] || staff.Story["sr"] == "" || staff.Story["en"] == "" {
			t.Errorf("%s works for %s", staff.Name, staff.Body)
		}
		subjects[staff.Subject] = true
	}
	for _, role := range []act.Role{identity.Registrar, identity.Officer, identity.Operator, identity.Auditor} {
		if !slices.ContainsFunc(p.Staff, func(s people.Staff) bool { return s.Role == role }) {
			t.Errorf("nobody is %s", role)
		}
	}
}

func TestFind(t *testing.T) {
	p := stories(t)
	if ana, ok := p.Find("ana"); !ok || ana.GivenName != "Ана" || ana.Number.Sex() != jmbg.Female {
		t.Errorf("ana is %s, %v", ana.Name(), ok)
	}
	for _, subject := range []string{"", "nobody"} {
		if _, ok := p.Find(subject); ok {
			t.Errorf("%q is somebody", subject)
		}
	}
}

func TestAPackWithoutThePlaces(t *testing.T) {
	if _, err := people.Stories(&law.Pack{}); err == nil {
		t.Error("stories without places")
	}
	if _, err := people.Generate(&law.Pack{}, 1); err == nil {
		t.Error("a crowd without homes")
	}
	for _, n := range []int{-1, 10_000_000} {
		if _, err := people.Generate(laws.Serbia(t), n); err == nil {
			t.Errorf("a crowd of %d", n)
		}
	}
}

func TestTheCrowdIsSound(t *testing.T) {
	const n = 16_000 // more couples than birthdays
	p, err := people.Generate(laws.Serbia(t), n)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := people.Generate(laws.Serbia(t), 100)
	numbers, accounts, homes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, person := range p.Persons {
		_, err := jmbg.Parse(person.Number.String())
		if woman := person.Number.Sex() == jmbg.Female; err != nil || account.Check(person.Account) != nil || woman != (i%2 == 0) {
			t.Fatalf("person %d: %v, account %s, woman %v", i, err, person.Account, woman)
		}
		if i < len(again.Persons) && again.Persons[i].Number != person.Number {
			t.Fatalf("person %d is another one the second time", i)
		}
		numbers[person.Number.String()], accounts[person.Account], homes[person.Settlement] = true, true, true
	}
	if len(numbers) != n || len(accounts) != n || len(homes) != 22 {
		t.Errorf("%d numbers, %d accounts, %d settlements", len(numbers), len(accounts), len(homes))
	}
}

func TestNewborns(t *testing.T) {
	const all = 500_000
	today, seen := civil.Date(2026, time.November, 23), map[string]bool{}
	var children []int
	for i := range 3000 {
		children = append(children, i) // three blocks whole
	}
	for i := 3000; i < all; i += 250 {
		children = append(children, i, i+1) // and some of every other
	}
	for _, i := range children {
		number := people.Newborn(i, today)
		seen[number.String()] = true
		if born := number.Born(); born.After(today) || born.Before(today.AddDays(-300)) || (number.Sex() == jmbg.Female) != (i%2 == 1) {
			t.Fatalf("child %d was born on %s", i, born)
		}
	}
	if len(seen) != len(children) {
		t.Errorf("%d different numbers of %d", len(seen), len(children))
	}
	if _, err := jmbg.Parse(people.Newborn(0, today).String()); err != nil || people.Newborn(0, today).Born() != today {
		t.Error("the first child is not of today")
	}
}

func TestSeedTwice(t *testing.T) {
	testkit.OnBoth(t, newState, func(t *testing.T, s state) {
		p := stories(t)
		crowd, err := people.Generate(laws.Serbia(t), 450)
		if err != nil {
			t.Fatal(err)
		}
		p.Persons = append(p.Persons, crowd.Persons...)
		for range 2 {
			if err := people.Seed(t.Context(), s.Registers, p); err != nil {
				t.Fatal(err)
			}
		}
		if residents, accounts, recorded := s.count(t, "residence_persons"), s.count(t, "payments_accounts"), s.count(t, "civil_births"); residents != len(p.Persons) || accounts != residents || recorded != len(p.Births) {
			t.Errorf("%d residents, %d accounts, %d births", residents, accounts, recorded)
		}
		if events := s.count(t, "bus_outbox"); events != 0 {
			t.Errorf("%d events", events)
		}
	})
}

func TestSeedRefuses(t *testing.T) {
	testkit.OnBoth(t, newState, func(t *testing.T, s state) {
		for name, p := range map[string]people.Population{
			"a person without a number": {Persons: []people.Person{{}}},
			"a child without a mother":  {Births: []people.Birth{{Child: people.Newborn(0, civil.Date(2026, time.November, 23))}}},
			"a wrong account":           {Persons: []people.Person{{Number: testquestion.Woman(1990, 1), Account: "1"}}},
		} {
			if err := people.Seed(t.Context(), s.Registers, p); err == nil {
				t.Errorf("%s: seeded", name)
			}
		}
	})
}

// facts records a birth to a mother of the stories and asks for every fact that
// a rule of the pack names, by its path and pointer. Facts that nobody knows are
// not in the answer.
func (s state) facts(t *testing.T, p people.Population, subject, rule string) map[string]any {
	t.Helper()
	mother, _ := p.Find(subject)
	by := act.As("registrar", identity.Registrar)
	found, err := s.Residence.Find(t.Context(), s.Own(mother.Number))
	if err != nil {
		t.Fatal(err)
	}
	handle, err := s.Births.Handle(by, registers.Sector, births.Resident{Person: found.Person, Municipality: found.Municipality})
	if err != nil {
		t.Fatal(err)
	}
	nth := s.count(t, "civil_births")
	child := people.Newborn(nth, civil.Of(s.clock.Now()))
	birth, err := s.Births.Record(t.Context(), by, births.Entry{
		Token: id.New(), Number: child.String(), GivenName: "Милица", FamilyName: mother.FamilyName, Sex: child.Sex(), Born: child.Born(),
		Hour: fmt.Sprintf("06:%02d", nth), Settlement: "zr-01", Live: true, MotherHandle: handle.Handle, FatherUnknown: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]any{"birth": birth.ID, "service": rule}
	for _, r := range laws.Serbia(t).Rules() {
		if r.ID == rule && r.Holds(child.Born()) {
			s.ask(t, r, known)
		}
	}
	return known
}

func (s state) ask(t *testing.T, rule law.Rule, known map[string]any) {
	t.Helper()
	handlers := map[string]http.Handler{"births": s.Births.Handler(), "residents": s.Residence.Handler(), "accounts": s.Payments.Handler()}
	for _, fact := range rule.Facts {
		path := fact.Ask
		for name, value := range known {
			path = strings.ReplaceAll(path, "{"+name+"}", fmt.Sprint(value))
		}
		service := fact.Service[strings.LastIndex(fact.Service, "/")+1:]
		status, answer := s.Ask(handlers[service], "family", path)
		if status != http.StatusOK {
			t.Errorf("%s: %s gives %d %v", fact.Name, fact.Ask, status, answer)
		}
		if value, ok := answer[strings.TrimPrefix(fact.Pointer, "/")]; ok {
			known[fact.Name] = value
		}
	}
}

func TestAnswersFitTheRulesOfThePack(t *testing.T) {
	testkit.OnBoth(t, newState, func(t *testing.T, s state) {
		p := stories(t)
		if err := people.Seed(t.Context(), s.Registers, p); err != nil {
			t.Fatal(err)
		}
		type facts map[string]any
		for _, c := range []struct {
			subject, rule string
			want          facts // nil: absent
		}{
			{"jovana", "parental-allowance", facts{"child.order": 1.0, "child.live": true, "child.given_name": "Милица", "mother.citizen": true, "mother.resident": true, "grants.paid": false}},
			{"jovana", "newborn-grant", facts{"child.order": 2.0, "mother.municipality": "80152", "mother.settlement": "zr-01", "grants.paid": false}},
			{"ana", "parental-allowance", facts{"child.order": 3.0, "mother.citizen": true, "mother.resident": true}},
			{"mila", "newborn-grant", facts{"mother.municipality": "80284", "mother.settlement": nil}},
			{"tamara", "parental-allowance", facts{"mother.resident": false, "mother.citizen": true}},
			{"tamara", "newborn-grant", facts{"mother.municipality": nil}},
			{"ivana", "parental-allowance", facts{"mother.resident": true, "mother.citizen": nil}},
		} {
			got := s.facts(t, p, c.subject, c.rule)
			mother, _ := p.Find(c.subject)
			c.want["mother.person"], c.want["account"] = s.Called("family", mother.Number), mother.Account
			for name, want := range c.want {
				if got[name] != want {
					t.Errorf("%s, %s: %s = %v, want %v", c.subject, c.rule, name, got[name], want)
				}
			}
		}
	})
}

func BenchmarkSeed(b *testing.B) {
	crowd, err := people.Generate(laws.Serbia(b), 20_000)
	if err != nil {
		b.Fatal(err)
	}
	for _, engine := range testkit.Engines() {
		b.Run(engine, func(b *testing.B) {
			s := newState(b, engine)
			for b.Loop() {
				if err := people.Seed(b.Context(), s.Registers, crowd); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Births come in every family of the stories, each with a number that is one.
func TestBirthsAreOfEveryFamily(t *testing.T) {
	pack := laws.Serbia(t)
	now := func() time.Time { return time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC) }
	next, err := people.Births(pack, now)
	if err != nil {
		t.Fatal(err)
	}
	mothers := map[string]int{}
	for range 10 {
		e := next()
		mothers[e.Mother.Subject]++
		if e.Child.Born() != civil.Date(2026, time.November, 29) || e.GivenName == "" || e.Settlement == "" {
			t.Errorf("%+v", e)
		}
	}
	if len(mothers) != 5 || mothers["jovana"] != 2 {
		t.Errorf("births by mother: %v", mothers)
	}
}
