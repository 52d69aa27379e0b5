package command

import (
	"context"

	"dobosh/internal/kit/cli"
	"dobosh/internal/node/operator"
)

func runRevoke(ctx context.Context, c *cli.Call) error {
	class := c.Flags.String("class", "", "class of the member where only its code is given")
	why := c.Flags.String("why", "", "the reason, for the journal")
	cfg, err := running(c, 2)
	if err != nil {
		return err
	}
	member, err := memberOf(c.Flags.Arg(0), *class, cfg.Member)
	if err != nil {
		return err
	}
	told, err := operator.Revoke().Ask(ctx, cfg.Dir, operator.Revocation{Member: member, Node: c.Flags.Arg(1), Why: *why})
	if err != nil {
		return err
	}
	c.Printf("node %s of %s is out of the registry; each node refuses it as soon as the change is there, in seconds\n", c.Flags.Arg(1), member)
	c.Printf("%d of %d other nodes have it\n", told.Heard, told.Nodes)
	if told.Uncosigned {
		c.Printf("too few witnesses have cosigned it yet; nodes refuse the node all the same, and everything else that is said waits\n")
	}
	return nil
}
