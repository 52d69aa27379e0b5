package demo

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/node"
	"dobosh/internal/notify"
	"dobosh/internal/registers/payments"
	"dobosh/internal/registry"

	"gopkg.in/yaml.v3"
)

// Instance is the X-Road instance of the demonstration.
const Instance = "RS-DEMO"

// The nodes, by the name of their folder.
const (
	City       = "city"
	Registers  = "registers"
	Supervisor = "supervisor"
)

// member is one institution of the demonstration.
type member struct {
	node string
	code string
	at   int // in the fields of ports that hold three
}

func members() []member {
	return []member{{City, "ZRENJANIN", 0}, {Registers, "REGISTERS", 1}, {Supervisor, "SUPERVISOR", 2}}
}

func (m member) id() registry.ID {
	return registry.ID{Instance: Instance, Class: "GOV", Member: m.code}
}

// setup writes keys, configurations and the registry's seed into a folder.
// Keys that are there stay; the configurations are written anew, since the
// addresses may differ from last time.
type setup struct {
	dir   string
	host  string
	ports ports
	pack  string // folder of another pack; empty for the one that is built in
	crowd int    // generated persons
	quiet bool   // only warnings in the logs
	law   *law.Pack
}

// File is the path of a node's configuration.
func (s setup) file(node string) string { return filepath.Join(s.dir, node, "dobosh.yaml") }

func (s setup) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

func (s setup) http(port int) string { return "http://" + address(s.host, port) }

func (s setup) write() error {
	for _, step := range []func() error{s.makeKeys, s.writeSeed, s.writeTrust, s.writeConfigs} {
		if err := step(); err != nil {
			return fmt.Errorf("set the demonstration up: %w", err)
		}
	}
	return nil
}

func (s setup) makeKeys() error {
	for _, m := range members() {
		if err := os.MkdirAll(s.path(m.node), 0o700); err != nil {
			return err
		}
		for _, name := range []string{"tls.key", "log.key"} {
			if err := once(s.path(m.node, name), node.MakeKey); err != nil {
				return err
			}
		}
	}
	for _, name := range []string{"registry.key", "witness.key"} {
		if err := once(s.path(Supervisor, name), node.MakeKey); err != nil {
			return err
		}
	}
	for _, sector := range []string{"family", exchange.ReceiptSector, "register"} {
		if err := once(s.path(Registers, sector+".sector"), identity.MakeSectorKey); err != nil {
			return err
		}
	}
	for _, token := range []string{s.path(Registers, "registrar.token"), s.path(City, "counter.token")} {
		if err := once(token, makeToken); err != nil {
			return err
		}
	}
	return s.shareSectors()
}

