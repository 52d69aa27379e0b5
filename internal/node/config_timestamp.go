package node

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"dobosh/internal/journal/timestamp"
)

// TimeStamps have this node's journal time-stamped (RFC 3161).
type TimeStamps struct {
	// URL of the authority, http or https.
	URL string `yaml:"url"`
	// CertificateFile holds the certificate, in PEM or DER, of the authority or
	// of who issued its certificate.
	CertificateFile string `yaml:"certificate_file"`
	// Every is the shortest time between two time-stamps; a minute when zero.
	Every time.Duration `yaml:"every"`
}

// TimeStampAuthority makes this node an authority for time-stamps. It is meant
// for demonstrations and pilots: in earnest it is a qualified service.
type TimeStampAuthority struct {
	// Listen is the address, host:port, that answers queries over HTTP.
	Listen string `yaml:"listen"`
	// KeyFile and CertificateFile are made at the first start.
	KeyFile         string `yaml:"key_file"`
	CertificateFile string `yaml:"certificate_file"`
}

func (t *TimeStamps) check() (errs []error) {
	if t == nil {
		return nil
	}
	if u, err := url.Parse(t.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		errs = append(errs, fmt.Errorf("time_stamps.url: %q is no http or https address", t.URL))
	}
	if t.CertificateFile == "" {
		errs = append(errs, fmt.Errorf("time_stamps.certificate_file: is missing"))
	}
	if t.Every < 0 {
		errs = append(errs, fmt.Errorf("time_stamps.every: must not be negative"))
	}
	return errs
}

func (a *TimeStampAuthority) check() (errs []error) {
	if a == nil {
		return nil
	}
	if _, _, err := net.SplitHostPort(a.Listen); err != nil {
		errs = append(errs, fmt.Errorf("time_stamp_authority.listen: %q is no host:port", a.Listen))
	}
	if a.KeyFile == "" || a.CertificateFile == "" {
		errs = append(errs, fmt.Errorf("time_stamp_authority: wants key_file and certificate_file"))
	}
	return errs
}

// timeStampPaths are the paths of both.
func (c *Config) timeStampPaths() (paths []*string) {
	if c.TimeStamps != nil {
		paths = append(paths, &c.TimeStamps.CertificateFile)
	}
	if c.TimeStampAuthority != nil {
		paths = append(paths, &c.TimeStampAuthority.KeyFile, &c.TimeStampAuthority.CertificateFile)
	}
	return paths
}

// TimeStampFiles is where the time-stamps of the node's journal lie, and whose
// they are; trust is nil where the configuration names no authority.
func (c Config) TimeStampFiles() (dir string, trust *timestamp.Trust, err error) {
	if c.TimeStamps == nil {
		return c.stampDir(), nil, nil
	}
	t, err := c.stampTrust()
	return c.stampDir(), &t, err
}

func (c Config) stampTrust() (timestamp.Trust, error) {
	raw, err := os.ReadFile(c.TimeStamps.CertificateFile)
	if err != nil {
		return timestamp.Trust{}, err
	}
	return timestamp.NewTrust(raw)
}

// stampDir lies beside the journal's own files and is no part of them.
func (c Config) stampDir() string { return filepath.Join(c.Dir, "journal", "timestamps") }
