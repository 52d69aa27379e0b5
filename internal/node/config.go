package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dobosh/internal/admission"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/account"
	"dobosh/internal/kit/lang"
	"dobosh/internal/notify"
	"dobosh/internal/notify/post"
	"dobosh/internal/notify/sms"
	"dobosh/internal/registry"
	"dobosh/internal/security"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
	"gopkg.in/yaml.v3"
)

// Config is the configuration of a node, and its comments are the manual.
// Paths are relative to the file. A key that is not here is an error.
type Config struct {
	// Name of the node among those of its member, for example "city".
	Name string `yaml:"name"`
	// Member whose node this is: INSTANCE/CLASS/MEMBER.
	Member registry.ID `yaml:"member"`
	// PublicURL is where people reach the portal, without a slash at the end.
	PublicURL string `yaml:"public_url"`
	// Dir holds everything that the node keeps besides a PostgreSQL database.
	Dir string `yaml:"dir"`
	// Listen says where the node can be reached.
	Listen Listen `yaml:"listen"`
	// Address is where the other nodes reach listen.exchange, host:port, where
	// that is another than what is listened at: behind a translated address.
	Address string `yaml:"address"`
	// Hosts are further names under which the surfaces are reached, besides that of
	// public_url, those of the addresses in listen, and the address at which a request
	// arrives. A request for another host is answered with 421.
	Hosts []string `yaml:"hosts"`
	// Proxies end TLS before the portal: their addresses or networks. What they say in
	// X-Forwarded-For counts as the address of who comes. When empty and public_url is
	// https, those of this machine, if the portal listens on a loopback address.
	Proxies []string `yaml:"proxies"`
	// Limits bounds what comes from outside.
	Limits Limits `yaml:"limits"`
	// Storage is a file of the folder unless it names a PostgreSQL database.
	Storage Storage `yaml:"storage"`
	// Retention says how long receipts and contents are kept; without it, always.
	Retention Retention `yaml:"retention"`
	// Archive takes full segments of the journal; without it they stay in the folder.
	Archive Archive `yaml:"archive"`
	// Bus is inside of the node unless it names the servers of a JetStream cluster.
	Bus Bus `yaml:"bus"`
	// Keys are files that "dobosh key" makes.
	Keys Keys `yaml:"keys"`
	// Sectors are the files with the keys of the sectors in which this node
	// may name persons.
	Sectors map[string]string `yaml:"sectors"`
	// Pack is a folder with the law as data; empty for the one that is built in.
	Pack string `yaml:"pack"`
	// Registry says how the node knows the others.
	Registry Registry `yaml:"registry"`
	// WitnessName makes this node a witness for the journals of all members,
	// under that name. Needs keys.witness.
	WitnessName string `yaml:"witness_name"`
	// WitnessLogs are logs from outside of this federation that the witness
	// cosigns too, whoever brings their checkpoints.
	WitnessLogs []WitnessLog `yaml:"witness_logs"`
	// Witnesses cosign this node's journal.
	Witnesses []Witness `yaml:"witnesses"`
	// Certificates says how long they live and, at the authority, who signs them.
	Certificates Certificates `yaml:"certificates"`
	// TimeStamps have this node's journal time-stamped once a minute.
	TimeStamps *TimeStamps `yaml:"time_stamps"`
	// TimeStampAuthority makes this node an authority for time-stamps.
	TimeStampAuthority *TimeStampAuthority `yaml:"time_stamp_authority"`
	// SignIn trusts an OpenID Connect provider; without it nobody signs in.
	SignIn *identity.Config `yaml:"sign_in"`
	// Mail sends notices; without it they are kept and shown in the inbox only.
	Mail *notify.Config `yaml:"mail"`
	// SMS sends notices and codes to phones too. Needs mail.
	SMS *sms.Config `yaml:"sms"`
	// Letters hands notices over to be printed and posted. Needs mail.
	Letters *post.Config `yaml:"letters"`
	// Mailbox takes what people answer by mail; without it nobody can.
	Mailbox *Mailbox `yaml:"mailbox"`
	// Services makes this node decide under the public services of its member.
	Services *Services `yaml:"services"`
	// Contracts says who else makes contracts here.
	Contracts Contracts `yaml:"contracts"`
	// Operations says who reads the figures.
	Operations Operations `yaml:"operations"`
	// Catalogue says who else publishes and describes data services here.
	Catalogue Catalogue `yaml:"catalogue"`
	// Events says who publishes events here and reads them.
	Events Events `yaml:"events"`
	// InformationSystems are the member's programs that answer for its data
	// services.
	InformationSystems []InformationSystem `yaml:"information_systems"`
	// Edge says how the member's own information systems ask others.
	Edge Edge `yaml:"edge"`
	// Help is printed where somebody may prefer a person to a page.
	Help Help `yaml:"help"`
	// SecurityLog sends what those who watch over many systems should see; nil for nowhere.
	SecurityLog *security.Config `yaml:"security_log"`
	// Traces sends the steps of exchanges to a collector; nil for nowhere.
	Traces *Traces `yaml:"traces"`
	// LogFormat is text (when empty) or json: one document a line.
	LogFormat string `yaml:"log_format"`
	// LogLevel is debug, info (when empty), warn or error.
	LogLevel string `yaml:"log_level"`
}

