package node

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"dobosh/internal/journal/timestamp"
	"dobosh/internal/registry"
)

// openTimeStamps serves the authority, where the node is one, and has the
// journal time-stamped, where it is told by whom.
func (n *Node) openTimeStamps(ctx context.Context) error {
	if cfg := n.cfg.TimeStampAuthority; cfg != nil {
		authority, err := timestamp.LoadAuthority(cfg.KeyFile, cfg.CertificateFile, n.cfg.Member.String()+" time-stamps", n.now)
		if err != nil {
			return err
		}
		if err := n.nameStamper(ctx, authority.Certificate()); err != nil {
			return err
		}
		if err := n.listen(ctx, "time-stamps", cfg.Listen, authority, nil); err != nil {
			return err
		}
	}
	if n.cfg.TimeStamps == nil {
		return nil
	}
	trust, err := n.cfg.stampTrust()
	if err != nil {
		return err
	}
	n.stamps, err = timestamp.Start(ctx, timestamp.Config{
		Dir: n.cfg.stampDir(), URL: n.cfg.TimeStamps.URL, Trust: trust, Every: n.cfg.TimeStamps.Every,
	}, n.journal, n.now, n.log)
	if err != nil {
		return err
	}
	n.later(n.stamps.Close)
	return nil
}

// nameStamper makes the registry say whose time-stamps count, where this node
// keeps both: so that whoever trusts the registry can check them.
func (n *Node) nameStamper(ctx context.Context, certificate []byte) error {
	if n.authority == nil {
		return nil
	}
	named, _ := n.registry.State().Issuer()
	if bytes.Equal(named.Stamper, certificate) {
		return nil
	}
	named.Stamper = certificate
	if err := n.authority.Append(ctx, registry.Statement{Issuer: &named}); err != nil {
		return fmt.Errorf("state the time-stamp authority: %w", err)
	}
	return nil
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
