package node

import (
	"context"

	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/notify"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"

	"golang.org/x/mod/sumdb/note"
)

// openPeople opens sign-in and notices.
func (n *Node) openPeople(ctx context.Context) (err error) {
	if n.cfg.SignIn != nil {
		if n.identity, err = identity.New(ctx, *n.cfg.SignIn, identity.Needs{
			Member: n.cfg.Member.String(), DB: n.db, Journal: n.journal, Sectors: n.sectors, Now: n.now, Log: n.log,
		}); err != nil {
			return err
		}
		n.later(n.identity.Close)
	}
	if n.cfg.Mail != nil {
		if n.courier, err = notify.New(*n.cfg.Mail, n.db, n.jobs, n.now, n.log); err != nil {
			return err
		}
	}
	return nil
}

// Identity gives roles and takes them; nil where nobody signs in.
func (n *Node) Identity() *identity.Identity { return n.identity }

// openRooms opens what this institution does.
func (n *Node) openRooms(context.Context) error {
	if n.cfg.Services == nil {
		return nil
	}
	cfg := services.Config{
		Member: n.cfg.Member, Prefix: n.cfg.Services.Prefix, PublicURL: n.cfg.PublicURL, Title: n.title, Account: n.cfg.Services.Account,
		Pack: n.pack, DB: n.db, Work: n.jobs, Asker: n.gateway, Journal: n.journal, Witness: n, Sectors: n.sectors, Trust: n.Trust, Workers: n.cfg.Services.Workers,
		Now: n.now, Log: n.log, Demo: n.demonstrates(),
	}
	if n.courier != nil {
		cfg.Notifier = n.courier
	}
	n.services = services.New(cfg)
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
