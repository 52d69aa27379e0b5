package station

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	birthpages "dobosh/internal/lab/registers/births/pages"
	"dobosh/internal/portal"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/exchange"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/lab/people"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/registers/payments"
	"dobosh/internal/lab/registers/residence"
	"dobosh/internal/law"
	"dobosh/internal/node"
	"dobosh/internal/registry"
)

// familySector names persons in the contracts of the demonstration about
// families.
const familySector = "family"

// open puts the registers behind the node, with those who live in them.
func (r *Registers) open(ctx context.Context, host node.Host) (node.Brings, error) {
	key, err := host.Keys.Key(ctx, "handles")
	if err != nil {
		return node.Brings{}, err
	}
	var systems []births.System
	for _, s := range r.Systems {
		token, err := os.ReadFile(s.TokenFile)
		if err != nil {
			return node.Brings{}, fmt.Errorf("token of %s: %w", s.Name, err)
		}
		systems = append(systems, births.System{Name: s.Name, Hash: births.HashToken(strings.TrimSpace(string(token)))})
	}
	desk := registers.Desk{Persons: host.Sectors, Say: host.Words.Say, Log: host.Log}
	into := people.Registers{Persons: host.Sectors, Residence: residence.New(host.DB, desk), Payments: payments.New(host.DB, desk, host.Now)}
	into.Births, err = births.New(births.Config{
		DB: host.DB, Desk: desk, Now: host.Now, HandleKey: key, Municipality: municipality(host.Pack), Source: host.Member.String() + "/civil",
		Residents: residentsOf{host}, Systems: systems,
	})
	if err != nil {
		return node.Brings{}, err
	}
	if err := r.populate(ctx, into, host.Pack); err != nil {
		return node.Brings{}, err
	}
	invent, err := r.invents(host)
	if err != nil {
		return node.Brings{}, err
	}
	programs, err := into.Births.Systems("/births")
	if err != nil {
		return node.Brings{}, err
	}
	service := func(subsystem, code string) registry.ID {
		id := host.Member
		id.Subsystem = subsystem
		return id.With(code)
	}
	return node.Brings{
		Systems: map[registry.ID]exchange.System{
			service("civil", "births"):        exchange.Handler(into.Births.Handler()),
			service("residence", "residents"): exchange.Handler(into.Residence.Handler()),
			service("payments", "accounts"):   exchange.Handler(into.Payments.Handler()),
		},
		API:   []*api.Served{programs},
		Pages: []portal.Room{birthpages.New(into.Births, host.Pack, invent)},
		Kind:  "registers",
	}, nil
}

// populate fills the registers for a demonstration or a measurement.
func (r *Registers) populate(ctx context.Context, into people.Registers, pack *law.Pack) error {
	if r.Stories {
		stories, err := people.Stories(pack)
		if err != nil {
			return err
		}
		if err := people.Seed(ctx, into, stories); err != nil {
			return err
		}
	}
	if r.Crowd == 0 {
		return nil
	}
	crowd, err := people.Generate(pack, r.Crowd)
	if err != nil {
		return err
	}
	return people.Seed(ctx, into, crowd)
}

// invents gives births of the families of the stories to a registrar who wants to see one; nil where there are no
// stories.
func (r *Registers) invents(host node.Host) (func() birthpages.Invented, error) {
	if !r.Stories {
		return nil, nil
	}
	expected, err := people.Births(host.Pack, host.Now)
	if err != nil {
		return nil, err
	}
	return func() birthpages.Invented {
		e := expected()
		of := birthpages.Invented{Mother: e.Mother.Number.String(), Entry: births.Entry{
			Number: e.Child.String(), GivenName: e.GivenName, FamilyName: e.FamilyName, Sex: e.Child.Sex(), Born: e.Child.Born(), Hour: e.Hour, Settlement: e.Settlement,
			Live: true, PreviousLiveBirths: e.Previous,
		}}
		if e.Father != nil {
			of.Father = e.Father.Number.String()
		}
		return of
	}, nil
}

// municipality tells in which municipality a settlement lies.
func municipality(pack *law.Pack) func(settlement string) (string, bool) {
	return func(settlement string) (string, bool) {
		place, ok := pack.Place(settlement)
		if !ok {
			return "", false
		}
		if place.Within == "" {
			return place.Code, true
		}
		return place.Within, true
	}
}

// residentsOf asks the residence register on behalf of the civil register,
// through the exchange like everybody else.
type residentsOf struct{ node.Host }

// Search implements births.Residents.
func (r residentsOf) Search(ctx context.Context, by act.Actor, number jmbg.Number) (sector string, found births.Resident, err error) {
	body, err := json.Marshal(residence.Search{Number: number.String()})
	if err != nil {
		return "", found, err
	}
	client, service := r.Member, r.Member
	client.Subsystem, service.Subsystem, service.Service = "civil", "residence", "residents"
	person, err := r.Sectors.Pseudonym(exchange.ReceiptSector, number)
	if err != nil {
		return "", found, err
	}
	answer, err := r.Gateway.Ask(ctx, exchange.Request{
		Client: client, Service: service, Method: "POST", Path: "/v1/residents/search", Type: "application/json", Body: body,
		Matter: "birth registration", Role: exchange.RoleOfficer, Subjects: []string{person},
	})
	if problem.HasCode(err, "nothing-known") {
		return "", found, problem.New(problem.NotFound, "resident-unknown").Because(err)
	}
	if err != nil {
		return "", found, err
	}
	return familySector, found, strict.Upto(64<<10).AllowUnknown().Decode(answer.Body, &found)
}
