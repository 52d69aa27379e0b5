package command

import (
	"context"
	"strings"

	"dobosh/internal/node/operator"
)

// receiptsSystem is where a member's node answers who looked at a person's data.
const receiptsSystem = "receipts"

func runToken(ctx context.Context, c *call) error {
	g := operator.Grant{}
	class := c.flags.String("class", "", "class of the member where only its code is given; by default that of the authority")
	title := c.flags.String("title", "", "title of the member in Serbian, where the registry does not know it yet")
	titleEn := c.flags.String("title-en", "", "the same in English")
	systems := c.flags.String("subsystems", receiptsSystem, "subsystems that the member will have besides those it has, with commas between them")
	c.flags.StringVar(&g.Addresses, "address", "", "the address that the node may have, host:port; * stands for any characters; empty for any")
	c.flags.DurationVar(&g.Life, "life", 0, "how long the token may be used; 0 for a day, at most 720h")
	quiet := c.flags.Bool("quiet", false, "print the token alone")
	cfg, err := c.running(2)
	if err != nil {
		return err
	}
	if g.Member, err = memberOf(c.flags.Arg(0), *class, cfg.Member); err != nil {
		return err
	}
	g.Node, g.Title = c.flags.Arg(1), textOf(*title, *titleEn)
	g.Subsystems = strings.FieldsFunc(*systems, func(r rune) bool { return r == ',' || r == ' ' })
	made, err := operator.Token().Ask(ctx, cfg.Dir, g)
	if err != nil {
		return err
	}
	if *quiet {
		c.printf("%s\n", made.Text)
		return nil
	}
	c.printf("This lets node %s of %s in, once, until %s. It is shown only now.\nOn the machine of the new node:\n\n    dobosh join %s\n", g.Node, g.Member, clockTime(made.Until), made.Text)
	return nil
}
