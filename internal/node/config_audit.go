package node

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// secret is a file that nobody but the account of the node may read.
type secret struct {
	key   string // of the configuration
	path  string
	whose string // system whose token it is; empty where it is no token
}

// minToken is the least length of a token in characters: of random bytes in hex, 128 bits.
const minToken = 32

// secrets are all files of the configuration that hold something secret.
func (c Config) secrets() []secret {
	all := []secret{
		{key: "keys.tls", path: c.Keys.TLS}, {key: "keys.log", path: c.Keys.Log}, {key: "keys.registry", path: c.Keys.Registry}, {key: "keys.witness", path: c.Keys.Witness},
		{key: "certificates.issuer", path: c.Certificates.Issuer}, {key: "storage.postgres_file", path: c.Storage.PostgresFile},
	}
	all = append(all, secret{key: "bus.credentials_file", path: c.Bus.CredentialsFile}, secret{key: "bus.key_file", path: c.Bus.KeyFile})
	for sector, path := range c.Sectors {
		all = append(all, secret{key: "sectors." + sector, path: path})
	}
	if c.SignIn != nil {
		all = append(all, secret{key: "sign_in.client_secret_file", path: c.SignIn.ClientSecretFile})
	}
	if c.Mail != nil {
		all = append(all, secret{key: "mail.password_file", path: c.Mail.PasswordFile})
	}
	if c.SMS != nil {
		all = append(all, secret{key: "sms.token_file", path: c.SMS.TokenFile})
	}
	if c.Edge.TLS != nil {
		all = append(all, secret{key: "edge.tls.key", path: c.Edge.TLS.Key})
	}
	if c.TimeStampAuthority != nil {
		all = append(all, secret{key: "time_stamp_authority.key_file", path: c.TimeStampAuthority.KeyFile})
	}
	tokens := func(key string, systems []System) {
		for i, s := range systems {
			all = append(all, secret{fmt.Sprintf("%s[%d].token_file", key, i), s.TokenFile, s.Name})
		}
	}
	tokens("contracts.systems", c.Contracts.Systems)
	tokens("catalogue.systems", c.Catalogue.Systems)
	if c.Services != nil {
		tokens("services.systems", c.Services.Systems)
	}
	for i, s := range c.Events.Systems {
		all = append(all, secret{fmt.Sprintf("events.systems[%d].token_file", i), s.TokenFile, s.Name})
	}
	return append(all, secret{"operations.token_file", c.Operations.TokenFile, "operations"})
}

// audit finds what works and should not be left so. A file that is not there is none of
// it: whoever needs it says so at the start.
func (c Config) audit() (errs []error) {
	errs = append(errs, c.auditFiles()...)
	errs = append(errs, c.auditAddresses()...)
	if strings.HasPrefix(c.PublicURL, "https:") && c.SignIn != nil {
		for _, at := range []struct{ key, url string }{{"issuer", c.SignIn.Issuer}, {"redirect_url", c.SignIn.RedirectURL}, {"signed_out_url", c.SignIn.SignedOutURL}} {
			if strings.HasPrefix(strings.ToLower(at.url), "http:") {
				errs = append(errs, fmt.Errorf("sign_in.%s: is http, and the portal https: whoever is on the way signs in as anybody", at.key))
			}
		}
	}
	return errs
}

func (c Config) auditFiles() (errs []error) {
	seen := map[[sha256.Size]byte]secret{}
	for _, s := range c.secrets() {
		info, err := os.Stat(s.path)
		if s.path == "" || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.key, err))
			continue
		}
		if others := info.Mode().Perm() & 0o077; others != 0 && !info.IsDir() {
			errs = append(errs, fmt.Errorf("%s: others than the account of the node may use the file (mode %04o): chmod 600", s.key, info.Mode().Perm()))
		}
		if s.whose == "" {
			continue
		}
		text, err := os.ReadFile(s.path)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.key, err))
			continue
		}
		text = bytes.TrimSpace(text)
		if len(text) < minToken {
			errs = append(errs, fmt.Errorf("%s: the token has %d characters and needs %d: openssl rand -hex 32", s.key, len(text), minToken))
		}
		other, twice := seen[sha256.Sum256(text)]
		if room, _, _ := strings.Cut(s.key, "["); twice && (other.whose != s.whose || other.path != s.path || strings.HasPrefix(other.key, room+"[")) {
			errs = append(errs, fmt.Errorf("%s: is the token of %s", s.key, other.key)) // one system may do things of two rooms with its token
		}
		seen[sha256.Sum256(text)] = s
	}
	if info, err := os.Stat(c.Dir); err == nil && info.Mode().Perm()&0o007 != 0 {
		errs = append(errs, fmt.Errorf("dir: everybody on this machine may look into the folder (mode %04o): chmod 700", info.Mode().Perm()))
	}
	return errs
}

// auditAddresses finds surfaces for the member's own systems that anybody reaches, and
// where nothing says who may come.
func (c Config) auditAddresses() (errs []error) {
	open := func(key, address, wants string) {
		if exposed(address) {
			errs = append(errs, fmt.Errorf("%s: %q is reached from everywhere, and %s", key, address, wants))
		}
	}
	if len(c.Edge.Clients) == 0 {
		open("listen.edge", c.Listen.Edge, "edge.clients names nobody: whoever comes speaks for the member")
		if c.Edge.TLS != nil {
			open("edge.tls.listen", c.Edge.TLS.Listen, "edge.clients names nobody: whoever comes speaks for the member")
		}
	}
	tokens := len(c.Contracts.Systems) + len(c.Catalogue.Systems) + len(c.Events.Systems)
	if c.Services != nil {
		tokens += len(c.Services.Systems)
	}
	if tokens == 0 {
		open("listen.systems", c.Listen.Systems, "no system has a token")
	}
	if c.Listen.Operations != "" && !loopback(c.Listen.Operations) && c.Operations.TokenFile == "" {
		errs = append(errs, fmt.Errorf("listen.operations: %q is reached from other machines, and /metrics wants no token: name one in operations.token_file, or use a loopback address", c.Listen.Operations))
	}
	for i, s := range c.InformationSystems {
		if u, err := url.Parse(s.URL); err == nil && u.Scheme == "http" && public(u.Hostname()) {
			errs = append(errs, fmt.Errorf("information_systems[%d].url: what it says of persons goes over the Internet in the clear: use https", i))
		}
	}
	return errs
}

// exposed reports whether an address of a listener is reached from other networks: every
// address of the machine, or a public one.
func exposed(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil || address == "" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.Unmap().IsUnspecified() || public(host)
}

// public reports whether a host is an address of the Internet. What a name leads to
// nobody knows here.
func public(host string) bool {
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return false
	}
	ip = ip.Unmap()
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !netip.MustParsePrefix("100.64.0.0/10").Contains(ip)
}
