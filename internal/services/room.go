package services

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"

	"dobosh/internal/bus"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/registry"
	"dobosh/internal/rules"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// Asker puts a question to another institution.
type Asker interface {
	Ask(ctx context.Context, a exchange.Request) (exchange.Response, error)
}

// Journal seals decisions, gives the sealed content back and proves it.
type Journal interface {
	Append(ctx context.Context, e journal.Entry) (journal.Stamp, error)
	Read(ctx context.Context, index int64) (journal.Entry, journal.Stamp, error)
	ProofFor(index int64, salt [32]byte, checkpoint []byte) (journal.Proof, error)
}

// Witness gives the newest checkpoint of the journal that others have
// cosigned; none before the first.
type Witness interface {
	Cosigned() []byte
}

// Notifier tells a person, within the transaction that gives the reason.
type Notifier interface {
	Send(ctx context.Context, tx *storage.Tx, n notify.Notice) error
}

// Translator turns the pseudonym of a person in one sector into another.
type Translator interface {
	Translate(from, to, pseudonym string) (string, error)
}

// Events is the bus of the node.
type Events interface {
	Consume(ctx context.Context, db *storage.DB, c bus.Consumer) error
}

// Config is what the room needs.
type Config struct {
	Member    registry.ID // on whose behalf the room decides
	Prefix    string      // of the codes of decisions, "ZR"
	PublicURL string      // where people reach the portal, without a slash at the end
	Title     func(registry.ID) lang.Text
	Account   string // from which is paid, eighteen digits
	Pack      *law.Pack
	DB        *storage.DB
	Work      *work.Runner // does what comes later
	Asker     Asker
	Journal   Journal
	Witness   Witness
	Notifier  Notifier
	Sectors   Translator
	Trust     func() proof.Trust // whom the verification page trusts
	Workers   int                // how many jobs at once; 0 for 32
	Now       clock.Now
	Log       *slog.Logger
	Demo      bool // decisions say that they are a demonstration
}

// Room is the room of public services on one node.
type Room struct {
	Config
	later   later
	rules   compiled
	sealing keyed
}

// New makes the room and registers what it does later; [Room.Listen] lets it hear
// of events.
func New(cfg Config) *Room {
	if cfg.Workers == 0 {
		cfg.Workers = 32
	}
	r := &Room{Config: cfg, rules: compiled{pack: cfg.Pack, rules: map[ruleDay]*rules.Rule{}}}
	r.register()
	return r
}

// Listen takes in the events that public services name, until the bus closes. ctx
// bounds the start only.
func (r *Room) Listen(ctx context.Context, events Events) error {
	types := r.eventTypes()
	if len(types) == 0 {
		return nil
	}
	if err := events.Consume(ctx, r.DB, bus.Consumer{Name: "services", Types: types, Workers: 4, Handle: r.hear, Later: r.later.takeOver}); err != nil {
		return fmt.Errorf("listen to events: %w", err)
	}
	return nil
}

// mine lists the public services of this node's member that are offered on a day.
func (r *Room) mine(day civil.Day) (services []law.PublicService) {
	for _, s := range r.Pack.Services() {
		if s.Body == r.Member.String() && s.Holds(day) {
			services = append(services, s)
		}
	}
	return services
}

func (r *Room) eventTypes() (types []string) {
	seen := map[string]bool{}
	for _, s := range r.Pack.Services() {
		if s.Body == r.Member.String() && !seen[s.Event] {
			seen[s.Event] = true
			types = append(types, s.Event)
		}
	}
	return types
}

// compiled keeps the rules for the days on which they were needed.
type compiled struct {
	pack  *law.Pack
	mu    sync.Mutex
	rules map[ruleDay]*rules.Rule
}

type ruleDay struct {
	rule string
	day  civil.Day
}

// keep bounds the compiled rules in memory: two years of days for a handful
// of rules.
const keep = 4096

func (c *compiled) on(rule string, day civil.Day) (*rules.Rule, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := ruleDay{rule, day}
	if r, ok := c.rules[key]; ok {
		return r, nil
	}
	r, err := rules.Compile(c.pack, rule, day)
	if err != nil {
		return nil, fmt.Errorf("rule %s on %s: %w", rule, day, err)
	}
	if len(c.rules) >= keep {
		clear(c.rules)
	}
	c.rules[key] = r
	return r, nil
}
