package command

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/clock"
	"dobosh/internal/node"
	"dobosh/internal/registry/credential"
)

func runServe(ctx context.Context, c *cli.Call) (err error) {
	file := c.Flags.String("config", "", "configuration file")
	profiles := c.Flags.String("profile", "", "folder for profiles of CPU and memory, written until the end")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	if *file == "" {
		return errors.New("serve wants --config FILE")
	}
	stop, err := cli.Profile(*profiles)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	cfg, err := node.Load(*file)
	if err != nil {
		return err
	}
	log := cli.Logger(c.ErrOut, cfg.LogLevel, cfg.LogFormat)
	n, err := node.New(ctx, cfg, clock.System, log)
	if err != nil {
		return err
	}
	return n.Serve(ctx)
}

func checkConfig(_ context.Context, c *cli.Call) error {
	if err := c.Parse(1, 1); err != nil {
		return err
	}
	cfg, err := node.Load(c.Flags.Arg(0))
	if err != nil {
		c.Printf("%v\n", err)
		return cli.ErrNo
	}
	c.Printf("%s: the configuration of node %s of %s is in order\n", filepath.Base(c.Flags.Arg(0)), cfg.Name, cfg.Member)
	return nil
}

func makeKey(_ context.Context, c *cli.Call) error {
	if err := c.Parse(1, 1); err != nil {
		return err
	}
	if err := credential.MakeKey(c.Flags.Arg(0)); err != nil {
		return err
	}
	c.Printf("%s: a new Ed25519 key, readable by you alone\n", filepath.Base(c.Flags.Arg(0)))
	return nil
}

func printVersion(_ context.Context, c *cli.Call) error {
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	c.Printf("dobosh %s\n", node.Version)
	return nil
}

// exists reports whether there is a file.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
