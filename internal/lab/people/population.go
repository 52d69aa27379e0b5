package people

import (
	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
)

// The regions of the invented citizen numbers.
const (
	regionStories = 83
	regionCrowd   = 84
)

// bank is the code of the bank where everybody has an account.
const bank = 999

// Population is who lives in the registers.
type Population struct {
	Persons []Person
	Births  []Birth // that were recorded before the demonstration begins
	Staff   []Staff
}

// Person is one invented person. What is nil, empty or no day the registers do
// not know.
type Person struct {
	Subject      string // account at the identity provider; empty when the person does not sign in
	Number       jmbg.Number
	GivenName    string // in Cyrillic
	FamilyName   string
	Resident     *bool
	Citizen      *bool
	Municipality string // code of the pack
	Settlement   string // code of the pack
	Since        civil.Day
	Account      string    // 18 digits
	Story        lang.Text // who this is, for those who try the demonstration
}

// Name is the whole name.
func (p Person) Name() string { return p.GivenName + " " + p.FamilyName }

// Birth is a birth that is already in the register.
type Birth struct {
	Child      jmbg.Number
	GivenName  string
	FamilyName string
	Order      int
	Place      string // code of the settlement
	Mother     Person
	Father     Person
}

// Staff is an account that is nobody in the registers and works for a body.
type Staff struct {
	Subject string // account at the identity provider
	Name    string // in Cyrillic
	Body    string // member, as in the pack
	Role    act.Role
	Story   lang.Text
}

// Find gives the person with a subject.
func (p Population) Find(subject string) (Person, bool) {
	for _, person := range p.Persons {
		if person.Subject == subject && subject != "" {
			return person, true
		}
	}
	return Person{}, false
}

// Newborn gives the citizen number of the i-th child (from 0) that a
// demonstration or a bench lets be born, on today or up to 300 days before. The
// first 500,000 are different; odd ones are girls.
func Newborn(i int, today civil.Day) jmbg.Number {
	const aDay = 1000 // orders
	order := i % aDay / 2
	if i%2 == 1 {
		order += 500
	}
	return jmbg.Make(today.AddDays(-(i/aDay/2)%300), regionStories+i/aDay%2, order)
}
