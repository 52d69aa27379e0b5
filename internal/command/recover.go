package command

import (
	"context"
	"errors"

	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/clock"
	"dobosh/internal/node"
)

// recoveryFlags are those of what the keys of recovery decide.
func recoveryFlags(c *cli.Call, r *node.Recovering) {
	c.Flags.Func("recovery", "file with a key of recovery; once for each key", func(path string) error {
		r.Recovery = append(r.Recovery, path)
		return nil
	})
	c.Flags.StringVar(&r.Reason, "why", "", "the reason, for the registry")
}

func runRecoverRegistry(ctx context.Context, c *cli.Call) error {
	var r node.Recovering
	recoveryFlags(c, &r)
	c.Flags.StringVar(&r.From, "from", "", "host:port of a node that follows the registry")
	cfg, err := running(c, 0)
	if err != nil {
		return err
	}
	if r.From == "" {
		return errors.New("recover registry wants --from HOST:PORT, a node that follows the registry")
	}
	added, size, err := node.RestoreRegistry(ctx, cfg, r, clock.System, c.Logger("warn"))
	if err != nil {
		return err
	}
	c.Printf("%d statements came from %s, each verified by the key of the registry; it has %d now\n", added, r.From, size)
	c.Printf("\nGo on with:\n\n    dobosh serve --config FILE\n")
	return nil
}

func runRecoverWitness(ctx context.Context, c *cli.Call) error {
	cfg, err := running(c, 0)
	if err != nil {
		return err
	}
	all, err := node.RecoverWitness(ctx, cfg, clock.System, c.Logger("warn"))
	for _, r := range all {
		if r.Size == 0 {
			c.Printf("%s: nobody knows it; it begins anew with the next checkpoint that it shows\n", r.Origin)
			continue
		}
		c.Printf("%s: %d entries\n", r.Origin, r.Size)
	}
	return err
}

func runPromote(ctx context.Context, c *cli.Call) error {
	var r node.Recovering
	recoveryFlags(c, &r)
	cfg, err := running(c, 0)
	if err != nil {
		return err
	}
	if len(r.Recovery) == 0 {
		return errors.New("promote wants --recovery FILE, as many keys as were named at the founding, and --why TEXT")
	}
	size, silent, err := node.Promote(ctx, cfg, r, clock.System, c.Logger("warn"))
	if err != nil {
		return err
	}
	c.Printf("node %s of %s keeps the registry from statement %d on; every node verifies that when it follows\n", cfg.Name, cfg.Member, size)
	for _, node := range silent {
		c.Printf("not asked what it knows: %s\n", node)
	}
	c.Printf("\nSee to it that the former one does not run, and go on with:\n\n    dobosh serve --config FILE\n")
	return nil
}