// Listen are addresses, host:port.
type Listen struct {
	// Portal serves people.
	Portal string `yaml:"portal"`
	// Exchange serves the other nodes over mutual TLS.
	Exchange string `yaml:"exchange"`
	// Edge serves X-Road's REST interface to the member's own information
	// systems; it belongs on a loopback or private address. Empty for none.
	Edge string `yaml:"edge"`
	// Operations serves /metrics, /healthz and /readyz. Empty for none. Where it is not
	// a loopback address, operations.token_file is needed.
	Operations string `yaml:"operations"`
	// Systems serves HTTP interfaces to the member's own information systems:
	// those of registrars and of counters. It belongs on a loopback or private
	// address. Empty for none.
	Systems string `yaml:"systems"`
	// Witness serves the node's witness to logs from outside of this federation,
	// over plain HTTP: put your TLS terminator before it. Empty for none.
	Witness string `yaml:"witness"`
}

// Storage is where the rooms keep their tables.
type Storage struct {
	// PostgresFile holds the URL of a PostgreSQL database; empty for SQLite.
	PostgresFile string `yaml:"postgres_file"`
	// Connections bounds those of this node to PostgreSQL, at least 3; 16 when
	// zero. Where the server or its role allows fewer, those who need one wait.
	Connections int `yaml:"connections"`
	// StatementTimeout ends a statement on PostgreSQL that takes longer; 30 s when
	// zero.
	StatementTimeout time.Duration `yaml:"statement_timeout"`
}

func (s Storage) check() (errs []error) {
	if s.Connections != 0 && (s.Connections < storage.LeastConnections || s.Connections > 1000) {
		errs = append(errs, fmt.Errorf("storage.connections: is not between %d and 1000", storage.LeastConnections))
	}
	if s.StatementTimeout < 0 || s.StatementTimeout > 0 && s.StatementTimeout < time.Second {
		errs = append(errs, errors.New("storage.statement_timeout: is not at least 1s"))
	}
	if s.PostgresFile == "" && (s.Connections != 0 || s.StatementTimeout != 0) {
		errs = append(errs, errors.New("storage: connections and statement_timeout are for PostgreSQL, see postgres_file"))
	}
	return errs
}

// Keys are files with private keys, readable by the node alone.
type Keys struct {
	// TLS proves the node to other nodes.
	TLS string `yaml:"tls"`
	// Log signs the journal, and contracts on behalf of the member.
	Log string `yaml:"log"`
	// Registry signs the registry; for the authority only.
	Registry string `yaml:"registry"`
	// Witness cosigns the journals of others; for a witness only.
	Witness string `yaml:"witness"`
}

// Registry says how a node knows the others. Exactly one of Authority and
// Address is set.
type Registry struct {
	// Authority makes this node the one that keeps the registry.
	Authority bool `yaml:"authority"`
	// Seed is a file of statements that the authority makes at its start, as
	// far as they are not made yet.
	Seed string `yaml:"seed"`
	// Address (host:port), Pin (SHA-256 of its TLS key, hex) and Key (verifier
	// of the registry's checkpoints) lead to the authority.
	Address string `yaml:"address"`
	Pin     string `yaml:"pin"`
	Key     string `yaml:"key"`
	// Addresses lead to more nodes that may be asked when the one before does not
	// answer: a standby of the authority, or any node that follows. At the
	// authority they are asked, before it goes on, whether they know more than it
	// does.
	Addresses []Peer `yaml:"addresses"`
	// Standby makes this node ready to keep the registry: it follows, has
	// keys.registry of its own, and keeps the registry from when the keys of
	// recovery say so ("dobosh promote").
	Standby bool `yaml:"standby"`
	// Stale is how long to go on without the authority; 24 h when zero.
	Stale time.Duration `yaml:"stale"`

	RegistryTrust `yaml:",inline"`
}

