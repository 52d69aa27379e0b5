package command

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
)

// DefaultDir is where a demonstration keeps its things when nobody says.
const DefaultDir = "dobosh-data"

func runDemo(ctx context.Context, c *call) error {
	o := demo.Options{Out: c.out, Now: clock.System}
	c.flags.StringVar(&o.Dir, "dir", DefaultDir, "folder where everything is kept")
	c.flags.StringVar(&o.Listen, "listen", "127.0.0.1:8080", "address of the city's portal; the others take the ports after it; port 0 takes free ones")
	c.flags.BoolVar(&o.Fresh, "fresh", false, "forget what is kept and begin anew")
	c.flags.DurationVar(&o.For, "for", 0, "end after this time, for example 30s; 0 for never")
	c.flags.StringVar(&o.Pack, "pack", "", "folder of another pack than the one that is built in")
	level := c.flags.String("log", "warn", "debug, info, warn or error")
	if err := c.parse(0, 0); err != nil {
		return err
	}
	o.Log = logger(c.errOut, *level)
	return demo.Run(ctx, o)
}

func runServe(ctx context.Context, c *call) (err error) {
	file := c.flags.String("config", "", "configuration file")
	profiles := c.flags.String("profile", "", "folder for profiles of CPU and memory, written until the end")
	if err := c.parse(0, 0); err != nil {
		return err
	}
	if *file == "" {
		return errors.New("serve wants --config FILE")
	}
	stop, err := profile(*profiles)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	cfg, err := node.Load(*file)
	if err != nil {
		return err
	}
	log := logger(c.errOut, cfg.LogLevel)
	n, err := node.New(ctx, cfg, clock.System, log)
	if err != nil {
		return err
	}
	for name, address := range n.Addresses() {
		log.InfoContext(ctx, "serving", "surface", name, "address", address)
	}
	err = n.Run(ctx)
	closing := time.Now()
	err = errors.Join(err, n.Close())
	log.InfoContext(ctx, "stopped", "took", time.Since(closing))
	return err
}

func checkConfig(_ context.Context, c *call) error {
	if err := c.parse(1, 1); err != nil {
		return err
	}
	cfg, err := node.Load(c.flags.Arg(0))
	if err != nil {
		c.printf("%v\n", err)
		return errNo
	}
	c.printf("%s: the configuration of node %s of %s is in order\n", filepath.Base(c.flags.Arg(0)), cfg.Name, cfg.Member)
	return nil
}

func makeKey(_ context.Context, c *call) error {
	if err := c.parse(1, 1); err != nil {
		return err
	}
	if err := node.MakeKey(c.flags.Arg(0)); err != nil {
		return err
	}
	c.printf("%s: a new Ed25519 key, readable by you alone\n", filepath.Base(c.flags.Arg(0)))
	return nil
}

func printVersion(_ context.Context, c *call) error {
	if err := c.parse(0, 0); err != nil {
		return err
	}
	c.printf("dobosh %s\n", node.Version)
	return nil
}

// exists reports whether there is a file.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
