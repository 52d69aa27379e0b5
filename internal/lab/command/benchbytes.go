package command

import (
	"context"
	"os"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/lab/bench"
)

func benchBytes(ctx context.Context, c *cli.Call) (err error) {
	o := bench.BytesOptions{Log: c.ErrOut}
	m := newMeasurement(c, "the nodes")
	c.Flags.IntVar(&o.Births, "births", 500, "births of the longer of two runs")
	c.Flags.Float64Var(&o.Seconds, "seconds", 5, "how long the longer of two runs of exchanges takes")
	c.Flags.Float64Var(&o.PerPerson, "per-person", 1, "exchanges a person and day, of the year that is worked out")
	c.Flags.Float64Var(&o.PerMille, "per-mille", 9.2, "births a year and 1,000 persons")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	if o.Binary, err = os.Executable(); err != nil {
		return err
	}
	return m.run(ctx, time.Hour, func(ctx context.Context) (measured, error) {
		o.Dir = m.dir
		return bench.RunBytes(ctx, o)
	})
}
