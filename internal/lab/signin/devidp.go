package signin

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
)

// Config says who may sign in, and where.
type Config struct {
	// Issuer is the URL under which the handler is served; its path is the prefix
	// of every path of the handler.
	Issuer  string
	Clients []Client
	Persons []Person
	// KeyFile holds the signing key; it is made when it is not there.
	KeyFile string
}

// Client is a relying party.
type Client struct {
	ID           string
	Secret       string // empty for a public client
	RedirectURLs []string
	// SignedOutURLs are where people may be sent after they signed out; the first
	// page beside each of RedirectURLs when nil.
	SignedOutURLs []string
}

// Person is somebody invented. Without a number it is an account that is nobody
// in the registers.
type Person struct {
	Subject string    // the account, never shown
	Name    string    // in Cyrillic; Latin is derived on pages
	Number  string    // national number; empty for none
	Note    lang.Text // who this is: "mother of two, Zrenjanin"
	StaffOf lang.Text // the body the person works for; empty for a resident
}

// New returns a handler for every path under that of the issuer. Errors name
// what is wrong with the configuration.
func New(cfg Config, log *slog.Logger) (http.Handler, error) {
	issuer, err := cfg.check()
	if err != nil {
		return nil, fmt.Errorf("demonstration identity provider: %w", err)
	}
	key, err := loadKey(cfg.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("demonstration identity provider: signing key: %w", err)
	}
	memory := newMemory(cfg, key, clock.System)
	provider, err := newProvider(cfg.Issuer, memory)
	if err != nil {
		return nil, fmt.Errorf("demonstration identity provider: %w", err)
	}
	page, err := newLoginPage(cfg, memory, op.AuthCallbackURL(provider), log)
	if err != nil {
		return nil, fmt.Errorf("demonstration identity provider: login page: %w", err)
	}
	inContext := op.NewIssuerInterceptor(provider.IssuerFromRequest)
	mux := http.NewServeMux()
	mux.Handle("GET /login", inContext.HandlerFunc(page.show))
	mux.Handle("POST /login", inContext.HandlerFunc(page.choose))
	mux.Handle("/", provider)
	return http.StripPrefix(strings.TrimSuffix(issuer.Path, "/"), bounded(mux)), nil
}

func newProvider(issuer string, memory *memory) (*op.Provider, error) {
	config := &op.Config{
		CodeMethodS256:     true,
		AuthMethodPost:     true,
		SupportedUILocales: []language.Tag{language.Make("sr-Cyrl"), language.Make("sr-Latn"), language.English},
		SupportedClaims:    []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", NumberClaim},
		SupportedScopes:    []string{"openid", "profile"},
	}
	// Access tokens are only references into the memory, so they need not
	// survive a restart, and neither does the key that wraps them.
	_, _ = rand.Read(config.CryptoKey[:]) // never fails: crypto/rand ends the program instead
	return op.NewProvider(config, memory, op.StaticIssuer(issuer), op.WithAllowInsecure(), op.WithCORSOptions(nil))
}

// bounded refuses bodies that no form of this provider has.
func bounded(next http.Handler) http.Handler {
	const longest = 64 << 10
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, longest)
		next.ServeHTTP(w, r)
	})
}

func (c Config) check() (*url.URL, error) {
	var errs []error
	issuer, err := url.Parse(c.Issuer)
	if err != nil || issuer.Host == "" {
		errs = append(errs, fmt.Errorf("issuer %q is no URL", c.Issuer))
	}
	subjects := map[string]bool{}
	for _, p := range c.Persons {
		if p.Subject == "" || subjects[p.Subject] {
			errs = append(errs, fmt.Errorf("person %q: the subject is empty or stands twice", p.Subject))
		}
		subjects[p.Subject] = true
		if _, err := jmbg.Parse(p.Number); p.Number != "" && err != nil {
			errs = append(errs, fmt.Errorf("person %q: %w", p.Subject, err))
		}
	}
	for _, client := range c.Clients {
		if client.ID == "" || len(client.RedirectURLs) == 0 {
			errs = append(errs, fmt.Errorf("client %q: needs an id and a redirect URL", client.ID))
		}
	}
	return issuer, errors.Join(errs...)
}
