// Package command is the command line of the laboratory: what one tries Dobosh
// with, and what one measures it with.
package command

import (
	"context"
	"errors"
	"io"

	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	demopages "dobosh/internal/lab/demo/pages"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/station"
	"dobosh/internal/words"
)

// lab is the program of the laboratory.
func lab() cli.Program {
	return cli.Program{
		Name:  "dobosh-lab",
		About: "dobosh-lab shows Dobosh and measures it. Nothing of it runs at an institution.",
		Words: func() (*lang.Catalogue, error) { return words.Of(registers.Words(), demopages.Words()) },
		Commands: []cli.Command{
			{Name: "demo", About: "run the demonstration: three nodes, an identity provider, a mailbox", Run: runDemo},
			{Name: "serve", About: "run one node of a demonstration: serve --config FILE", Run: runServe},
			{Name: "bench loop", About: "measure the whole loop, three processes: bench loop [--json]", Run: benchLoop},
			{Name: "bench exchange", About: "measure two nodes that ask each other, beside nginx: bench exchange [--json]", Run: benchExchange},
			{Name: "bench registry", About: "measure the registry and thousands who follow it: bench registry [--json]", Run: benchRegistry},
			{Name: "bench bytes", About: "measure what a birth and an exchange leave on the disk, and work out a year: bench bytes [--json]", Run: benchBytes},
			{Name: "bench journal", About: "measure a journal with many entries: bench journal [--json] [--entries N]", Run: benchJournal},
			{Name: "bench cases", About: "measure the pages of many cases: bench cases [--json] [--cases N] [--engine postgres]", Run: benchCases},
			{Name: "bench routing", About: "measure how well and how fast texts are sorted: bench routing [--json] [--data FILE]", Run: benchRouting},
			{Name: "bench notices", About: "measure how fast notices go out, and an urgent one during a mailing: bench notices [--json]", Run: benchNotices},
			{Name: "jetstream", About: "run a server of JetStream, as measurements do: jetstream FILE", Run: runJetStream},
			{Name: "faults", About: "try to break three nodes, by a plan from a seed: faults --seed N --minutes M [--json]", Run: runFaults},
		},
	}
}

// Main runs the command that args name and gives the exit code.
func Main(ctx context.Context, args []string, out, errOut io.Writer) int {
	return lab().Main(ctx, args, out, errOut)
}

func runDemo(ctx context.Context, c *cli.Call) error {
	o := demo.Options{Out: c.Out, Now: clock.System}
	c.Flags.StringVar(&o.Dir, "dir", demo.DefaultDir, "folder where everything is kept")
	c.Flags.StringVar(&o.Listen, "listen", "127.0.0.1:8080", "address of the city's portal; the others take the ports after it; port 0 takes free ones")
	c.Flags.BoolVar(&o.Fresh, "fresh", false, "forget what is kept and begin anew")
	c.Flags.DurationVar(&o.For, "for", 0, "end after this time, for example 30s; 0 for never")
	c.Flags.StringVar(&o.Pack, "pack", "", "folder of another pack than the one that is built in")
	level := c.Flags.String("log", "warn", "debug, info, warn or error")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	o.Log = c.Logger(*level)
	return demo.Run(ctx, o)
}

func runServe(ctx context.Context, c *cli.Call) (err error) {
	file := c.Flags.String("config", "", "configuration file; "+station.FileName+" beside it says what the laboratory adds")
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
	cfg, err := station.Load(*file)
	if err != nil {
		return err
	}
	n, err := station.Open(ctx, cfg, cfg.Now(), cli.Logger(c.ErrOut, cfg.Node.LogLevel, cfg.Node.LogFormat))
	if err != nil {
		return err
	}
	return n.Serve(ctx)
}
