package command

import (
	"context"

	"dobosh/internal/admission"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/clock"
	"dobosh/internal/node"
)

func runJoin(ctx context.Context, c *cli.Call) error {
	j := admission.Joining{Read: node.ForJoining, Now: clock.System}
	c.Flags.StringVar(&j.Dir, "dir", "", "folder of the new node; by default one with the name of the node")
	c.Flags.StringVar(&j.Listen.Exchange, "exchange", "", "host:port at which other nodes are served; by default this machine's address and the first free port from 7443 on")
	c.Flags.StringVar(&j.Address, "address", "", "host:port by which other nodes reach it, where that is another than --exchange")
	c.Flags.StringVar(&j.Listen.Portal, "portal", "", "host:port at which people are served")
	c.Flags.StringVar(&j.PublicURL, "public-url", "", "where people reach the portal, for example https://dobosh.example")
	c.Flags.StringVar(&j.Listen.Edge, "edge", "", "host:port at which the own systems ask")
	c.Flags.StringVar(&j.Listen.Systems, "systems", "", "host:port at which the own systems bring something")
	c.Flags.StringVar(&j.Listen.Operations, "operations", "", "host:port for metrics and health")
	if err := c.Parse(1, 1); err != nil {
		return err
	}
	j.Token = c.Flags.Arg(0)
	in, err := admission.Join(ctx, j)
	if err != nil {
		return err
	}
	n := in.Admitted.Node
	c.Printf("node %s of %s stands in the registry, as statement %d, at %s\n", n.Name, n.Member, in.Admitted.Index, n.Address)
	c.Printf("keys and certificate are in %s; nothing of the private keys has left this machine\n", in.Dir)
	if in.Unreachable == nil {
		c.Printf("the authority reached it there\n")
	}
	c.Printf("\nGo on with:\n\n    dobosh serve --config %s\n", in.File)
	if in.Unreachable != nil {
		c.Printf("\nBut others cannot reach it yet. Put it right, then run the same command again.\n")
		return in.Unreachable
	}
	return nil
}
