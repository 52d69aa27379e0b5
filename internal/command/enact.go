package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/clock"
	"dobosh/internal/node"
	"dobosh/internal/node/operator"
	"dobosh/internal/registry"
)

// runEnact states the instruments of a pack, or some of them, and the edition of
// the pack itself.
func runEnact(ctx context.Context, c *cli.Call) error {
	folder := c.Flags.String("pack", "", "folder of the pack; by default that of the node")
	until := c.Flags.String("to", "", "last day, 2006-01-02, of the one instrument that is named: it ends")
	file := c.Flags.String("config", "", "configuration file of the node")
	if err := c.Parse(0, -1); err != nil {
		return err
	}
	if *file == "" {
		return errors.New(c.Flags.Name() + " wants --config FILE")
	}
	cfg, err := node.Load(*file)
	if err != nil {
		return err
	}
	if *folder == "" {
		*folder = cfg.Pack
	}
	pack, err := node.ReadPack(*folder)
	if err != nil {
		return err
	}
	named := c.Flags.Args()
	if *until != "" && len(named) != 1 {
		return errors.New("--to wants exactly one instrument")
	}
	var e operator.Enactment
	for _, i := range pack.Instruments() {
		if len(named) > 0 && !slices.Contains(named, i.ID) {
			continue
		}
		named = slices.DeleteFunc(named, func(ref string) bool { return ref == i.ID })
		in := registry.Instrument{Ref: i.ID, Title: i.Title, From: i.From, To: i.To}
		if *until != "" {
			if in.To, err = civil.Parse(*until); err != nil {
				return fmt.Errorf("--to: %w", err)
			}
		}
		e.Instruments = append(e.Instruments, in)
	}
	if all := c.Flags.NArg() == 0; all {
		e.Instruments = append(e.Instruments, registry.Instrument{
			Ref: "pack-" + pack.ID, Title: pack.Title, From: civil.Of(clock.System()), Digest: strings.TrimPrefix(pack.Digest, "sha256:"),
		})
	} else if len(named) > 0 {
		return fmt.Errorf("the pack has no instrument %s", strings.Join(named, ", "))
	}
	out, err := operator.Enact().Ask(ctx, cfg.Dir, e)
	if err != nil {
		return err
	}
	c.Printf("%d of %d instruments are new in the registry or changed; it has %d statements; %d of %d other nodes have them\n", out.New, len(e.Instruments), out.Size, out.Heard, out.Nodes)
	return nil
}
