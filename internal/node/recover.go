package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dobosh/internal/backup"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/node/operator"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"

	"golang.org/x/mod/sumdb/note"
)

// Recovering is what somebody decides about a registry with the node that keeps
// it, or will: the node does not run meanwhile.
type Recovering struct {
	From     string   // host:port of a node that follows; for [RestoreRegistry]
	Recovery []string // files with keys of recovery
	Reason   string
}

// RestoreRegistry takes the registry of the authority over from a node that
// follows it, and gives how many statements came. Where another history was begun
// here, keys of recovery give it up. Errors: "node-runs", "registry-two-histories",
// those of the network.
func RestoreRegistry(ctx context.Context, c Config, r Recovering, now clock.Now, log *slog.Logger) (added, size int64, err error) {
	authority, own, closing, err := openResting(ctx, c, now, log)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, closing()) }()
	keys, err := r.signers(c.Member.Instance)
	if err != nil {
		return 0, 0, err
	}
	empty := authority.State().Size == 0
	m, done := mirror(own, r.From, "")
	defer done()
	if added, err = authority.Restore(ctx, m, r.Reason, keys...); err != nil {
		return 0, 0, base{Config: c}.whole(err)
	}
	if empty && added > 0 { // the database is new: what else was in it is taken from the journal
		if err := backup.Put(c.Dir, backup.Restored{Database: true}); err != nil {
			return 0, 0, err
		}
	}
	return added, authority.State().Size, nil
}

// Promote makes a node keep the registry from now on, with the history that it
// has: a standby, or an authority that ends a fork. Every node that can be reached
// is asked first for what it knows beyond that, and for the heads of other
// histories, which are given up. It gives the nodes that were asked and did not
// answer.
func Promote(ctx context.Context, c Config, r Recovering, now clock.Now, log *slog.Logger) (size int64, silent []string, err error) {
	if !c.Registry.Authority && !c.Registry.Standby {
		return 0, nil, problem.New(problem.Forbidden, "standby-only")
	}
	authority, own, closing, err := openResting(ctx, c, now, log)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, closing()) }()
	keys, err := r.signers(c.Member.Instance)
	if err != nil {
		return 0, nil, err
	}
	var givenUp []registry.Head
	for _, p := range others(base{Config: c, now: now, log: log}, authority.State(), nil) {
		heads, err := gather(ctx, authority, own, p)
		if err != nil {
			silent = append(silent, fmt.Sprintf("%s (%v)", p.Address, err))
		}
		givenUp = append(givenUp, heads...)
	}
	if err := authority.Continue(ctx, r.Reason, givenUp, keys...); err != nil {
		return 0, silent, err
	}
	return authority.State().Size, silent, nil
}

func gather(ctx context.Context, authority *registry.Authority, own *tls.Certificate, p Peer) ([]registry.Head, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	m, done := mirror(own, p.Address, p.Pin)
	defer done()
	return authority.Gather(ctx, m)
}

// signers reads keys of recovery. The name of each is that of its file, as it was
// made at the founding.
func (r Recovering) signers(instance string) (all []note.Signer, err error) {
	if strings.TrimSpace(r.Reason) == "" && len(r.Recovery) > 0 {
		return nil, problem.New(problem.Invalid, "form-incomplete").At("reason", "reason-missing")
	}
	for _, path := range r.Recovery {
		key, err := credential.ReadKey(path)
		if err != nil {
			return nil, err
		}
		signer, err := journal.NewSigner(instance+"/"+strings.TrimSuffix(filepath.Base(path), ".key"), key)
		if err != nil {
			return nil, err
		}
		all = append(all, signer)
	}
	return all, nil
}

// openResting opens the registry of a node that does not run, with the
// certificate by which other nodes know it.
func openResting(ctx context.Context, c Config, now clock.Now, log *slog.Logger) (*registry.Authority, *tls.Certificate, func() error, error) {
	if _, err := operator.Status().Ask(ctx, c.Dir, operator.Done{}); !problem.HasCode(err, "node-stopped") {
		return nil, nil, nil, problem.New(problem.Conflict, "node-runs", "folder", c.Dir)
	}
	own, err := c.calling(now)
	if err != nil {
		return nil, nil, nil, err
	}
	authority, closing, err := openKept(ctx, c, now, log)
	return authority, own, closing, err
}

// calling is what the node shows to others while it does not run. An authority
// that lost its certificate too issues one to itself: the others know its issuer by
// the key.
func (c Config) calling(now clock.Now) (*tls.Certificate, error) {
	key, err := credential.ReadKey(c.Keys.TLS)
	if err != nil {
		return nil, err
	}
	own, err := credential.Own(c.Dir, key, c.Name, now())
	if err != nil || c.Certificates.Issuer == "" || own.Leaf.Issuer.CommonName != own.Leaf.Subject.CommonName {
		return &own, err
	}
	issuing, err := credential.ReadKey(c.Certificates.Issuer)
	if errors.Is(err, os.ErrNotExist) {
		return &own, nil
	}
	if err != nil {
		return nil, err
	}
	root, err := credential.MakeRoot(issuing, c.Member.Instance+" nodes", now())
	if err != nil {
		return nil, err
	}
	issuer, err := credential.NewIssuer(issuing, root, c.Certificates.Life, now)
	if err != nil {
		return nil, err
	}
	der, err := issuer.Issue(key.Public(), c.Member, c.Name)
	if err != nil {
		return nil, err
	}
	own, err = credential.Around(key, der)
	return &own, err
}
