package bench

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"iter"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"

	"golang.org/x/mod/sumdb/note"
)

// country is who is in a registry that is measured: members with one node each,
// and systems spread over them, each with a service that one other system may
// ask. Its keys are new in every run.
type country struct {
	supervisor *institution
	members    []*institution
	systems    int
}

// institution is a member with the keys of its node.
type institution struct {
	id   registry.ID
	log  note.Signer
	node registry.Node
	pin  string
	show tls.Certificate
}

func newCountry(systems, nodes int) (*country, error) {
	c := &country{systems: systems}
	var err error
	if c.supervisor, err = newInstitution("10000000"); err != nil {
		return nil, err
	}
	for i := range nodes {
		m, err := newInstitution(fmt.Sprint(10000001 + i))
		if err != nil {
			return nil, err
		}
		c.members = append(c.members, m)
	}
	return c, nil
}

// nodeName is what every node is called.
const nodeName = "n1"

func newInstitution(code string) (*institution, error) {
	m := &institution{id: registry.ID{Instance: "RS-BENCH", Class: "GOV", Member: code}}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	origin := m.id.String() + "/" + nodeName
	if m.log, err = journal.NewSigner(origin, private); err != nil {
		return nil, err
	}
	verifier, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return nil, err
	}
	_, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	if m.show, err = credential.SelfSigned(secret, nodeName, now()); err != nil {
		return nil, err
	}
	m.pin = credential.Pin(m.show.Leaf)
	m.node = registry.Node{Member: m.id, Name: nodeName, Address: "node-" + code + ".example.rs:4001", TLS: m.pin, Log: verifier}
	return m, nil
}

// owner is the member that has a system; system and service name it.
func (c *country) owner(i int) *institution { return c.members[i%len(c.members)] }

func (c *country) system(i int) registry.ID {
	id := c.owner(i).id
	id.Subsystem = fmt.Sprintf("system-%d", i/len(c.members))
	return id
}

func (c *country) service(i int) registry.ID { return c.system(i).With("records") }

// asker is the system that may ask the service of system i.
func (c *country) asker(i int) registry.ID { return c.system(c.asking(i)) }

func (c *country) asking(i int) int { return (i + 1 + c.systems/2) % c.systems }

// statements say the whole country: members and nodes by the authority, services
// signed by their members, contracts signed by both sides.
func (c *country) statements() iter.Seq2[registry.Statement, error] {
	return func(yield func(registry.Statement, error) bool) {
		for _, m := range append([]*institution{c.supervisor}, c.members...) {
			if !yield(registry.Statement{Member: &registry.Member{ID: m.id, Title: titled("Institution", m.id.Member), Subsystems: c.subsystems(m)}}, nil) ||
				!yield(registry.Statement{Node: &m.node}, nil) {
				return
			}
		}
		for i := range c.systems {
			if !yield(c.describe(i, "1.0.0")) {
				return
			}
		}
		for i := range c.systems {
			if !yield(c.contract(i, "records")) {
				return
			}
		}
	}
}

func (c *country) subsystems(m *institution) (names []string) {
	for i, other := range c.members {
		if other != m {
			continue
		}
		for ; i < c.systems; i += len(c.members) {
			names = append(names, c.system(i).Subsystem)
		}
	}
	return names
}

func titled(what, number string) lang.Text {
	return lang.Text{"sr": what + " " + number, "en": what + " " + number}
}

// describe is what a member says of the service of system i.
func (c *country) describe(i int, version string) (registry.Statement, error) {
	sv := registry.Service{ID: c.service(i), Title: titled("Records", fmt.Sprint(i)), Kind: registry.ServiceREST, Version: version}
	return registry.Statement{Service: &sv, At: spokenAt()}.Sign(c.owner(i).log)
}

// contract lets the asker of system i ask it.
func (c *country) contract(i int, purpose string) (registry.Statement, error) {
	text, err := registry.Contract{
		ID: fmt.Sprintf("%s-%d", purpose, i), Consumer: c.asker(i), Provider: c.system(i), Service: "records", Methods: []string{"GET"}, Paths: []string{"/v1/records/{record}"},
		Fields: []string{"/name", "/surname", "/born", "/address/settlement", "/status"}, Subjects: []string{"/person"}, Purpose: purpose, Provision: "zfpp/48",
		Sector: "family", Quota: 1000, Retention: 30, From: civil.Date(2026, 1, 1),
	}.Sign(c.owner(c.asking(i)).log, c.owner(i).log)
	return registry.Statement{Contract: text, At: spokenAt()}, err
}

// change is the statement number n that is made while others follow: in turn a
// new version of a service, a new contract, and a node that goes into
// maintenance.
func (c *country) change(n int) (registry.Statement, error) {
	i := n * 31 % c.systems
	switch n % 3 {
	case 0:
		return c.describe(i, fmt.Sprintf("1.%d.0", n+1))
	case 1:
		return c.contract(i, fmt.Sprintf("survey-%d", n))
	}
	node := c.owner(i).node
	node.State, node.Notice = registry.NodeMaintenance, titled("Back at", fmt.Sprint(n%24))
	return registry.Statement{Node: &node, At: spokenAt()}.Sign(c.owner(i).log)
}

// spokenAt is now in the precision of statements.
func spokenAt() time.Time { return now().UTC().Truncate(time.Millisecond) }
