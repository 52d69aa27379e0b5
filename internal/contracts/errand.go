package contracts

import (
	"context"
	"strconv"
	"time"

	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// The kinds of errands.
const (
	carryLetter   = "letter"   // to the other side
	carryContract = "contract" // to the registry, signed by both
	carryEnd      = "end"      // to the registry
)

// errand is something that has to be brought to somebody. It stands in a table
// from the transaction that gives it to the one that knows it was done.
type errand struct {
	id, kind, proposal string
	n                  int
	peer, body         string
	tries              int
}

const (
	errandsSignal = "registry_errands"
	claimed       = 2 * time.Minute // another process may take an errand over after this
	claimLimit    = 32
	idleLook      = time.Second
	longestWait   = 5 * time.Minute
	believed      = 5 // a refusal is believed at this try: a copy of the registry there may be behind
)

// give adds an errand; one with the same id is given once.
func (r *Room) give(ctx context.Context, tx *storage.Tx, e errand) error {
	now := storage.Micros(r.Now())
	_, err := tx.ExecContext(ctx, `INSERT INTO registry_errands (id, kind, proposal, n, peer, body, due, given) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (id) DO NOTHING`,
		e.id, e.kind, e.proposal, e.n, e.peer, e.body, now)
	tx.Signal(errandsSignal)
	return err
}

func drop(ctx context.Context, tx *storage.Tx, id string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM registry_errands WHERE id = $1`, id)
	return err
}

// claim takes errands that are due for this process. The letters of a proposal
// go one after the other; one due later than any waits was put off by a clock
// that has been set right since.
func (r *Room) claim(ctx context.Context) (due []errand, err error) {
	now := r.Now()
	const isDue = `(due <= $1 OR due > $2)`
	args := []any{storage.Micros(now), storage.Micros(now.Add(longestWait))}
	var n int
	if err := r.DB.Read(ctx).QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM registry_errands WHERE `+isDue+` LIMIT 1) AS due`, args...).Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		rows, err := tx.QueryContext(ctx, `UPDATE registry_errands SET due = $3, tries = tries + 1 WHERE `+isDue+` AND id IN (
			SELECT id FROM registry_errands AS e WHERE `+isDue+` AND NOT EXISTS (
				SELECT 1 FROM registry_errands AS b WHERE b.kind = 'letter' AND e.kind = 'letter' AND b.proposal = e.proposal AND b.n < e.n)
			ORDER BY due LIMIT $4) RETURNING id, kind, proposal, n, peer, body, tries`, append(args, storage.Micros(now.Add(claimed)), claimLimit)...)
		due, err = storage.All(rows, err, scanErrand)
		return err
	})
	return due, err
}

func scanErrand(scan storage.Scan) (errand, error) {
	var e errand
	return e, scan(&e.id, &e.kind, &e.proposal, &e.n, &e.peer, &e.body, &e.tries)
}

// postpone lets an errand rest, and remembers why.
func (r *Room) postpone(ctx context.Context, e errand, fault string) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE registry_errands SET due = $1, fault = $2 WHERE id = $3`, storage.Micros(r.Now().Add(patience(e.tries))), fault, e.id)
		return err
	})
}

// patience is how long to wait after the given number of tries: half a second,
// one, two, … five minutes.
func patience(tries int) time.Duration {
	return min(time.Second/2<<min(max(tries, 1)-1, 16), longestWait)
}

// name is the id of the errand with the letter of a number.
func name(proposal string, n int) string { return proposal + "/" + strconv.Itoa(n) }

// carried tells what of a proposal is still on its way, the oldest of it.
func (r *Room) carried(ctx context.Context, proposal string) (*Carried, error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `SELECT peer, given, tries, fault FROM registry_errands WHERE proposal = $1 ORDER BY given, id LIMIT 1`, proposal)
	all, err := storage.All(rows, err, func(scan storage.Scan) (Carried, error) {
		var c Carried
		var peer string
		var given int64
		if err := scan(&peer, &given, &c.Tries, &c.Fault); err != nil {
			return c, err
		}
		c.Since = storage.Instant(given)
		return c, c.To.UnmarshalText([]byte(peer))
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// to is the member that an errand is for.
func (e errand) to() (registry.ID, error) { return registry.ParseID(e.peer) }
