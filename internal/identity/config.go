package identity

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"dobosh/internal/act"
)

// Config says whom a node trusts to recognise people, and what accounts may do.
type Config struct {
	// Issuer is the URL of the OpenID Connect provider, as in its tokens.
	Issuer string `yaml:"issuer"`
	// ClientID is the name of this node at the provider.
	ClientID string `yaml:"client_id"`
	// ClientSecretFile holds the secret; blank space around it is cut. Empty for
	// a public client, which PKCE alone protects.
	ClientSecretFile string `yaml:"client_secret_file"`
	// RedirectURL is where the provider sends people back: the address under
	// which FinishSignIn is served. With https the cookies are bound to the host.
	RedirectURL string `yaml:"redirect_url"`
	// Scopes to ask for besides openid; profile when empty.
	Scopes []string `yaml:"scopes"`
	// NumberClaim is the claim that holds the national number, in the ID token or
	// at the userinfo endpoint. Empty when nobody here is a resident.
	NumberClaim string `yaml:"number_claim"`
	// Roles of accounts, by their subject at the provider. A change takes effect
	// with the next start, for sessions too.
	Roles map[string][]act.Role `yaml:"roles"`
	// Idle is how long a session lives without a request; 30 minutes when zero.
	Idle time.Duration `yaml:"idle"`
	// Lifetime is how long a session lives at most; 8 hours when zero.
	Lifetime time.Duration `yaml:"lifetime"`
	// Transport carries requests to the provider; the default transport when nil.
	Transport http.RoundTripper `yaml:"-"`
}

// Check reports everything that is wrong with the configuration, and does not
// need the provider for it.
func (c Config) Check() error {
	var errs []error
	for name, value := range map[string]string{"issuer": c.Issuer, "redirect_url": c.RedirectURL} {
		if u, err := url.Parse(value); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
			errs = append(errs, fmt.Errorf("%s: %q is no http or https URL", name, value))
		}
	}
	if c.ClientID == "" {
		errs = append(errs, errors.New("client_id: is missing"))
	}
	for account, roles := range c.Roles {
		for _, role := range roles {
			if !valid(role) || role == Resident {
				errs = append(errs, fmt.Errorf("roles: %s: %q cannot be given", account, role))
			}
		}
	}
	if c.Idle < 0 || c.Lifetime < 0 {
		errs = append(errs, errors.New("idle, lifetime: must not be negative"))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if c.Idle == 0 {
		c.Idle = 30 * time.Minute
	}
	if c.Lifetime == 0 {
		c.Lifetime = 8 * time.Hour
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"profile"}
	}
	if !slices.Contains(c.Scopes, "openid") {
		c.Scopes = append([]string{"openid"}, c.Scopes...)
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	return c
}

func (c Config) secret() (string, error) {
	if c.ClientSecretFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(c.ClientSecretFile)
	if err != nil {
		return "", fmt.Errorf("client secret: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// secure says whether browsers reach this node by https.
func (c Config) secure() bool { return strings.HasPrefix(c.RedirectURL, "https:") }
