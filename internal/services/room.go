package services

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/cases"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
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
	AppendAll(ctx context.Context, entries ...journal.Entry) ([]journal.Stamp, error)
	Read(ctx context.Context, index int64) (journal.Entry, journal.Stamp, error)
	Search(ctx context.Context, q journal.Query) (found []journal.Logged, next int64, err error)
	ProofFor(index int64, salt [32]byte, checkpoint []byte) (journal.Proof, error)
	Origin() string // its name
}

// Witness gives the newest checkpoint of the journal that others have
// cosigned; none before the first.
type Witness interface {
	Cosigned() []byte
}

// Look is what an officer is about to see of a person, whose receipt is in the journal.
type Look struct {
	ID      string // of the receipt
	Account string // of the officer
	Person  string // pseudonym in the sector of receipts
	Service string // public service
	Matter  string // "offer ID"
	At      time.Time
	Waits   bool // something there waits for an officer, or this one decided it
	Own     bool // the person is the officer
}

// Looks notes what officers look at, before they see it.
type Looks interface {
	Note(ctx context.Context, l Look) error
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
	Cases     *cases.Room  // to which every matter belongs
	Asker     Asker
	Journal   Journal
	Key       *seal.Sealer // of what was decided; the same on all nodes of the member
	Witness   Witness
	Looks     Looks // notes whom officers look at; nil for nobody
	Sectors   Translator
	Trust     func() proof.Trust // whom the verification page trusts
	Workers   int                // how many jobs at once; 0 for 32
	Now       clock.Now
	Sure      func() bool // whether the clock is believed, so that a term may end by it; nil for always
	Log       *slog.Logger
	Demo      bool // decisions say that they are a demonstration
}

// Room is the room of public services on one node.
type Room struct {
	Config
	later   later
	rules   compiled
	sealing keyed

	checking chan struct{} // holds who checks a file for somebody; see Check
}

// later is what the room does after a transaction, with the help of other
// institutions. The ref of each job is the id of what it is about.
type later struct {
	assess  *work.Queue[work.None] // gather the facts of an assessment
	seal    *work.Queue[work.None] // put a decision into the journal: jobs of before, see SealLeft
	account *work.Queue[work.None] // learn the account of the payments of a decision
	anew    *work.Queue[work.None] // run the rule of a referral again, with what was found out in another matter of the event
	hear    *work.Queue[bus.Event] // take an event in that could not be taken in at once
}

// New makes the room and registers what it does later; [Room.Listen] lets it hear
// of events.
func New(cfg Config) *Room {
	if cfg.Workers == 0 {
		cfg.Workers = 32
	}
	r := &Room{Config: cfg, rules: compiled{pack: cfg.Pack, rules: map[ruleDay]*rules.Rule{}}, checking: make(chan struct{}, checkers)}
	r.later = later{
		assess: &work.Queue[work.None]{Name: "services.assess", Workers: r.Workers, Do: r.assess},
		seal: &work.Queue[work.None]{Name: "services.seal", Do: func(ctx context.Context, t *work.Try[work.None]) error {
			return r.sealLater(ctx, t.Ref)
		}},
		account: &work.Queue[work.None]{Name: "services.account", Workers: r.Workers, Do: r.learnAccount},
		anew:    &work.Queue[work.None]{Name: "services.anew", Workers: 4, Do: r.lookAnew},
		hear: &work.Queue[bus.Event]{
			Name: "services.hear", Workers: 4, Retry: work.Doubling(100*time.Millisecond, 30*time.Second), Attempts: 20,
			Do: func(ctx context.Context, t *work.Try[bus.Event]) error {
				if err := t.Job.Check(); err != nil {
					return work.Final(err) // what is no event never becomes one
				}
				commit, err := r.hear(ctx, t.Job)
				if err != nil {
					return err
				}
				return t.End(ctx, commit)
			},
		},
	}
	r.Work.Register(r.later.assess, r.later.seal, r.later.account, r.later.anew, r.later.hear, work.Every("services.lapse", time.Hour, r.LapseOffers))
	return r
}

// Listen takes in the events that public services name, until the bus closes. ctx
// bounds the start only.
func (r *Room) Listen(ctx context.Context, events Events) error {
	var types []string
	for _, s := range r.Pack.Services() {
		if s.Body == r.Member.String() && !slices.Contains(types, s.Event) {
			types = append(types, s.Event)
		}
	}
	if len(types) == 0 {
		return nil
	}
	if err := r.hasKinds(); err != nil {
		return err
	}
	err := events.Consume(ctx, r.DB, bus.Consumer{
		Name: "services", Types: types, Workers: 4, Handle: r.hear,
		Later: func(ctx context.Context, tx *storage.Tx, e bus.Event, cause error) error {
			return r.later.hear.Add(ctx, tx, e.Key(), e, work.After(cause))
		},
	})
	if err != nil {
		return fmt.Errorf("listen to events: %w", err)
	}
	return nil
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
