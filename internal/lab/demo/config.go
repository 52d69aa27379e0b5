package demo

import (
	"os"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/kit/account"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/station"
	"dobosh/internal/node"
	"dobosh/internal/notify"
	"dobosh/internal/notify/post"
	"dobosh/internal/notify/sms"

	"gopkg.in/yaml.v3"
)

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
		if err := s.adds(m).Write(s.file(m.node)); err != nil {
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
	}
	cfg.TimeStamps = &node.TimeStamps{URL: s.http(s.ports.Stamps), CertificateFile: s.path(Supervisor, "stamps.crt")}
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
		cfg.Certificates.Issuer = "issuer.key"
		cfg.TimeStampAuthority = &node.TimeStampAuthority{Listen: address(s.host, s.ports.Stamps), KeyFile: "stamps.key", CertificateFile: "stamps.crt"}
		cfg.Sectors = map[string]string{exchange.ReceiptSector: exchange.ReceiptSector + ".sector"}
		cfg.Registry.Witnesses, err = s.registryWitness()
		return cfg, err
	}
	if err = s.followSupervisor(&cfg); err == nil && m.node == City {
		cfg.Registry.Witnesses, err = s.registryWitness()
	}
	return cfg, err
}

func (s setup) city(cfg *node.Config) {
	cfg.Listen.Edge, cfg.Listen.Systems = address(s.host, s.ports.Edge), address(s.host, s.ports.Counter)
	cfg.Sectors = map[string]string{"family": "family.sector", exchange.ReceiptSector: exchange.ReceiptSector + ".sector"}
	cfg.Mail = &notify.Config{Host: s.host, Port: s.ports.SMTP, From: "Добош Зрењанин <dobosh@zrenjanin.example>", TLS: notify.Plain, Together: 2 * time.Second}
	cfg.SMS = &sms.Config{Folder: "texts", Countries: []string{"381"}}
	cfg.Letters = &post.Config{Folder: "letters", Sender: lang.Text{"sr": "Град Зрењанин, Трг слободе 10, 23000 Зрењанин", "en": "City of Zrenjanin, Trg slobode 10, 23000 Zrenjanin"}}
	cfg.Mailbox = &node.Mailbox{Domain: "odgovor.zrenjanin.example", Listen: address(s.host, s.ports.Answers), Desks: []string{"pisarnica@zrenjanin.example"}}
	cfg.Contracts = node.Contracts{Systems: []node.System{{Name: "engineer", TokenFile: "contracts.token"}}}
	cfg.Catalogue = node.Catalogue{Systems: []node.System{{Name: "engineer", TokenFile: "catalogue.token"}}}
	cfg.Events = node.Events{Systems: []node.EventSystem{{System: node.System{Name: "registry-office", TokenFile: "events.token"}, Subsystem: "family"}}}
	cfg.Services = &node.Services{Prefix: "ZR", Account: account.Make(840, 955845), Systems: []node.System{{Name: "counter", TokenFile: "counter.token"}}}
}

func (s setup) registers(cfg *node.Config) {
	cfg.Listen.Systems = address(s.host, s.ports.Systems)
	cfg.Sectors = map[string]string{"family": "family.sector", exchange.ReceiptSector: exchange.ReceiptSector + ".sector", "register": "register.sector"}
	cfg.Keys.Witness, cfg.WitnessName = "witness.key", registryWitnessName
	cfg.Contracts = node.Contracts{Systems: []node.System{{Name: "engineer", TokenFile: "contracts.token"}}}
	cfg.Catalogue = node.Catalogue{Systems: []node.System{{Name: "engineer", TokenFile: "catalogue.token"}}}
	cfg.Events = node.Events{Systems: []node.EventSystem{{System: node.System{Name: "civil-register", TokenFile: "events.token"}, Subsystem: "civil"}}}
}

// adds is what stands in a node besides what an institution runs.
func (s setup) adds(m member) station.Adds {
	adds := station.Adds{Demo: &station.Demo{City: s.http(s.ports.City), Registers: s.http(s.ports.Registers), Supervisor: s.http(s.ports.Supervisor), Mail: s.http(s.ports.Mailbox)}}
	if m.node == Registers {
		adds.Registers = &station.Registers{Stories: true, Crowd: s.crowd, Systems: []node.System{{Name: "maternity", TokenFile: "registrar.token"}}}
	}
	return adds
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

// signIn trusts the demonstration's identity provider.
func (s setup) signIn(m member, portal int) *identity.Config {
	return &identity.Config{
		Issuer: s.http(s.ports.Provider), ClientID: m.node, RedirectURL: s.http(portal) + "/sign-in/return", NumberClaim: "jmbg",
	}
}
