package node

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"

	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// Guest is a room that stands in a node without belonging to the program: the
// laboratory brings its registers and its invented people so. It is opened after
// the rooms that carry it, and before those that ask it.
type Guest struct {
	// Tables are made together with those of the node.
	Tables []fs.FS
	// Demonstration has everything that leaves the node say that it is one.
	Demonstration bool
	// Open gives what the guest brings. What it opened before an error, it
	// closes itself.
	Open func(ctx context.Context, host Host) (Brought, error)
}

// Host is what a node has for its guests.
type Host struct {
	Member  registry.ID
	Pack    *law.Pack
	DB      *storage.DB
	Gateway *exchange.Gateway
	Sectors *identity.Sectors
	Courier *notify.Courier // nil where no notices are sent
	Words   *lang.Catalogue
	// Key gives 32 random bytes that are kept in the node's folder under a name.
	Key func(name string) ([]byte, error)
	Now clock.Now
	Log *slog.Logger
}

// Brought is what a guest adds to the node.
type Brought struct {
	Systems      map[registry.ID]http.Handler // information systems behind the node, by service
	Descriptions [][]byte                     // of those services
	API          map[string]http.Handler      // for the member's own systems, by the first segment of the path
	Pages        []portal.Room                // for the portal
	Kind         string                       // of institution, as [portal.Config] has it; empty for that of the node
	Close        func() error                 // nil where there is nothing to close
}

// openGuests takes in what the guests bring.
func (n *Node) openGuests(ctx context.Context) error {
	host := Host{
		Member: n.cfg.Member, Pack: n.pack, DB: n.db, Gateway: n.gateway, Sectors: n.sectors, Courier: n.courier, Words: n.catalogue,
		Key: n.cfg.key, Now: n.now, Log: n.log,
	}
	for _, guest := range n.guests {
		b, err := guest.Open(ctx, host)
		if err != nil {
			return err
		}
		if b.Close != nil {
			n.later(b.Close)
		}
		for service, system := range b.Systems {
			n.systems.put(service, exchange.Handler(system))
		}
		for _, raw := range b.Descriptions {
			if _, err := n.described.Keep(ctx, raw); err != nil {
				return err
			}
		}
		n.brought = append(n.brought, b)
	}
	n.described.Refresh()
	return nil
}

// demonstrates reports whether a guest makes this node a demonstration.
func (n *Node) demonstrates() bool {
	for _, guest := range n.guests {
		if guest.Demonstration {
			return true
		}
	}
	return false
}
