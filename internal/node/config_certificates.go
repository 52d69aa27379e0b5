package node

import (
	"errors"
	"fmt"
	"net"
	"time"

	"dobosh/internal/registry/credential"
)

// Certificates says how the TLS keys of nodes are certified. A node follows its
// authority in this; nothing of it needs to be set there.
type Certificates struct {
	// Issuer is a file with the key that signs the certificates of all nodes; for
	// the authority only. Without it the keys in the registry are all that counts.
	Issuer string `yaml:"issuer"`
	// Life of a certificate; 168h when zero. It is renewed when two thirds are over.
	Life time.Duration `yaml:"life"`
	// Address is where joining nodes reach the authority, host:port; when empty,
	// the address that the registry has for it.
	Address string `yaml:"address"`
}

func (c Certificates) check(authority bool) (errs []error) {
	if c.Issuer != "" && !authority {
		errs = append(errs, errors.New("certificates.issuer: is for the authority only"))
	}
	if c.Life != 0 && (c.Life < credential.MinLife || c.Life > credential.MaxLife) {
		errs = append(errs, fmt.Errorf("certificates.life: %s is not between %s and %s", c.Life, credential.MinLife, credential.MaxLife))
	}
	if _, _, err := net.SplitHostPort(c.Address); c.Address != "" && err != nil {
		errs = append(errs, fmt.Errorf("certificates.address: %q is no host:port", c.Address))
	}
	return errs
}
