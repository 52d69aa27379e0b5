package node

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"strconv"
	"sync/atomic"

	"dobosh/internal/exchange/edge"
	"dobosh/internal/exchange/edge/asice"
)

// containers certify the key that signs containers by a key of the journal; those
// that are made from now on lead to it.
type containers struct {
	base
	signer atomic.Pointer[asice.Signer] // nil where the node has no edge
}

func (c *containers) certify(key ed25519.PrivateKey) error {
	signer, err := asice.LoadSigner(c.Dir, key, Origin(c.Member, c.Name), c.now)
	if err == nil {
		c.signer.Store(signer)
	}
	return err
}

// rekeyed goes over to another key, where there are containers.
func (c *containers) rekeyed(key ed25519.PrivateKey) error {
	if c.signer.Load() == nil {
		return nil
	}
	return c.certify(key)
}

// listenEdge takes the addresses that the member's own information systems reach
// to ask others.
func (n *Node) listenEdge(ctx context.Context, m *metrics, cfg edge.Config) (err error) {
	if cfg.Dialect, err = edge.ParseDialect(n.Edge.ErrorDialect); err != nil {
		return err
	}
	if cfg.Clients, err = n.Edge.clients(); err != nil {
		return err
	}
	surfaces := []surface{{name: "edge", address: n.Listen.Edge}}
	if n.Edge.TLS != nil {
		own, err := n.Edge.TLS.certificate()
		if err != nil {
			return err
		}
		surfaces = append(surfaces, surface{name: "edge-tls", address: n.Edge.TLS.Listen, tls: edge.TLS(own)})
	}
	for _, s := range surfaces {
		if s.address == "" {
			continue
		}
		listener, err := n.occupy(ctx, m, s)
		if err != nil {
			return err
		}
		hosts := n.hosts(s.name)
		cfg.Observe, cfg.Hosts = n.seenAtEdge(m, s.name), &hosts
		served := edge.New(cfg)
		n.servers = append(n.servers, &server{name: s.name, rows: served.Rows(), listener: listener, serving: served})
	}
	return nil
}

// seenAtEdge counts the requests of a surface and writes one line for each,
// without its path, which may name a person. Each is the first step of a trace, and those
// who watch are told who was let through to nothing.
func (n *Node) seenAtEdge(m *metrics, surface string) func(edge.Seen) {
	seconds := m.seconds.WithLabelValues(surface)
	return func(s edge.Seen) {
		noteEdge(n.watch, surface, s)
		noteRequest(n.spans, surface, s)
		m.requests.WithLabelValues(surface, strconv.Itoa(s.Status)).Inc()
		seconds.Observe(s.Took.Seconds())
		n.log.LogAttrs(context.Background(), slog.LevelInfo, "request", slog.String("surface", surface), slog.String("method", said(s.Method, 8)), slog.Int("status", s.Status),
			slog.Duration("took", s.Took), slog.String("id", said(s.Message, 64)))
	}
}
