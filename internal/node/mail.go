package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"path/filepath"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/identity"
	"dobosh/internal/keys"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/seal"
	"dobosh/internal/notify"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/notify/mailbox/collect"
	maildoor "dobosh/internal/notify/mailbox/door"
	mailboxpages "dobosh/internal/notify/mailbox/pages"
	"dobosh/internal/portal"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// Mailbox takes what people answer by mail, and brings it into their cases. Needs mail.
// Originals are kept with the files of cases.
type Mailbox struct {
	// Domain is that of the addresses to which people answer, in any script; its MX is the
	// mail server of the institution.
	Domain string `yaml:"domain"`
	// Listen is where that mail server delivers, host:port. It belongs on a loopback or
	// private address: nothing else may reach it. Empty where mail is only collected.
	Listen string `yaml:"listen"`
	// LMTP has Listen speak LMTP; without it, SMTP.
	LMTP bool `yaml:"lmtp"`
	// Separator stands in an address before the token: "+" when empty, or "-" and ".".
	Separator string `yaml:"separator"`
	// Desks are addresses at which mail is taken that answers nothing, such as that of the
	// office that receives letters. What comes there waits for a person.
	Desks []string `yaml:"desks"`
	// Checks is the name (authserv-id) under which that mail server writes
	// Authentication-Results. Without it nobody is known by the address they write from.
	Checks string `yaml:"checks"`
	// Largest is how many bytes a mail may have; 200 MB when zero.
	Largest int64 `yaml:"largest"`
	// Collect are mailboxes that the institution has already, from which mail is taken.
	Collect []MailCollection `yaml:"collect"`
	// Every is how often they are looked at; a minute when zero.
	Every time.Duration `yaml:"every"`
}

// MailCollection leads to a mailbox that is read by IMAP.
type MailCollection struct {
	// Name is by what the mailbox is known here; it never changes.
	Name string `yaml:"name"`
	// Address is host:port of a server that speaks TLS from the first byte.
	Address string `yaml:"address"`
	// Plain is for a server on this machine that does not.
	Plain        bool   `yaml:"plain"`
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	// Folder is INBOX when empty.
	Folder string `yaml:"folder"`
	// Since leaves out what came before this day.
	Since time.Time `yaml:"since"`
}

// paths are the files that a mailbox names.
func (m *Mailbox) paths() (paths []*string) {
	if m == nil {
		return nil
	}
	for i := range m.Collect {
		paths = append(paths, &m.Collect[i].PasswordFile)
	}
	return paths
}

func (m *Mailbox) check(c Config) (errs []error) {
	if m == nil {
		return nil
	}
	if c.Mail == nil {
		errs = append(errs, errors.New("mailbox: needs mail"))
	}
	if _, _, err := net.SplitHostPort(m.Listen); m.Listen != "" && err != nil {
		errs = append(errs, fmt.Errorf("mailbox.listen: %q is no host:port", m.Listen))
	}
	if m.Listen == "" && len(m.Collect) == 0 {
		errs = append(errs, errors.New("mailbox: neither listens nor collects"))
	}
	if m.Every < 0 || m.Every > 0 && m.Every < time.Second {
		errs = append(errs, errors.New("mailbox.every: is not at least 1s"))
	}
	seen := map[string]bool{}
	for _, of := range m.Collect {
		if err := of.config().Check(); err != nil {
			errs = append(errs, fmt.Errorf("mailbox.collect %s: %w", of.Name, err))
		}
		if seen[of.Name] {
			errs = append(errs, fmt.Errorf("mailbox.collect: %q stands twice", of.Name))
		}
		seen[of.Name] = true
	}
	cfg, err := m.config(c, make([]byte, mailboxKey), make([]byte, seal.KeySize))
	if err == nil {
		err = cfg.Check()
	}
	if err != nil {
		errs = append(errs, fmt.Errorf("mailbox: %w", err))
	}
	return errs
}

func (m MailCollection) config() collect.Config {
	return collect.Config{Name: m.Name, Address: m.Address, Plain: m.Plain, User: m.User, PasswordFile: m.PasswordFile, Folder: m.Folder, Since: m.Since}
}

// spoolDir is where mail lies while it comes in, in the folder of the node.
const spoolDir = "spool"

// mailboxKey is how many bytes the key of tokens has.
const mailboxKey = 32

