package catalogue

import (
	"context"
	"embed"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/search"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// Peers asks other nodes; [Room.ServeDescriptions] answers there.
type Peers interface {
	// Description opens the description of that digest at a node. The reader
	// may give anything: the caller checks.
	Description(ctx context.Context, at registry.Node, digest string) (io.ReadCloser, error)
}

// Config is what a room is built of. Peers and Submit may be nil: then nothing
// is fetched, and nothing is described.
type Config struct {
	Member registry.ID // whose services are described here
	Node   string      // name of this node, which does not ask itself
	State  func() *registry.State
	Submit registry.Submitter
	Peers  Peers
	DB     *storage.DB

	// Event names a life event.
	Event func(code string) (lang.Text, bool)
	// Behind are the services for which the node has an information system.
	Behind []registry.ID
	// Sources are where the information systems show the descriptions of their
	// services; see [Room.Fetch].
	Sources map[registry.ID]string
	// Notice is the days between the announcement of a version that breaks and
	// its first day; 30 when zero.
	Notice int

	Now clock.Now
	Log *slog.Logger
}

// DefaultNotice is Config.Notice when it is zero, in days.
const DefaultNotice = 30

// Room is the catalogue of one node. It is safe for concurrent use.
type Room struct {
	Config
	index     *search.Index
	parsed    parsed
	missing   missing
	contracts atomic.Pointer[contractIndex]
	publish   sync.Mutex // held from reading a service to stating it again
	refresh   sync.Mutex // guards the fields below
	indexed   map[registry.ID]searchText
	seen      int64                // size of the state that the index is of
	gathered  registry.ID          // the service that gather looked at last
	abstract  map[string]lang.Text // text of descriptions that are here, by digest
}

// New opens a room. Until [Room.Refresh] or Run it finds nothing.
func New(ctx context.Context, cfg Config) (*Room, error) {
	if cfg.Notice == 0 {
		cfg.Notice = DefaultNotice
	}
	r := &Room{Config: cfg, index: search.New(), indexed: map[registry.ID]searchText{}, seen: -1}
	r.contracts.Store(&contractIndex{})
	var err error
	r.abstract, err = r.summaries(ctx)
	return r, err
}

// pace is how often Run looks for what changed.
const refreshInterval = time.Second

// Run keeps the index current and lets announced versions begin, until ctx
// ends.
func (r *Room) Run(ctx context.Context) {
	tick := time.NewTicker(refreshInterval)
	defer tick.Stop()
	for {
		r.Refresh()
		if err := r.BeginAnnounced(ctx); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "an announced description could not begin", slog.Any("error", err))
		}
		r.gather(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Service finds a service, with the title of its body.
//
// Problem: service-not-registered.
func (r *Room) Service(id registry.ID) (registry.Service, error) {
	sv, ok := r.State().Service(id)
	if !ok {
		return sv, problem.New(problem.NotFound, "service-not-registered", "service", id.String())
	}
	return sv, nil
}

// Document gives the description of a service as it was written. Problems:
// service-not-registered, service-not-described, description-away.
func (r *Room) Document(ctx context.Context, service registry.ID) (raw []byte, mediaType string, err error) {
	doc, err := r.Description(ctx, service)
	if err != nil {
		return nil, "", err
	}
	return doc.Raw, doc.MediaType, nil
}

// Raw is [Room.Document] without its type.
func (r *Room) Raw(ctx context.Context, service registry.ID) ([]byte, error) {
	raw, _, err := r.Document(ctx, service)
	return raw, err
}

// Description gives the present description of a service. Problems as of
// [Room.Document].
func (r *Room) Description(ctx context.Context, service registry.ID) (*openapi.Document, error) {
	sv, err := r.Service(service)
	if err != nil {
		return nil, err
	}
	if sv.Description == "" {
		return nil, problem.New(problem.NotFound, "service-not-described", "service", service.String())
	}
	return r.read(ctx, sv, sv.Description)
}

// Edition gives the description of one version of a service: the present one,
// the one announced, or one before.
//
// Problem: version-unknown, or as of [Room.Document].
func (r *Room) Edition(ctx context.Context, service registry.ID, version string) (*openapi.Document, error) {
	sv, err := r.Service(service)
	if err != nil {
		return nil, err
	}
	for _, e := range Editions(sv) {
		if e.Version == version {
			return r.read(ctx, sv, e.Description)
		}
	}
	return nil, problem.New(problem.NotFound, "version-unknown", "version", version)
}

// Editions lists the versions of a service, the newest first: the one that is
// announced, the present one, those before.
func Editions(sv registry.Service) []registry.Edition {
	var all []registry.Edition
	if sv.Next != nil {
		all = append(all, *sv.Next)
	}
	if sv.Description != "" {
		all = append(all, present(sv))
	}
	for i := len(sv.Former) - 1; i >= 0; i-- {
		all = append(all, sv.Former[i])
	}
	return all
}

func present(sv registry.Service) registry.Edition {
	return registry.Edition{Version: sv.Version, Description: sv.Description, From: sv.Since}
}
