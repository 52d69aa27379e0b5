package admission

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// How long a token may be used: a day when nobody says, a month at most.
const (
	DefaultTokenLife = 24 * time.Hour
	MaxTokenLife     = 30 * 24 * time.Hour
)

// maxOpen bounds the tokens that can be used at one time.
const maxOpen = 10_000

// tokens are the tokens that were made. Of a secret only the SHA-256 is kept.
type tokens struct {
	db  *storage.DB
	now clock.Now
}

// Made is a token as the supervisor sees it later: without its secret.
type Made struct {
	ID     string
	Grant  Grant
	By     string // account of who made it
	At     time.Time
	Until  time.Time
	UsedAt time.Time // zero when it was not
	UsedBy string    // pin of the node that it admitted

	secret string // its SHA-256
}

func hashed(secret []byte) string {
	sum := sha256.Sum256(secret)
	return hex.EncodeToString(sum[:])
}

// add makes a token and gives its secret, which is kept nowhere.
func (t tokens) add(ctx context.Context, g Grant, by string, life time.Duration) (made Made, secret []byte, err error) {
	secret = make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	now := t.now()
	made = Made{ID: id.New(), Grant: g, By: by, At: now, Until: now.Add(life), secret: hashed(secret)}
	err = t.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		var open int
		if err := tx.QueryRowContext(ctx, `select count(*) from registry_tokens where used_at is null and ends_at > $1`, storage.Micros(now)).Scan(&open); err != nil {
			return err
		}
		if open >= maxOpen {
			return problem.New(problem.TooMany, "tokens-too-many")
		}
		_, err := madeTokens.Insert(ctx, tx, "", made)
		return err
	})
	if err != nil {
		return Made{}, nil, fmt.Errorf("make a token: %w", err)
	}
	return made, secret, nil
}

// good refuses a secret that no token has, before anything else is said to whoever
// brings it. It uses nothing up.
func (t tokens) good(ctx context.Context, secret []byte) error {
	_, err := madeTokens.One(ctx, t.db.Read(ctx), `where secret = $1`, hashed(secret))
	if errors.Is(err, storage.ErrNotFound) {
		return problem.New(problem.Forbidden, "join-token-unknown")
	}
	return err
}

// usedBy reports whether a secret is that of the token by which a node came in.
func (t tokens) usedBy(ctx context.Context, secret []byte, pin string) bool {
	made, err := madeTokens.One(ctx, t.db.Read(ctx), `where secret = $1`, hashed(secret))
	return err == nil && made.UsedBy == pin
}

// take uses the token of a secret up for the node with a pin. The same node may
// take it again, since the answer to it may have been lost.
func (t tokens) take(ctx context.Context, secret []byte, pin string) (made Made, err error) {
	now := t.now()
	err = t.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		made, err = madeTokens.One(ctx, tx, `where secret = $1`, hashed(secret))
		switch {
		case errors.Is(err, storage.ErrNotFound):
			return problem.New(problem.Forbidden, "join-token-unknown")
		case err != nil:
			return err
		case !made.UsedAt.IsZero() && made.UsedBy != pin:
			return problem.New(problem.Conflict, "join-token-used")
		case !now.Before(made.Until):
			return problem.New(problem.Gone, "join-token-ended")
		}
		_, err = tx.ExecContext(ctx, `update registry_tokens set used_at = coalesce(used_at, $1), used_by = $2 where id = $3`, storage.Micros(now), pin, made.ID)
		return err
	})
	return made, err
}

// giveBack makes a token usable again that admitted nobody after all.
func (t tokens) giveBack(ctx context.Context, id, pin string) error {
	return t.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `update registry_tokens set used_at = null, used_by = null where id = $1 and used_by = $2`, id, pin)
		return err
	})
}

// withdraw ends a token that was not used.
func (t tokens) withdraw(ctx context.Context, id string) (made Made, err error) {
	now := t.now()
	err = t.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		made, err = madeTokens.One(ctx, tx, `where id = $1`, id)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			return problem.New(problem.NotFound, "join-token-unknown")
		case err != nil:
			return err
		case !made.UsedAt.IsZero():
			return problem.New(problem.Conflict, "join-token-used")
		case !now.Before(made.Until):
			return nil
		}
		_, err = tx.ExecContext(ctx, `update registry_tokens set ends_at = $1 where id = $2`, storage.Micros(now), id)
		return err
	})
	return made, err
}

// Open reports whether the token can still be used.
func (m Made) Open(now time.Time) bool { return m.UsedAt.IsZero() && now.Before(m.Until) }

var madeTokens = storage.NewTable("registry_tokens",
	storage.Col("id", func(m *Made) *string { return &m.ID }),
	storage.Col("secret", func(m *Made) *string { return &m.secret }),
	storage.JSON("grants", func(m *Made) *Grant { return &m.Grant }),
	storage.Col("made_by", func(m *Made) *string { return &m.By }),
	storage.Time("made_at", func(m *Made) *time.Time { return &m.At }),
	storage.Time("ends_at", func(m *Made) *time.Time { return &m.Until }),
	storage.TimeOrNull("used_at", func(m *Made) *time.Time { return &m.UsedAt }),
	storage.OrNull("used_by", func(m *Made) *string { return &m.UsedBy }),
)

// list gives the tokens, newest first.
func (t tokens) list(ctx context.Context, after page.Key) (page.Page[Made], error) {
	newest := madeTokens.List(storage.Down("id", func(m Made) string { return m.ID }))
	all, err := newest.Page(ctx, t.db.Read(ctx), storage.Filter{}, after, page.Size)
	if err != nil {
		return page.Page[Made]{}, fmt.Errorf("list tokens: %w", err)
	}
	return all, nil
}
