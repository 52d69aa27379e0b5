package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/lab/bench"
	"dobosh/internal/lab/faults"
)

func runFaults(ctx context.Context, c *cli.Call) (err error) {
	o := faults.Options{Log: c.ErrOut}
	m := newMeasurement(c, "the nodes")
	c.Flags.Uint64Var(&o.Seed, "seed", 1, "the plan follows from it")
	c.Flags.Float64Var(&o.Minutes, "minutes", 1, "how long trouble is made")
	c.Flags.Float64Var(&o.Rate, "rate", 3, "births a second")
	c.Flags.StringVar(&o.Engine, "engine", bench.SQLite, "where the nodes keep their tables: sqlite, or postgres (one that this starts)")
	c.Flags.IntVar(&o.Servers, "servers", 0, "servers of JetStream outside of the nodes: 1, 3 or 5; 0 for a bus in each node")
	c.Flags.Float64Var(&o.Asked, "asked", 5, "questions a second through the edge, beside the births")
	only := c.Flags.String("only", "", "kinds of trouble, separated by commas; all by default")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	if o.Engine != bench.SQLite && o.Engine != bench.Postgres {
		return fmt.Errorf("engine: %q is none of sqlite, postgres", o.Engine)
	}
	if o.Binary, err = os.Executable(); err != nil {
		return err
	}
	if beside := filepath.Join(filepath.Dir(o.Binary), "dobosh"); exists(beside) {
		o.Program = beside
	}
	for kind := range strings.SplitSeq(*only, ",") {
		if kind != "" {
			o.Only = append(o.Only, faults.Kind(kind))
		}
	}
	return m.run(ctx, seconds(o.Minutes*60)+12*time.Minute, func(ctx context.Context) (measured, error) {
		o.Dir = m.dir
		return faults.Run(ctx, o)
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
