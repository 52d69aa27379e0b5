package node

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"dobosh/internal/admission"
	"dobosh/internal/api"
	"dobosh/internal/bus"
	"dobosh/internal/catalogue"
	"dobosh/internal/contracts"
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/edge/asice"
	"dobosh/internal/exchange/events"
	"dobosh/internal/exchange/oversight"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/journal/timestamp"
	"dobosh/internal/journal/witness"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/receipts"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/rules"
	"dobosh/internal/services"
	"dobosh/internal/storage"
	"dobosh/internal/web"
	"dobosh/internal/work"
	"dobosh/packs"

	"golang.org/x/mod/sumdb/note"
)

// Version is written into health answers; the build may replace it.
const Version = "0.1"

// Node is one running institution.
type Node struct {
	cfg Config
	now clock.Now
	log *slog.Logger

	pack       *law.Pack
	logKey     ed25519.PrivateKey // that the journal was opened with
	signer     *journal.TurningSigner
	containers atomic.Pointer[asice.Signer] // nil where the node has no edge
	credential *credential.Holder
	sectors    *identity.Sectors
	db         *storage.DB
	jobs       *work.Runner
	bus        *bus.Bus
	relay      *bus.Relay
	journal    *journal.Log
	receipts   *journal.Projection
	cosigner   *witness.Cosigner
	witness    *witness.Server
	stamps     *timestamp.Keeper
	registry   *registry.Registry
	authority  *registry.Authority
	submitter  registry.Submitter
	follower   *registry.Follower
	desk       *contracts.Room
	described  *catalogue.Room
	gateway    *exchange.Gateway
	meter      *oversight.Meter
	exchanges  *exchangeMetrics
	oversight  *oversight.Room
	events     *events.Room
	happened   *eventMetrics
	systems    systems
	identity   *identity.Identity
	courier    *notify.Courier
	system     *receipts.System
	services   *services.Room
	guests     []Guest
	brought    []Brought // by the guests
	catalogue  *lang.Catalogue
	answers    *api.Answers
	metrics    *metrics

	admitting
	registryTrust

	since    time.Time // it was opened
	ending   sync.Once
	draining chan struct{} // closed when the node begins to end
	servers  []*server
	work     context.Context // of everything that runs; ends with stop
	stop     context.CancelFunc
	rotation *admission.Rotation
	done     sync.WaitGroup
	closers  []func() error // in the order of opening
}

// New opens everything that the node keeps, and what guests bring. Nothing is
// served yet. On an error everything is closed again.
func New(ctx context.Context, cfg Config, now clock.Now, log *slog.Logger, guests ...Guest) (*Node, error) {
	n := &Node{cfg: cfg, guests: guests, now: now, log: log.With(slog.String("node", cfg.Name)), draining: make(chan struct{})}
	for _, open := range []func(context.Context) error{
		n.openLaw,
		n.openKeys,
		n.openStorage,
		n.openJournal,
		n.openRegistry,
		n.openAdmission,
		n.openOversight,
		n.openExchange,
		n.openEvents,
		n.openWitnesses,
		n.openEvidences,
		n.openRegistryTrust,
		n.openCatalogue,
		n.openDesk,
		n.openPeople,
		n.openGuests,
		n.openRooms,
		n.openServers,
		n.openDoor,
		n.openTimeStamps,
	} {
		if err := open(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("node %s: %w", cfg.Name, err), n.Close())
		}
	}
	return n, nil
}

func (n *Node) later(closer func() error) { n.closers = append(n.closers, closer) }

// ReadPack reads the pack in a folder, or the one that is built in.
func ReadPack(folder string) (*law.Pack, error) {
	fsys := packs.Serbia()
	if folder != "" {
		fsys = os.DirFS(folder)
	}
	pack, err := law.Load(fsys)
	if err != nil {
		return nil, err
	}
	if findings := rules.Check(pack); len(findings) > 0 {
		return nil, law.Findings(findings)
	}
	return pack, nil
}

func (n *Node) openLaw(context.Context) (err error) {
	if n.pack, err = ReadPack(n.cfg.Pack); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	n.catalogue, err = web.Words()
	return err
}

func (n *Node) openKeys(context.Context) error {
	if err := os.MkdirAll(n.cfg.Dir, 0o700); err != nil {
		return err
	}
	var err error
	if n.logKey, err = credential.ReadKey(n.cfg.Keys.Log); err != nil {
		return err
	}
	if n.signer, err = journal.NewTurningSigner(Origin(n.cfg.Member, n.cfg.Name), n.logKey); err != nil {
		return err
	}
	key, err := credential.ReadKey(n.cfg.Keys.TLS)
	if err != nil {
		return err
	}
	own, err := credential.Own(n.cfg.Dir, key, n.cfg.Name, n.now())
	if err != nil {
		return err
	}
	n.credential = credential.NewHolder(own, func() *registry.State { return n.registry.State() }, n.now)
	n.sectors, err = identity.LoadSectors(n.cfg.Sectors)
	return err
}