// Peer leads to a node.
type Peer struct {
	Address string `yaml:"address"` // host:port
	Pin     string `yaml:"pin"`     // SHA-256 of its TLS key, hex
}

// Witness leads to a node that cosigns journals.
type Witness struct {
	// URL leads to any witness that speaks C2SP tlog-witness: its submission
	// prefix, without "/add-checkpoint". Where it is empty, Address (host:port) and
	// Pin (SHA-256 of its TLS key, hex) lead to a node of this federation.
	URL     string `yaml:"url"`
	Address string `yaml:"address"`
	Pin     string `yaml:"pin"`
	// Key verifies its cosignatures.
	Key string `yaml:"key"`
}

// WitnessLog is a log that a witness cosigns.
type WitnessLog struct {
	// Origin is the first line of its checkpoints; the name in Key when empty.
	Origin string `yaml:"origin"`
	// Key verifies its checkpoints, as in package note of golang.org/x/mod.
	Key string `yaml:"key"`
}

func (w Witness) check(key string) (errs []error) {
	if w.URL == "" {
		return checkPeer(key, w.Address, w.Pin)
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" {
		errs = append(errs, fmt.Errorf("%s.url: %q is no http or https address", key, w.URL))
	}
	if w.Address != "" || w.Pin != "" {
		errs = append(errs, fmt.Errorf("%s: has a url, and address or pin", key))
	}
	return errs
}

// Services configures the room of public services.
type Services struct {
	// Prefix begins the code of every decision, for example "ZR".
	Prefix string `yaml:"prefix"`
	// Account is the eighteen-digit account from which is paid.
	Account string `yaml:"account"`
	// Files is where the files of cases are kept: a folder, or s3://HOST/BUCKET/PREFIX as for copies. Empty for
	// the folder files below that of the node, which is right for one node and not for several of a member.
	Files string `yaml:"files"`
	// Workers is how many matters are looked at at once; 32 when zero.
	Workers int `yaml:"workers"`
	// Systems of counters may accept for people who stand there.
	Systems []System `yaml:"systems"`
}

// System is an information system of the member, known by its bearer token.
type System struct {
	Name      string `yaml:"name"`
	TokenFile string `yaml:"token_file"`
}

// Help is how people get help without a page.
type Help struct {
	Phone   string    `yaml:"phone"`
	Counter lang.Text `yaml:"counter"`
}

// Load reads and checks a configuration file.
func Load(path string) (Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	cfg, err := Parse(raw)
	if err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	cfg.resolve(filepath.Dir(path))
	if err := cfg.Check(); err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	return cfg, nil
}

// ForJoining reads and checks the text of a configuration for a machine that
// joins. Paths in it are relative to file.
func ForJoining(file string, text []byte) (admission.Configured, error) {
	cfg, err := Parse(text)
	if err != nil {
		return admission.Configured{}, err
	}
	cfg.resolve(filepath.Dir(file))
	return admission.Configured{Node: cfg.Name, Member: cfg.Member, Dir: cfg.Dir, Exchange: cfg.Listen.Exchange}, cfg.Check()
}

// Parse reads a configuration; a key that is unknown is an error.
func Parse(raw []byte) (Config, error) {
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	var cfg Config
	if err := d.Decode(&cfg); err != nil && !errors.Is(err, io.EOF) {
		return Config{}, err
	}
	return cfg, nil
}

