package identity

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/security"
	"dobosh/internal/storage"
)

// PasskeyPage is where a passkey raises a session to the second factor.
const PasskeyPage = "/sign-in/passkey"

// The names of the acts on passkeys.
const (
	ActAddPasskey    = "passkey.add"
	ActRemovePasskey = "passkey.remove"
)

const (
	maxPasskeys  = 10 // of a person
	ceremonyLife = 10 * time.Minute
	keyFresh     = 5 * time.Minute // since the sign-in, for whoever adds or removes one
)

// Passkey is a key that a person holds, on a phone or a stick. Its private half never leaves
// there.
type Passkey struct {
	ID    string
	Added time.Time
	Used  time.Time // zero while it was not used

	credential webauthn.Credential
}

// holder is somebody to whom keys are bound (WebAuthn level 3, section 5.4.3), without a name.
type holder struct {
	owner string
	keys  []Passkey
}

// WebAuthnID implements webauthn.User.
func (h holder) WebAuthnID() []byte { id, _ := hex.DecodeString(h.owner); return id }

// WebAuthnName implements webauthn.User; it stands in the list of the device only.
func (h holder) WebAuthnName() string { return "dobosh" }

// WebAuthnDisplayName implements webauthn.User.
func (h holder) WebAuthnDisplayName() string { return "dobosh" }

// WebAuthnCredentials implements webauthn.User.
func (h holder) WebAuthnCredentials() (all []webauthn.Credential) {
	for _, k := range h.keys {
		all = append(all, k.credential)
	}
	return all
}

// relyingParty is this node to the browsers of people; nil where its address is none to which
// keys can be bound.
func (id *Identity) relyingParty() *webauthn.WebAuthn {
	at, err := url.Parse(id.cfg.RedirectURL)
	if err != nil {
		return nil
	}
	party, err := webauthn.New(&webauthn.Config{
		RPID: at.Hostname(), RPDisplayName: id.title.In(lang.SrLatn), RPOrigins: []string{at.Scheme + "://" + at.Host},
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationRequired},
	})
	if err != nil {
		return nil
	}
	return party
}

// ByPasskey reports whether people can have passkeys here.
func (id *Identity) ByPasskey() bool { return id.party != nil }

// Passkeys lists those of the actor, the newest first.
//
// Problem: sign-in-needed.
func (id *Identity) Passkeys(ctx context.Context, by act.Actor) ([]Passkey, error) {
	if err := act.SignedIn().Check(by, act.Scope{}); err != nil {
		return nil, err
	}
	owner, ok := id.ownerOf(by)
	if !ok {
		return nil, nil
	}
	return id.passkeysOf(ctx, id.db.Read(ctx), owner)
}

func (id *Identity) passkeysOf(ctx context.Context, from storage.Reader, owner string) ([]Passkey, error) {
	rows, err := from.QueryContext(ctx, `select id, sealed, added_at, used_at from identity_passkeys where owner = $1 order by added_at desc, id limit $2`, owner, maxPasskeys)
	all, err := storage.All(rows, err, func(scan storage.Scan) (k Passkey, err error) {
		var sealed []byte
		var added, used int64
		if err := scan(&k.ID, &sealed, &added, &used); err != nil {
			return k, err
		}
		k.Added, k.Used = instant(added), instant(used)
		plain, err := id.contacts.sealer.Open(sealed, []byte("passkey "+k.ID))
		if err != nil {
			return k, err
		}
		return k, json.Unmarshal(plain, &k.credential)
	})
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	return all, nil
}

// Ceremony is what a browser is asked to do with a key, and what this node has to know of it
// afterwards, sealed.
type Ceremony struct {
	Options string // JSON
	Sealed  string
}

// ceremony is what travels sealed. It belongs to one person, ends, and works once.
type ceremony struct {
	Use     string               `json:"use"`
	Owner   string               `json:"owner"`
	Ends    int64                `json:"ends"`
	Session webauthn.SessionData `json:"session"`
}

func (id *Identity) holderOf(ctx context.Context, by act.Actor) (h holder, err error) {
	owner, ok := id.ownerOf(by)
	if !ok || id.party == nil {
		return h, problem.New(problem.Forbidden, "not-allowed")
	}
	h.owner = owner
	h.keys, err = id.passkeysOf(ctx, id.db.Read(ctx), owner)
	return h, err
}

