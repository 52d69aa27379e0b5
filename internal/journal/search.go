package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dobosh/internal/kit/id"
)

const (
	// MaxFound bounds what one Search returns.
	MaxFound = 1000
	// searchSteps bounds the entries that one Search reads; what lies behind them is for the next call.
	searchSteps = 20_000

	// disorder is how far entries may lie from the order of their times: an entry has the time at which its keeper began with it,
	// and others may overtake it on the way into the log.
	disorder = 2 * time.Minute
	// strangerClock is how far the clock may differ that made the id of a message from elsewhere.
	strangerClock = 6 * time.Minute
	// lifetime is how long after its id was made an exchange may go on to write entries: a long body flows for a while.
	lifetime = 2 * time.Hour
)

// ErrQuery says that a query is outside its bounds.
var ErrQuery = errors.New("not a query")

// Query says which entries Search looks for. Everything that is set has to fit.
type Query struct {
	From, To time.Time // of the entries' times, From included and To not; zero for no bound
	Kinds    []string  // any of them; empty for all
	ID       string
	Match    func(Entry) bool // asked last

	// After is the index to go on from: 0 to begin, then the next that Search gave. It is not another bound of its own: an entry
	// may lie before it that Search has not looked at.
	After int64
	// Limit is 1 to MaxFound; 0 means 100.
	Limit int
	// Newest begins at the end of the log and goes back.
	Newest bool
}

// Search finds entries in the order of the log, or the newest first. It reads the part of the log in which such times lie, and not
// more than a bounded number of entries: next is where to go on, 0 when everything was seen. A call may find nothing and still have
// a next. The time in an id of kit/id narrows the search; another id is looked for from From to To. Erased and damaged entries are
// passed over. Errors: ErrQuery, that of ctx, and that of reading.
func (l *Log) Search(ctx context.Context, q Query) (found []Logged, next int64, err error) {
	if q.Limit == 0 {
		q.Limit = 100
	}
	if q.Limit < 0 || q.Limit > MaxFound || q.After < 0 || !q.To.IsZero() && q.To.Before(q.From) {
		return nil, 0, ErrQuery
	}
	from, to := q.narrowed()
	first, end, err := l.span(ctx, from, to)
	if err != nil {
		return nil, 0, fmt.Errorf("search: %w", err)
	}
	return l.scan(ctx, q, first, end)
}

// narrowed is the time in which the entries lie, with what the id says about it.
func (q Query) narrowed() (from, to time.Time) {
	from, to = q.From, q.To
	made, ok := id.Time(q.ID)
	if !ok {
		return from, to
	}
	if earliest := made.Add(-strangerClock); earliest.After(from) {
		from = earliest
	}
	if latest := made.Add(strangerClock + lifetime); to.IsZero() || latest.Before(to) {
		to = latest
	}
	return from, to
}

// scan reads the entries from first to before end, forward or back, from where the query goes on.
func (l *Log) scan(ctx context.Context, q Query, first, end int64) (found []Logged, next int64, err error) {
	index, step := max(first, q.After), int64(1)
	if q.Newest {
		index, step = end-1, -1
		if q.After > 0 {
			index = min(index, q.After-1)
		}
	}
	for steps := 0; index >= first && index < end; index, steps = index+step, steps+1 {
		if steps == searchSteps || len(found) == q.Limit {
			return found, q.next(index), nil
		}
		entry, err := l.passable(ctx, index)
		if err != nil {
			return found, q.next(index), err
		}
		if !entry.Erased && q.fits(entry.Entry) {
			found = append(found, entry)
		}
	}
	return found, 0, nil
}

// next names the entry that was not looked at, so that 0 can say that there is none.
func (q Query) next(index int64) int64 {
	if q.Newest {
		return index + 1
	}
	return index
}

// passable reads an entry; one that cannot be read is like one that was erased: Check names it.
func (l *Log) passable(ctx context.Context, index int64) (Logged, error) {
	entry, err := l.Logged(ctx, index)
	if damage := (*DamageError)(nil); errors.As(err, &damage) {
		return Logged{Index: index, Erased: true}, nil
	}
	return entry, err
}

func (q Query) fits(e Entry) bool {
	return (q.From.IsZero() || !e.At.Before(q.From)) && (q.To.IsZero() || e.At.Before(q.To)) &&
		(q.ID == "" || e.ID == q.ID) && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, e.Kind)) &&
		(q.Match == nil || q.Match(e))
}

// span is the part of the log in which entries of a time can lie.
func (l *Log) span(ctx context.Context, from, to time.Time) (first, end int64, err error) {
	end = l.Size()
	if !from.IsZero() {
		if first, _, err = l.turn(ctx, from.Add(-disorder), 0, end); err != nil {
			return 0, 0, err
		}
	}
	if !to.IsZero() {
		if _, end, err = l.turn(ctx, to.Add(disorder), first, end); err != nil {
			return 0, 0, err
		}
	}
	return first, end, nil
}

// verifying looks between lo and hi for the place where entries of a time begin: those before lo are older, those from hi on are not.
// The two are the same place, unless what lies between them was erased and tells no time.
func (l *Log) turn(ctx context.Context, t time.Time, lo, hi int64) (int64, int64, error) {
	for lo < hi {
		entry, ok, err := l.anyBetween(ctx, lo, hi)
		if err != nil || !ok {
			return lo, hi, err
		}
		if entry.Entry.At.Before(t) {
			lo = entry.Index + 1
		} else {
			hi = entry.Index
		}
	}
	return lo, hi, nil
}

// anyBetween reads the entry in the middle, or another if that was erased: ever nearer to the end, then to the beginning, since
// what was erased is mostly old. It asks at most 128 entries.
func (l *Log) anyBetween(ctx context.Context, lo, hi int64) (Logged, bool, error) {
	middle := lo + (hi-lo)/2
	for d := hi - 1 - middle; ; d /= 2 {
		entry, err := l.passable(ctx, hi-1-d)
		if err != nil || !entry.Erased {
			return entry, err == nil, err
		}
		if d == 0 {
			break
		}
	}
	for d := (middle - lo) / 2; ; d /= 2 {
		entry, err := l.passable(ctx, lo+d)
		if err != nil || !entry.Erased {
			return entry, err == nil, err
		}
		if d == 0 {
			return Logged{}, false, nil
		}
	}
}