func (n *Node) openStorage(ctx context.Context) (err error) {
	cfg, err := n.cfg.storage()
	if err != nil {
		return err
	}
	tables := []fs.FS{
		bus.Migrations(),
		api.Migrations(),
		work.Migrations(),
		journal.Migrations(),
		identity.Migrations(),
		registry.Migrations(),
		admission.Migrations(),
		contracts.Migrations(),
		catalogue.Migrations(),
		oversight.Migrations(),
		events.Migrations(),
		notify.Migrations(),
		services.Migrations(), receipts.Migrations(),
	}
	for _, guest := range n.guests {
		tables = append(tables, guest.Tables...)
	}
	if n.db, err = storage.Open(ctx, cfg, n.log, tables...); err != nil {
		return err
	}
	n.later(n.db.Close)
	n.answers = api.NewAnswers(n.db, n.now)
	n.jobs = work.New(n.db, n.now, n.log, n.cfg.Name)
	n.jobs.Register(work.Every("api-answers", time.Hour, n.answers.Forget))
	n.jobs.Register(work.Every("bus.clean", bus.CleanEvery, func(ctx context.Context) error { return n.relay.Clean(ctx) }))
	if n.bus, err = bus.Start(ctx, bus.Config{Dir: filepath.Join(n.cfg.Dir, "bus"), Name: n.cfg.Name}, n.log); err != nil {
		return err
	}
	n.later(n.bus.Close)
	return nil
}

// Origin is the name of the journal of a node.
func Origin(member registry.ID, name string) string { return member.String() + "/" + name }

// receiptKinds are the entries of the journal that people see as looks.
func receiptKinds() []string { return []string{"answer", "act"} }

func (n *Node) openJournal(ctx context.Context) (err error) {
	known, err := n.cfg.cosigned()
	if err != nil {
		return err
	}
	former, err := n.cfg.FormerKeys()
	if err != nil {
		return err
	}
	n.journal, err = journal.Open(ctx, journal.Config{Dir: filepath.Join(n.cfg.Dir, "journal"), Origin: Origin(n.cfg.Member, n.cfg.Name), Key: n.logKey, Former: former, Known: known}, n.now, n.log)
	if err != nil {
		return err
	}
	n.later(n.journal.Close)
	n.receipts = journal.Project(ctx, n.db, n.journal, receiptKinds(), n.log)
	n.later(n.receipts.Close)
	return nil
}

func (n *Node) openRegistry(ctx context.Context) error {
	if n.cfg.Registry.Authority {
		return n.openAuthority(ctx)
	}
	verifier, err := note.NewVerifier(n.cfg.Registry.Key)
	if err != nil {
		return fmt.Errorf("key of the registry: %w", err)
	}
	client := &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{TLSClientConfig: n.credential.Client(n.cfg.Registry.Pin), MaxIdleConnsPerHost: 2}}
	n.later(func() error { client.CloseIdleConnections(); return nil })
	n.credential.OnReplace(client.CloseIdleConnections)
	n.follower, err = registry.NewFollower(ctx, n.db, verifier, "https://"+n.cfg.Registry.Address+registry.Path, client, n.now, n.log)
	if err != nil {
		return err
	}
	n.registry = n.follower.Registry
	return n.openSubmitter()
}

// RegistryOrigin is the name of the registry of an instance.
func RegistryOrigin(instance string) string { return instance + "/registry" }

func (n *Node) openAuthority(ctx context.Context) error {
	key, err := credential.ReadKey(n.cfg.Keys.Registry)
	if err != nil {
		return err
	}
	signer, err := journal.NewSigner(RegistryOrigin(n.cfg.Member.Instance), key)
	if err != nil {
		return err
	}
	verifier, err := journal.NewKey(RegistryOrigin(n.cfg.Member.Instance), credential.PublicOf(key))
	if err != nil {
		return err
	}
	if n.authority, err = registry.NewAuthority(ctx, n.db, signer, verifier, n.now); err != nil {
		return err
	}
	n.registry = n.authority.Registry
	if err := n.openSubmitter(); err != nil {
		return err
	}
	return n.seed(ctx)
}

// seed makes the authority say what its seed says. Without one the empty log is
// signed, so that there is a checkpoint to begin from.
func (n *Node) seed(ctx context.Context) (err error) {
	var statements []registry.Statement
	if n.cfg.Registry.Seed != "" {
		if statements, err = registry.ReadStatements(n.cfg.Registry.Seed); err != nil {
			return err
		}
	}
	return n.authority.Ensure(ctx, statements)
}

// contact is when the registry was last known to be current: the authority
// always knows.
func (n *Node) contact() time.Time {
	if n.authority != nil {
		return n.now()
	}
	return n.registry.Contact()
}

