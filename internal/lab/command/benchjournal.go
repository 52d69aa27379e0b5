package command

import (
	"context"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/lab/bench"
)

func benchJournal(ctx context.Context, c *cli.Call) error {
	o := bench.JournalOptions{Log: c.ErrOut}
	m := newMeasurement(c, "the journal")
	c.Flags.Int64Var(&o.Entries, "entries", 1_000_000, "entries that the journal has when it is measured")
	c.Flags.IntVar(&o.Body, "body", 256, "bytes of the body of an entry")
	c.Flags.IntVar(&o.Subjects, "subjects", 100_000, "persons that the entries are about, each with a key")
	c.Flags.IntVar(&o.Appenders, "appenders", 64, "appenders at once on the full journal")
	c.Flags.Float64Var(&o.Seconds, "seconds", 5, "how long they append")
	c.Flags.IntVar(&o.Samples, "samples", 5_000, "entries that are read, proved and verified")
	c.Flags.BoolVar(&o.Rebuild, "rebuild", false, "also open the journal without the files that can be made again")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	limit := 10*time.Minute + time.Duration(o.Entries)*200*time.Microsecond // a twentieth of what the journal takes in on a quiet machine
	return m.here(ctx, limit, func(ctx context.Context) (measured, error) {
		o.Dir = m.dir
		return bench.RunJournal(ctx, o)
	})
}
