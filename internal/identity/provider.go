package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"dobosh/internal/act"
	"dobosh/internal/kit/clock"
)

const (
	providerTimeout = 10 * time.Second // for one request to the provider
	providerAnswer  = 1 << 20          // bytes of an answer, far above any real one
)

// provider is the identity provider as far as it is known: it may be away when
// the node starts, so it is asked when it is needed and remembered once it answered.
type provider struct {
	cfg          Config
	clientSecret string
	client       *http.Client
	now          clock.Now

	mu    sync.Mutex
	found *oidc.Provider // guarded by mu; nil until discovered
}

func newProvider(cfg Config, clientSecret string, now clock.Now) *provider {
	return &provider{
		cfg: cfg, clientSecret: clientSecret, now: now,
		client: &http.Client{Timeout: providerTimeout, Transport: bounded{cfg.Transport}},
	}
}

// discover finds the endpoints. Those who come while the provider is asked ask
// it too: one slow answer must not make everybody wait in a row.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	found := p.found
	p.mu.Unlock()
	if found != nil {
		return found, nil
	}
	// The provider keeps its context for later key fetches, and this request ends.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("discover identity provider: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found = found
	return found, nil
}

func (p *provider) oauth(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.clientSecret,
		Endpoint: found.Endpoint(), RedirectURL: p.cfg.RedirectURL, Scopes: p.cfg.Scopes,
	}
}

// claims is what the provider says about an account.
type claims struct {
	subject  string
	name     string
	number   string
	authTime time.Time
	level    act.Level
}

// errAway marks failures after which the person should simply try again later.
var errAway = errors.New("the identity provider is away")

// redeem turns the code of a callback into claims: it verifies the ID token and
// reads what that says, and asks the userinfo endpoint for what is lacking.
func (p *provider) redeem(ctx context.Context, code string, l login) (claims, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return claims{}, errors.Join(errAway, err)
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.oauth(found).Exchange(ctx, code, oauth2.VerifierOption(l.Verifier))
	if err != nil {
		refused, answered := errors.AsType[*oauth2.RetrieveError](err)
		if !answered || refused.Response.StatusCode >= http.StatusInternalServerError {
			return claims{}, errors.Join(errAway, err)
		}
		// The body of the answer may say more about the person than a log should hold.
		return claims{}, fmt.Errorf("exchange code: %s %s", refused.Response.Status, refused.ErrorCode)
	}

	raw, _ := token.Extra("id_token").(string)
	verified, err := found.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return claims{}, fmt.Errorf("verify ID token: %w", err)
	}
	if !equal(verified.Nonce, l.Nonce) {
		return claims{}, errors.New("verify ID token: the nonce is another")
	}
	said := map[string]any{}
	if err := verified.Claims(&said); err != nil {
		return claims{}, fmt.Errorf("claims of ID token: %w", err)
	}
	c := p.pick(verified.Subject, said)
	if c.name != "" && (c.number != "" || p.cfg.NumberClaim == "") || found.UserInfoEndpoint() == "" {
		return c, nil
	}

	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return claims{}, errors.Join(errAway, fmt.Errorf("userinfo: %w", err))
	}
	if info.Subject != c.subject {
		return claims{}, errors.New("userinfo: is about another account") // OpenID Connect Core 1.0, section 5.3.2
	}
	clear(said)
	if err := info.Claims(&said); err != nil {
		return claims{}, fmt.Errorf("claims of userinfo: %w", err)
	}
	more := p.pick(c.subject, said)
	c.name, c.number = cmp.Or(c.name, more.name), cmp.Or(c.number, more.number)
	return c, nil
}

func (p *provider) pick(subject string, said map[string]any) claims {
	text := func(name string) string { s, _ := said[name].(string); return s }
	c := claims{subject: subject, name: text("name"), number: text(p.cfg.NumberClaim), authTime: p.now()}
	methods, _ := said["amr"].([]any)
	var amr []string
	for _, method := range methods {
		if name, ok := method.(string); ok {
			amr = append(amr, name)
		}
	}
	c.level = p.cfg.level(text("acr"), amr)
	if seconds, ok := said["auth_time"].(float64); ok {
		c.authTime = time.Unix(int64(seconds), 0).UTC()
	}
	return c
}

// bounded cuts answers that are longer than any the provider has a reason for.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, providerAnswer), response.Body}
	return response, nil
}