func (n *Node) openExchange(context.Context) error {
	n.gateway = exchange.New(exchange.Config{
		Member: n.cfg.Member, Node: n.cfg.Name, Credential: n.credential, State: n.registry.State, Contact: n.contact, Stale: n.cfg.Registry.Stale,
		Journal: n.journal, Law: registry.Law{Pack: n.pack, State: n.registry.State}, Sectors: n.sectors, Systems: n.systems.find, Observe: n.observe, Now: n.now, Log: n.log,
		Checkpoint: func() []byte { return []byte(n.registry.Checkpoint()) },
		Gossip:     func(checkpoint []byte) error { return n.registry.Compare(context.Background(), checkpoint) },
	})
	n.later(func() error { n.gateway.Close(); return nil })
	n.system = receipts.NewSystem(n.db, n.now)
	n.serve("receipts", receipts.ServiceCode, n.system.Handler())
	return n.openSystems()
}

// serve puts an information system behind the node.
func (n *Node) serve(subsystem, code string, system http.Handler) {
	id := n.cfg.Member
	id.Subsystem, id.Service = subsystem, code
	n.systems.put(id, exchange.Handler(system))
}

func (n *Node) openWitnesses(ctx context.Context) error {
	if n.cfg.WitnessName != "" {
		key, err := credential.ReadKey(n.cfg.Keys.Witness)
		if err != nil {
			return err
		}
		n.witness, err = witness.NewServer(witness.Config{Dir: filepath.Join(n.cfg.Dir, "witness"), Name: n.cfg.WitnessName, Key: key, Logs: n.registry}, n.now, n.log)
		if err != nil {
			return err
		}
	}
	if len(n.cfg.Witnesses) == 0 {
		return nil
	}
	return n.openCosigner(ctx)
}

func (n *Node) openCosigner(ctx context.Context) error {
	peers, client, err := n.witnessPeers(n.cfg.Witnesses)
	if err != nil {
		return err
	}
	n.cosigner, err = witness.Start(ctx, witness.CosignerConfig{File: n.cfg.cosignedFile(), Log: n.journal.Key(), Keys: n.journal.Keys, Peers: peers, Client: client}, n.journal, n.now, n.log)
	if err != nil {
		return err
	}
	n.later(n.cosigner.Close)
	return nil
}

// Cosigned implements services.Witness; a node without witnesses has none.
func (n *Node) Cosigned() []byte {
	if n.cosigner == nil {
		return nil
	}
	return n.cosigner.Cosigned()
}

// Serve runs the node until ctx ends and closes it.
func (n *Node) Serve(ctx context.Context) error {
	for name, address := range n.Addresses() {
		n.log.InfoContext(ctx, "serving", slog.String("surface", name), slog.String("address", address))
	}
	err := n.Run(ctx)
	closing := time.Now()
	err = errors.Join(err, n.Close())
	n.log.InfoContext(ctx, "stopped", slog.Duration("took", time.Since(closing)))
	return err
}

// Run starts the work and serves until ctx ends.
func (n *Node) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	n.work, n.stop = work, stop
	if err := n.start(work); err != nil {
		return fmt.Errorf("node %s: %w", n.cfg.Name, err)
	}
	failed := make(chan error, len(n.servers))
	for _, s := range n.servers {
		n.done.Go(func() { failed <- s.run() })
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("node %s: %w", n.cfg.Name, err)
	}
}

// start sets the rooms to work.
func (n *Node) start(ctx context.Context) (err error) {
	if n.relay, err = n.bus.Relay(ctx, n.db, n.now); err != nil {
		return err
	}
	n.done.Go(func() { n.jobs.Run(ctx) })
	n.done.Go(func() { n.journal.KeepSwept(ctx, n.now, n.log) })
	n.done.Go(func() { n.desk.Follow(ctx) })
	n.done.Go(func() { n.described.Run(ctx) })
	n.startAdmission(ctx)
	n.watchRegistry(ctx)
	n.done.Go(func() { n.endPauses(ctx) })
	n.rotation = n.openRotation()
	n.done.Go(func() { n.rotation.Finish(ctx) })
	n.done.Go(func() { n.partFromStrangers(ctx) })
	if n.services != nil {
		if err := n.services.Listen(ctx, n.bus); err != nil {
			return err
		}
	}
	n.done.Go(func() { n.events.Follow(ctx) })
	n.done.Go(func() { n.events.Deliver(ctx) })
	return nil
}

// Close stops everything: first what is under way is finished, as far as it
// takes no longer than [grace], then the rooms end in the order opposite to that
// of opening.
func (n *Node) Close() error {
	errs := n.drain()
	if n.stop != nil {
		n.stop()
	}
	n.done.Wait()
	for i := len(n.closers) - 1; i >= 0; i-- {
		errs = append(errs, n.closers[i]())
	}
	n.closers, n.servers = nil, nil
	return errors.Join(errs...)
}
