package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/journal/witness"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"

	"golang.org/x/mod/sumdb/note"
)

// asksBeforeGoingOn bounds how long an authority asks at its start what others
// know.
const asksBeforeGoingOn = 4 * time.Second

// mirror leads to a node as a source of the registry, by the pin of its key; own
// proves this node there. closing frees its connections.
func mirror(own *tls.Certificate, address, pin string) (m registry.Mirror, closing func()) {
	client := &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{TLSClientConfig: credential.Calling(own, pin), MaxIdleConnsPerHost: 1}}
	at := "https://" + address
	return registry.Mirror{Registry: at + registry.Path, Statements: at + registry.StatementsPath, Client: client}, client.CloseIdleConnections
}

// hear asks everybody whom the authority knows for the largest registry that they
// know: the nodes of the registry and of its seed, those that the configuration
// names, and its witnesses. Whoever does not answer in time says nothing.
func hear(ctx context.Context, b base, authority *registry.Authority, own *tls.Certificate, seed []registry.Statement) error {
	ctx, cancel := context.WithTimeout(ctx, asksBeforeGoingOn)
	defer cancel()
	ask := map[string]string{} // pin by address
	for _, n := range others(b, authority.State(), seed) {
		ask[n.Address] = n.Pin
	}
	var group sync.WaitGroup
	for address, pin := range ask {
		group.Go(func() {
			m, done := mirror(own, address, pin)
			defer done()
			if err := authority.Hear(ctx, m); err != nil {
				b.log.DebugContext(ctx, "a node did not say what it knows of the registry", slog.String("address", address), slog.Any("error", err))
			}
		})
	}
	group.Go(func() { hearWitnesses(ctx, b, authority, own) })
	group.Wait()
	if signed, err := os.ReadFile(b.registryCosigned()); err == nil {
		_ = authority.Compare(ctx, signed) // what cannot be read says nothing
	}
	return authority.Whole()
}

// maxAsked bounds the nodes that are asked.
const maxAsked = 64

func others(b base, state *registry.State, seed []registry.Statement) []Peer {
	all := append([]Peer{}, b.Registry.Addresses...)
	add := func(n registry.Node) {
		if len(all) < maxAsked && n.Address != "" && !(n.Member == b.Member && n.Name == b.Name) {
			all = append(all, Peer{n.Address, n.TLS})
		}
	}
	for _, m := range state.Members() {
		for _, n := range state.Nodes(m.ID) {
			add(n)
		}
	}
	for _, st := range seed {
		if st.Node != nil {
			add(*st.Node)
		}
	}
	return all
}

func hearWitnesses(ctx context.Context, b base, authority *registry.Authority, own *tls.Certificate) {
	if len(b.Registry.Witnesses) == 0 {
		return
	}
	opening, err := authority.Opening()
	if err != nil {
		return
	}
	q := witness.Question{Keys: []note.Verifier{authority.Anchor(), authority.Key()}, Signed: opening}
	for _, w := range b.Registry.Witnesses {
		key, err := journal.ParseKey(w.Key)
		if err != nil {
			continue
		}
		p := witness.Peer{URL: w.prefix(), Key: key, Client: &http.Client{Timeout: asksBeforeGoingOn}}
		if w.URL == "" {
			transport := &http.Transport{TLSClientConfig: credential.Calling(own, w.Pin)}
			p.Client.Transport = transport
			defer transport.CloseIdleConnections()
		}
		q.Peers = append(q.Peers, p)
	}
	for _, seen := range q.Ask(ctx) {
		switch {
		case seen.Err != nil:
			b.log.DebugContext(ctx, "a witness did not say what it knows of the registry", slog.String("witness", seen.Witness), slog.Any("error", seen.Err))
		case seen.Signed != nil:
			_ = authority.Compare(ctx, seen.Signed) // its signature was checked
		default:
			authority.AtLeast(seen.Size)
		}
	}
}

// whole names files and commands in what keeps an authority from going on.
func (b base) whole(err error) error {
	if err == nil {
		return nil
	}
	p := problem.Of(err)
	switch p.Code {
	case "registry-lost", "registry-two-histories", "registry-kept-elsewhere", "registry-empty":
		args := map[string]string{"database": b.DatabaseName()}
		for k, v := range p.Args {
			args[k] = v
		}
		return &problem.Problem{Kind: p.Kind, Code: p.Code, Args: args, Cause: p.Cause}
	}
	return err
}

// registryCosigned holds the newest checkpoint of the registry that witnesses have
// cosigned.
func (c Config) registryCosigned() string { return filepath.Join(c.Dir, "registry.cosigned") }

// keeps reports whether the keys of recovery decided that this node keeps the
// registry.
func (b base) keeps(state *registry.State) (bool, error) {
	keeper, decided := state.Keeper()
	if !b.Registry.Standby || !decided {
		return false, nil
	}
	key, err := credential.ReadKey(b.Keys.Registry)
	if err != nil {
		return false, err
	}
	own, err := journal.NewKey(RegistryOrigin(b.Member.Instance), credential.PublicOf(key))
	return err == nil && fmt.Sprint(own) == keeper.Key, err
}

// errNotFounded is the problem of an authority whose registry says nothing and that
// has nothing to begin with.
func errNotFounded() error { return problem.New(problem.Conflict, "registry-empty") }

// authorities are the addresses at which the authority may be asked for a
// certificate: first that of who keeps the registry by its own word.
func (b base) authorities(state *registry.State) []Peer {
	all := append([]Peer{{b.Registry.Address, b.Registry.Pin}}, b.Registry.Addresses...)
	if keeper, decided := state.Keeper(); decided {
		all = append([]Peer{{keeper.Address, keeper.Pin}}, all...)
	}
	return all
}

// firstOf asks one after the other until somebody answers.
func firstOf[T any](peers []Peer, ask func(Peer) (T, error)) (out T, err error) {
	err = errors.New("nobody to ask")
	for _, p := range peers {
		if out, err = ask(p); !problem.HasCode(err, "authority-away") {
			return out, err
		}
	}
	return out, err
}