func (id *Identity) begun(use string, h holder, options any, session *webauthn.SessionData, err error) (Ceremony, error) {
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin with a passkey: %w", err)
	}
	asked, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, err
	}
	plain, err := json.Marshal(ceremony{use, h.owner, storage.Micros(id.now().Add(ceremonyLife)), *session})
	if err != nil {
		return Ceremony{}, err
	}
	sealed, err := id.loginKey.seal("passkey", plain)
	return Ceremony{string(asked), base64.RawURLEncoding.EncodeToString(sealed)}, err
}

// AskNewPasskey has the browser make a key.
//
// Problem: not-allowed.
func (id *Identity) AskNewPasskey(ctx context.Context, by act.Actor) (Ceremony, error) {
	h, err := id.holderOf(ctx, by)
	if err != nil {
		return Ceremony{}, err
	}
	options, session, err := id.party.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()))
	return id.begun("add", h, options, session, err)
}

// AskPasskey has the browser show that its person holds a key.
//
// Problems: not-allowed, passkey-none, level-too-low for whoever has no electronic identity.
func (id *Identity) AskPasskey(ctx context.Context, by act.Actor) (Ceremony, error) {
	if err := act.SignedIn().AtLevel(act.LevelEID).Check(by, act.Scope{}); err != nil {
		return Ceremony{}, err
	}
	h, err := id.holderOf(ctx, by)
	if err != nil {
		return Ceremony{}, err
	}
	if len(h.keys) == 0 {
		return Ceremony{}, problem.New(problem.Conflict, "passkey-none")
	}
	options, session, err := id.party.BeginLogin(h)
	return id.begun("show", h, options, session, err)
}

func noPasskey(why error) error {
	return problem.New(problem.Invalid, "passkey-failed").Because(why)
}

// recallCeremony opens what was sealed for a person.
func (id *Identity) recallCeremony(use string, h holder, sealed string) (c ceremony, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return c, noPasskey(err)
	}
	plain, err := id.loginKey.open("passkey", raw)
	if err != nil {
		return c, noPasskey(err)
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return c, noPasskey(err)
	}
	if c.Use != use || c.Owner != h.owner || c.Ends <= storage.Micros(id.now()) {
		return c, noPasskey(errors.New("the ceremony is another's, or over"))
	}
	return c, nil
}

// once marks a ceremony as used.
func (c ceremony) once(ctx context.Context, tx *storage.Tx) error {
	result, err := tx.ExecContext(ctx, "insert into identity_finished (state_hash, ends_at) values ($1, $2) on conflict (state_hash) do nothing", hash([]byte("passkey "+c.Session.Challenge)), c.Ends)
	if err != nil {
		return fmt.Errorf("mark ceremony: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, noPasskey(errors.New("the ceremony was used")))
	}
	return nil
}

func (id *Identity) sealKey(key string, c *webauthn.Credential) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return id.contacts.sealer.Seal(plain, []byte("passkey "+key)), nil
}

// keying is what the acts on passkeys ask for, each a part of it.
type keying struct{ Passkey, Ceremony, Credential string }

func rightToKeys() act.Right { return rightToReach().Fresh(keyFresh) }

func (id *Identity) passkeyActs() ([]act.Act, error) {
	return act.All(
		act.Def[keying, nothing]{
			Name: ActAddPasskey, Page: "/me/passkeys/add", Right: rightToKeys(), Made: true,
			Fields: []act.Field[keying]{
				act.OfText("ceremony", func(in *keying) *string { return &in.Ceremony }, act.Most(4000), act.Missing("passkey-failed")),
				act.OfText("credential", func(in *keying) *string { return &in.Credential }, act.Most(16000), act.Missing("passkey-failed")),
			},
			Do: id.addPasskey,
		}.Act,
		act.Def[keying, nothing]{
			Name: ActRemovePasskey, Page: "/me/passkeys/{passkey}/remove", Right: rightToKeys(),
			Fields: []act.Field[keying]{act.OfCode("passkey", func(in *keying) *string { return &in.Passkey }, act.InPath())},
			Do: func(ctx context.Context, by act.Actor, in keying) (nothing, error) {
				h, err := id.holderOf(ctx, by)
				if err != nil {
					return nothing{}, err
				}
				return nothing{}, id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
					_, err := tx.ExecContext(ctx, `delete from identity_passkeys where id = $1 and owner = $2`, in.Passkey, h.owner)
					return err
				})
			},
		}.Act,
	)
}

