package command

import (
	"context"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/lab/bench"
)

func benchRouting(ctx context.Context, c *cli.Call) error {
	o := bench.RoutingOptions{}
	m := newMeasurement(c, "nothing")
	c.Flags.StringVar(&o.Data, "data", "", "CSV with columns text and label, and group for texts that belong together; by default a set of our own making")
	c.Flags.Uint64Var(&o.Seed, "seed", 1, "by which texts are divided and learned from")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	return m.here(ctx, time.Hour, func(ctx context.Context) (measured, error) { return bench.RunRouting(ctx, o) })
}
