package command

import (
	"context"
	"os"
	"os/exec"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/lab/bench"
)

func benchExchange(ctx context.Context, c *cli.Call) (err error) {
	o := bench.ExchangeOptions{Log: c.ErrOut}
	m := newMeasurement(c, "the nodes")
	c.Flags.Float64Var(&o.Seconds, "seconds", 5, "how long each round takes")
	c.Flags.IntVar(&o.Rounds, "rounds", 3, "rounds of the nodes, and of nginx in turn with them")
	c.Flags.IntVar(&o.Connections, "connections", 64, "connections to the edge, each with one question under way")
	c.Flags.Float64Var(&o.Rate, "rate", 500, "questions a second of the round in which latency counts; 0 for none")
	c.Flags.StringVar(&o.Nginx, "nginx", "", "the program nginx; by default the one that is installed, if one is")
	c.Flags.BoolVar(&o.Kill, "kill", false, "kill both nodes in turn while questions come at the rate, then check what was acknowledged")
	c.Flags.Int64Var(&o.File, "file", 0, "instead: bytes of one body that is fetched and sent, for example 10737418240")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	if o.Binary, err = os.Executable(); err != nil {
		return err
	}
	if o.Nginx == "" {
		o.Nginx = installed("nginx", "/usr/sbin/nginx")
	}
	return m.run(ctx, seconds(o.Seconds*float64(2*o.Rounds+1)+float64(o.File>>20)/5)+5*time.Minute, func(ctx context.Context) (measured, error) {
		o.Dir, o.Profile = m.dir, m.profile
		return bench.RunExchange(ctx, o)
	})
}

// installed finds a program, also where administrators have theirs.
func installed(name string, elsewhere ...string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, path := range elsewhere {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}
