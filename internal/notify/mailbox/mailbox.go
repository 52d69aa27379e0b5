package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"dobosh/internal/files"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/seal"
	"dobosh/internal/notify/mailbox/letter"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// Config says how mail finds its way here.
type Config struct {
	// Domain is that of our addresses, in any script.
	Domain string
	// Reply and Bounce are the local parts before the token; "reply" and "bounce" when
	// empty.
	Reply, Bounce string
	// Separator stands between them and the token: "+" when empty, or "-" and "." for
	// servers that keep "+" for themselves. All three are understood.
	Separator string
	// From are the addresses that only this program writes from.
	From []string
	// Desks are addresses at which mail is taken that has no token.
	Desks []string
	// Keys sign tokens, 32 bytes each; the first signs, all are believed.
	Keys [][]byte
	// Seal closes the keys under which mail is kept; the same on all nodes of the member.
	Seal *seal.Sealer
	// Largest is how many bytes a mail may have; 200 MB when 0.
	Largest int64
	// Checks is the name (authserv-id) under which our own mail server writes
	// Authentication-Results. Without it nobody is known by their address.
	Checks string
	// Spool is a folder for mail while it comes in.
	Spool string
	// Keep is how long originals stay that were noted or dismissed; 90 days when 0.
	Keep time.Duration
	// Unsubscribe is where a mailing is ended: an https address to which the token is
	// added. Empty for none.
	Unsubscribe string
}

// LargestMail is the usual bound of a mail in bytes.
const LargestMail = 200 << 20

// Check reports everything that is wrong with the configuration.
func (c Config) Check() error {
	var errs []error
	wrong := func(is bool, what string) {
		if is {
			errs = append(errs, errors.New(what))
		}
	}
	wrong(letter.Canonical("x@"+c.Domain) == "", "domain: is none")
	for _, part := range []string{c.Reply, c.Bounce} {
		wrong(len(part) > 64-tokenLength-1 || strings.ContainsFunc(part, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), "reply, bounce: small letters and digits, at most 31")
	}
	wrong(c.Reply != "" && c.Reply == c.Bounce, "reply, bounce: are the same")
	wrong(c.Separator != "" && !strings.Contains(separators, c.Separator) || len(c.Separator) > 1, "separator: is none of + - .")
	for _, address := range append(append([]string{}, c.From...), c.Desks...) {
		wrong(letter.Canonical(address) == "", "from, desks: one is no address")
	}
	wrong(len(c.Keys) == 0, "keys: there is none")
	for _, key := range c.Keys {
		wrong(len(key) != 32, "keys: one has not 32 bytes")
	}
	wrong(c.Seal == nil, "seal: there is no key")
	wrong(c.Largest < 0 || c.Keep < 0, "largest, keep: must not be negative")
	wrong(c.Spool == "", "spool: is missing")
	if u, err := url.Parse(c.Unsubscribe); c.Unsubscribe != "" {
		wrong(err != nil || u.Scheme != "https" || u.Host == "", "unsubscribe: RFC 8058 wants https")
	}
	return errors.Join(errs...)
}

const separators = "+-."

func (c Config) withDefaults() Config {
	set := func(s *string, to string) {
		if *s == "" {
			*s = to
		}
	}
	set(&c.Reply, "reply")
	set(&c.Bounce, "bounce")
	set(&c.Separator, "+")
	_, c.Domain, _ = strings.Cut(letter.Canonical("x@"+c.Domain), "@")
	if c.Largest == 0 {
		c.Largest = LargestMail
	}
	if c.Keep == 0 {
		c.Keep = 90 * 24 * time.Hour
	}
	for _, list := range []*[]string{&c.From, &c.Desks} {
		own := make([]string, len(*list))
		for i, address := range *list {
			own[i] = letter.Canonical(address)
		}
		*list = own
	}
	return c
}

// Mailbox takes mail and brings it where it belongs. It is safe for concurrent use;
// several may work on one database and one store.
type Mailbox struct {
	cfg        Config
	tokens     tokens
	db         *storage.DB
	store      files.Store
	threads    Threads
	deliveries Deliveries
	queue      *work.Queue[work.None]
	now        clock.Now
	log        *slog.Logger
}

