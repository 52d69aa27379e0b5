package node

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// The pauses between attempts to say a new address.
const (
	firstMove   = time.Second
	longestMove = 5 * time.Minute
)

// stayKnown compares where this node listens with the address that the registry
// has for it, and says the new one where it moved; the authority connects back to
// there before it believes it. It tries until the registry has the address, or ctx
// ends.
func (n *Node) stayKnown(ctx context.Context) {
	c := n.rooms.centre
	if c.Wait(ctx, 0) != nil {
		return
	}
	for pause := firstMove; ; pause = min(2*pause, longestMove) {
		own, known := c.State().Node(n.Member, n.Name)
		if !known { // it was taken out, or is not in yet
			return
		}
		at := n.reachedAt(own)
		if own.Address == at {
			return
		}
		before := own.Address
		own.Address = at
		err := c.submit.Submit(ctx, registry.Statement{Node: &own})
		if err == nil {
			n.log.InfoContext(ctx, "the registry has the new address of this node", slog.String("address", at), slog.String("before", before))
			return
		}
		if ctx.Err() != nil {
			return
		}
		n.log.ErrorContext(ctx, "the registry has another address for this node, and does not take the present one", slog.String("address", at), slog.String("registered", before), slog.Any("error", err))
		if problem.HasCode(err, "address-taken") {
			pause = longestMove
		}
		if clock.Pause(ctx, pause) != nil {
			return
		}
	}
}

// reachedAt is where the others reach this node: as its configuration says, or
// where it listens. A node that listens at all addresses of its machine keeps the
// host that the registry has.
func (n *Node) reachedAt(own registry.Node) string {
	if n.Address != "" {
		return n.Address
	}
	at := cmp.Or(n.Addresses()["exchange"], n.Listen.Exchange)
	host, _, err := net.SplitHostPort(n.Listen.Exchange)
	_, port, errPort := net.SplitHostPort(at)
	was, _, errWas := net.SplitHostPort(own.Address)
	if err != nil || errPort != nil || errWas != nil {
		return own.Address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = was
	}
	return net.JoinHostPort(host, port)
}
