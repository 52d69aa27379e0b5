package command

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"dobosh/internal/lab/bench"
)

// measurement is what all measurements have in common: a folder, a form of the
// result, a folder for profiles, and an end.
type measurement struct {
	call    *call
	asJSON  bool
	dir     string
	profile string
}

// measurement defines the flags that all measurements have; what says what the
// folder is for.
func (c *call) measurement(what string) *measurement {
	m := &measurement{call: c}
	c.flags.BoolVar(&m.asJSON, "json", false, "print one JSON object")
	c.flags.StringVar(&m.dir, "dir", "", "empty folder for "+what+", which is kept; by default a temporary one, which is not")
	c.flags.StringVar(&m.profile, "profile", "", "folder for profiles of CPU and memory")
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
	stop, err := profile(m.profile)
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
		m.call.printf("%s\n", raw)
	} else {
		result.Write(m.call.out)
	}
	if !result.OK() {
		return errNo
	}
	return nil
}
