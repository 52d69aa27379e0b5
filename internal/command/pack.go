package command

import (
	"context"
	"encoding/json"

	"dobosh/internal/node"
	"dobosh/internal/rules"
)

// checkPack prints everything that is wrong, a line each with file and line.
func checkPack(_ context.Context, c *call) error {
	if err := c.parse(0, 1); err != nil {
		return err
	}
	pack, err := node.ReadPack(folder(c.flags.Args()))
	if err != nil {
		c.printf("%v\n", err)
		return errNo
	}
	c.printf("pack %s %s is in order: %d public services, %d rules, %d provisions, %d contracts\n%s\n",
		pack.ID, pack.Version, len(pack.Services()), len(pack.Rules()), len(pack.Provisions()), len(pack.Contracts()), pack.Digest)
	return nil
}

func testPack(_ context.Context, c *call) error {
	if err := c.parse(0, 1); err != nil {
		return err
	}
	pack, err := node.ReadPack(folder(c.flags.Args()))
	if err != nil {
		return err
	}
	report := rules.Test(pack)
	c.printf("%s", report)
	if len(report.Failed) > 0 {
		return errNo
	}
	return nil
}

func diffPacks(_ context.Context, c *call) error {
	asJSON := c.flags.Bool("json", false, "print JSON")
	if err := c.parse(2, 2); err != nil {
		return err
	}
	before, err := node.ReadPack(c.flags.Arg(0))
	if err != nil {
		return err
	}
	after, err := node.ReadPack(c.flags.Arg(1))
	if err != nil {
		return err
	}
	difference := rules.Compare(before, after)
	if !*asJSON {
		c.printf("%s", difference)
		return nil
	}
	out := json.NewEncoder(c.out)
	out.SetIndent("", "  ")
	return out.Encode(difference)
}
