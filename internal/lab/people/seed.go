package people

import (
	"context"
	"fmt"
	"time"

	"dobosh/internal/kit/id"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/registers/payments"
	"dobosh/internal/lab/registers/residence"
)

// Registers are where a population goes.
type Registers struct {
	Persons   registers.Persons
	Births    *births.Registrar
	Residence *residence.Register
	Payments  *payments.Register
}

// Seed brings a population into the registers. Doing it again changes nothing,
// and no event is published.
func Seed(ctx context.Context, into Registers, p Population) error {
	residents, accounts, err := into.persons(p.Persons)
	if err != nil {
		return fmt.Errorf("seed registers: %w", err)
	}
	recorded, err := into.births(p.Births)
	if err != nil {
		return fmt.Errorf("seed registers: %w", err)
	}
	if err := into.Residence.Put(ctx, residents); err != nil {
		return err
	}
	if err := into.Payments.Put(ctx, accounts); err != nil {
		return err
	}
	return into.Births.Put(ctx, recorded)
}

func (r Registers) persons(persons []Person) ([]residence.Resident, []payments.Account, error) {
	residents := make([]residence.Resident, 0, len(persons))
	accounts := make([]payments.Account, 0, len(persons))
	for _, p := range persons {
		name, err := r.Persons.Pseudonym(registers.Sector, p.Number)
		if err != nil {
			return nil, nil, err
		}
		residents = append(residents, residence.Resident{
			Person: name, GivenName: p.GivenName, FamilyName: p.FamilyName, Born: p.Number.Born(),
			Resident: p.Resident, Citizen: p.Citizen, Municipality: p.Municipality, Settlement: p.Settlement, Since: p.Since,
		})
		if p.Account != "" {
			accounts = append(accounts, payments.Account{Person: name, Number: p.Account})
		}
	}
	return residents, accounts, nil
}

func (r Registers) births(all []Birth) ([]births.Birth, error) {
	recorded := make([]births.Birth, 0, len(all))
	for _, b := range all {
		entry := births.Birth{
			ID: id.New(), GivenName: b.GivenName, FamilyName: b.FamilyName, Sex: b.Child.Sex(), Born: b.Child.Born(), Live: true,
			Order: &b.Order, Place: b.Place, MotherName: b.Mother.Name(), FatherName: b.Father.Name(),
			RecordedAt: b.Child.Born().Start().Add(34 * time.Hour), RecordedBy: "before",
		}
		var err error
		if entry.Child, err = r.Persons.Pseudonym(registers.Sector, b.Child); err != nil {
			return nil, err
		}
		if entry.Mother, err = r.Persons.Pseudonym(registers.Sector, b.Mother.Number); err != nil {
			return nil, err
		}
		if entry.Father, err = r.Persons.Pseudonym(registers.Sector, b.Father.Number); err != nil {
			return nil, err
		}
		recorded = append(recorded, entry)
	}
	return recorded, nil
}
