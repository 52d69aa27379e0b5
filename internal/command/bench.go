package command

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"dobosh/internal/bench"
)

func benchLoop(ctx context.Context, c *call) (err error) {
	o := bench.Options{Log: c.errOut}
	asJSON := c.flags.Bool("json", false, "print one JSON object")
	c.flags.Float64Var(&o.Seconds, "seconds", 10, "how long to measure")
	c.flags.Float64Var(&o.Rate, "rate", 0, "births a second; 0 for as fast as it goes")
	c.flags.IntVar(&o.Flying, "flying", 0, "loops under way at once when there is no rate; 0 for 48")
	c.flags.StringVar(&o.Dir, "dir", "", "empty folder for the nodes, which is kept; by default a temporary one, which is not")
	c.flags.BoolVar(&o.Kill, "kill", false, "kill each node in turn, then check that nothing was lost or done twice")
	c.flags.StringVar(&o.Profile, "profile", "", "folder for profiles of CPU and memory of the nodes")
	if err := c.parse(0, 0); err != nil {
		return err
	}
	if o.Binary, err = os.Executable(); err != nil {
		return err
	}
	if o.Dir == "" {
		if o.Dir, err = bench.TemporaryDir(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
	}
	// Whatever hangs, it ends.
	ctx, cancel := context.WithTimeout(ctx, time.Duration(o.Seconds*float64(time.Second))+5*time.Minute)
	defer cancel()
	result, err := bench.Run(ctx, o)
	if err != nil {
		return err
	}
	return c.printMeasured(result, *asJSON)
}

// measured is the result of a measurement.
type measured interface {
	Write(w io.Writer)
	OK() bool
}

// printMeasured prints a result; one in which something went wrong is an error.
func (c *call) printMeasured(result measured, asJSON bool) error {
	if asJSON {
		raw, err := json.Marshal(result)
		if err != nil {
			return err
		}
		c.printf("%s\n", raw)
	} else {
		result.Write(c.out)
	}
	if !result.OK() {
		return errNo
	}
	return nil
}
