package command

import (
	"context"
	"fmt"
	"os"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/lab/bench"
)

func benchLoop(ctx context.Context, c *cli.Call) (err error) {
	o := bench.Options{Log: c.ErrOut}
	m := newMeasurement(c, "the nodes")
	c.Flags.Float64Var(&o.Seconds, "seconds", 10, "how long to measure")
	c.Flags.Float64Var(&o.Rate, "rate", 0, "births a second; 0 for as fast as it goes")
	c.Flags.IntVar(&o.Flying, "flying", 0, "loops under way at once when there is no rate; 0 for 48")
	c.Flags.BoolVar(&o.Kill, "kill", false, "kill each node in turn, then check that nothing was lost or done twice")
	c.Flags.StringVar(&o.Engine, "engine", bench.SQLite, "where the nodes keep their tables: sqlite, postgres (one that this starts), or both, one after the other")
	c.Flags.IntVar(&o.Servers, "servers", 0, "servers of JetStream outside of the nodes: 1, 3 or 5; 0 for a bus in each node")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	if o.Engine != bench.SQLite && o.Engine != bench.Postgres && o.Engine != bench.Both {
		return fmt.Errorf("engine: %q is none of sqlite, postgres, both", o.Engine)
	}
	if o.Binary, err = os.Executable(); err != nil {
		return err
	}
	return m.run(ctx, 2*seconds(o.Seconds)+10*time.Minute, func(ctx context.Context) (measured, error) {
		o.Dir, o.Profile = m.dir, m.profile
		if o.Engine == bench.Both {
			return bench.Compare(ctx, o)
		}
		return bench.Run(ctx, o)
	})
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
