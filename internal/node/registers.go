package node

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/people"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/registers/payments"
	"dobosh/internal/lab/registers/residence"
	"dobosh/internal/registry"
)

// registerSet are the demonstration registers behind one node.
type registerSet struct {
	births    *births.Registrar
	residence *residence.Register
	payments  *payments.Register
}

func (n *Node) openRegisters(ctx context.Context) error {
	key, err := persistentKey(filepath.Join(n.cfg.Dir, "handles.key"))
	if err != nil {
		return err
	}
	systems, err := n.registrarSystems()
	if err != nil {
		return err
	}
	words := n.catalogue
	desk := registers.Desk{Persons: n.sectors, Say: words.Say, Log: n.log}
	set := &registerSet{residence: residence.New(n.db, desk), payments: payments.New(n.db, desk, n.now)}
	set.births, err = births.New(births.Config{
		DB: n.db, Desk: desk, Now: n.now, HandleKey: key, Municipality: n.municipality, Source: n.cfg.Member.String() + "/civil",
		Residents: residentsOf{n.gateway, n.cfg.Member, n.sectors}, Systems: systems,
	})
	if err != nil {
		return err
	}
	n.registers = set
	n.serve("civil", "births", set.births.Handler())
	n.serve("residence", "residents", set.residence.Handler())
	n.serve("payments", "accounts", set.payments.Handler())
	return n.populate(ctx)
}

// persistentKey reads 32 random bytes, or makes them at the first start.
func persistentKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err == nil && len(key) == 32 {
		return key, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read key: %w", err)
	}
	key = make([]byte, 32)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return key, os.WriteFile(path, key, 0o600)
}

func (n *Node) registrarSystems() (systems []births.System, err error) {
	for _, s := range n.cfg.Registers.Systems {
		token, err := os.ReadFile(s.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("token of %s: %w", s.Name, err)
		}
		systems = append(systems, births.System{Name: s.Name, Hash: births.HashToken(strings.TrimSpace(string(token)))})
	}
	return systems, nil
}

// municipality tells in which municipality a settlement lies.
func (n *Node) municipality(settlement string) (string, bool) {
	place, ok := n.pack.Place(settlement)
	if !ok {
		return "", false
	}
	if place.Within == "" {
		return place.Code, true
	}
	return place.Within, true
}

// populate fills the registers for a demonstration or a measurement.
func (n *Node) populate(ctx context.Context) error {
	into := people.Registers{Persons: n.sectors, Births: n.registers.births, Residence: n.registers.residence, Payments: n.registers.payments}
	if n.cfg.Registers.Stories {
		stories, err := people.Stories(n.pack)
		if err != nil {
			return err
		}
		if err := people.Seed(ctx, into, stories); err != nil {
			return err
		}
	}
	if n.cfg.Registers.Crowd == 0 {
		return nil
	}
	crowd, err := people.Generate(n.pack, n.cfg.Registers.Crowd)
	if err != nil {
		return err
	}
	return people.Seed(ctx, into, crowd)
}

// residentsOf asks the residence register on behalf of the civil register,
// through the exchange like everybody else.
type residentsOf struct {
	gateway *exchange.Gateway
	member  registry.ID
	sectors *identity.Sectors
}

// registrationSector names persons in the contract between the two registers.
const registrationSector = "family"

// Search implements births.Residents.
func (r residentsOf) Search(ctx context.Context, by act.Actor, number jmbg.Number) (sector string, found births.Resident, err error) {
	body, err := json.Marshal(residence.Search{Number: number.String()})
	if err != nil {
		return "", found, err
	}
	client, service := r.member, r.member
	client.Subsystem, service.Subsystem, service.Service = "civil", "residence", "residents"
	person, err := r.sectors.Pseudonym(exchange.ReceiptSector, number)
	if err != nil {
		return "", found, err
	}
	answer, err := r.gateway.Ask(ctx, exchange.Request{
		Client: client, Service: service, Method: "POST", Path: "/v1/residents/search", Type: "application/json", Body: body,
		Matter: "birth registration", Role: exchange.RoleOfficer, Subjects: []string{person},
	})
	if problem.HasCode(err, "nothing-known") {
		return "", found, problem.New(problem.NotFound, "resident-unknown").Because(err)
	}
	if err != nil {
		return "", found, err
	}
	return registrationSector, found, json.Unmarshal(answer.Body, &found)
}
