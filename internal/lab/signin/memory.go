package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"dobosh/internal/kit/clock"
)

// NumberClaim is the claim that holds the national number of a person.
const NumberClaim = "jmbg"

const (
	visitLife = 10 * time.Minute
	codeLife  = time.Minute
	tokenLife = 5 * time.Minute
	// An ID token is read once, at once; the hour is for clocks that differ.
	idTokenLife = time.Hour
	atOnce      = 2000 // visits, codes and tokens each: enough for a full hall, a few megabytes
)

var (
	errUnknown     = errors.New("unknown or expired")
	errUnsupported = errors.New("not offered by the demonstration")
)

// token is what an access token stands for.
type token struct{ subject, client string }

// memory is everything the provider knows. It never writes to disk.
type memory struct {
	issuer  string
	clients []Client
	persons []Person
	key     signingKey
	now     clock.Now
	visits  *shelf[visit]
	codes   *shelf[visit]
	tokens  *shelf[token]
}

func newMemory(cfg Config, key signingKey, now clock.Now) *memory {
	for i, c := range cfg.Clients {
		if c.SignedOutURLs != nil {
			continue
		}
		for _, back := range c.RedirectURLs {
			if u, err := url.Parse(back); err == nil {
				cfg.Clients[i].SignedOutURLs = append(cfg.Clients[i].SignedOutURLs, u.Scheme+"://"+u.Host+"/")
			}
		}
	}
	return &memory{
		issuer: strings.TrimSuffix(cfg.Issuer, "/"), clients: cfg.Clients, persons: cfg.Persons, key: key, now: now,
		visits: newShelf[visit](atOnce, visitLife, now),
		codes:  newShelf[visit](atOnce, codeLife, now),
		tokens: newShelf[token](atOnce, tokenLife, now),
	}
}

// CreateAuthRequest begins a visit. PKCE is not optional here (RFC 9700, section 2.1.1).
func (m *memory) CreateAuthRequest(_ context.Context, asked *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if asked.CodeChallenge == "" || asked.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("a code challenge with S256 is required")
	}
	if slices.Contains(asked.Prompt, oidc.PromptNone) {
		return nil, oidc.ErrLoginRequired()
	}
	v := visit{id: rand.Text(), asked: *asked}
	m.visits.put(v.id, v)
	return v, nil
}

// choose signs a person in and returns the new name of the visit. The old name
// stood in a URL before anybody was signed in, so it must not be worth anything.
func (m *memory) choose(visitID, subject string) (string, error) {
	if _, ok := m.person(subject); !ok {
		return "", errUnknown
	}
	v, ok := m.visits.take(visitID)
	if !ok || v.Done() {
		return "", errUnknown
	}
	v.id, v.subject, v.authTime = rand.Text(), subject, m.now()
	m.visits.put(v.id, v)
	return v.id, nil
}

func (m *memory) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	v, ok := m.visits.get(id)
	if !ok {
		return nil, errUnknown
	}
	return v, nil
}

// SaveAuthCode ends the visit and leaves the code: there is one code per visit.
func (m *memory) SaveAuthCode(_ context.Context, id, code string) error {
	v, ok := m.visits.take(id)
	if !ok {
		return errUnknown
	}
	m.codes.put(code, v)
	return nil
}

// AuthRequestByCode redeems a code, which works once, whatever comes of it.
func (m *memory) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	v, ok := m.codes.take(code)
	if !ok {
		return nil, errUnknown
	}
	return v, nil
}

// DeleteAuthRequest has nothing to do: redeeming the code did it.
func (m *memory) DeleteAuthRequest(context.Context, string) error { return nil }

// CreateAccessToken gives a token for the userinfo endpoint.
func (m *memory) CreateAccessToken(_ context.Context, request op.TokenRequest) (string, time.Time, error) {
	v, ok := request.(visit)
	if !ok {
		return "", time.Time{}, errUnsupported
	}
	name := rand.Text()
	return name, m.tokens.put(name, token{v.subject, v.asked.ClientID}), nil
}

// TerminateSession has nothing to end: the provider asks each time who it is.
func (m *memory) TerminateSession(context.Context, string, string) error { return nil }

func (m *memory) RevokeToken(_ context.Context, tokenID, _, client string) *oidc.Error {
	if t, ok := m.tokens.get(tokenID); ok && t.client == client {
		m.tokens.take(tokenID)
	}
	return nil
}

func (m *memory) SigningKey(context.Context) (op.SigningKey, error) { return m.key, nil }

func (m *memory) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.ES256}, nil
}

func (m *memory) KeySet(context.Context) ([]op.Key, error) { return []op.Key{publicKey{m.key}}, nil }

func (m *memory) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	i := slices.IndexFunc(m.clients, func(c Client) bool { return c.ID == id })
	if i < 0 {
		return nil, errUnknown
	}
	return relyingParty{m.clients[i], m.issuer + "/login?id="}, nil
}

func (m *memory) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	for _, c := range m.clients {
		if c.ID == id && c.Secret != "" && subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) == 1 {
			return nil
		}
	}
	return errUnknown
}

// SetUserinfoFromScopes fills the ID token.
func (m *memory) SetUserinfoFromScopes(_ context.Context, info *oidc.UserInfo, subject, _ string, scopes []string) error {
	if !slices.Contains(scopes, oidc.ScopeProfile) {
		return nil
	}
	return m.describe(info, subject)
}

// SetUserinfoFromToken answers at the userinfo endpoint.
func (m *memory) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, tokenID, subject, _ string) error {
	if t, ok := m.tokens.get(tokenID); !ok || t.subject != subject {
		return errUnknown
	}
	return m.describe(info, subject)
}

func (m *memory) describe(info *oidc.UserInfo, subject string) error {
	p, ok := m.person(subject)
	if !ok {
		return errUnknown
	}
	info.Subject, info.Name = p.Subject, p.Name
	if p.Number != "" {
		info.AppendClaims(NumberClaim, p.Number)
	}
	return nil
}

func (m *memory) person(subject string) (Person, bool) {
	i := slices.IndexFunc(m.persons, func(p Person) bool { return p.Subject == subject })
	if i < 0 {
		return Person{}, false
	}
	return m.persons[i], true
}

func (m *memory) Health(context.Context) error { return nil }
