package command

import (
	"context"
	"fmt"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/lab/bench"
)

func benchCases(ctx context.Context, c *cli.Call) error {
	o := bench.CasesOptions{Log: c.ErrOut}
	m := newMeasurement(c, "the database; one that has the cases already is used as it is")
	c.Flags.StringVar(&o.Engine, "engine", bench.SQLite, "where the cases are kept: sqlite or postgres (one that this starts)")
	c.Flags.StringVar(&o.Server, "server", "", "URL of a database of PostgreSQL, which may have the cases already")
	c.Flags.IntVar(&o.Cases, "cases", 1_000_000, "cases")
	c.Flags.IntVar(&o.Times, "times", 300, "how often each page is asked for, and how many cases are begun")
	c.Flags.IntVar(&o.Reminders, "reminders", 100_000, "reminders that are due at once in the end; 0 for none")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	if o.Engine != bench.SQLite && o.Engine != bench.Postgres {
		return fmt.Errorf("engine: %q is none of sqlite, postgres", o.Engine)
	}
	return m.here(ctx, time.Hour, func(ctx context.Context) (measured, error) {
		o.Dir = m.dir
		return bench.RunCases(ctx, o)
	})
}
