package command

import (
	"context"

	"dobosh/internal/node/operator"
)

func runRevoke(ctx context.Context, c *call) error {
	class := c.flags.String("class", "", "class of the member where only its code is given")
	why := c.flags.String("why", "", "the reason, for the journal")
	cfg, err := c.running(2)
	if err != nil {
		return err
	}
	member, err := memberOf(c.flags.Arg(0), *class, cfg.Member)
	if err != nil {
		return err
	}
	if _, err := operator.Revoke().Ask(ctx, cfg.Dir, operator.Revocation{Member: member, Node: c.flags.Arg(1), Why: *why}); err != nil {
		return err
	}
	c.printf("node %s of %s is out of the registry; each node refuses it as soon as the change is there, in seconds\n", c.flags.Arg(1), member)
	return nil
}
