package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/entrance"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/security"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// sweepEvery is how often sessions that ended are deleted.
const sweepEvery = time.Minute

// Identity signs people in and knows them afterwards. It is safe for concurrent
// use; Close ends it.
type Identity struct {
	cfg      Config
	db       *storage.DB
	journal  Journal
	member   string
	sectors  *Sectors
	now      clock.Now
	log      *slog.Logger
	provider *provider
	loginKey secret
	watch    Watch
	contacts *contactKey // nil where nobody is known by a contact
	post     Post        // nil where no codes are carried
	phones   bool        // codes go to phones too
	book     Book        // nil where no notices are sent
	title    lang.Text   // who writes
	codes    *work.Queue[codeJob]
	askers   *entrance.Rate
	party    *webauthn.WebAuthn // nil where nobody can have a passkey

	stop context.CancelFunc
	done sync.WaitGroup
}

// Needs is what the room works with.
type Needs struct {
	Member  string // whose node this is, as in the registry
	DB      *storage.DB
	Journal Journal
	Sectors *Sectors // nil where nobody is a resident
	Now     clock.Now
	Log     *slog.Logger
	Watch   Watch // nil for nobody

	// ContactKey keeps contacts: 32 bytes, the same on all nodes of the member. Without it
	// people have none, and nobody signs in by one.
	ContactKey []byte
	Post       Post         // carries codes; nil where nothing is carried
	Phones     bool         // it carries them to phones too
	Book       Book         // is told how people are reached; nil for nobody
	Work       *work.Runner // needed with Post
	Title      lang.Text    // of the institution, in what it writes
}

// Watch notes what those who watch over many systems should see; it does not wait.
type Watch interface{ Note(e security.Event) }

// note notes what a request came to.
func (id *Identity) note(ctx context.Context, action security.Action, account string, err error) {
	if id.watch == nil {
		return
	}
	reason := ""
	if err != nil {
		reason = problem.Of(err).Code
	}
	e := security.Asked(ctx).Event(action, reason)
	if account != "" {
		e.Account = account
	}
	id.watch.Note(e)
}

// New checks the configuration, makes the accounts that it names administrators while
// there are none, and begins to delete sessions that ended. It does not talk to the
// provider: that happens at the first sign-in.
func New(ctx context.Context, cfg Config, needs Needs) (*Identity, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("identity configuration: %w", err)
	}
	clientSecret, err := cfg.secret()
	if err != nil {
		return nil, err
	}
	if needs.Sectors == nil {
		needs.Sectors = &Sectors{}
	}
	key, err := loginKey(ctx, needs.DB)
	if err != nil {
		return nil, fmt.Errorf("key of the sign-ins: %w", err)
	}
	cfg = cfg.withDefaults()
	id := &Identity{
		cfg: cfg, db: needs.DB, journal: needs.Journal, member: needs.Member, sectors: needs.Sectors, now: needs.Now, log: needs.Log,
		provider: newProvider(cfg, clientSecret, needs.Now),
		loginKey: key, watch: needs.Watch,
	}
	if len(needs.ContactKey) > 0 && len(id.sectors.blocks) > 0 {
		if id.contacts, err = newContactKey(needs.ContactKey); err != nil {
			return nil, err
		}
		id.post, id.book, id.title, id.askers = needs.Post, needs.Book, needs.Title, id.newAskers()
		id.phones = id.post != nil && needs.Phones
		id.party = id.relyingParty()
		if id.post != nil {
			id.codes = id.codeQueue()
			needs.Work.Register(id.codes)
		}
	}
	if err := id.appoint(ctx); err != nil {
		return nil, fmt.Errorf("first administrators: %w", err)
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	id.stop = stop
	id.done.Go(func() {
		ticker := time.NewTicker(sweepEvery)
		defer ticker.Stop()
		for {
			if _, err := id.Sweep(running); err != nil && running.Err() == nil {
				id.log.WarnContext(running, "sessions that ended were not deleted", slog.Any("error", err))
			}
			select {
			case <-running.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return id, nil
}

// Close ends the deletion of old sessions and waits for it. Sessions stay valid.
func (id *Identity) Close() error {
	id.stop()
	id.done.Wait()
	return nil
}

// loginKey reads the key from the table, or makes it at the first start.
func loginKey(ctx context.Context, db *storage.DB) (secret, error) {
	fresh := newSecret()
	var raw []byte
	err := db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.ExecContext(ctx, "insert into identity_keys (name, key) values ('login', $1) on conflict (name) do nothing", fresh[:]); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "select key from identity_keys where name = 'login'").Scan(&raw)
	})
	if err == nil && len(raw) != secretSize {
		err = errors.New("has the wrong length")
	}
	if err != nil {
		return secret{}, err
	}
	return secret(raw), nil
}

// cookieName is bound to the host by its prefix where the connection is secure
// (RFC 6265bis, section 4.1.3.2). Without, several nodes may share a host, and
// cookies do not tell ports apart: there the name says whose it is.
func (id *Identity) cookieName(name string) string {
	if id.cfg.secure() {
		return "__Host-" + name
	}
	return name + "-" + id.cfg.ClientID
}

// cookie makes a cookie that scripts do not see and that other sites send only
// with a visit to a page. A negative age removes it.
func (id *Identity) cookie(name, value string, age time.Duration) *http.Cookie {
	seconds := int(age / time.Second)
	if age < 0 {
		seconds = -1
	}
	return &http.Cookie{
		Name: id.cookieName(name), Value: value, Path: "/", MaxAge: seconds,
		Secure: id.cfg.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
