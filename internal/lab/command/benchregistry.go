package command

import (
	"context"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/lab/bench"
)

func benchRegistry(ctx context.Context, c *cli.Call) error {
	o := bench.RegistryOptions{Log: c.ErrOut}
	m := newMeasurement(c, "the copies of the registry")
	c.Flags.IntVar(&o.Systems, "systems", 18_000, "subsystems, each with a service and a contract")
	c.Flags.IntVar(&o.Nodes, "nodes", 2_000, "nodes that follow, each of another member")
	c.Flags.IntVar(&o.Changes, "changes", 12, "changes, one after the other")
	c.Flags.IntVar(&o.Starts, "starts", 3, "how often a node begins from nothing")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	return m.here(ctx, 15*time.Minute, func(ctx context.Context) (measured, error) {
		o.Dir = m.dir
		return bench.RunRegistry(ctx, o)
	})
}
