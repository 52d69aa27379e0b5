package node

import (
	"context"
	"path/filepath"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/files"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/receipts"
	"dobosh/internal/registry"
	"dobosh/internal/services"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// openCases opens the spine under all rooms that have matters of people.
func (n *Node) openCases(pack *law.Pack, db *storage.DB, jobs *work.Runner, journal cases.Journal, courier *notify.Courier, people *identity.Identity, sectors *identity.Sectors, secret, names []byte, title func(registry.ID) lang.Text) (*cases.Room, error) {
	said, err := seal.New(secret)
	if err != nil {
		return nil, err
	}
	cfg := cases.Config{
		Member: n.Member, Prefix: n.numbers(), PublicURL: n.PublicURL, Phone: n.Help.Phone, ByMail: n.Mailbox != nil, Title: title, Pack: pack, DB: db, Key: said, Journal: journal, Work: jobs, Sure: n.agreed.Sure, Now: n.now,
		Pseudonyms: sectors, NameKey: names,
	}
	if courier != nil {
		cfg.Notifier, cfg.Deliveries, cfg.Addresses = courier, courier, courier
	}
	if people != nil {
		cfg.Officers = people
	}
	if cfg.Files, err = files.Open(n.filesAt()); err != nil {
		return nil, err
	}
	return cases.New(cfg), nil
}

// filesAt is where the files of cases and mails are kept.
func (c Config) filesAt() string {
	if c.Services != nil && c.Services.Files != "" {
		return c.Services.Files
	}
	return filepath.Join(c.Dir, "files")
}

// numbers begins the numbers of cases: as those of decisions, or with the first letters of the member's code.
func (n *Node) numbers() string {
	if n.Config.Services != nil {
		return n.Config.Services.Prefix
	}
	letters := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(n.Member.Member))
	return (letters + "XX")[:2]
}

// looks has what officers see of cases leave a receipt: that of the public service a case is about, or that of
// the body alone.
type looks struct {
	services *services.Room // nil where none are given
	body     *receipts.System
}

// Looked implements cases.Looks.
func (l looks) Looked(ctx context.Context, by act.Actor, c cases.Case, seen ...string) error {
	if l.services != nil && c.Service != "" {
		return l.services.Looked(ctx, by, c, seen...)
	}
	return l.body.Looked(ctx, by, c, seen...)
}
