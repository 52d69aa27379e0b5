package command

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"dobosh/internal/admission"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/clock"
	"dobosh/internal/node"
	"dobosh/internal/registry"
)

func runFound(ctx context.Context, c *cli.Call) error {
	f := admission.Founding{Read: node.ForJoining, Now: clock.System}
	title := c.Flags.String("title", "", "title of the authority in Serbian")
	titleEn := c.Flags.String("title-en", "", "the same in English")
	systems := c.Flags.String("subsystems", receiptsSystem, "subsystems of the authority, with commas between them")
	c.Flags.StringVar(&f.Node, "name", "authority", "name of its node")
	c.Flags.StringVar(&f.Dir, "dir", "", "folder of the node; by default one with its name")
	c.Flags.IntVar(&f.Recovery, "recovery-keys", 1, "how many keys of recovery are made")
	c.Flags.IntVar(&f.Quorum, "recovery-quorum", 1, "how many of them decide")
	surfaceFlags(c, &f.Listen, &f.Address, &f.PublicURL)
	if err := c.Parse(1, 1); err != nil {
		return err
	}
	var err error
	if f.Member, err = registry.ParseID(c.Flags.Arg(0)); err != nil || f.Member != f.Member.Owner() {
		return fmt.Errorf("%q is no member: wants INSTANCE/CLASS/MEMBER", c.Flags.Arg(0))
	}
	if f.Title = textOf(*title, *titleEn); len(f.Title) == 0 {
		return errors.New("found wants --title TEXT or --title-en TEXT, the name of the authority")
	}
	f.Subsystems = strings.FieldsFunc(*systems, func(r rune) bool { return r == ',' || r == ' ' })
	f.Begin = func(ctx context.Context, file string, first []registry.Statement) error {
		cfg, err := node.Load(file)
		if err != nil {
			return err
		}
		return node.BeginRegistry(ctx, cfg, first, clock.System, c.Logger("warn"))
	}
	out, err := admission.Found(ctx, f)
	if err != nil {
		return err
	}
	c.Printf("the federation %s is founded; %s keeps its registry, at %s\nthe registry is verified by %s\n", f.Member.Instance, f.Member, out.Address, out.Key)
	c.Printf("\nTake away from this machine, and keep where nobody has the others:\n\n")
	for _, path := range out.Recovery {
		c.Printf("    %s\n", path)
	}
	c.Printf("\nThey decide who keeps the registry when its own key or machine is lost; nothing else needs them.\n")
	c.Printf("Back up the other keys of %s apart from its data.\n\nGo on with:\n\n    dobosh serve --config %s\n    dobosh enact --config %s\n", filepath.Dir(out.File), out.File, out.File)
	return nil
}

// surfaceFlags are the flags by which a new node is told its addresses.
func surfaceFlags(c *cli.Call, at *admission.Surfaces, address, url *string) {
	c.Flags.StringVar(&at.Exchange, "exchange", "", "host:port at which other nodes are served; by default this machine's address and the first free port from 7443 on")
	c.Flags.StringVar(address, "address", "", "host:port by which other nodes reach it, where that is another than --exchange")
	c.Flags.StringVar(&at.Portal, "portal", "", "host:port at which people are served")
	c.Flags.StringVar(url, "public-url", "", "where people reach the portal, for example https://dobosh.example")
	c.Flags.StringVar(&at.Edge, "edge", "", "host:port at which the own systems ask")
	c.Flags.StringVar(&at.Systems, "systems", "", "host:port at which the own systems bring something")
	c.Flags.StringVar(&at.Operations, "operations", "", "host:port for metrics and health")
}
