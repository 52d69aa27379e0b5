package node

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/journal/timestamp"
	"dobosh/internal/journal/witness"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
)

// RegistryOrigin is the name of the registry of an instance.
func RegistryOrigin(instance string) string { return instance + "/registry" }

// centre is the registry as this node has it: it keeps it, or follows who does.
type centre struct {
	*registry.Registry
	authority *registry.Authority // nil elsewhere
	follower  *registry.Follower  // nil at the authority
	submit    registry.Submitter  // what the member says of itself
	reach     *reach              // how far that came; nil elsewhere
}

// openCentre opens the registry.
func openCentre(ctx context.Context, b base, db *storage.DB, holder *credential.Holder, signer note.Signer) (centre, Brings, error) {
	verifier, err := b.registryKey()
	if b.Registry.Authority && err == nil {
		return openAuthority(ctx, b, db, holder, signer, verifier)
	}
	if err != nil {
		return centre{}, Brings{}, fmt.Errorf("key of the registry: %w", err)
	}
	client := &http.Client{Timeout: 40 * time.Second, Transport: b.agreed.Watch(&http.Transport{TLSClientConfig: holder.Client(b.Registry.Pin), MaxIdleConnsPerHost: 2})}
	holder.OnReplace(client.CloseIdleConnections)
	at := "https://" + b.Registry.Address
	follower, err := registry.NewFollower(ctx, db, verifier, at+registry.Path, client, b.now, b.log)
	if err != nil {
		return centre{}, Brings{}, err
	}
	witnesses, err := b.Registry.keys()
	if err != nil {
		return centre{}, Brings{}, err
	}
	keeps, err := b.keeps(follower.State())
	if err != nil {
		return centre{}, Brings{}, err
	}
	if keeps {
		return openAuthority(ctx, b, db, holder, signer, verifier)
	}
	follower.Require(b.Registry.needed(), witnesses...)
	closing := []func(){client.CloseIdleConnections}
	reach := func(address, pin string) registry.Mirror {
		at := "https://" + address
		if address == b.Registry.Address && pin == b.Registry.Pin {
			return registry.Mirror{Registry: at + registry.Path, Statements: at + registry.StatementsPath, Client: client}
		}
		transport := &http.Transport{TLSClientConfig: holder.Client(pin), MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute}
		holder.OnReplace(transport.CloseIdleConnections)
		closing = append(closing, transport.CloseIdleConnections)
		return registry.Mirror{Registry: at + registry.Path, Statements: at + registry.StatementsPath, Client: &http.Client{Timeout: 40 * time.Second, Transport: transport}}
	}
	var more []registry.Mirror
	for _, p := range b.Registry.Addresses {
		more = append(more, reach(p.Address, p.Pin))
	}
	var mu sync.Mutex
	found := map[Peer]registry.Mirror{}
	follower.Also(func(address, pin string) registry.Mirror {
		mu.Lock()
		defer mu.Unlock()
		m, known := found[Peer{address, pin}]
		if !known {
			m = reach(address, pin)
			found[Peer{address, pin}] = m
		}
		return m
	}, more...)
	return centre{follower.Registry, nil, follower, follower.Submitter(at+registry.StatementsPath, b.Member, signer), nil}, Brings{
		News:  map[string]http.Handler{"GET " + registry.Path: follower.Registry},
		Peers: map[string]http.Handler{"GET " + registry.CheckpointPath: follower.CheckpointHandler(), "GET " + registry.ContinuationsPath: follower.Continuations()},
		Close: func() error {
			mu.Lock()
			defer mu.Unlock()
			for _, end := range closing {
				end()
			}
			return nil
		},
	}, nil
}

