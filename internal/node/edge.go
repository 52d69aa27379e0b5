package node

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"log/slog"
	"strconv"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/edge"
	"dobosh/internal/exchange/edge/asice"
	"dobosh/internal/kit/civil"
	"dobosh/internal/registry"
)

// openEdge takes the addresses that the member's own information systems reach.
func (n *Node) openEdge(ctx context.Context) error {
	if n.cfg.Listen.Edge == "" && n.cfg.Edge.TLS == nil {
		return nil
	}
	if err := n.certifyContainers(n.logKey); err != nil {
		return err
	}
	if address := n.cfg.Listen.Edge; address != "" {
		if err := n.listenEdge(ctx, "edge", address, nil); err != nil {
			return err
		}
	}
	if n.cfg.Edge.TLS == nil {
		return nil
	}
	own, err := n.cfg.Edge.TLS.certificate()
	if err != nil {
		return err
	}
	return n.listenEdge(ctx, "edge-tls", n.cfg.Edge.TLS.Listen, edge.TLS(own))
}

// certifyContainers has the key that signs containers certified by a key of the
// journal; those that are made from now on lead to it.
func (n *Node) certifyContainers(key ed25519.PrivateKey) error {
	signer, err := asice.LoadSigner(n.cfg.Dir, key, Origin(n.cfg.Member, n.cfg.Name), n.now)
	if err == nil {
		n.containers.Store(signer)
	}
	return err
}

func (n *Node) listenEdge(ctx context.Context, name, address string, secure *tls.Config) error {
	dialect, err := edge.ParseDialect(n.cfg.Edge.ErrorDialect)
	if err != nil {
		return err
	}
	clients, err := n.cfg.Edge.clients()
	if err != nil {
		return err
	}
	listener, err := n.open(ctx, name, address, secure)
	if err != nil {
		return err
	}
	n.servers = append(n.servers, &server{name: name, listener: listener, serving: edge.New(edge.Config{
		Asker: n.gateway, Member: n.cfg.Member, State: n.gateway.State, Dialect: dialect, Clients: clients, Observe: n.seenAtEdge(name), Log: n.log,
		Say: n.catalogue.Say, InForce: n.stands, Descriptions: n.described, Archive: edge.Archive{Journal: n.journal, Signer: n.containers.Load, Now: n.now},
	})})
	return nil
}

// stands reports whether a contract stands today.
func (n *Node) stands(c registry.Contract) bool {
	return exchange.Standing(c, n.gateway.Law, civil.Of(n.now())) == nil
}

// seenAtEdge counts the requests of a surface and writes one line for each,
// without its path, which may name a person.
func (n *Node) seenAtEdge(surface string) func(edge.Seen) {
	seconds := n.metrics.seconds.WithLabelValues(surface)
	return func(s edge.Seen) {
		n.metrics.requests.WithLabelValues(surface, strconv.Itoa(s.Status)).Inc()
		seconds.Observe(s.Took.Seconds())
		n.log.LogAttrs(context.Background(), slog.LevelInfo, "request", slog.String("surface", surface), slog.String("method", s.Method), slog.Int("status", s.Status),
			slog.Duration("took", s.Took), slog.String("id", s.Message))
	}
}
