package command

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/lab/bench"
)

// measurement is what all measurements have in common: a folder, a form of the
// result, a folder for profiles, and an end.
type measurement struct {
	call    *cli.Call
	asJSON  bool
	dir     string
	profile string
}

// newMeasurement defines the flags that all measurements have; what says what the
// folder is for.
func newMeasurement(c *cli.Call, what string) *measurement {
	m := &measurement{call: c}
	c.Flags.BoolVar(&m.asJSON, "json", false, "print one JSON object")
	c.Flags.StringVar(&m.dir, "dir", "", "empty folder for "+what+", which is kept; by default a temporary one, which is not")
	c.Flags.StringVar(&m.profile, "profile", "", "folder for profiles of CPU and memory")
	return m
}

// measured is the result of a measurement.
type measured interface {
	Write(w io.Writer)
	OK() bool
}

// run measures in the folder for at most limit, and prints the result; one in
// which something went wrong is an error.
func (m *measurement) run(ctx context.Context, limit time.Duration, measure func(context.Context) (measured, error)) (err error) {
	if m.dir == "" {
		if m.dir, err = bench.TemporaryDir(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(m.dir)) }()
	}
	ctx, cancel := context.WithTimeout(ctx, limit) // whatever hangs, it ends
	defer cancel()
	result, err := measure(ctx)
	if err != nil {
		return err
	}
	return m.print(result)
}

// here is run for what is measured within this process, which writes profiles
// of itself.
func (m *measurement) here(ctx context.Context, limit time.Duration, measure func(context.Context) (measured, error)) error {
	stop, err := cli.Profile(m.profile)
	if err != nil {
		return err
	}
	return errors.Join(m.run(ctx, limit, measure), stop())
}

func (m *measurement) print(result measured) error {
	if m.asJSON {
		raw, err := json.Marshal(result)
		if err != nil {
			return err
		}
		m.call.Printf("%s\n", raw)
	} else {
		result.Write(m.call.Out)
	}
	if !result.OK() {
		return cli.ErrNo
	}
	return nil
}