// shareSectors gives the city the keys of the sectors in which it may name
// persons. In earnest the supervisor does that, under a decision.
func (s setup) shareSectors() error {
	for _, sector := range []string{"family", exchange.ReceiptSector} {
		key, err := os.ReadFile(s.path(Registers, sector+".sector"))
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.path(City, sector+".sector"), key, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// once makes a file unless it is there.
func once(path string, makeIt func(string) error) error {
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return makeIt(path)
}

func makeToken(path string) error {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program instead
	return os.WriteFile(path, []byte(hex.EncodeToString(raw[:])+"\n"), 0o600)
}

// pin gives the pin of a node's TLS key.
func (s setup) pin(name string) (string, error) {
	key, err := node.ReadKey(s.path(name, "tls.key"))
	if err != nil {
		return "", err
	}
	cert, err := exchange.Certificate(key, name, time.Now())
	if err != nil {
		return "", err
	}
	return exchange.Pin(cert.Leaf), nil
}

// logKey gives the verifier key of a node's journal.
func (s setup) logKey(m member) (string, error) {
	key, err := node.ReadKey(s.path(m.node, "log.key"))
	if err != nil {
		return "", err
	}
	verifier, err := journal.NewKey(node.Origin(m.id(), m.node), node.PublicOf(key))
	return fmt.Sprint(verifier), err
}

func (s setup) registryKey() (string, error) {
	key, err := node.ReadKey(s.path(Supervisor, "registry.key"))
	if err != nil {
		return "", err
	}
	verifier, err := journal.NewKey(node.RegistryOrigin(Instance), node.PublicOf(key))
	return fmt.Sprint(verifier), err
}

// witnessName is the name under which the supervisor cosigns journals.
const witnessName = Instance + "/GOV/SUPERVISOR/witness"

func (s setup) witnessKey() (string, error) {
	key, err := node.ReadKey(s.path(Supervisor, "witness.key"))
	if err != nil {
		return "", err
	}
	verifier, err := journal.NewCosignerKey(witnessName, node.PublicOf(key))
	return fmt.Sprint(verifier), err
}

// writeTrust writes the keys that "dobosh verify" believes: the journals of
// the members and the witness.
func (s setup) writeTrust() error {
	var lines []string
	for _, m := range members() {
		key, err := s.logKey(m)
		if err != nil {
			return err
		}
		lines = append(lines, "log "+key)
	}
	witness, err := s.witnessKey()
	if err != nil {
		return err
	}
	lines = append(lines, "witness "+witness)
	return os.WriteFile(s.path("trust.txt"), []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

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

func (s setup) writeConfigs() error {
	for _, m := range members() {
		cfg, err := s.config(m)
		if err != nil {
			return err
		}
		raw, err := yaml.Marshal(cfg)
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.file(m.node), raw, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// config is the configuration of one node. What is the same for all stands
// here, the rest in the functions for each.
func (s setup) config(m member) (node.Config, error) {
	portal := []int{s.ports.City, s.ports.Registers, s.ports.Supervisor}[m.at]
	cfg := node.Config{
		Name: m.node, Member: m.id(), PublicURL: s.http(portal), Dir: "data", Pack: s.pack,
		Listen: node.Listen{Portal: address(s.host, portal), Exchange: address(s.host, s.ports.Exchange[m.at]), Operations: address(s.host, s.ports.Operations[m.at])},
		Keys:   node.Keys{TLS: "tls.key", Log: "log.key"},
		SignIn: s.signIn(m, portal),
		Help:   node.Help{Phone: "023 000 000", Counter: lang.Text{"sr": "Трг слободе 10, Зрењанин, радним данима од 8 до 15 часова", "en": "Trg slobode 10, Zrenjanin, weekdays from 8 to 15"}},
		Demo:   &node.Demo{City: s.http(s.ports.City), Registers: s.http(s.ports.Registers), Supervisor: s.http(s.ports.Supervisor), Mail: s.http(s.ports.Mailbox)},
	}
	if s.quiet {
		cfg.LogLevel = "warn"
	}
	var err error
	switch m.node {
	case City:
		s.city(&cfg)
	case Registers:
		s.registers(&cfg)
	}
	if m.node == Supervisor {
		cfg.Keys.Registry, cfg.Keys.Witness, cfg.WitnessName = "registry.key", "witness.key", witnessName
		cfg.Registry = node.Registry{Authority: true, Seed: "seed.jsonl"}
		return cfg, nil
	}
	err = s.followSupervisor(&cfg)
	return cfg, err
}

func (s setup) city(cfg *node.Config) {
	cfg.Listen.Edge, cfg.Listen.Systems = address(s.host, s.ports.Edge), address(s.host, s.ports.Counter)
	cfg.Sectors = map[string]string{"family": "family.sector", exchange.ReceiptSector: exchange.ReceiptSector + ".sector"}
	cfg.Mail = &notify.Config{Host: s.host, Port: s.ports.SMTP, From: "Добош Зрењанин <dobosh@zrenjanin.example>", TLS: notify.Plain}
	cfg.Services = &node.Services{Prefix: "ZR", Account: payments.MakeAccount(840, 955845), Systems: []node.System{{Name: "counter", TokenFile: "counter.token"}}}
}

func (s setup) registers(cfg *node.Config) {
	cfg.Listen.Systems = address(s.host, s.ports.Systems)
	cfg.Sectors = map[string]string{"family": "family.sector", exchange.ReceiptSector: exchange.ReceiptSector + ".sector", "register": "register.sector"}
	cfg.Registers = &node.Registers{Stories: true, Crowd: s.crowd, Systems: []node.System{{Name: "maternity", TokenFile: "registrar.token"}}}
}

func (s setup) followSupervisor(cfg *node.Config) error {
	pin, err := s.pin(Supervisor)
	if err != nil {
		return err
	}
	key, err := s.registryKey()
	if err != nil {
		return err
	}
	witness, err := s.witnessKey()
	if err != nil {
		return err
	}
	at := address(s.host, s.ports.Exchange[2])
	cfg.Registry = node.Registry{Address: at, Pin: pin, Key: key}
	cfg.Witnesses = []node.Witness{{Address: at, Pin: pin, Key: witness}}
	return nil
}

// signIn trusts the demonstration's identity provider, and gives the staff of
// this member their roles.
func (s setup) signIn(m member, portal int) *identity.Config {
	cfg := &identity.Config{
		Issuer: s.http(s.ports.Provider), ClientID: m.node, RedirectURL: s.http(portal) + "/sign-in/return", NumberClaim: "jmbg",
		Roles: map[string][]identity.Role{},
	}
	for _, staff := range staff(s.law) {
		if staff.Body == m.id().String() {
			cfg.Roles[staff.Subject] = append(cfg.Roles[staff.Subject], staff.Role)
		}
	}
	return cfg
}
