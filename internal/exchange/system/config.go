package system

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/registry"
)

// Config says where an information system is.
type Config struct {
	Service registry.ID // that the system gives
	// URL is http or https, with a path or without one; the paths of requests
	// follow it.
	URL string
	// Timeout is how long one response may take to begin, and how long a read or a
	// write may stand still after that; that of a node for all systems (exchange.SystemTimeout, 20 s) when zero. A
	// longer one has no effect, since the node answers its asker by then.
	Timeout time.Duration
	// CAFile holds the certificates, PEM, that issue the system's certificate;
	// empty for those of this machine.
	CAFile string
	// Pin is the SHA-256 of the system's public key (SubjectPublicKeyInfo) in
	// hex; with it nothing else about the certificate counts.
	Pin string
}

const (
	defaultTimeout = exchange.SystemTimeout
	maxTimeout     = 10 * time.Minute
)

// errAddress is the cause of every [Config] that cannot be used.
var errAddress = errors.New("not an information system that can be reached")

func (c Config) parse() (*url.URL, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%w: %q is no http or https address without query and user", errAddress, c.URL)
	}
	if c.Timeout < 0 || c.Timeout > maxTimeout {
		return nil, fmt.Errorf("%w: the timeout is not between 0 and %s", errAddress, maxTimeout)
	}
	if u.Scheme == "http" && (c.CAFile != "" || c.Pin != "") {
		return nil, fmt.Errorf("%w: certificates are for https only", errAddress)
	}
	return u, nil
}

// Check reports what is wrong with the configuration.
func (c Config) Check() error {
	if _, err := c.parse(); err != nil {
		return err
	}
	_, err := c.tls()
	return err
}

// tls verifies the system's certificate: by its key, or by who issued it.
func (c Config) tls() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.Pin != "" {
		want, err := hex.DecodeString(strings.ToLower(c.Pin))
		if err != nil || len(want) != sha256.Size {
			return nil, fmt.Errorf("%w: the pin is no SHA-256 in hex", errAddress)
		}
		cfg.InsecureSkipVerify = true // VerifyConnection looks at the key itself
		cfg.VerifyConnection = func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) > 0 && sha256.Sum256(s.PeerCertificates[0].RawSubjectPublicKeyInfo) == [sha256.Size]byte(want) {
				return nil
			}
			return errPin
		}
		return cfg, nil
	}
	if c.CAFile == "" {
		return cfg, nil
	}
	raw, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("certificates of %s: %w", c.Service, err)
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("%w: %s holds no certificate", errAddress, c.CAFile)
	}
	return cfg, nil
}

// errPin means that the system has another key than the configured one.
var errPin = errors.New("the information system has another key than was agreed")
