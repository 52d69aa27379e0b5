package node

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"

	"dobosh/internal/api"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/keys"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
	"dobosh/internal/storage"

	"github.com/prometheus/client_golang/prometheus"
)

// base is what every room of a node is opened with.
type base struct {
	Config
	now    clock.Now
	agreed *clock.Agreement // of now with the clocks of others
	log    *slog.Logger
}

// Brings is what a room gives to the node that opened it. What it does not have
// it leaves out.
type Brings struct {
	Systems map[registry.ID]exchange.System   // information systems behind the node, by service
	Peers   map[string]http.Handler           // for other nodes, by pattern
	News    map[string]http.Handler           // the same for those who wait: the wait ends when the node begins to end
	API     []*api.Served                     // for the member's own systems
	Pages   []portal.Room                     // for the portal
	Kind    string                            // of institution, as [portal.Config] has it
	Figures []prometheus.Collector            // for operators
	Start   func(ctx context.Context) error   // begins before anything is served
	Work    []func(ctx context.Context)       // goes on until ctx ends
	Vital   []func(ctx context.Context) error // like Work; an error ends the node, so that it is started again
	Keeps   []journal.Kept                    // what the room keeps in the database of entries of the journal
	Close   func() error                      // in the order opposite to that of opening
}

// Guest is a room that stands in a node without belonging to the program: the
// laboratory brings its registers and its invented people so. It is opened after
// the rooms that carry it, and before those that ask it.
type Guest struct {
	// Tables are made together with those of the node.
	Tables []fs.FS
	// Words are the guest's sentences.
	Words []lang.Words
	// Descriptions of the services behind the node that the guest brings.
	Descriptions [][]byte
	// Demonstration has everything that leaves the node say that it is one.
	Demonstration bool
	// Open gives what the guest brings. What it opened before an error, it
	// closes itself.
	Open func(ctx context.Context, host Host) (Brings, error)
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
	Keys    keys.Keys // that all nodes of the member share
	Now     clock.Now
	Log     *slog.Logger
}
