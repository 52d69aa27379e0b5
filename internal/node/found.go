package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"
)

// BeginRegistry writes the first statements of a registry that says nothing yet,
// on a node that does not run. One that says them already stays as it is; one
// that says something else is "registry-begun".
func BeginRegistry(ctx context.Context, c Config, first []registry.Statement, now clock.Now, log *slog.Logger) (err error) {
	authority, closing, err := openKept(ctx, c, now, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	if authority.State().Size == 0 {
		return authority.Append(ctx, first...)
	}
	for _, st := range first {
		if !authority.Says(st) {
			return problem.New(problem.Conflict, "registry-begun", "folder", c.Dir)
		}
	}
	return nil
}

// openKept opens the registry that a node keeps, beside no node.
func openKept(ctx context.Context, c Config, now clock.Now, log *slog.Logger) (*registry.Authority, func() error, error) {
	key, err := credential.ReadKey(c.Keys.Registry)
	if err != nil {
		return nil, nil, err
	}
	signer, err := journal.NewSigner(RegistryOrigin(c.Member.Instance), key)
	if err != nil {
		return nil, nil, err
	}
	verifier, err := c.registryKey()
	if err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, nil, err
	}
	where, err := c.storage()
	if err != nil {
		return nil, nil, err
	}
	db, err := storage.Open(ctx, where, log, tables(nil)...)
	if err != nil {
		return nil, nil, err
	}
	authority, err := registry.NewAuthority(ctx, db, signer, verifier, now)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("the registry: %w", err), db.Close())
	}
	own, err := journal.NewKey(RegistryOrigin(c.Member.Instance), credential.PublicOf(key))
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	tlsKey, err := credential.ReadKey(c.Keys.TLS)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	pin, err := credential.PinOf(tlsKey.Public())
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	authority.Kept(own, registry.Node{Member: c.Member, Name: c.Name, Address: c.announced(), TLS: pin})
	return authority, db.Close, nil
}

// announced is where the other nodes reach this one.
func (c Config) announced() string { return cmp.Or(c.Address, c.Listen.Exchange) }
