package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
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
	providerAtOnce  = 64               // requests under way; who comes then is told that it is away
	providerQuick   = time.Second / 4  // in which a refusal costs nothing
	providerRest    = 5 * time.Second  // at most, after it did not answer, in which nobody asks
)

// provider is the identity provider as far as it is known: it may be away when
// the node starts, so it is asked when it is needed and remembered once it answered.
type provider struct {
	cfg          Config
	clientSecret string
	client       *http.Client
	now          clock.Now

	mu     sync.Mutex
	found  *discovered   // guarded by mu; nil until the provider answered
	asking chan struct{} // guarded by mu; closed when the request under way has ended, nil while there is none
	failed error         // guarded by mu; of the last request, until found
	rested time.Time     // guarded by mu; when to ask again after a failure
}

// discovered is what the provider says about itself.
type discovered struct {
	*oidc.Provider
	EndSession string `json:"end_session_endpoint"`                           // OpenID Connect RP-Initiated Logout 1.0, section 2.1
	SaysIssuer bool   `json:"authorization_response_iss_parameter_supported"` // RFC 9207, section 3
}

func newProvider(cfg Config, clientSecret string, now clock.Now) *provider {
	return &provider{
		cfg: cfg, clientSecret: clientSecret, now: now,
		client: &http.Client{Timeout: providerTimeout, Transport: bounded{cfg.Transport, make(chan struct{}, providerAtOnce)}},
	}
}

// discover finds the endpoints. Everybody who comes while the provider is asked waits
// for the one answer, and after it kept everybody waiting for none nobody asks for as long:
// strangers who come to sign in cost no more than one request at a time, and none waits
// for another's turn.
func (p *provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	if p.found == nil && p.asking == nil && time.Now().Before(p.rested) {
		defer p.mu.Unlock()
		return nil, p.failed
	}
	if p.found != nil {
		defer p.mu.Unlock()
		return p.found, nil
	}
	if p.asking == nil {
		p.asking = make(chan struct{})
		go p.ask(context.WithoutCancel(ctx), p.asking) // ends with providerTimeout
	}
	asking := p.asking
	p.mu.Unlock()
	select {
	case <-asking:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil {
		return nil, p.failed
	}
	return p.found, nil
}

// ask is the one request for all who wait.
func (p *provider) ask(ctx context.Context, done chan struct{}) {
	begun := time.Now() // of this machine: what is bounded is its work
	// The provider keeps its context for later key fetches.
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	d := &discovered{Provider: found}
	if err == nil {
		err = found.Claims(d)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asking = nil; err == nil {
		p.found, p.failed = d, nil
	} else {
		p.failed = fmt.Errorf("discover identity provider: %w", err)
		if took := time.Since(begun); took > providerQuick {
			p.rested = time.Now().Add(min(took, providerRest))
		}
	}
	close(done)
}

// answers is the error of an answer at the callback that is another provider's: one that
// mixes up two of them wants a code of one to reach the other (RFC 9207).
func (p *provider) answers(r *http.Request) error {
	said := r.Form["iss"]
	p.mu.Lock()
	must := p.found != nil && p.found.SaysIssuer
	p.mu.Unlock()
	if len(said) == 0 && !must || len(said) == 1 && said[0] == p.cfg.Issuer {
		return nil
	}
	return errors.New("the answer does not come from this issuer")
}

// farewell is where a browser ends its session at the provider; the first page where
// the provider has no such address or is away.
func (p *provider) farewell(ctx context.Context) string {
	found, err := p.discover(ctx)
	if err != nil || found.EndSession == "" {
		return "/"
	}
	to, err := url.Parse(found.EndSession)
	if err != nil || to.Scheme != "https" && to.Scheme != "http" || strings.HasPrefix(p.cfg.Issuer, "https:") && to.Scheme != "https" {
		return "/"
	}
	q := to.Query()
	q.Set("client_id", p.cfg.ClientID)
	q.Set("post_logout_redirect_uri", p.cfg.SignedOutURL)
	to.RawQuery = q.Encode()
	return to.String()
}

// hostForm is a host with or without a port, as a policy may name it.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9.-]+(:\d+)?$|^\[[0-9A-Fa-f:.]+\](:\d+)?$`)

// origins are those that a browser is sent to when it signs out.
func (p *provider) origins() (all []string) {
	at := []string{p.cfg.Issuer}
	p.mu.Lock()
	if p.found != nil && p.found.EndSession != "" {
		at = append(at, p.found.EndSession)
	}
	p.mu.Unlock()
	for _, address := range at {
		u, err := url.Parse(address)
		if err != nil || !hostForm.MatchString(u.Host) {
			continue // it would say more in a policy than a name
		}
		if origin := u.Scheme + "://" + u.Host; !slices.Contains(all, origin) {
			all = append(all, origin)
		}
	}
	return all
}

func (p *provider) oauth(found *discovered) *oauth2.Config {
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
	authTime time.Time // zero when the provider does not say
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
	c := claims{subject: subject, name: text("name"), number: numberOf(said[p.cfg.NumberClaim])}
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

// numberOf reads the claim of a national number, which some providers send as a
// number of JSON, without the nought at its beginning, or as a list of one. What is
// there and is no number stays something, so that it is not taken for nothing.
func numberOf(said any) string {
	switch said := said.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(said)
	case float64: // exact: a national number is below 2^53
		return fmt.Sprintf("%013s", strconv.FormatFloat(said, 'f', -1, 64))
	case []any:
		if len(said) == 0 {
			return ""
		}
		if len(said) == 1 {
			return numberOf(said[0])
		}
	}
	return "?"
}

// bounded cuts answers that are longer than any the provider has a reason for, and lets
// only so many requests wait for one that answers slowly.
type bounded struct {
	http.RoundTripper
	atOnce chan struct{}
}

// errBusy says that as many requests as may wait for the provider do.
var errBusy = errors.New("too many requests to the identity provider are under way")

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case b.atOnce <- struct{}{}:
		defer func() { <-b.atOnce }()
	default:
		return nil, errBusy
	}
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
