package node

import (
	"context"
	"fmt"

	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/people"
	"dobosh/internal/notify"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"

	"golang.org/x/mod/sumdb/note"
)

// openPeople opens sign-in and notices.
func (n *Node) openPeople(ctx context.Context) (err error) {
	if n.cfg.SignIn != nil {
		if n.identity, err = identity.New(ctx, *n.cfg.SignIn, n.db, n.sectors, n.now, n.log); err != nil {
			return err
		}
		n.later(n.identity.Close)
	}
	if n.cfg.Mail != nil {
		if n.courier, err = notify.Start(ctx, *n.cfg.Mail, n.db, n.now, n.log); err != nil {
			return err
		}
		n.later(n.courier.Close)
	}
	return nil
}

// openRooms opens what this institution does.
func (n *Node) openRooms(ctx context.Context) error {
	if n.cfg.Registers != nil {
		if err := n.openRegisters(ctx); err != nil {
			return fmt.Errorf("registers: %w", err)
		}
	}
	if n.cfg.Services == nil {
		return nil
	}
	cfg := services.Config{
		Member: n.cfg.Member, Prefix: n.cfg.Services.Prefix, PublicURL: n.cfg.PublicURL, Title: n.title, Account: n.cfg.Services.Account,
		Pack: n.pack, DB: n.db, Work: n.jobs, Asker: n.gateway, Journal: n.journal, Witness: n, Sectors: n.sectors, Trust: n.Trust, Workers: n.cfg.Services.Workers,
		Now: n.now, Log: n.log, Demo: n.cfg.Demo != nil,
	}
	if n.courier != nil {
		cfg.Notifier = n.courier
	}
	n.services = services.New(cfg)
	return n.addresses(ctx)
}

// addresses gives the persons of a demonstration an address each, so that
// their messages can be read.
func (n *Node) addresses(ctx context.Context) error {
	if n.cfg.Demo == nil || n.courier == nil {
		return nil
	}
	stories, err := people.Stories(n.pack)
	if err != nil {
		return err
	}
	for _, p := range stories.Persons {
		person, err := n.sectors.Pseudonym("family", p.Number)
		if err != nil {
			return err
		}
		if err := n.courier.SetAddress(ctx, notify.Address{Person: person, Channel: notify.Email, To: p.Subject + "@primer.example", Lang: lang.SrCyrl}); err != nil {
			return err
		}
	}
	return nil
}

// Trust names the journals and witnesses that the registry and the
// configuration vouch for.
func (n *Node) Trust() proof.Trust {
	var trust proof.Trust
	state := n.registry.State()
	for _, m := range state.Members() {
		for _, node := range state.Nodes(m.ID) {
			trust.Logs = append(trust.Logs, node.Keys()...)
		}
	}
	for _, w := range n.cfg.Witnesses {
		trust.Witnesses = appendKey(trust.Witnesses, w.Key)
	}
	return trust
}

func appendKey(keys []note.Verifier, text string) []note.Verifier {
	if key, err := journal.ParseKey(text); err == nil {
		return append(keys, key)
	}
	return keys
}
