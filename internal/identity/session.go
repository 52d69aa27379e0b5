package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/storage"
)

const (
	sessionCookie = "dobosh"
	sweepLimit    = 500 // rows that one transaction deletes, so that it stays short
)

// facts is what a session remembers, sealed with its token. Roles are not among
// them: they are looked up at every request.
type facts struct {
	Account  string            `json:"account"`
	Name     string            `json:"name"`
	Persons  map[string]string `json:"persons,omitempty"`
	AuthTime time.Time         `json:"auth_time"`
}

// Actor says who sends the request; false for nobody. A session that is used is
// prolonged by the idle time, at most to its lifetime.
func (id *Identity) Actor(r *http.Request) (act.Actor, bool) {
	token, ok := id.token(r)
	if !ok {
		return act.Actor{}, false
	}
	known, err := id.find(r.Context(), token)
	if err != nil {
		if !errors.Is(err, storage.ErrNotFound) {
			id.log.ErrorContext(r.Context(), "a session was not read", slog.Any("error", err))
		}
		return act.Actor{}, false
	}
	return act.Actor{
		Account: known.Account, Name: known.Name, Grants: id.grants(known),
		Persons: known.Persons, AuthTime: known.AuthTime,
	}, true
}

// grants are what the configuration gives an account, and the residence of whoever
// has a national number.
func (id *Identity) grants(known facts) []act.Grant {
	grants := act.As(known.Account, id.cfg.Roles[known.Account]...).Grants
	if len(known.Persons) > 0 {
		grants = append(grants, act.Grant{Role: Resident})
	}
	return grants
}

func (id *Identity) token(r *http.Request) (secret, bool) {
	cookie, err := r.Cookie(id.cookieName(sessionCookie))
	if err != nil {
		return secret{}, false
	}
	return parseSecret(cookie.Value)
}

// find returns storage.ErrNotFound for a session that is not there or has ended.
func (id *Identity) find(ctx context.Context, token secret) (facts, error) {
	var sealed []byte
	var endsAt, lastAt int64
	now := id.now()
	err := id.db.Read(ctx).QueryRowContext(ctx,
		"select sealed, ends_at, last_at from identity_sessions where token_hash = $1 and ends_at > $2",
		token.hash(), storage.Micros(now)).Scan(&sealed, &endsAt, &lastAt)
	if err != nil {
		return facts{}, err
	}
	plain, err := token.open("session", sealed)
	if err != nil {
		return facts{}, fmt.Errorf("session: %w", err)
	}
	var known facts
	if err := json.Unmarshal(plain, &known); err != nil {
		return facts{}, fmt.Errorf("session: %w", err)
	}
	return known, id.prolong(ctx, token, now, endsAt, lastAt)
}

// prolong moves the end of a session, but writes only when at least a twentieth
// of the idle time is won: reading pages should not write to the disk.
func (id *Identity) prolong(ctx context.Context, token secret, now time.Time, endsAt, lastAt int64) error {
	next := min(storage.Micros(now.Add(id.cfg.Idle)), lastAt)
	if next-endsAt < (id.cfg.Idle / 20).Microseconds() {
		return nil
	}
	return id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, "update identity_sessions set ends_at = $1 where token_hash = $2 and ends_at < $1", next, token.hash())
		return err
	})
}

// begin stores a new session and returns its token. The caller's transaction
// ends the session that was there before.
func (id *Identity) begin(ctx context.Context, tx *storage.Tx, known facts) (secret, error) {
	plain, err := json.Marshal(known)
	if err != nil {
		return secret{}, fmt.Errorf("session: %w", err)
	}
	token, now := newSecret(), id.now()
	sealed, err := token.seal("session", plain)
	if err != nil {
		return secret{}, fmt.Errorf("session: %w", err)
	}
	last := now.Add(id.cfg.Lifetime)
	ends := now.Add(min(id.cfg.Idle, id.cfg.Lifetime))
	_, err = tx.ExecContext(ctx,
		"insert into identity_sessions (token_hash, account_hash, sealed, ends_at, last_at) values ($1, $2, $3, $4, $5)",
		token.hash(), id.accountHash(known.Account), sealed, storage.Micros(ends), storage.Micros(last))
	if err != nil {
		return secret{}, fmt.Errorf("store session: %w", err)
	}
	return token, nil
}

func (id *Identity) end(ctx context.Context, tx *storage.Tx, r *http.Request) error {
	token, ok := id.token(r)
	if !ok {
		return nil
	}
	_, err := tx.ExecContext(ctx, "delete from identity_sessions where token_hash = $1", token.hash())
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// SignOut ends the session of the request, here and for every copy of the
// cookie. It does not sign out at the provider. The caller makes sure that the
// request was meant (a POST of our own page) and answers it.
func (id *Identity) SignOut(w http.ResponseWriter, r *http.Request) error {
	err := id.db.Write(r.Context(), func(ctx context.Context, tx *storage.Tx) error { return id.end(ctx, tx, r) })
	if err != nil {
		return err
	}
	http.SetCookie(w, id.cookie(sessionCookie, "", -1))
	return nil
}

// Revoke ends all sessions of an account and says how many there were.
func (id *Identity) Revoke(ctx context.Context, account string) (ended int64, err error) {
	err = id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		result, err := tx.ExecContext(ctx, "delete from identity_sessions where account_hash = $1", id.accountHash(account))
		if err != nil {
			return fmt.Errorf("revoke sessions: %w", err)
		}
		ended, err = result.RowsAffected()
		return err
	})
	return ended, err
}

func (id *Identity) accountHash(account string) string {
	return hash([]byte(id.cfg.Issuer + "\n" + account))
}

// Sweep deletes sessions and marks of sign-ins that have ended, and says how many.
func (id *Identity) Sweep(ctx context.Context) (total int64, err error) {
	for {
		deleted, err := id.sweepSome(ctx)
		if total += deleted; err != nil || deleted == 0 {
			return total, err
		}
	}
}

func (id *Identity) sweepSome(ctx context.Context) (deleted int64, err error) {
	err = id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		deleted = 0
		for _, statement := range []string{
			"delete from identity_sessions where token_hash in (select token_hash from identity_sessions where ends_at <= $1 limit $2)",
			"delete from identity_finished where state_hash in (select state_hash from identity_finished where ends_at <= $1 limit $2)",
		} {
			result, err := tx.ExecContext(ctx, statement, storage.Micros(id.now()), sweepLimit)
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			deleted += n
		}
		return nil
	})
	return deleted, err
}