// addPasskey keeps the public half of a key that the browser has made.
func (id *Identity) addPasskey(ctx context.Context, by act.Actor, in keying) (nothing, error) {
	h, err := id.holderOf(ctx, by)
	if err != nil {
		return nothing{}, err
	}
	c, err := id.recallCeremony("add", h, in.Ceremony)
	if err != nil {
		return nothing{}, err
	}
	said, err := protocol.ParseCredentialCreationResponseBytes([]byte(in.Credential))
	if err != nil {
		return nothing{}, noPasskey(err)
	}
	made, err := id.party.CreateCredential(h, c.Session, said)
	if err != nil {
		return nothing{}, noPasskey(err)
	}
	if len(h.keys) >= maxPasskeys {
		return nothing{}, problem.New(problem.Invalid, "passkey-many")
	}
	key := hash(made.ID)
	sealed, err := id.sealKey(key, made)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := c.once(ctx, tx); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `insert into identity_passkeys (id, owner, sealed, added_at, used_at) values ($1, $2, $3, $4, 0) on conflict (id) do nothing`,
			key, h.owner, sealed, storage.Micros(id.now()))
		if err != nil {
			return fmt.Errorf("keep passkey: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, noPasskey(errors.New("the key is there already")))
		}
		return nil
	})
}

// ShowPasskey takes what the browser says and raises the session of the request to the second
// factor: a new one takes its place.
//
// Problems: those of AskPasskey, passkey-failed.
func (id *Identity) ShowPasskey(w http.ResponseWriter, r *http.Request, by act.Actor, sealed, credential string) (err error) {
	defer func() { id.note(r.Context(), security.SignIn, by.Account, err) }()
	if err := act.SignedIn().AtLevel(act.LevelEID).Check(by, act.Scope{}); err != nil {
		return err
	}
	h, err := id.holderOf(r.Context(), by)
	if err != nil {
		return err
	}
	c, err := id.recallCeremony("show", h, sealed)
	if err != nil {
		return err
	}
	said, err := protocol.ParseCredentialRequestResponseBytes([]byte(credential))
	if err != nil {
		return noPasskey(err)
	}
	shown, err := id.party.ValidateLogin(h, c.Session, said)
	if err == nil && shown.Authenticator.CloneWarning {
		err = errors.New("the counter of the key went back: it may be a copy")
	}
	if err != nil {
		return noPasskey(err)
	}
	token, ok := id.token(r)
	if !ok {
		return problem.New(problem.Unauthenticated, "sign-in-needed")
	}
	known, err := id.find(r.Context(), token)
	if err != nil {
		return err
	}
	known.Level, known.AuthTime = act.LevelSecondFactor, id.now()
	key := hash(shown.ID)
	kept, err := id.sealKey(key, shown)
	if err != nil {
		return err
	}
	var raised secret
	err = id.db.Write(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		if err := c.once(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update identity_passkeys set sealed = $1, used_at = $2 where id = $3 and owner = $4`, kept, storage.Micros(id.now()), key, h.owner); err != nil {
			return fmt.Errorf("keep passkey: %w", err)
		}
		if err := id.end(ctx, tx, r); err != nil {
			return err
		}
		raised, err = id.begin(ctx, tx, known)
		return err
	})
	if err != nil {
		return err
	}
	http.SetCookie(w, id.cookie(sessionCookie, raised.text(), id.cfg.Lifetime))
	w.Header().Set("Cache-Control", "no-store")
	return nil
}

// raises reports whether who asks for the second factor can show it here, by a passkey.
func (id *Identity) raises(r *http.Request, level act.Level) bool {
	if level != act.LevelSecondFactor || id.party == nil {
		return false
	}
	by, ok := id.Actor(r)
	if !ok || by.Level < act.LevelEID {
		return false
	}
	keys, err := id.Passkeys(r.Context(), by)
	return err == nil && len(keys) > 0
}
