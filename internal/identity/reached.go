package identity

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/entrance"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/security"
	"dobosh/internal/storage"
)

// ContactPrefix begins the accounts of those who are known by a contact alone.
const ContactPrefix = "contact:"

const codeCookie = "dobosh-code"

// reached is somebody who is known by a contact alone.
type reached struct {
	id    string
	body  body
	owner string // to whom it was joined; empty while it stands alone
	seen  time.Time
}

// asking is a sign-in by code under way, as the browser carries it, sealed. The code works in
// this browser only.
type asking struct {
	Attempt string `json:"attempt"`
	To      string `json:"to"`
	Ends    int64  `json:"ends"`
}

// ByContact reports whether people sign in here by a code.
func (id *Identity) ByContact() bool { return id.contacts != nil && id.post != nil }

// ByPhone reports whether that code may also go to a phone.
func (id *Identity) ByPhone() bool { return id.ByContact() && id.phones }

// AskCode begins a sign-in by contact: it has a code sent and gives the browser what the code
// belongs to. Whether the address is known here makes no difference to the answer.
//
// Problems: form-incomplete for what is no address, too-often.
func (id *Identity) AskCode(w http.ResponseWriter, r *http.Request, typed, back string, tag lang.Tag) error {
	to, err := id.destination(typed, tag)
	if err != nil {
		return err
	}
	if err := id.mayAsk(r.Context()); err != nil {
		return err
	}
	attempt := newSecret()
	plain, err := json.Marshal(asking{attempt.text(), localPath(back), storage.Micros(id.now().Add(codeLife))})
	if err != nil {
		return err
	}
	sealed, err := id.loginKey.seal("code", plain)
	if err != nil {
		return fmt.Errorf("begin sign-in: %w", err)
	}
	err = id.db.Write(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		return id.sendCode(ctx, tx, attempt.hash(), to, false)
	})
	if err != nil {
		return err
	}
	http.SetCookie(w, id.cookie(codeCookie, base64.RawURLEncoding.EncodeToString(sealed), codeLife))
	return nil
}

// destination reads an address that somebody typed.
func (id *Identity) destination(typed string, tag lang.Tag) (destination, error) {
	channel, address, err := id.post.Address(typed)
	if err != nil {
		return destination{}, problem.New(problem.Invalid, "form-incomplete").At("address", id.addressed("contact-address", "contact-either")).Because(err)
	}
	return destination{channel, address, tag}, nil
}

// addressed is what an address is called, depending on whether numbers of phones are some.
func (id *Identity) addressed(mail, either string) string {
	if id.phones {
		return either
	}
	return mail
}

// newAskers bounds how many codes one address of the network asks for: behind it may be a
// village, so it is wide; an address of a person is bounded by itself.
func (id *Identity) newAskers() *entrance.Rate { return entrance.NewRate(20, time.Minute, id.now) }

// mayAsk takes a code from what an address of the network may ask for.
func (id *Identity) mayAsk(ctx context.Context) error {
	if wait := id.askers.Take(security.Asked(ctx).Address); wait > 0 {
		return problem.New(problem.TooMany, "too-often", "seconds", fmt.Sprint(int(wait/time.Second)+1))
	}
	return nil
}

// recallCode finds the sign-in by code that this browser began.
func (id *Identity) recallCode(r *http.Request) (a asking, err error) {
	cookie, err := r.Cookie(id.cookieName(codeCookie))
	if err != nil {
		return a, stale("this browser asked for no code")
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return a, stale("the cookie is not ours")
	}
	plain, err := id.loginKey.open("code", sealed)
	if err != nil {
		return a, stale("the cookie is not ours")
	}
	if err := json.Unmarshal(plain, &a); err != nil {
		return a, fmt.Errorf("cookie of a code: %w", err)
	}
	if a.Ends <= storage.Micros(id.now()) {
		return a, stale("it took too long")
	}
	return a, nil
}

// EnterCode takes the code and begins a session at the level of a contact, in place of the
// one that was there. It gives the page to which the person wanted to go.
//
// An address that was joined to somebody with an electronic identity signs in nobody: its
// history is theirs. Who has the address now, and is another, begins anew, and sees nothing
// of it.
//
// Problems: sign-in-stale; form-incomplete with code-wrong at the code, or with contact-joined
// at "anew".
func (id *Identity) EnterCode(w http.ResponseWriter, r *http.Request, typed string, anew bool) (to string, err error) {
	account := ""
	defer func() { id.note(r.Context(), security.SignIn, account, err) }()
	l, err := id.recallCode(r)
	if err != nil {
		return "", err
	}
	secret, ok := parseSecret(l.Attempt)
	if !ok {
		return "", stale("the cookie is not ours")
	}
	attempt := secret.hash()
	var token = secret
	var refused error
	err = id.db.Write(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		refused = nil
		to, right, err := id.tryCode(ctx, tx, attempt, typed)
		if err != nil {
			return err
		}
		if !right {
			refused = wrongCode()
			return nil
		}
		p, err := id.reachedAt(ctx, tx, to, anew)
		if err != nil {
			return err
		}
		if p.owner != "" {
			refused = problem.New(problem.Invalid, "form-incomplete").At("anew", "contact-joined")
			_, err := tx.ExecContext(ctx, `update identity_codes set tries = tries + 1 where attempt = $1 and tries < $2`, attempt, codeTries)
			return err
		}
		account = ContactPrefix + p.id
		if _, err := id.keep(ctx, tx, p.body, to, id.now()); err != nil {
			return err
		}
		if err := id.reach(ctx, tx, p.body); err != nil {
			return err
		}
		if anew {
			if err := id.tellOthers(ctx, tx, to, id.contacts.owner(p.body)); err != nil {
				return err
			}
		}
		if err := errors.Join(id.spend(ctx, tx, attempt), id.end(ctx, tx, r)); err != nil {
			return err
		}
		token, err = id.begin(ctx, tx, facts{Account: account, Name: to.Address, Persons: id.sectors.all(p.body), AuthTime: id.now(), Level: act.LevelContact})
		return err
	})
	if err = errors.Join(err, refused); err != nil {
		return "", err
	}
	http.SetCookie(w, id.cookie(codeCookie, "", -1))
	http.SetCookie(w, id.cookie(sessionCookie, token.text(), id.cfg.Lifetime))
	w.Header().Set("Cache-Control", "no-store")
	return l.To, nil
}

