package events

import (
	"cmp"
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/exchange"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// Stream is the node's own stream, which holds its events and those of others
// that it follows. A [bus.Bus] is one.
type Stream interface {
	State(ctx context.Context) (bus.State, error)
	Place(ctx context.Context, at time.Time) (uint64, error)
	Fetch(ctx context.Context, types []string, after uint64, limit int, wait time.Duration) ([]bus.Sequenced, error)
	Holds(ctx context.Context, types []string, after, upto uint64) (bool, error)
	PublishAll(ctx context.Context, events []bus.Event) (bus.Numbers, error)
	PublishAgain(ctx context.Context, lost uint64, events []bus.Event) (bus.Numbers, error)
}

// Config is what the room needs from its node.
type Config struct {
	Gateway  *exchange.Gateway // its journal, its law, and its connections
	DB       *storage.DB
	Work     *work.Runner // keeps the dead letters
	Stream   Stream
	Hosts    []Host      // to which webhooks may lead
	Attempts int         // before an event is put aside; 0 for [DefaultAttempts]
	MostDead int         // dead letters of a subscription before it stops; 0 for [DefaultMostDead]
	Count    func(Count) // what happens; must not block; nil for nobody
	Now      clock.Now
	Log      *slog.Logger
}

// Room takes events from information systems, gives them to other nodes, follows
// theirs, and brings them to the systems that want them. It is safe for
// concurrent use.
type Room struct {
	Config
	turns        chan struct{} // one for each page that is taken in at the same time
	hooks        *http.Client
	hookPatience time.Duration // with one call of a webhook
	concerned    concerned
	pause        work.Retry // after so many attempts with an event
	letters      *work.Queue[letter]
}

// New makes the room; nothing runs yet.
func New(cfg Config) *Room {
	cfg.Attempts, cfg.MostDead = cmp.Or(cfg.Attempts, DefaultAttempts), cmp.Or(cfg.MostDead, DefaultMostDead)
	r := &Room{Config: cfg, turns: make(chan struct{}, takers), hooks: newHookClient(), hookPatience: hookPatience, pause: work.Spread(work.Doubling(firstRetry, lastRetry)), letters: newLetters()}
	r.Work.Register(r.letters)
	return r
}

// readFrom is what a read of the stream gives.
type readFrom struct {
	events []bus.Sequenced
	after  place // where the read began
	next   place // where the next one begins
	more   bool  // there may be more before the end of the stream
}

// read reads events of some types that follow a place, at most limit, and waits
// for the first of them. Where nothing follows, the place it returns is beyond
// everything that was there when it began, so that a reader to whom nothing
// happens does not fall behind. Its errors are [bus.ErrAhead], when the place is
// one of another stream, and a *goneError.
func (r *Room) read(ctx context.Context, types []string, after place, limit int, wait time.Duration) (readFrom, error) {
	state, err := r.Stream.State(ctx)
	if err != nil {
		return readFrom{}, err
	}
	switch {
	case after == place{}:
		after = place{state.ID, state.First - 1}
	case after.stream != state.ID || after.number > state.Last:
		return readFrom{}, bus.ErrAhead
	case after.number+1 < state.First:
		return readFrom{}, r.gone(after, state)
	}
	events, err := r.Stream.Fetch(ctx, types, after.number, limit, wait)
	if err != nil {
		return readFrom{}, err
	}
	found := readFrom{events: events, after: after, next: after, more: len(events) == limit}
	if len(events) > 0 {
		found.next.number = events[len(events)-1].Sequence
	}
	// What is of other types is passed over, so that a place does not grow old. In a
	// cluster who reads may be behind who said how far the stream goes: then not.
	if len(events) < limit && found.next.number < state.Last {
		behind, err := r.Stream.Holds(ctx, types, found.next.number, state.Last)
		if err != nil {
			return readFrom{}, err
		}
		if !behind {
			found.next.number = state.Last
		}
	}
	return found, nil
}

// goneError says that the events behind a place are no longer there.
type goneError struct {
	available time.Time // from then on all are
	next      place     // after which they follow
}

func (e *goneError) Error() string { return "the events before " + e.next.String() + " are gone" }

func (r *Room) gone(after place, state bus.State) *goneError {
	available := state.Oldest
	if available.IsZero() {
		available = r.Now()
	}
	return &goneError{available: available, next: place{after.stream, state.First - 1}}
}
