// Package budget bounds how often somebody does what costs others something: asks a
// question that an officer answers, has all nodes of a federation look something up,
// has a message sent.
//
// It promises that the bound holds over all nodes that share a database and over their
// restarts, that who is over it hears how long to wait, and that the table names nobody.
// What is refused costs a read and no write.
package budget

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the table of what was spent.
func Migrations() fs.FS { return migrations }

// Budget is what everybody may do of one thing: Burst at once, and then one each Each.
// The fields stand still. It is safe for concurrent use.
type Budget struct {
	Name  string // of the thing, "looks.ask"
	Burst int    // at least 1
	Each  time.Duration
	DB    *storage.DB
	Now   clock.Now
}

// Spend takes one from what somebody may do: an account, a pseudonym, an address. The
// nil Budget has no bound.
//
// Problem: too-often, with the seconds after which it can be tried again.
func (b *Budget) Spend(ctx context.Context, who string) error {
	if b == nil {
		return nil
	}
	sum := sha256.Sum256([]byte(b.Name + "\x00" + who))
	key := hex.EncodeToString(sum[:16])
	if err := b.left(ctx, b.DB.Read(ctx), key); err != nil {
		return err
	}
	return b.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := b.left(ctx, tx, key); err != nil {
			return err
		}
		now := storage.Micros(b.Now())
		_, err := tx.ExecContext(ctx, `insert into act_budgets (key, whole) values ($1, $2) on conflict (key) do update set whole = case when act_budgets.whole between $3 and $4 then act_budgets.whole else $3 end + $5`,
			key, now+b.Each.Microseconds(), now, b.furthest(now), b.Each.Microseconds())
		if err != nil {
			return fmt.Errorf("spend of %s: %w", b.Name, err)
		}
		return nil
	})
}

// furthest is the last instant at which all of it may be there again. What is later was
// written by a clock that was ahead, and does not count.
func (b *Budget) furthest(now int64) int64 { return now + int64(b.Burst)*b.Each.Microseconds() }

// left returns nil where there is one left.
func (b *Budget) left(ctx context.Context, from storage.Reader, key string) error {
	var whole int64
	now := storage.Micros(b.Now())
	if err := from.QueryRowContext(ctx, `select coalesce(max(whole), 0) from act_budgets where key = $1 and whole <= $2`, key, b.furthest(now)).Scan(&whole); err != nil {
		return fmt.Errorf("budget of %s: %w", b.Name, err)
	}
	wait := time.Duration(whole-now)*time.Microsecond + b.Each - time.Duration(b.Burst)*b.Each
	if wait <= 0 {
		return nil
	}
	return problem.New(problem.TooMany, "too-often", "seconds", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
}

// Forget drops who has all of it again: a round of the node.
func Forget(db *storage.DB, now clock.Now) func(context.Context) error {
	return func(ctx context.Context) error {
		return db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `delete from act_budgets where whole < $1`, storage.Micros(now()))
			return err
		})
	}
}
