package command

import (
	"context"
	"os"
	"time"

	"dobosh/internal/lab/bench"
)

func benchLoop(ctx context.Context, c *call) (err error) {
	o := bench.Options{Log: c.errOut}
	m := c.measurement("the nodes")
	c.flags.Float64Var(&o.Seconds, "seconds", 10, "how long to measure")
	c.flags.Float64Var(&o.Rate, "rate", 0, "births a second; 0 for as fast as it goes")
	c.flags.IntVar(&o.Flying, "flying", 0, "loops under way at once when there is no rate; 0 for 48")
	c.flags.BoolVar(&o.Kill, "kill", false, "kill each node in turn, then check that nothing was lost or done twice")
	if err := c.parse(0, 0); err != nil {
		return err
	}
	if o.Binary, err = os.Executable(); err != nil {
		return err
	}
	return m.run(ctx, seconds(o.Seconds)+5*time.Minute, func(ctx context.Context) (measured, error) {
		o.Dir, o.Profile = m.dir, m.profile
		return bench.Run(ctx, o)
	})
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
