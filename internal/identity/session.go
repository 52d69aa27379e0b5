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
	"dobosh/internal/security"
	"dobosh/internal/storage"
)

const (
	sessionCookie = "dobosh"
	sweepLimit    = 500 // rows that one transaction deletes, so that it stays short
)

// facts is what a session remembers, sealed with its token. Roles are not among
// them: they are looked up at every request, so that taking one has its effect at
// once, whichever node of the member wrote it.
type facts struct {
	Account  string            `json:"account"`
	Name     string            `json:"name"`
	Persons  map[string]string `json:"persons,omitempty"`
	AuthTime time.Time         `json:"auth_time,omitzero"`
	Level    act.Level         `json:"level"`
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
	var grants []act.Grant
	if !byContact(known.Account) { // a mailbox holds no office
		grants, err = id.inForce(r.Context(), known.Account)
	}
	if len(known.Persons) > 0 { // the residence of whoever is a person
		grants = append(grants, act.Grant{Role: Resident})
	}
	aliases, failed := id.aliases(r.Context(), known.Persons)
	if err := errors.Join(err, failed); err != nil {
		id.log.ErrorContext(r.Context(), "the roles of a session were not read", slog.Any("error", err))
		return act.Actor{}, false
	}
	if len(grants) == 0 { // who came for a role that is over would not be admitted now
		err := id.db.Write(r.Context(), func(ctx context.Context, tx *storage.Tx) error { return id.end(ctx, tx, r) })
		if err != nil {
			id.log.ErrorContext(r.Context(), "the session of an account without a role was not ended", slog.Any("error", err))
		}
		return act.Actor{}, false
	}
	return act.Actor{
		Account: known.Account, Name: known.Name, Grants: grants, Level: known.Level,
		Persons: known.Persons, Aliases: aliases, AuthTime: known.AuthTime, Age: age(known.AuthTime, id.now()),
	}, true
}

// skew is how far the clocks of the provider and of this node may be apart.
const skew = time.Minute

// age is how long ago the provider saw somebody. What it does not say, or says of the
// future, is nothing to rely on.
func age(seen, now time.Time) time.Duration {
	if seen.IsZero() || seen.After(now.Add(skew)) {
		return act.NeverSeen
	}
	return max(0, now.Sub(seen))
}

func (id *Identity) token(r *http.Request) (secret, bool) {
	cookie, err := r.Cookie(id.cookieName(sessionCookie))
	if err != nil {
		return secret{}, false
	}
	return parseSecret(cookie.Value)
}

// find returns storage.ErrNotFound for a session that is not there or has ended. It
// moves the end of the session, but writes only when at least a twentieth of the
// idle time is won: reading pages should not write to the disk.
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
	next := min(storage.Micros(now.Add(id.cfg.Idle)), lastAt)
	if next-endsAt < (id.cfg.Idle / 20).Microseconds() {
		return known, nil
	}
	return known, id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
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
		"insert into identity_sessions (token_hash, account_hash, sealed, ends_at, last_at, began_at) values ($1, $2, $3, $4, $5, $6)",
		token.hash(), id.accountHash(known.Account), sealed, storage.Micros(ends), storage.Micros(last), storage.Micros(now))
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

// SignOut ends the session of the request, here and for every copy of the cookie, and
// sends the browser to the provider to end the one there (OpenID Connect RP-Initiated
// Logout 1.0), or to the first page where the provider ends none or is away. The caller
// makes sure that the request was meant: a POST of our own page.
func (id *Identity) SignOut(w http.ResponseWriter, r *http.Request) error {
	by, known := id.Actor(r)
	err := id.db.Write(r.Context(), func(ctx context.Context, tx *storage.Tx) error { return id.end(ctx, tx, r) })
	if err != nil {
		return err
	}
	http.SetCookie(w, id.cookie(sessionCookie, "", -1))
	w.Header().Set("Cache-Control", "no-store")
	to := "/"
	if known { // who has no session here is sent to nobody
		id.note(r.Context(), security.SignOut, by.Account, nil)
		to = id.provider.farewell(r.Context())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Provider gives the origins to which signing out leads on.
func (id *Identity) Provider() []string { return id.provider.origins() }

// Session is one that has not ended. Its ID opens nothing.
type Session struct {
	ID    string
	Began time.Time // zero when that is not known
	Ends  time.Time // unless it is used again
}

// Current is the ID of the session of a request; empty for nobody's.
func (id *Identity) Current(r *http.Request) string {
	token, ok := id.token(r)
	if !ok {
		return ""
	}
	return token.hash()
}

// maxSessions bounds the list of an account's sessions.
const maxSessions = 100

// Sessions lists the sessions of the actor's own account, the newest first.
//
// Problem: sign-in-needed.
func (id *Identity) Sessions(ctx context.Context, by act.Actor) ([]Session, error) {
	if err := act.SignedIn().Check(by, act.Scope{}); err != nil {
		return nil, err
	}
	rows, err := id.db.Read(ctx).QueryContext(ctx,
		"select token_hash, began_at, ends_at from identity_sessions where account_hash = $1 and ends_at > $2 order by began_at desc, token_hash limit $3",
		id.accountHash(by.Account), storage.Micros(id.now()), maxSessions)
	list, err := storage.All(rows, err, func(scan storage.Scan) (s Session, err error) {
		var began, ends int64
		err = scan(&s.ID, &began, &ends)
		s.Began, s.Ends = instant(began), instant(ends)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}

// End ends one session of the actor's own account. One that has ended already, or
// that is another's, is left alone.
//
// Problem: sign-in-needed.
func (id *Identity) End(ctx context.Context, by act.Actor, session string) error {
	if err := act.SignedIn().Check(by, act.Scope{}); err != nil {
		return err
	}
	id.note(ctx, security.SessionEnd, by.Account, nil)
	return id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, "delete from identity_sessions where token_hash = $1 and account_hash = $2", session, id.accountHash(by.Account))
		if err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return nil
	})
}

// EndAll ends all sessions of an account and says how many there were. Everybody may
// do so for their own, who gives roles for every account; that leaves a receipt first.
//
// Problems: those of [act.Right.Check], journal-away.
func (id *Identity) EndAll(ctx context.Context, by act.Actor, account string) (ended int64, err error) {
	right := id.rightToGive()
	if by.Account == account {
		right = act.SignedIn()
	}
	if err := right.Check(by, act.Scope{}); err != nil {
		return 0, err
	}
	if by.Account != account {
		err := id.journaled(ctx, "sessions-end", newMatter(), struct {
			By      string `json:"by"`
			Account string `json:"account"`
		}{by.Account, account})
		if err != nil {
			return 0, err
		}
	}
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

// Sweep deletes sessions, marks of sign-ins and codes that have ended, contacts that nobody
// confirmed and accounts that never got a role, and says how many.
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
			fmt.Sprintf("delete from identity_codes where (attempt, made_at) in (select attempt, made_at from identity_codes where made_at <= $1 - %d limit $2)", codeKept.Microseconds()),
			fmt.Sprintf("delete from identity_contacts where id in (select id from identity_contacts where confirmed_at = 0 and added_at <= $1 - %d limit $2)", waitingKept.Microseconds()),
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
		result, err := tx.ExecContext(ctx, `delete from identity_accounts where (issuer, account) in (select a.issuer, a.account from identity_accounts a
			where a.seen_at <= $1 and not exists (select 1 from identity_grants g where g.issuer = a.issuer and g.account = a.account) limit $2)`,
			storage.Micros(id.now().Add(-strangerKept)), sweepLimit)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		deleted += n
		return err
	})
	return deleted, err
}
