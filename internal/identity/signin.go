package identity

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"dobosh/internal/act"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
	"dobosh/internal/security"
	"dobosh/internal/storage"
)

const (
	loginCookie   = "dobosh-sign-in"
	loginLifetime = 10 * time.Minute
)

// login is a sign-in under way. It travels with the browser, sealed, so that
// those who never finish leave nothing behind in the database.
type login struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"` // RFC 7636
	To       string `json:"to"`       // where the person wanted to go
	Ends     int64  `json:"ends"`     // microseconds

	Again bool      `json:"again,omitempty"` // the provider is to ask who it is, whoever it knows
	Level act.Level `json:"level,omitempty"` // at least
}

// began is when the sign-in began.
func (l login) began() time.Time { return storage.Instant(l.Ends).Add(-loginLifetime) }

// Problems of a sign-in; their codes are the stable names for the sentences.
func away(err error) error {
	return problem.New(problem.Unavailable, "sign-in-provider-away").Because(err)
}
func stale(why string) error {
	return problem.New(problem.Invalid, "sign-in-stale").Because(errors.New(why))
}

// BeginSignIn sends the browser to the provider. The form value "to" says where
// the person wants to go afterwards; only a path of this node is remembered.
// "ui_locales" gives the language of the provider's page, else the browser does. With
// "again" the provider has to ask who it is, although it may know; "level" is the level
// of assurance to ask for: for the second factor whoever has a passkey here is asked for that.
//
// Problem: sign-in-provider-away.
func (id *Identity) BeginSignIn(w http.ResponseWriter, r *http.Request) error {
	var level act.Level
	_ = level.UnmarshalText([]byte(r.FormValue("level"))) // what is none asks for none
	if r.FormValue("again") == "" && id.raises(r, level) {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, PasskeyPage+"?"+url.Values{"to": {localPath(r.FormValue("to"))}}.Encode(), http.StatusSeeOther)
		return nil
	}
	found, err := id.provider.discover(r.Context())
	if err != nil {
		return away(err)
	}
	l := login{
		State: newSecret().text(), Nonce: newSecret().text(), Verifier: oauth2.GenerateVerifier(),
		To: localPath(r.FormValue("to")), Ends: storage.Micros(id.now().Add(loginLifetime)), Again: r.FormValue("again") != "",
	}
	l.Level = level
	plain, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("begin sign-in: %w", err)
	}
	sealed, err := id.loginKey.seal("login", plain)
	if err != nil {
		return fmt.Errorf("begin sign-in: %w", err)
	}
	http.SetCookie(w, id.cookie(loginCookie, base64.RawURLEncoding.EncodeToString(sealed), loginLifetime))
	locale, ok := lang.Parse(r.FormValue("ui_locales"))
	if !ok {
		locale = lang.Accept(r.Header.Get("Accept-Language"))
	}
	asked := []oauth2.AuthCodeOption{oidc.Nonce(l.Nonce), oauth2.S256ChallengeOption(l.Verifier), oauth2.SetAuthURLParam("ui_locales", string(locale))}
	if l.Again { // OpenID Connect Core 1.0, 3.1.2.1: max_age has the provider say when it asked
		asked = append(asked, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	if contexts := id.cfg.contexts(l.Level); contexts != "" {
		asked = append(asked, oauth2.SetAuthURLParam("acr_values", contexts))
	}
	target := id.provider.oauth(found).AuthCodeURL(l.State, asked...)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// recall finds the sign-in that this browser began and that the callback answers.
func (id *Identity) recall(r *http.Request) (login, error) {
	cookie, err := r.Cookie(id.cookieName(loginCookie))
	if err != nil {
		return login{}, stale("this browser began no sign-in")
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return login{}, stale("the cookie is not ours")
	}
	plain, err := id.loginKey.open("login", sealed)
	if err != nil {
		return login{}, stale("the cookie is not ours")
	}
	var l login
	if err := json.Unmarshal(plain, &l); err != nil {
		return login{}, fmt.Errorf("sign-in cookie: %w", err)
	}
	if l.Ends <= storage.Micros(id.now()) {
		return login{}, stale("it took too long")
	}
	if !equal(r.FormValue("state"), l.State) {
		return login{}, stale("the state is another")
	}
	return l, nil
}

// FinishSignIn serves the redirect URL: it takes the answer of the provider,
// begins a session in place of the one that was there, and sends the browser
// where the person wanted to go. After an error nothing was written to w but
// cookies, and no session has changed.
//
// Problems: sign-in-stale (begin again), sign-in-declined (the person or the
// provider said no), sign-in-failed (the answer does not hold), sign-in-used (the
// same answer came twice), sign-in-not-fresh (the provider did not ask again), sign-in-level
// (the provider was not sure enough), sign-in-number (the national number is none),
// sign-in-not-admitted (neither a resident nor anybody here),
// sign-in-provider-away.
func (id *Identity) FinishSignIn(w http.ResponseWriter, r *http.Request) (err error) {
	account := ""
	defer func() { id.note(r.Context(), security.SignIn, account, err) }()
	w.Header().Set("Cache-Control", "no-store")
	l, err := id.recall(r)
	if err != nil {
		return err
	}
	http.SetCookie(w, id.cookie(loginCookie, "", -1))
	if err := id.provider.answers(r); err != nil {
		return problem.New(problem.Unauthenticated, "sign-in-failed").Because(err)
	}
	if code := r.FormValue("error"); code != "" {
		return problem.New(problem.Unauthenticated, "sign-in-declined").Because(fmt.Errorf("the provider says %.60q", code))
	}
	c, err := id.provider.redeem(r.Context(), r.FormValue("code"), l)
	if errors.Is(err, errAway) {
		return away(err)
	}
	if err != nil {
		return problem.New(problem.Unauthenticated, "sign-in-failed").Because(err)
	}
	account = c.subject
	if l.Again && (c.authTime.Before(l.began().Add(-skew)) || c.authTime.After(id.now().Add(skew))) {
		return problem.New(problem.Unauthenticated, "sign-in-not-fresh")
	}
	if len(id.cfg.Levels) == 0 && c.number != "" {
		c.level = act.LevelEID // whoever the provider knows by number has an electronic identity there
	}
	if c.level < l.Level {
		return problem.New(problem.Forbidden, "sign-in-level", "level", l.Level.String())
	}
	known, err := id.admit(r.Context(), c)
	if err != nil {
		return err
	}
	token, err := id.exchange(r, l, known)
	if err != nil {
		return err
	}
	http.SetCookie(w, id.cookie(sessionCookie, token.text(), id.cfg.Lifetime))
	id.log.InfoContext(r.Context(), "signed in", slog.Bool("resident", len(known.Persons) > 0), slog.Int("level", int(known.Level)))
	http.Redirect(w, r, l.To, http.StatusSeeOther)
	return nil
}

// admit turns claims into what the session will remember. The national number
// ends here. An account that is no resident is remembered also when it may not sign
// in, so that an administrator can give it a role.
func (id *Identity) admit(ctx context.Context, c claims) (facts, error) {
	if byContact(c.subject) { // is ours alone to give
		return facts{}, problem.New(problem.BadGateway, "sign-in-failed")
	}
	known := facts{Account: c.subject, Name: text.Cut(c.name, 200), AuthTime: c.authTime, Level: c.level}
	if c.number != "" {
		number, err := jmbg.Parse(c.number)
		if err != nil {
			return facts{}, problem.New(problem.BadGateway, "sign-in-number").Because(err)
		}
		known.Persons = id.sectors.all(bodyOf(number))
	}
	held, err := id.inForce(ctx, known.Account)
	if err != nil {
		return facts{}, err
	}
	if len(known.Persons) == 0 || len(held) > 0 {
		if err := id.remember(ctx, known); err != nil {
			return facts{}, err
		}
	}
	if len(known.Persons) == 0 && len(held) == 0 {
		return facts{}, problem.New(problem.Forbidden, "sign-in-not-admitted")
	}
	return known, nil
}

// exchange marks the sign-in as used, ends the old session and begins the new one,
// all or nothing.
func (id *Identity) exchange(r *http.Request, l login, known facts) (token secret, err error) {
	err = id.db.Write(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		result, err := tx.ExecContext(ctx,
			"insert into identity_finished (state_hash, ends_at) values ($1, $2) on conflict (state_hash) do nothing",
			hash([]byte(l.State)), l.Ends)
		if err != nil {
			return fmt.Errorf("mark sign-in: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, problem.New(problem.Conflict, "sign-in-used"))
		}
		if err := id.end(ctx, tx, r); err != nil {
			return err
		}
		token, err = id.begin(ctx, tx, known)
		return err
	})
	return token, err
}

// equal compares without telling by its time how much was right.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
