package command

import (
	"context"
	"encoding/json"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/clock"
	"dobosh/internal/node"
	"dobosh/internal/rules"
)

// checkPack prints everything that is wrong, a line each with file and line.
func checkPack(_ context.Context, c *cli.Call) error {
	if err := c.Parse(0, 1); err != nil {
		return err
	}
	pack, err := node.ReadPack(folder(c.Flags.Args()))
	if err != nil {
		c.Printf("%v\n", err)
		return cli.ErrNo
	}
	c.Printf("pack %s %s is in order: %d public services, %d rules, %d provisions, %d contracts, %d terms, %d calendars\n%s\n",
		pack.ID, pack.Version, len(pack.Services()), len(pack.Rules()), len(pack.Provisions()), len(pack.Contracts()), len(pack.Terms()), len(pack.Calendars()), pack.Digest)
	for _, short := range pack.Short(civil.Of(clock.System())) {
		c.Printf("warning: %s\n", short)
	}
	return nil
}

func testPack(_ context.Context, c *cli.Call) error {
	if err := c.Parse(0, 1); err != nil {
		return err
	}
	pack, err := node.ReadPack(folder(c.Flags.Args()))
	if err != nil {
		return err
	}
	report := rules.Test(pack)
	c.Printf("%s", report)
	if len(report.Failed) > 0 {
		return cli.ErrNo
	}
	return nil
}

func diffPacks(_ context.Context, c *cli.Call) error {
	asJSON := c.Flags.Bool("json", false, "print JSON")
	if err := c.Parse(2, 2); err != nil {
		return err
	}
	before, err := node.ReadPack(c.Flags.Arg(0))
	if err != nil {
		return err
	}
	after, err := node.ReadPack(c.Flags.Arg(1))
	if err != nil {
		return err
	}
	difference := rules.Compare(before, after)
	if !*asJSON {
		c.Printf("%s", difference)
		return nil
	}
	out := json.NewEncoder(c.Out)
	out.SetIndent("", "  ")
	return out.Encode(difference)
}
