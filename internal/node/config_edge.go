package node

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"dobosh/internal/exchange/edge"
)

// Edge says how the member's own information systems ask others.
type Edge struct {
	// ErrorDialect is classic (X-Road up to 7.7; when empty) or v78.
	ErrorDialect string `yaml:"error_dialect"`
	// TLS has the edge served over HTTPS too.
	TLS *EdgeTLS `yaml:"tls"`
	// Clients says, by code of a subsystem, how its programs come. Those that
	// are not named come as they like, which is right for an address that only
	// they reach.
	Clients map[string]EdgeClient `yaml:"clients"`
}

// EdgeTLS is the address of the edge over HTTPS.
type EdgeTLS struct {
	// Listen is an address, host:port.
	Listen string `yaml:"listen"`
	// Certificate and Key are files, PEM; the certificate is what the member's
	// programs trust.
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// EdgeClient says how the programs of one subsystem come.
type EdgeClient struct {
	// Connection is http (any; when empty), https, or https-pinned: with one of
	// Certificates.
	Connection string `yaml:"connection"`
	// Certificates are those of the programs: files, PEM, or SHA-256 in hex.
	Certificates []string `yaml:"certificates"`
}

func (c *Edge) paths() (paths []*string) {
	if c.TLS != nil {
		paths = append(paths, &c.TLS.Certificate, &c.TLS.Key)
	}
	for _, client := range c.Clients {
		for i := range client.Certificates {
			if _, isFingerprint := fingerprint(client.Certificates[i]); !isFingerprint {
				paths = append(paths, &client.Certificates[i])
			}
		}
	}
	return paths
}

func (c Edge) check() (errs []error) {
	if _, err := edge.ParseDialect(c.ErrorDialect); err != nil {
		errs = append(errs, fmt.Errorf("edge.error_dialect: %w", err))
	}
	if c.TLS != nil {
		if _, _, err := net.SplitHostPort(c.TLS.Listen); err != nil {
			errs = append(errs, fmt.Errorf("edge.tls.listen: %q is no host:port", c.TLS.Listen))
		}
		if c.TLS.Certificate == "" || c.TLS.Key == "" {
			errs = append(errs, errors.New("edge.tls: certificate and key are needed"))
		}
	}
	for code, client := range c.Clients {
		connection, err := edge.ParseConnection(client.Connection)
		if err != nil {
			errs = append(errs, fmt.Errorf("edge.clients.%s.connection: %w", code, err))
		}
		if (connection == edge.HTTPSPinned) != (len(client.Certificates) > 0) {
			errs = append(errs, fmt.Errorf("edge.clients.%s: certificates go with https-pinned, and it with them", code))
		}
		if connection != edge.HTTP && c.TLS == nil {
			errs = append(errs, fmt.Errorf("edge.clients.%s: needs edge.tls", code))
		}
	}
	return errs
}

// clients reads how the programs of each subsystem come.
func (c Edge) clients() (map[string]edge.Client, error) {
	clients := make(map[string]edge.Client, len(c.Clients))
	for code, client := range c.Clients {
		connection, err := edge.ParseConnection(client.Connection)
		if err != nil {
			return nil, err
		}
		of := edge.Client{Connection: connection, Certificates: map[edge.Fingerprint]bool{}}
		for _, certificate := range client.Certificates {
			print, err := readFingerprint(certificate)
			if err != nil {
				return nil, fmt.Errorf("certificate of %s at the edge: %w", code, err)
			}
			of.Certificates[print] = true
		}
		clients[code] = of
	}
	return clients, nil
}

// certificate is what the edge shows to its clients.
func (c EdgeTLS) certificate() (tls.Certificate, error) {
	own, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		return own, fmt.Errorf("certificate of the edge: %w", err)
	}
	return own, nil
}

// fingerprint reads a SHA-256 in hex, with colons or without.
func fingerprint(s string) (edge.Fingerprint, bool) {
	raw, err := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
	if err != nil || len(raw) != sha256.Size {
		return edge.Fingerprint{}, false
	}
	return edge.Fingerprint(raw), true
}

// readFingerprint takes a fingerprint, or that of the certificate in a file.
func readFingerprint(certificate string) (edge.Fingerprint, error) {
	if print, ok := fingerprint(certificate); ok {
		return print, nil
	}
	raw, err := os.ReadFile(certificate)
	if err != nil {
		return edge.Fingerprint{}, err
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "CERTIFICATE" {
		return edge.Fingerprint{}, fmt.Errorf("%s holds no certificate", filepath.Base(certificate))
	}
	return sha256.Sum256(block.Bytes), nil
}
