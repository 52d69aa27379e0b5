package demo

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/registers/payments"
	"dobosh/internal/lab/registers/residence"
	"dobosh/internal/law"
	"dobosh/internal/node"
	"dobosh/internal/receipts"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// writeSeed writes what the registry says at the start: who there is, where,
// with which services, and the contracts of the pack, signed by both sides.
func (s setup) writeSeed() error {
	statements, err := s.statements()
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, st := range statements {
		raw, err := json.Marshal(st)
		if err != nil {
			return err
		}
		b.Write(raw)
		b.WriteByte('\n')
	}
	return os.WriteFile(s.path(Supervisor, "seed.jsonl"), []byte(b.String()), 0o600)
}

func (s setup) statements() (all []registry.Statement, err error) {
	recovery, err := s.recoveryKey()
	if err != nil {
		return nil, err
	}
	all = append(all, registry.Statement{Recovery: &registry.Recovery{Keys: []string{recovery}, Quorum: 1}})
	for _, m := range members() {
		body, ok := s.law.Body(m.id().String())
		if !ok {
			return nil, fmt.Errorf("the pack knows no body %s", m.id())
		}
		all = append(all, registry.Statement{Member: &registry.Member{ID: m.id(), Title: body.Title, Subsystems: body.Subsystems}})
		n := registry.Node{Member: m.id(), Name: m.node, Address: address(s.host, s.ports.Exchange[m.at])}
		if n.TLS, err = s.pin(m.node); err != nil {
			return nil, err
		}
		if n.Log, err = s.logKey(m); err != nil {
			return nil, err
		}
		all = append(all, registry.Statement{Node: &n})
	}
	services, err := s.dataServices()
	if err != nil {
		return nil, err
	}
	for _, service := range services {
		all = append(all, registry.Statement{Service: &service})
	}
	for _, i := range s.law.Instruments() {
		all = append(all, registry.Statement{Instrument: &registry.Instrument{Ref: i.ID, Title: i.Title, From: i.From, To: i.To}})
	}
	contracts, err := s.contracts()
	return append(all, contracts...), err
}

// offer is a data service of the demonstration: what it answers, and the life
// events in which somebody needs it.
type offer struct {
	owner           registry.ID
	subsystem, code string
	description     []byte
	tags            []string
}

func offers() []offer {
	registers := members()[1].id()
	all := []offer{
		{registers, "civil", "births", births.Description(), []string{"birth", "family"}},
		{registers, "residence", "residents", residence.Description(), []string{"birth", "moving"}},
		{registers, "payments", "accounts", payments.Description(), []string{"family"}},
	}
	for _, m := range members() {
		all = append(all, offer{m.id(), "receipts", "receipts", receipts.Description(), []string{"own-data"}})
	}
	return all
}

// describedSince is the first day of the descriptions, that of the contracts of
// the pack.
func describedSince() civil.Day { return civil.Date(2018, time.July, 1) }

func (s setup) dataServices() (services []registry.Service, err error) {
	for _, o := range offers() {
		doc, err := openapi.Read(o.description)
		if err != nil {
			return nil, fmt.Errorf("description of %s: %w", o.code, err)
		}
		services = append(services, registry.Service{
			ID: registry.ID{Instance: o.owner.Instance, Class: o.owner.Class, Member: o.owner.Member, Subsystem: o.subsystem, Service: o.code}, Title: doc.Title,
			Kind: registry.ServiceOpenAPI, Description: doc.Digest, Version: doc.Version, Since: describedSince(), Tags: o.tags,
		})
	}
	return services, nil
}

// contracts signs the pack's templates with the keys of both members. In
// earnest each side signs on its own node.
func (s setup) contracts() (all []registry.Statement, err error) {
	for _, t := range s.law.Contracts() {
		c, err := contractOf(t)
		if err != nil {
			return nil, err
		}
		consumer, err := s.signer(c.Consumer)
		if err != nil {
			return nil, err
		}
		provider, err := s.signer(c.Provider)
		if err != nil {
			return nil, err
		}
		signers := []note.Signer{consumer}
		if consumer.Name() != provider.Name() {
			signers = append(signers, provider)
		}
		signed, err := c.Sign(signers...)
		if err != nil {
			return nil, err
		}
		all = append(all, registry.Statement{Contract: signed})
	}
	return all, nil
}

func contractOf(t law.ContractTemplate) (registry.Contract, error) {
	consumer, err := registry.ParseID(t.Consumer)
	if err != nil {
		return registry.Contract{}, fmt.Errorf("contract %s: %w", t.ID, err)
	}
	provider, err := registry.ParseID(t.Provider)
	if err != nil {
		return registry.Contract{}, fmt.Errorf("contract %s: %w", t.ID, err)
	}
	return registry.Contract{
		ID: t.ID, Consumer: consumer, Provider: provider, Service: t.Service, Methods: t.Methods, Paths: t.Paths, Fields: t.Fields, Subjects: t.Subjects, Parameters: t.Parameters,
		Purpose: t.Purpose, Provision: t.Provision, Sector: t.Sector, Quota: t.Quota, Retention: t.Retention, Events: t.Events, Area: t.Area, From: t.From, To: t.To,
	}, nil
}

func (s setup) signer(of registry.ID) (note.Signer, error) {
	for _, m := range members() {
		if m.id() != of.Owner() {
			continue
		}
		key, err := credential.ReadKey(s.path(m.node, "log.key"))
		if err != nil {
			return nil, err
		}
		return journal.NewSigner(node.Origin(m.id(), m.node), key)
	}
	return nil, fmt.Errorf("no member %s in the demonstration", of.Owner())
}
