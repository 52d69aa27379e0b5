package turnstile

import (
	"crypto/sha256"
	"embed"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of what nodes remember together.
func Migrations() fs.FS { return migrations }

// Request is what is remembered of one that came.
type Request struct {
	Member  string // that asks
	ID      string // of the request, which the member gave it
	Account string // on which it is counted
	Quota   int    // of the account on a day; 0 for no limit, then nothing is counted
}

// Verdict says what becomes of a request.
type Verdict int

// The verdicts.
const (
	Passed    Verdict = iota
	Replayed          // it was here before
	Exhausted         // its account has no more for this day
)

// Turnstile remembers requests for as long as their time stamps are accepted. It keeps
// two generations and forgets the older one, so its size is bounded by what arrives
// in two windows, at about 30 bytes each. It is safe for concurrent use.
type Turnstile struct {
	db     *storage.DB // nil: nobody is beside this process
	window time.Duration
	now    clock.Now
	log    *slog.Logger

	hold    *storage.Hold // owned by Join, then by Run
	coming  chan *coming  // to the one who writes; nobody hears after ended
	failing chan struct{} // the database did not answer
	ended   chan struct{} // closed when Run has ended

	saying sync.Mutex // held by who writes: what this node alone knows comes first

	mu       sync.Mutex // guards what follows
	together bool       // others may be there: what comes is said in the database before it is taken
	turned   time.Time
	new, old map[key]said
	day      civil.Day
	counts   map[string]*count // by account
}

// key is the beginning of a SHA-256 over who asks and the id.
type key [16]byte

// said is whether the database knows of something.
type said bool

// count is what one account has taken on the day.
type count struct {
	known int // of all nodes, as the database last said it
	own   int // of this node, beyond known: not said yet
}

// New makes a turnstile for requests whose time stamps are accepted for window. Nodes on
// one database remember together from Join on, if it is PostgreSQL; without one, on
// SQLite and before that, each remembers for itself.
func New(db *storage.DB, window time.Duration, now clock.Now, log *slog.Logger) *Turnstile {
	if db != nil && db.Engine() != storage.Postgres {
		db = nil // a file of SQLite belongs to one process
	}
	return &Turnstile{
		db: db, window: window, now: now, log: log,
		coming: make(chan *coming, maxBatch), failing: make(chan struct{}, 1), ended: make(chan struct{}),
		turned: now(), new: map[key]said{}, counts: map[string]*count{},
	}
}

// Pass remembers a request and counts it, unless it was here before or its account
// has no more. With other nodes beside this one it waits for the database.
func (t *Turnstile) Pass(r Request) Verdict {
	c := &coming{Request: r, key: keyOf(r)}
	t.mu.Lock()
	t.turn()
	if t.knows(c.key) {
		t.mu.Unlock()
		return Replayed
	}
	if !t.together {
		defer t.mu.Unlock()
		t.new[c.key] = false
		return t.count(r)
	}
	t.new[c.key] = true
	if n := t.counts[r.Account]; r.Quota > 0 && n != nil && n.known >= r.Quota {
		t.mu.Unlock()
		return Exhausted // a refusal costs the database nothing
	}
	t.mu.Unlock()

	c.verdict = make(chan Verdict, 1)
	select {
	case t.coming <- c:
	case <-t.ended:
		return t.alone(c)
	}
	select {
	case v := <-c.verdict:
		return v
	case <-t.ended:
	}
	select {
	case v := <-c.verdict:
		return v
	default:
		return t.alone(c)
	}
}

// Used is how many requests each account with a quota has taken on this day, as far
// as this node knows.
func (t *Turnstile) Used() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn()
	used := make(map[string]int, len(t.counts))
	for account, n := range t.counts {
		used[account] = n.known + n.own
	}
	return used
}

// alone takes a request without the database: it is said there later.
func (t *Turnstile) alone(c *coming) Verdict {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn()
	t.new[c.key] = false
	return t.count(c.Request)
}

// count counts a request without the database. The caller holds mu.
func (t *Turnstile) count(r Request) Verdict {
	if r.Quota == 0 {
		return Passed
	}
	n := t.account(r.Account)
	if n.known+n.own >= r.Quota {
		return Exhausted
	}
	n.own++
	return Passed
}

// account gives the count of an account. The caller holds mu.
func (t *Turnstile) account(name string) *count {
	n := t.counts[name]
	if n == nil {
		n = &count{}
		t.counts[name] = n
	}
	return n
}

// knows reports whether a request was here before. The caller holds mu.
func (t *Turnstile) knows(k key) bool {
	_, young := t.new[k]
	_, old := t.old[k]
	return young || old
}

// turn forgets what is over: the older generation after a window, and the counts of
// a day after it. The caller holds mu.
func (t *Turnstile) turn() {
	now := t.now()
	switch {
	case now.Before(t.turned):
		t.turned = now // the clock was set back: remember longer rather than shorter
	case now.Sub(t.turned) > t.window:
		t.old, t.new, t.turned = t.new, map[key]said{}, now
	}
	if day := civil.Of(now); t.day.Before(day) {
		t.day, t.counts = day, map[string]*count{}
	}
}

func keyOf(r Request) key {
	sum := sha256.Sum256([]byte(r.Member + "\n" + r.ID))
	return key(sum[:])
}
