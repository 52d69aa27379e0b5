package command

import (
	"context"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/node/operator"
)

func runRotate(ctx context.Context, c *cli.Call) error {
	var r operator.Rotation
	c.Flags.BoolVar(&r.TLS, "tls", false, "replace the TLS key; without --tls and --log both, at the authority that of the journal alone")
	c.Flags.BoolVar(&r.Log, "log", false, "replace the key of the journal")
	c.Flags.DurationVar(&r.Wait, "wait", 15*time.Second, "how long the other nodes have to hear of the new key before it is used")
	cfg, err := running(c, 0)
	if err != nil {
		return err
	}
	if !r.TLS && !r.Log {
		r.TLS, r.Log = !cfg.Registry.Authority, true
	}
	c.Printf("the other nodes are told first; this takes up to %s, and goes on by itself when this command is ended\n", 3*r.Wait)
	out, err := operator.Rotate().Ask(ctx, cfg.Dir, r)
	if err != nil {
		return err
	}
	if out.TLS != "" {
		c.Printf("the TLS key is new: %s\n", out.TLS)
	}
	if out.Log != "" {
		c.Printf("the key of the journal is new: %s\n", out.Log)
	}
	return nil
}
