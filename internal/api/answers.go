package api

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

const (
	// KeepAnswers is how long an Idempotency-Key is remembered.
	KeepAnswers = 24 * time.Hour
	// underWay is how long a request may take before the same key begins again: the
	// process that had it is gone by then.
	underWay = 2 * time.Minute
	maxKey   = 100 // bytes
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations makes the tables of this room.
func Migrations() fs.FS { return migrations }

// Answers remembers what was answered under an Idempotency-Key. It is safe for
// concurrent use.
type Answers struct {
	db  *storage.DB
	now clock.Now
}

// NewAnswers remembers answers in a database.
func NewAnswers(db *storage.DB, now clock.Now) *Answers { return &Answers{db, now} }

// answer is what came of a request.
type answer struct {
	status int
	body   []byte
}

// once does a request under a key, or gives the answer that it had. Only what was
// done is remembered: what was refused did nothing, and may be sent again.
func (a *Answers) once(ctx context.Context, surface string, by act.Actor, key string, request []byte, do func(ctx context.Context) (answer, error)) (answer, error) {
	if len(key) > maxKey {
		return answer{}, problem.New(problem.Invalid, "idempotency-key-long")
	}
	name, sum := nameOf(surface, by.Account, key), nameOf(string(request))
	claimed, known, err := a.claim(ctx, name, sum)
	if err != nil || claimed == "" {
		return known, err
	}
	given, err := do(act.WithToken(ctx, claimed))
	if err != nil {
		return given, errors.Join(err, a.write(ctx, `delete from api_answers where name = $1`, name))
	}
	return given, a.write(ctx, `update api_answers set status = $2, body = $3, at = $4 where name = $1`, name, given.status, given.body, storage.Micros(a.now()))
}

// claim takes a key for a request and gives the token under which it is done, the
// same one however often the process dies in the middle. Where the request was
// done, it gives the answer and no token.
func (a *Answers) claim(ctx context.Context, name, sum string) (token string, known answer, err error) {
	now := a.now()
	err = a.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		var seen, given string
		var at int64
		err := tx.QueryRowContext(ctx, `select request, token, status, body, at from api_answers where name = $1`, name).Scan(&seen, &given, &known.status, &known.body, &at)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			token = id.New()
			_, err = tx.ExecContext(ctx, `insert into api_answers (name, request, token, status, body, at) values ($1, $2, $3, 0, $4, $5)`, name, sum, token, []byte{}, storage.Micros(now))
			return err
		case err != nil:
			return err
		case seen != sum:
			return problem.New(problem.Invalid, "idempotency-key-reused")
		case known.status != 0:
			return nil
		case now.Sub(storage.Instant(at)) < underWay:
			return problem.New(problem.Conflict, "request-under-way")
		}
		token = given
		_, err = tx.ExecContext(ctx, `update api_answers set at = $2 where name = $1`, name, storage.Micros(now))
		return err
	})
	return token, known, err
}

func (a *Answers) write(ctx context.Context, query string, args ...any) error {
	return a.db.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

// Forget drops the answers that are old.
func (a *Answers) Forget(ctx context.Context) error {
	return a.write(ctx, `delete from api_answers where at < $1`, storage.Micros(a.now().Add(-KeepAnswers)))
}

// nameOf is the key as it is kept: what a program chose stays out of the table.
func nameOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write([]byte(p)) // never fails
		_, _ = h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}
