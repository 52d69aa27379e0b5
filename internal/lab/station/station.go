package station

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	demopages "dobosh/internal/lab/demo/pages"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/registers/payments"
	"dobosh/internal/lab/registers/residence"
	"dobosh/internal/node"
)

// Open opens a node with what is added to it.
func Open(ctx context.Context, cfg Config, now clock.Now, log *slog.Logger) (*node.Node, error) {
	var guests []node.Guest
	if cfg.Registers != nil {
		guests = append(guests, node.Guest{
			Tables:       []fs.FS{births.Migrations(), residence.Migrations(), payments.Migrations()},
			Words:        []lang.Words{registers.Words()},
			Descriptions: [][]byte{births.Description(), residence.Description(), payments.Description()},
			Open:         cfg.Registers.open,
		})
	}
	if cfg.Demo != nil {
		guests = append(guests, node.Guest{Demonstration: true, Words: []lang.Words{demopages.Words()}, Open: cfg.Demo.open})
	}
	n, err := node.New(ctx, cfg.Node, now, log, guests...)
	if err != nil || !cfg.Staff {
		return n, err
	}
	pack, err := node.ReadPack(cfg.Node.Pack)
	if err == nil {
		err = Appoint(ctx, pack, cfg.Node.Member, n.Identity())
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}
