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
	surfaceFlags(c, &j.Listen, &j.Address, &j.PublicURL)
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
