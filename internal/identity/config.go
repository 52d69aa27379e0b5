package identity

import (
	"cmp"
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
	// SignedOutURL is where the provider sends people who signed out there too, as it was
	// registered there; the first page beside redirect_url when empty.
	SignedOutURL string `yaml:"signed_out_url"`
	// Scopes to ask for besides openid; profile when empty.
	Scopes []string `yaml:"scopes"`
	// NumberClaim is the claim that holds the national number, in the ID token or
	// at the userinfo endpoint. Empty when nobody here is a resident.
	NumberClaim string `yaml:"number_claim"`
	// Administrators are the accounts, by their subject at the provider, that give
	// the first roles. The list is read at a start while nobody is administrator
	// and never again: afterwards roles are given and taken on the node.
	Administrators []string `yaml:"administrators"`
	// FourEyes lets a role that one administrator gave wait until another has
	// confirmed it.
	FourEyes bool `yaml:"four_eyes"`
	// Levels says what the provider's words about how it recognised somebody mean.
	// Without an entry that fits an account has the lowest level. Where the list is empty,
	// whoever signs in with a national number has that of an electronic identity.
	Levels []LevelRule `yaml:"levels"`
	// Idle is how long a session lives without a request; 30 minutes when zero.
	Idle time.Duration `yaml:"idle"`
	// Lifetime is how long a session lives at most; 8 hours when zero.
	Lifetime time.Duration `yaml:"lifetime"`
	// Transport carries requests to the provider; the default transport when nil.
	Transport http.RoundTripper `yaml:"-"`
}

// LevelRule gives a level to sign-ins of which the provider says this; an empty
// member is not looked at. Of the rules that fit the highest level counts.
type LevelRule struct {
	ACR   string    `yaml:"acr"` // authentication context class reference: OpenID Connect Core 1.0, section 2
	AMR   string    `yaml:"amr"` // one of the authentication methods: RFC 8176
	Level act.Level `yaml:"level"`
}

// Check reports everything that is wrong with the configuration, and does not
// need the provider for it.
func (c Config) Check() error {
	var errs []error
	for name, value := range map[string]string{"issuer": c.Issuer, "redirect_url": c.RedirectURL, "signed_out_url": cmp.Or(c.SignedOutURL, c.RedirectURL)} {
		if u, err := url.Parse(value); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
			errs = append(errs, fmt.Errorf("%s: %q is no http or https URL", name, value))
		}
	}
	if c.ClientID == "" {
		errs = append(errs, errors.New("client_id: is missing"))
	}
	for i, account := range c.Administrators {
		if account == "" || !plain(account, maxAccount) || slices.Contains(c.Administrators[:i], account) {
			errs = append(errs, fmt.Errorf("administrators: %q is no account, or stands there twice", account))
		}
	}
	for i, rule := range c.Levels {
		if rule.ACR == "" && rule.AMR == "" {
			errs = append(errs, fmt.Errorf("levels[%d]: wants acr, amr or both", i))
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
	if back, err := url.Parse(c.RedirectURL); c.SignedOutURL == "" && err == nil {
		c.SignedOutURL = back.Scheme + "://" + back.Host + "/"
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

// level is how surely the provider recognised somebody.
func (c Config) level(acr string, amr []string) (highest act.Level) {
	for _, rule := range c.Levels {
		if (rule.ACR == "" || rule.ACR == acr) && (rule.AMR == "" || slices.Contains(amr, rule.AMR)) {
			highest = max(highest, rule.Level)
		}
	}
	return highest
}

// contexts are the provider's words for a level and those above it, the lowest first:
// the value of acr_values, in order of preference. Empty for the lowest level.
func (c Config) contexts(level act.Level) string {
	if level == act.LevelNone {
		return ""
	}
	fit := slices.DeleteFunc(slices.Clone(c.Levels), func(r LevelRule) bool { return r.ACR == "" || r.Level < level })
	slices.SortStableFunc(fit, func(a, b LevelRule) int { return int(a.Level - b.Level) })
	var words []string
	for _, rule := range fit {
		if !slices.Contains(words, rule.ACR) {
			words = append(words, rule.ACR)
		}
	}
	return strings.Join(words, " ")
}

// secure says whether browsers reach this node by https.
func (c Config) secure() bool { return strings.HasPrefix(c.RedirectURL, "https:") }