// reachedAt finds who is known by an address, or begins somebody. An address that nobody
// confirmed for long, or that somebody says is theirs anew, leads to nobody of before.
func (id *Identity) reachedAt(ctx context.Context, tx *storage.Tx, to destination, anew bool) (reached, error) {
	p, found, err := id.open(ctx, tx, id.hashOf(to))
	if err != nil {
		return p, err
	}
	switch {
	case !found:
	case p.owner != "" && !anew:
		return p, nil
	case p.owner == "" && p.seen.After(id.now().Add(-dormant)):
		_, err := tx.ExecContext(ctx, `update identity_reached set seen_at = $1 where id = $2`, storage.Micros(id.now()), p.id)
		return p, err
	default:
		if err := id.close(ctx, tx, p); err != nil {
			return p, err
		}
	}
	return id.beginReached(ctx, tx, id.hashOf(to), "")
}

// open finds to whom an address leads.
func (id *Identity) open(ctx context.Context, from storage.Reader, hashed string) (p reached, found bool, err error) {
	var text string
	var seen int64
	err = from.QueryRowContext(ctx, `select id, body, owner, seen_at from identity_reached where address_hash = $1 and closed_at = 0`, hashed).Scan(&p.id, &text, &p.owner, &seen)
	if errors.Is(err, storage.ErrNotFound) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("find who is reached: %w", err)
	}
	if n, err := hex.Decode(p.body[:], []byte(text)); err != nil || n != len(p.body) {
		return p, false, errors.New("a body of the wrong form")
	}
	p.seen = storage.Instant(seen)
	return p, true, nil
}

// beginReached begins somebody who is known by an address, or who is joined from the start.
func (id *Identity) beginReached(ctx context.Context, tx *storage.Tx, hashed, owner string) (reached, error) {
	p := reached{id: newID(), body: newContact(), owner: owner, seen: id.now()}
	_, err := tx.ExecContext(ctx, `insert into identity_reached (id, body, address_hash, owner, began_at, seen_at, closed_at) values ($1, $2, $3, $4, $5, $5, 0)
		on conflict (address_hash) where closed_at = 0 do nothing`,
		p.id, hex.EncodeToString(p.body[:]), hashed, owner, storage.Micros(id.now()))
	if err != nil {
		return p, fmt.Errorf("begin somebody by a contact: %w", err)
	}
	p, _, err = id.open(ctx, tx, hashed) // another may have been quicker
	return p, err
}

// close ends that an address leads to somebody, and their sessions.
func (id *Identity) close(ctx context.Context, tx *storage.Tx, p reached) error {
	_, err := tx.ExecContext(ctx, `update identity_reached set closed_at = $1 where id = $2`, storage.Micros(id.now()), p.id)
	if err != nil {
		return fmt.Errorf("close who was reached: %w", err)
	}
	if err := id.forget(ctx, tx, p); err != nil {
		return err
	}
	if p.owner == "" { // what is known of them goes to nobody
		if err := id.reach(ctx, tx, p.body); err != nil {
			return err
		}
	}
	return id.endAccount(ctx, tx, ContactPrefix+p.id)
}

// forget takes the contact itself from somebody who is known by it no more.
func (id *Identity) forget(ctx context.Context, tx *storage.Tx, p reached) error {
	if _, err := tx.ExecContext(ctx, `delete from identity_contacts where owner = $1`, id.contacts.owner(p.body)); err != nil {
		return fmt.Errorf("forget a contact: %w", err)
	}
	return nil
}

func (id *Identity) endAccount(ctx context.Context, tx *storage.Tx, account string) error {
	if _, err := tx.ExecContext(ctx, `delete from identity_sessions where account_hash = $1`, id.accountHash(account)); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// join gives what was begun under an address to the person who has confirmed it, unless it is
// somebody else's already, or lay so long that it may be.
func (id *Identity) join(ctx context.Context, tx *storage.Tx, to destination, owner string) error {
	p, found, err := id.open(ctx, tx, id.hashOf(to))
	if err != nil {
		return err
	}
	if found && p.owner == "" && !p.seen.After(id.now().Add(-dormant)) {
		if err := id.close(ctx, tx, p); err != nil {
			return err
		}
		found = false
	}
	if !found {
		_, err := id.beginReached(ctx, tx, id.hashOf(to), owner)
		return err
	}
	if p.owner != "" {
		return nil
	}
	result, err := tx.ExecContext(ctx, `update identity_reached set seen_at = $1, owner = $2 where id = $3 and owner = ''`, storage.Micros(id.now()), owner, p.id)
	if err != nil {
		return fmt.Errorf("join a contact: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return errors.Join(id.forget(ctx, tx, p), id.endAccount(ctx, tx, ContactPrefix+p.id))
}

// byContact reports an account that is known by a contact alone.
func byContact(account string) bool { return strings.HasPrefix(account, ContactPrefix) }
