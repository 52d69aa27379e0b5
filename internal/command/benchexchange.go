package command

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"time"

	"dobosh/internal/bench"
)

func benchExchange(ctx context.Context, c *call) (err error) {
	o := bench.ExchangeOptions{Log: c.errOut}
	asJSON := c.flags.Bool("json", false, "print one JSON object")
	c.flags.Float64Var(&o.Seconds, "seconds", 5, "how long each round takes")
	c.flags.IntVar(&o.Rounds, "rounds", 3, "rounds of the nodes, and of nginx in turn with them")
	c.flags.IntVar(&o.Connections, "connections", 64, "connections to the edge, each with one question under way")
	c.flags.Float64Var(&o.Rate, "rate", 500, "questions a second of the round in which latency counts; 0 for none")
	c.flags.StringVar(&o.Nginx, "nginx", "", "the program nginx; by default the one that is installed, if one is")
	c.flags.StringVar(&o.Dir, "dir", "", "empty folder for the nodes, which is kept; by default a temporary one, which is not")
	c.flags.BoolVar(&o.Kill, "kill", false, "kill both nodes in turn while questions come at the rate, then check what was acknowledged")
	c.flags.StringVar(&o.Profile, "profile", "", "folder for profiles of CPU and memory of the nodes")
	if err := c.parse(0, 0); err != nil {
		return err
	}
	if o.Binary, err = os.Executable(); err != nil {
		return err
	}
	if o.Nginx == "" {
		o.Nginx = installed("nginx", "/usr/sbin/nginx")
	}
	if o.Dir == "" {
		if o.Dir, err = bench.TemporaryDir(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
	}
	// Whatever hangs, it ends.
	ctx, cancel := context.WithTimeout(ctx, time.Duration(o.Seconds*float64(2*o.Rounds+1)*float64(time.Second))+5*time.Minute)
	defer cancel()
	result, err := bench.RunExchange(ctx, o)
	if err != nil {
		return err
	}
	return c.printMeasured(result, *asJSON)
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
