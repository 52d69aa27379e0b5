package demo

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/node"
	"dobosh/internal/registry"
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
	for _, service := range s.dataServices() {
		all = append(all, registry.Statement{Service: &service})
	}
	contracts, err := s.contracts()
	return append(all, contracts...), err
}

func (s setup) dataServices() []registry.Service {
	registers := members()[1].id()
	of := func(owner registry.ID, subsystem, code, sr, en string) registry.Service {
		owner.Subsystem, owner.Service = subsystem, code
		return registry.Service{ID: owner, Title: lang.Text{"sr": sr, "en": en}}
	}
	services := []registry.Service{
		of(registers, "civil", "births", "Матична књига рођених", "Register of births"),
		of(registers, "residence", "residents", "Евиденција пребивалишта", "Register of residence"),
		of(registers, "payments", "accounts", "Евиденција исплата", "Register of payments"),
	}
	for _, m := range members() {
		services = append(services, of(m.id(), "receipts", "receipts", "Ко је гледао моје податке", "Who looked at my data"))
	}
	return services
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
		signers := []node.Signer{consumer}
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
		ID: t.ID, Consumer: consumer, Provider: provider, Service: t.Service, Methods: t.Methods, Paths: t.Paths, Fields: t.Fields, Subjects: t.Subjects,
		Purpose: t.Purpose, Provision: t.Provision, Sector: t.Sector, Quota: t.Quota, Retention: t.Retention, Events: t.Events, Area: t.Area, From: t.From, To: t.To,
	}, nil
}

func (s setup) signer(of registry.ID) (node.Signer, error) {
	for _, m := range members() {
		if m.id() != of.Owner() {
			continue
		}
		key, err := node.ReadKey(s.path(m.node, "log.key"))
		if err != nil {
			return nil, err
		}
		return journal.NewSigner(node.Origin(m.id(), m.node), key)
	}
	return nil, fmt.Errorf("no member %s in the demonstration", of.Owner())
}
