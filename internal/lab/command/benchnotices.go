package command

import (
	"context"
	"fmt"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/lab/bench"
)

func benchNotices(ctx context.Context, c *cli.Call) error {
	o := bench.NoticesOptions{Log: c.ErrOut}
	m := newMeasurement(c, "the database")
	c.Flags.StringVar(&o.Engine, "engine", bench.SQLite, "where the node keeps its tables: sqlite, or postgres (one that this starts)")
	c.Flags.IntVar(&o.Notices, "notices", 50_000, "notices, each in a transaction of its own")
	c.Flags.IntVar(&o.Mailing, "mailing", 100_000, "notices of the mailing during which urgent ones come")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	if o.Engine != bench.SQLite && o.Engine != bench.Postgres {
		return fmt.Errorf("engine: %q is none of sqlite, postgres", o.Engine)
	}
	return m.here(ctx, 30*time.Minute, func(ctx context.Context) (measured, error) {
		o.Dir = m.dir
		return bench.RunNotices(ctx, o)
	})
}