// config takes the key of tokens, and that under which mail is kept.
func (m *Mailbox) config(c Config, key, kept []byte) (mailbox.Config, error) {
	sealer, err := seal.New(kept)
	if err != nil {
		return mailbox.Config{}, err
	}
	cfg := mailbox.Config{
		Domain: m.Domain, Separator: m.Separator, Desks: m.Desks, Keys: [][]byte{key}, Seal: sealer, Largest: m.Largest, Checks: m.Checks, Spool: filepath.Join(c.Dir, spoolDir),
	}
	if c.Mail != nil {
		if from, err := mail.ParseAddress(c.Mail.From); err == nil {
			cfg.From = []string{from.Address}
		}
	}
	return cfg, nil
}

// postbox is the mailbox of a node with the ways into it.
type postbox struct {
	*mailbox.Mailbox
	collectors []*collect.Collector
	now        clock.Now
}

// openMailbox has notices go out so that they can be answered, and brings what is answered
// into cases; nil where the node takes no mail.
func openMailbox(ctx context.Context, b base, db *storage.DB, jobs *work.Runner, shared keys.Keys, courier *notify.Courier, people *identity.Identity, of *cases.Room) (*postbox, Brings, error) {
	cfg := b.Mailbox
	if cfg == nil {
		return nil, Brings{}, nil
	}
	key, err := shared.Key(ctx, "mailbox")
	if err != nil {
		return nil, Brings{}, err
	}
	kept, err := shared.Key(ctx, "mails")
	if err != nil {
		return nil, Brings{}, err
	}
	config, err := cfg.config(b.Config, key, kept)
	if err != nil {
		return nil, Brings{}, err
	}
	post := cases.Post{Room: of}
	if people != nil {
		post.Contacts = people
	}
	box, err := mailbox.New(config, db, of.Files, jobs, post, courier, b.now, b.log)
	if err != nil {
		return nil, Brings{}, err
	}
	courier.TakeAnswers(box)
	matter := act.Scope{Body: b.Member.String()}
	acts, err := box.Acts(mailboxpages.RightToSettle(), matter)
	if err != nil {
		return nil, Brings{}, err
	}
	p := &postbox{Mailbox: box, now: b.now}
	brings := Brings{Pages: []portal.Room{mailboxpages.New(mailboxpages.Deps{Mailbox: box, Matter: matter, Acts: acts})}}
	for _, from := range cfg.Collect {
		collector, err := collect.New(from.config(), box, b.log)
		if err != nil {
			return nil, Brings{}, err
		}
		p.collectors = append(p.collectors, collector)
	}
	if len(p.collectors) > 0 {
		jobs.Register(collect.Rounds(cmp.Or(cfg.Every, time.Minute), p.collectors...))
	}
	if cfg.Listen == "" {
		return p, brings, nil
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, Brings{}, fmt.Errorf("mailbox: %w", err)
	}
	var opened *maildoor.Door // from when the node is started
	brings.Start = func(context.Context) error {
		opened = maildoor.Open(listener, maildoor.Config{LMTP: cfg.LMTP}, box, b.now, b.log)
		return nil
	}
	brings.Vital = []func(context.Context) error{func(ctx context.Context) error { return opened.Failed(ctx) }}
	brings.Close = func() error {
		if opened == nil {
			return listener.Close()
		}
		return opened.Close()
	}
	return p, brings, nil
}

// lateMail is from where on somebody should see to mail that waits.
const lateMail = 48 * time.Hour

// part says that a mailbox is not read, or that mail waits for a person.
func (p *postbox) part(ctx context.Context) finding {
	if p == nil {
		return finding{}
	}
	for _, c := range p.collectors {
		if err := c.Failed(); err != nil {
			return finding{grade: poor, code: "away", alarm: "mailbox", values: []any{"name", c.Name()}, cause: err}
		}
	}
	w, err := p.Waiting(ctx)
	if err != nil {
		return finding{} // the database says so itself
	}
	f := finding{figures: map[string]float64{"dobosh_mail_held": float64(w.Held)}}
	if !w.Oldest.IsZero() && p.now().Sub(w.Oldest) > lateMail {
		f.grade, f.code, f.alarm, f.values = poor, "waits", "mail-waits", []any{"n", w.Held}
	}
	return f
}