// resolve makes every path absolute from the folder of the file.
func (c *Config) resolve(folder string) {
	for _, path := range c.paths() {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
	for sector, path := range c.Sectors {
		if !filepath.IsAbs(path) {
			c.Sectors[sector] = filepath.Join(folder, path)
		}
	}
}

func (c *Config) paths() []*string {
	paths := []*string{&c.Dir, &c.Pack, &c.Storage.PostgresFile, &c.Keys.TLS, &c.Keys.Log, &c.Keys.Registry, &c.Keys.Witness, &c.Registry.Seed, &c.Certificates.Issuer, &c.Operations.TokenFile}
	paths = append(paths, c.Archive.paths()...)
	paths = append(paths, c.Bus.paths()...)
	paths = append(paths, c.timeStampPaths()...)
	paths = append(paths, c.Edge.paths()...)
	paths = append(paths, c.Mailbox.paths()...)
	if c.Services != nil && !strings.HasPrefix(c.Services.Files, "s3://") {
		paths = append(paths, &c.Services.Files)
	}
	if c.SignIn != nil {
		paths = append(paths, &c.SignIn.ClientSecretFile)
	}
	if c.Mail != nil {
		paths = append(paths, &c.Mail.PasswordFile)
	}
	if c.SMS != nil {
		paths = append(paths, &c.SMS.TokenFile, &c.SMS.Folder)
	}
	if c.Letters != nil {
		paths = append(paths, &c.Letters.Folder)
	}
	if c.SecurityLog != nil {
		paths = append(paths, &c.SecurityLog.File, &c.SecurityLog.CAFile)
	}
	for i := range c.Contracts.Systems {
		paths = append(paths, &c.Contracts.Systems[i].TokenFile)
	}
	for i := range c.Catalogue.Systems {
		paths = append(paths, &c.Catalogue.Systems[i].TokenFile)
	}
	paths = append(paths, c.Events.paths()...)
	for i := range c.InformationSystems {
		paths = append(paths, &c.InformationSystems[i].CAFile)
	}
	if c.Services != nil {
		for i := range c.Services.Systems {
			paths = append(paths, &c.Services.Systems[i].TokenFile)
		}
	}
	return paths
}

// Check reports everything that is wrong, each with the key it is about.
func (c Config) Check() error {
	var errs []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	wrong(c.Name == "" || strings.ContainsAny(c.Name, " +/\n"), "name: %q is not a name without blanks, + and /", c.Name)
	wrong(c.Member == registry.ID{} || c.Member.Subsystem != "", "member: wants INSTANCE/CLASS/MEMBER")
	wrong(c.Dir == "", "dir: is missing")
	u, err := url.Parse(c.PublicURL)
	wrong(err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "", "public_url: %q is no http or https address without a path", c.PublicURL)
	errs = append(errs, c.Listen.check()...)
	if _, _, err := net.SplitHostPort(c.Address); c.Address != "" && err != nil {
		errs = append(errs, fmt.Errorf("address: %q is no host:port", c.Address))
	}
	errs = append(errs, c.checkHosts()...)
	errs = append(errs, c.Storage.check()...)
	errs = append(errs, c.Retention.check()...)
	errs = append(errs, c.Archive.check(c.Dir)...)
	errs = append(errs, c.Bus.check()...)
	wrong(c.Keys.TLS == "" || c.Keys.Log == "", "keys: tls and log are needed")
	errs = append(errs, c.Registry.check(c.Keys)...)
	errs = append(errs, c.Certificates.check(c.Registry.Authority || c.Registry.Standby)...)
	wrong((c.WitnessName != "") != (c.Keys.Witness != ""), "witness_name: needs keys.witness, and the other way round")
	wrong(c.WitnessName == "" && (c.Listen.Witness != "" || len(c.WitnessLogs) > 0), "witness_name: is missing, and there is listen.witness or witness_logs")
	for i, l := range c.WitnessLogs {
		_, err := journal.ParseKey(l.Key)
		wrong(err != nil, "witness_logs[%d].key: %w", i, err)
	}
	for i, w := range c.Witnesses {
		errs = append(errs, w.check(fmt.Sprintf("witnesses[%d]", i))...)
	}
	errs = append(errs, c.TimeStamps.check()...)
	errs = append(errs, c.TimeStampAuthority.check()...)
	if c.SignIn != nil {
		wrong(c.SignIn.Check() != nil, "sign_in: %w", c.SignIn.Check())
	}
	if c.Mail != nil {
		wrong(c.Mail.Check() != nil, "mail: %w", c.Mail.Check())
	}
	if c.SMS != nil {
		wrong(c.Mail == nil, "sms: needs mail")
		wrong(c.SMS.Check() != nil, "sms: %w", c.SMS.Check())
	}
	if c.Letters != nil {
		wrong(c.Mail == nil, "letters: needs mail")
		wrong(c.Letters.Check() != nil, "letters: %w", c.Letters.Check())
	}
	if c.Services != nil {
		wrong(c.Services.Prefix == "" || strings.ContainsAny(c.Services.Prefix, "- "), "services.prefix: wants some letters")
		wrong(account.Check(c.Services.Account) != nil, "services.account: %w", account.Check(c.Services.Account))
		wrong(c.Services.Workers < 0 || c.Services.Workers > 1024, "services.workers: is not between 0 and 1024")
	}
	errs = append(errs, c.Mailbox.check(c)...)
	errs = append(errs, c.Events.check()...)
	errs = append(errs, checkSystems(c.InformationSystems, c.Member)...)
	errs = append(errs, c.Edge.check()...)
	if c.SecurityLog != nil {
		wrong(c.SecurityLog.Check() != nil, "security_log: %w", c.SecurityLog.Check())
	}
	errs = append(errs, c.Traces.check()...)
	wrong(c.LogFormat != "" && c.LogFormat != "text" && c.LogFormat != "json", "log_format: %q is neither text nor json", c.LogFormat)
	wrong(!strings.Contains(" debug info warn error ", " "+c.LogLevel+" ") && c.LogLevel != "", "log_level: %q is none of debug, info, warn, error", c.LogLevel)
	errs = append(errs, c.audit()...)
	return errors.Join(errs...)
}

func (l Listen) check() (errs []error) {
	for name, address := range map[string]string{"portal": l.Portal, "exchange": l.Exchange} {
		if address == "" {
			errs = append(errs, fmt.Errorf("listen.%s: is missing", name))
		}
	}
	for name, address := range map[string]string{"portal": l.Portal, "exchange": l.Exchange, "edge": l.Edge, "operations": l.Operations, "systems": l.Systems, "witness": l.Witness} {
		if _, _, err := net.SplitHostPort(address); address != "" && err != nil {
			errs = append(errs, fmt.Errorf("listen.%s: %q is no host:port", name, address))
		}
	}
	return errs
}

func (r Registry) check(keys Keys) (errs []error) {
	errs = r.RegistryTrust.check(r.Authority || r.Standby)
	for i, p := range r.Addresses {
		errs = append(errs, checkPeer(fmt.Sprintf("registry.addresses[%d]", i), p.Address, p.Pin)...)
	}
	if r.Standby && (keys.Registry == "" || r.Authority) {
		errs = append(errs, errors.New("registry.standby: needs keys.registry, and is not the authority"))
	}
	if r.Authority {
		if keys.Registry == "" || r.Address != "" {
			errs = append(errs, errors.New("registry: the authority needs keys.registry, and no address"))
		}
		return errs
	}
	errs = append(errs, checkPeer("registry", r.Address, r.Pin)...)
	if _, err := note.NewVerifier(r.Key); err != nil {
		errs = append(errs, fmt.Errorf("registry.key: %w", err))
	}
	if r.Stale < 0 {
		errs = append(errs, errors.New("registry.stale: must not be negative"))
	}
	return errs
}

func checkPeer(key, address, pin string) (errs []error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		errs = append(errs, fmt.Errorf("%s.address: %q is no host:port", key, address))
	}
	if len(pin) != 64 {
		errs = append(errs, fmt.Errorf("%s.pin: is no SHA-256 in hex", key))
	}
	return errs
}

// storage gives the configuration of the database.
func (c Config) storage() (storage.Config, error) {
	if c.Storage.PostgresFile == "" {
		return storage.Config{Engine: storage.SQLite, Path: filepath.Join(c.Dir, "dobosh.db")}, nil
	}
	raw, err := os.ReadFile(c.Storage.PostgresFile)
	if err != nil {
		return storage.Config{}, fmt.Errorf("address of the database: %w", err)
	}
	return storage.Config{
		Engine: storage.Postgres, URL: strings.TrimSpace(string(raw)), Connections: c.Storage.Connections, StatementTimeout: c.Storage.StatementTimeout,
	}, nil
}
