package node

import (
	"fmt"
	"net/url"
	"strings"

	"dobosh/internal/bus"
)

// Bus says where events travel between the rooms and the nodes of a member. Nodes
// that share a database share a cluster; without urls a node is alone.
type Bus struct {
	// URLs of servers of a JetStream cluster, nats://HOST:PORT or tls://HOST:PORT;
	// of a leaf node beside this one as well. Empty for a bus inside of the node.
	URLs []string `yaml:"urls"`
	// CredentialsFile is the file of credentials (.creds) of an account of its own
	// for the member.
	CredentialsFile string `yaml:"credentials_file"`
	// CAFile has the issuers of the servers' certificates; empty for those that the
	// machine trusts.
	CAFile string `yaml:"ca_file"`
	// CertificateFile and KeyFile prove the node to servers that ask for it.
	CertificateFile string `yaml:"certificate_file"`
	KeyFile         string `yaml:"key_file"`
	// Prefix begins all names, for members that share an account.
	Prefix string `yaml:"prefix"`
	// Domain is that of JetStream, where a leaf node is asked that has one of its
	// own.
	Domain string `yaml:"domain"`
	// Replicas is how many servers keep each event: 1, 3 (when zero) or 5.
	Replicas int `yaml:"replicas"`
}

// cluster gives the servers; nil for a bus inside of the node.
func (b Bus) cluster() *bus.Cluster {
	if len(b.URLs) == 0 {
		return nil
	}
	return &bus.Cluster{
		URLs: b.URLs, Credentials: b.CredentialsFile, CA: b.CAFile, Certificate: b.CertificateFile, Key: b.KeyFile,
		Prefix: b.Prefix, Domain: b.Domain, Replicas: b.Replicas,
	}
}

func (b *Bus) paths() []*string {
	return []*string{&b.CredentialsFile, &b.CAFile, &b.CertificateFile, &b.KeyFile}
}

func (b Bus) check() (errs []error) {
	if len(b.URLs) == 0 {
		if b.CredentialsFile+b.CAFile+b.CertificateFile+b.KeyFile+b.Prefix+b.Domain != "" || b.Replicas != 0 {
			errs = append(errs, fmt.Errorf("bus: the other keys need urls"))
		}
		return errs
	}
	for i, text := range b.URLs {
		u, err := url.Parse(text)
		switch {
		case err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.Scheme != "nats" && u.Scheme != "tls":
			errs = append(errs, fmt.Errorf("bus.urls[%d]: is no nats://HOST:PORT or tls://HOST:PORT", i))
		case u.User != nil:
			errs = append(errs, fmt.Errorf("bus.urls[%d]: secrets stand in files, see credentials_file", i))
		}
	}
	if err := b.cluster().Check(); err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			errs = append(errs, fmt.Errorf("bus.%s", line))
		}
	}
	return errs
}