// openAuthority opens the registry where it is kept, asks others whether they know
// more of it, and makes it say what its seed says. anchor is the key of its
// beginning, which is another than that of this node after a promotion.
func openAuthority(ctx context.Context, b base, db *storage.DB, holder *credential.Holder, node note.Signer, anchor note.Verifier) (centre, Brings, error) {
	key, err := credential.ReadKey(b.Keys.Registry)
	if err != nil {
		return centre{}, Brings{}, err
	}
	signer, err := journal.NewSigner(RegistryOrigin(b.Member.Instance), key)
	if err != nil {
		return centre{}, Brings{}, err
	}
	own, err := journal.NewKey(RegistryOrigin(b.Member.Instance), credential.PublicOf(key))
	if err != nil {
		return centre{}, Brings{}, err
	}
	authority, err := registry.NewAuthority(ctx, db, signer, anchor, b.now)
	if err != nil {
		return centre{}, Brings{}, err
	}
	authority.Kept(own, registry.Node{Member: b.Member, Name: b.Name, Address: b.announced(), TLS: holder.Pin()})
	var seed []registry.Statement
	if b.Registry.Seed != "" {
		if seed, err = registry.ReadStatements(b.Registry.Seed); err != nil {
			return centre{}, Brings{}, err
		}
	}
	if err := hear(ctx, b, authority, holder.Own(), seed); err != nil {
		return centre{}, Brings{}, b.whole(err)
	}
	if authority.State().Size == 0 && len(seed) == 0 {
		return centre{}, Brings{}, b.whole(errNotFounded())
	}
	if err := authority.Ensure(ctx, seed); err != nil {
		return centre{}, Brings{}, err
	}
	member := func(r *http.Request) (registry.ID, bool) {
		peer, err := holder.Peer(r.TLS)
		return peer.Member, err == nil
	}
	came := newReach(b.now)
	return centre{authority.Registry, authority, nil, authority.Submitter(b.Member, node), came}, Brings{
		News: map[string]http.Handler{"GET " + registry.Path: came.of(holder, authority.Registry)},
		Peers: map[string]http.Handler{
			"GET " + registry.CheckpointPath:    authority.CheckpointHandler(),
			"GET " + registry.ContinuationsPath: authority.Continuations(),
			"POST " + registry.StatementsPath:   authority.Statements(member, b.log),
		},
	}, nil
}

// contact is when the registry was last known to be current: the authority
// always knows.
func (c centre) contact(now time.Time) time.Time {
	if c.authority != nil {
		return now
	}
	return c.Contact()
}

// health is how the registry is doing, in a word.
func (c centre) health() (says string, ready bool) {
	if _, forked := c.Forked(); forked {
		return "forked", true // it goes on with what it knows, for the set time
	}
	if c.State().Size == 0 {
		return "not known yet", false
	}
	return "ok", true
}

// registryRounds is the shortest time between two rounds in which witnesses are
// asked about the registry: a change waits for them.
const registryRounds = 100 * time.Millisecond

// openPublishing has an authority show a change when witnesses have cosigned it.
func openPublishing(ctx context.Context, b base, c centre, holder *credential.Holder) (*witness.Cosigner, Brings, error) {
	if c.authority == nil || len(b.Registry.Witnesses) == 0 {
		return nil, Brings{}, nil
	}
	peers, client, err := witnessPeers(b, b.Registry.Witnesses, holder)
	if err != nil {
		return nil, Brings{}, err
	}
	cosigner, err := witness.Start(ctx, witness.CosignerConfig{
		File: b.registryCosigned(), Log: c.Key(), Peers: peers, Quorum: b.Registry.needed(), Every: registryRounds, Client: client,
	}, c.authority.Source(), b.now, b.log)
	if err != nil {
		return nil, Brings{}, fmt.Errorf("witnesses of the registry: %w", err)
	}
	return cosigner, Brings{
		Work:  []func(context.Context){func(ctx context.Context) { c.authority.Publish(ctx, cosigner) }},
		Close: func() error { client.CloseIdleConnections(); return cosigner.Close() },
	}, nil
}

// witnessPath is where a witness is asked, on the exchange listener.
const witnessPath = "/dobosh/1/witness"

// prefix is where a witness is asked, without "/add-checkpoint".
func (w Witness) prefix() string {
	if w.URL != "" {
		return w.URL
	}
	return "https://" + w.Address + witnessPath
}

// openWitness makes this node a witness; nil where it is none.
func openWitness(b base, logs witness.Logs) (*witness.Server, Brings, error) {
	if b.WitnessName == "" {
		return nil, Brings{}, nil
	}
	key, err := credential.ReadKey(b.Keys.Witness)
	if err != nil {
		return nil, Brings{}, err
	}
	if err := b.remembers(); err != nil {
		return nil, Brings{}, err
	}
	server, err := witness.NewServer(witness.Config{Dir: b.witnessDir(), Name: b.WitnessName, Key: key, Logs: logs}, b.now, b.log)
	if err != nil {
		return nil, Brings{}, err
	}
	if err := os.WriteFile(b.witnessBegun(), nil, 0o600); err != nil {
		return nil, Brings{}, err
	}
	return server, Brings{Peers: map[string]http.Handler{witnessPath + "/": http.StripPrefix(witnessPath, server)}}, nil
}

