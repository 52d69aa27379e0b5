package node

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/journal/witness"
	"dobosh/internal/registry"
)

// registryRounds is the shortest time between two rounds in which witnesses are
// asked about the registry: a change waits for them.
const registryRounds = 100 * time.Millisecond

// registryTrust is what the authority has its registry witnessed with.
type registryTrust struct{ registryCosigner *witness.Cosigner }

// openRegistryTrust makes the authority bring its checkpoints to witnesses, and
// a follower require them.
func (n *Node) openRegistryTrust(ctx context.Context) error {
	trust := n.cfg.Registry.RegistryTrust
	if n.follower != nil {
		keys, err := trust.keys()
		if err != nil {
			return err
		}
		n.follower.Require(trust.needed(), keys...)
	}
	if n.authority == nil || len(trust.Witnesses) == 0 {
		return nil
	}
	peers, client, err := n.witnessPeers(trust.Witnesses)
	if err != nil {
		return err
	}
	n.registryCosigner, err = witness.Start(ctx, witness.CosignerConfig{
		File: filepath.Join(n.cfg.Dir, "registry.cosigned"), Log: n.registry.Key(), Peers: peers, Quorum: trust.needed(), Every: registryRounds, Client: client,
	}, n.authority.Source(), n.now, n.log)
	if err != nil {
		return fmt.Errorf("witnesses of the registry: %w", err)
	}
	n.later(n.registryCosigner.Close)
	return nil
}

// witnessPeers leads to witnesses, each known by its key.
func (n *Node) witnessPeers(witnesses []Witness) ([]witness.Peer, *http.Client, error) {
	peers, pins := make([]witness.Peer, len(witnesses)), map[string]string{}
	for i, w := range witnesses {
		key, err := journal.ParseKey(w.Key)
		if err != nil {
			return nil, nil, fmt.Errorf("key of witness %s: %w", w.Address, err)
		}
		peers[i] = witness.Peer{URL: "https://" + w.Address + witnessPath, Key: key}
		pins[w.Address] = w.Pin
	}
	client := pinnedClient(n.credential, pins)
	n.later(func() error { client.CloseIdleConnections(); return nil })
	n.credential.OnReplace(client.CloseIdleConnections)
	return peers, client, nil
}

// watchRegistry shows changes when they are witnessed, and compares with other
// nodes, until ctx ends.
func (n *Node) watchRegistry(ctx context.Context) {
	if n.registryCosigner != nil {
		n.done.Go(func() { n.authority.Publish(ctx, n.registryCosigner) })
	}
	gossip := registry.Gossip{Registry: n.registry, Self: n.cfg.Member, Every: n.cfg.Registry.every(), Ask: registry.AskCheckpoint(n.letterClient), Log: n.log}
	n.done.Go(func() { gossip.Run(ctx) })
}

// registryHealth is how the registry is doing, in a word.
func (n *Node) registryHealth() (says string, ready bool) {
	if _, forked := n.registry.Forked(); forked {
		return "forked", true // it goes on with what it knows, for the set time
	}
	if n.registry.State().Size == 0 {
		return "not known yet", false
	}
	return "ok", true
}
