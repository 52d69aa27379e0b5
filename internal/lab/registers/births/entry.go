package births

import (
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
)

// Entry is what a registrar writes down about a birth. Its JSON names are also
// the names of the fields in problems.
type Entry struct {
	Token              string    `json:"token"`  // made with the form, 8 to 64 letters, digits and hyphens
	Number             string    `json:"number"` // national number of the child
	GivenName          string    `json:"given_name"`
	FamilyName         string    `json:"family_name"`
	Sex                jmbg.Sex  `json:"sex"`
	Born               civil.Day `json:"born"`
	Hour               string    `json:"hour"`       // of the day of birth, "14:05"; twins of a day need it
	Settlement         string    `json:"settlement"` // code of the place of birth
	Live               bool      `json:"live"`
	MotherHandle       string    `json:"mother"`
	FatherHandle       string    `json:"father"`         // empty only with FatherUnknown
	FatherUnknown      bool      `json:"father_unknown"` // so that a forgotten father is noticed
	PreviousLiveBirths int       `json:"previous_live_births"`
	OrderUnknown       bool      `json:"order_unknown"`
	Checked            string    `json:"checked"` // what a person has checked, when the register asked whether this is another birth
}

// Birth is a recorded birth. Persons are named in [registers.Sector].
type Birth struct {
	ID         string // reference that says nothing about anybody
	Child      string
	GivenName  string
	FamilyName string
	Sex        jmbg.Sex
	Born       civil.Day
	Hour       string // of the day, "14:05"; empty when not written down
	Live       bool
	Order      *int   // among the live births of the mother that are recorded by now, from 1; nil when not known
	Place      string // code of the settlement of birth
	Mother     string
	MotherName string
	Father     string // empty when not known
	FatherName string
	RecordedAt time.Time
	RecordedBy string // account of the registrar, or the name of a system
	Checked    string // what the registrar checked before a doubtful entry was recorded
}
