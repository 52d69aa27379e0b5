package command

import (
	"context"
	"strings"

	"dobosh/internal/kit/cli"
	"dobosh/internal/node/operator"
)

// receiptsSystem is where a member's node answers who looked at a person's data.
const receiptsSystem = "receipts"

func runToken(ctx context.Context, c *cli.Call) error {
	g := operator.Grant{}
	class := c.Flags.String("class", "", "class of the member where only its code is given; by default that of the authority")
	title := c.Flags.String("title", "", "title of the member in Serbian, where the registry does not know it yet")
	titleEn := c.Flags.String("title-en", "", "the same in English")
	systems := c.Flags.String("subsystems", receiptsSystem, "subsystems that the member will have besides those it has, with commas between them")
	c.Flags.StringVar(&g.Addresses, "address", "", "the address that the node may have, host:port; * stands for any characters; empty for any")
	c.Flags.DurationVar(&g.Life, "life", 0, "how long the token may be used; 0 for a day, at most 720h")
	quiet := c.Flags.Bool("quiet", false, "print the token alone")
	cfg, err := running(c, 2)
	if err != nil {
		return err
	}
	if g.Member, err = memberOf(c.Flags.Arg(0), *class, cfg.Member); err != nil {
		return err
	}
	g.Node, g.Title = c.Flags.Arg(1), textOf(*title, *titleEn)
	g.Subsystems = strings.FieldsFunc(*systems, func(r rune) bool { return r == ',' || r == ' ' })
	made, err := operator.Token().Ask(ctx, cfg.Dir, g)
	if err != nil {
		return err
	}
	if *quiet {
		c.Printf("%s\n", made.Text)
		return nil
	}
	c.Printf("This lets node %s of %s in, once, until %s. It is shown only now.\nOn the machine of the new node:\n\n    dobosh join %s\n", g.Node, g.Member, clockTime(made.Until), made.Text)
	return nil
}