// New checks the configuration and registers what is done with mail that has arrived.
func New(cfg Config, db *storage.DB, store files.Store, runner *work.Runner, threads Threads, deliveries Deliveries, now clock.Now, log *slog.Logger) (*Mailbox, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("mailbox configuration: %w", err)
	}
	cfg = cfg.withDefaults()
	if err := os.MkdirAll(cfg.Spool, 0o700); err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	if err := sweep(cfg.Spool, now().Add(-24*time.Hour)); err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	m := &Mailbox{cfg: cfg, tokens: tokens{cfg.Keys}, db: db, store: store, threads: threads, deliveries: deliveries, now: now, log: log}
	m.queue = &work.Queue[work.None]{Name: "mailbox.sort", Workers: 2, Timeout: 10 * time.Minute, Do: m.sort}
	runner.Register(m.queue, work.Daily("mailbox.forget", 4*time.Hour, m.Forget))
	return m, nil
}

// Largest is how many bytes a mail may have.
func (m *Mailbox) Largest() int64 { return m.cfg.Largest }

// Domain is that of our addresses, as the DNS has it.
func (m *Mailbox) Domain() string { return m.cfg.Domain }

// own is how the room knows its own mail.
func (m *Mailbox) own() letter.Own {
	return letter.Own{
		Wrote: func(id string) bool { return m.refOfID(id) != "" },
		Is: func(address string) bool {
			for _, own := range m.cfg.From {
				if address == own {
					return true
				}
			}
			_, ref := m.refOf(address)
			return ref != ""
		},
	}
}

// refOf finds the token in an address of ours, and what it is for.
func (m *Mailbox) refOf(address string) (bounce bool, ref string) {
	local, domain, _ := strings.Cut(letter.Canonical(address), "@")
	if domain != m.cfg.Domain {
		return false, ""
	}
	before, ref := m.tokens.within(local)
	return strings.TrimRight(before, separators) == m.cfg.Bounce, ref
}

// refOfID finds the token in a message id of ours. What passes mail on may add to the
// domain, not to what is before it.
func (m *Mailbox) refOfID(id string) string {
	local, _, _ := strings.Cut(id, "@")
	_, ref := m.tokens.within(local)
	return ref
}

// Knows reports whether mail to an address is taken: one with a token of ours, or a desk.
func (m *Mailbox) Knows(address string) bool {
	address = letter.Canonical(address)
	for _, desk := range m.cfg.Desks {
		if address == desk {
			return true
		}
	}
	_, ref := m.refOf(address)
	return ref != ""
}

// Threads is where the mail of people belongs: the cases of the house.
type Threads interface {
	// Reply writes a mail into a thread, in the transaction.
	//
	// Problems: thread-unknown, where there is no such thread any more; thread-full, where it
	// takes no more. The mail is held then. A thread whose matter is closed takes it too, for whoever has it in custody.
	Reply(ctx context.Context, tx *storage.Tx, thread string, m Mail) error
	// Keep takes a file that came with a mail before Reply gets the mail, so that nothing large
	// is read in the transaction; what it gives comes back as Attachment.Kept. What it refuses
	// by a problem stays in the original alone; a problem of the kind Unavailable is no refusal.
	Keep(ctx context.Context, name string, content io.Reader) (kept any, err error)
	// Open gives the threads of the open matters of whoever has confirmed an address, in
	// the form that letter.Canonical gives; more than one need not be complete.
	Open(ctx context.Context, address string) (threads []string, err error)
	// Find gives the thread with a person in the matter that has a number.
	//
	// Problem: thread-unknown.
	Find(ctx context.Context, number string) (thread string, err error)
}

// Deliveries learns what became of notices.
type Deliveries interface {
	Returned(ctx context.Context, tx *storage.Tx, notice string, r Return) error
}

// Return is what came back of a notice.
type Return struct {
	Kind   letter.Kind // Bounce, Delay or Complaint
	Final  bool        // it will not arrive
	Hard   bool        // the address is none, or is one no more
	Status string      // RFC 3463; empty where nobody says
}

// Mail is what a thread is given.
type Mail struct {
	ID          string // of this room; the same mail never comes twice
	Person      string // to whom went what it answers, as a pseudonym; empty where that is not known
	From        letter.Address
	Checked     bool   // a server that we trust says that the sender is that one
	Assigned    string // the account that said where it belongs; empty where it was plain
	Subject     string
	Text        string // what is new
	Quoted      string
	Arrived     time.Time
	Flaws       []string // codes of package letter: what is not as it was written
	Attachments []Attachment
}

// Attachment is a file of a mail.
type Attachment struct {
	letter.Attachment
	Kept any // what Threads.Keep gave; nil where it refused the file
}