// witnesses are who cosigns the journal of this node; none where nobody does.
type witnesses struct{ *witness.Cosigner }

// openWitnesses has the journal cosigned.
func openWitnesses(ctx context.Context, b base, log *journal.Log, holder *credential.Holder) (witnesses, Brings, error) {
	if len(b.Witnesses) == 0 {
		return witnesses{}, Brings{}, nil
	}
	peers, client, err := witnessPeers(b, b.Witnesses, holder)
	if err != nil {
		return witnesses{}, Brings{}, err
	}
	cosigner, err := witness.Start(ctx, witness.CosignerConfig{File: b.cosignedFile(), Log: log.Key(), Keys: log.Keys, Peers: peers, Client: client}, log, b.now, b.log)
	if err != nil {
		return witnesses{}, Brings{}, err
	}
	return witnesses{cosigner}, Brings{Close: func() error { client.CloseIdleConnections(); return cosigner.Close() }}, nil
}

// Cosigned implements services.Witness.
func (w witnesses) Cosigned() []byte {
	if w.Cosigner == nil {
		return nil
	}
	return w.Cosigner.Cosigned()
}

// witnessMoment is how long whoever takes evidence of what just happened waits for
// a witness.
const witnessMoment = 5 * time.Second

// soon is the newest cosigned checkpoint, of so many entries if that comes soon.
func (w witnesses) soon(ctx context.Context, size int64) []byte {
	if w.Cosigner == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, witnessMoment)
	defer cancel()
	_ = w.WaitCosigned(ctx, size) // what there is will do
	return w.Cosigned()
}

// witnessPeers leads to witnesses, each known by its key.
func witnessPeers(b base, named []Witness, holder *credential.Holder) ([]witness.Peer, *http.Client, error) {
	peers, pins := make([]witness.Peer, len(named)), map[string]string{}
	for i, w := range named {
		key, err := journal.ParseKey(w.Key)
		if err != nil {
			return nil, nil, fmt.Errorf("key of witness %s: %w", cmp.Or(w.URL, w.Address), err)
		}
		peers[i] = witness.Peer{URL: w.prefix(), Key: key}
		if w.URL != "" { // it knows nothing of this federation, and asks nobody who they are
			peers[i].Client = &http.Client{Timeout: 15 * time.Second}
			continue
		}
		pins[w.Address] = w.Pin
	}
	client := &http.Client{Timeout: 15 * time.Second, Transport: b.agreed.Watch(&http.Transport{
		MaxIdleConnsPerHost: 2,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			d := tls.Dialer{Config: holder.Client(pins[address])}
			return d.DialContext(ctx, network, address)
		},
	})}
	holder.OnReplace(client.CloseIdleConnections)
	return peers, client, nil
}

// openStamps has the journal time-stamped; nil where nobody does.
func openStamps(ctx context.Context, b base, log *journal.Log) (*timestamp.Keeper, Brings, error) {
	if b.TimeStamps == nil {
		return nil, Brings{}, nil
	}
	trust, err := b.stampTrust()
	if err != nil {
		return nil, Brings{}, err
	}
	keeper, err := timestamp.Start(ctx, timestamp.Config{Dir: b.stampDir(), URL: b.TimeStamps.URL, Trust: trust, Every: b.TimeStamps.Every, Heard: func(at time.Time) { b.agreed.Heard(b.stampHost(), at) }}, log, b.now, b.log)
	if err != nil {
		return nil, Brings{}, err
	}
	return keeper, Brings{Close: keeper.Close}, nil
}

// openStamper opens the authority for time-stamps that this node is, nil where it
// is none. Where the node keeps the registry too, that names the authority, so
// that whoever trusts the registry can check them.
func openStamper(ctx context.Context, b base, c centre) (http.Handler, error) {
	if b.TimeStampAuthority == nil {
		return nil, nil
	}
	stamper, err := timestamp.LoadAuthority(b.TimeStampAuthority.KeyFile, b.TimeStampAuthority.CertificateFile, b.Member.String()+" time-stamps", b.now)
	if err != nil || c.authority == nil {
		return stamper, err
	}
	named, _ := c.State().Issuer()
	if bytes.Equal(named.Stamper, stamper.Certificate()) {
		return stamper, nil
	}
	named.Stamper = stamper.Certificate()
	if err := c.authority.Append(ctx, registry.Statement{Issuer: &named}); err != nil {
		return nil, fmt.Errorf("state the time-stamp authority: %w", err)
	}
	return stamper, nil
}
