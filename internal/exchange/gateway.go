package exchange

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"dobosh/internal/exchange/link"
	"dobosh/internal/exchange/turnstile"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"
)

// Journal makes a message durable before it leaves.
type Journal interface {
	Append(ctx context.Context, e journal.Entry) (journal.Stamp, error)
	AppendAll(ctx context.Context, entries ...journal.Entry) ([]journal.Stamp, error)
}

// Law says whether a provision is in force; its error names the provision.
type Law interface {
	InForce(ref law.Ref, day civil.Day) error
}

// Translator turns the pseudonym of a person in one sector into that in
// another.
type Translator interface {
	Translate(from, to, pseudonym string) (string, error)
}

// ReceiptSector is the sector in which persons are named in journals, so that
// "who looked at my data" can be answered without knowing them otherwise.
const ReceiptSector = "receipts"

// Config is what a gateway needs from its node.
type Config struct {
	Member        registry.ID        // whose node this is
	Node          string             // name of this node
	Credential    *credential.Holder // what it shows to other nodes, and whom it believes
	State         func() *registry.State
	Contact       func() time.Time // when the registry was last known to be current
	Stale         time.Duration    // how long to go on without the registry; 0 for 24 hours
	Journal       Journal
	Law           Law
	Sectors       Translator
	Systems       func(service registry.ID) (System, bool) // the information systems behind this node
	Skew          time.Duration                            // how far clocks may differ; 0 for 5 minutes
	IdleTimeout   time.Duration                            // for one request at the asker; 0 for 30 seconds
	SystemTimeout time.Duration                            // with an information system, for one response; 0 for 20 seconds
	Checkpoint    func() []byte                            // newest checkpoint of the registry here, told to every node that is met; nil for none
	Gossip        func(checkpoint []byte) error            // compares one that another node told; nil for nobody
	Observe       func(Observation)                        // each exchange, at both sides; must not block; nil for nobody
	Traces        bool                                     // whether exchanges are steps of a trace, which Observe is told
	DB            *storage.DB                              // in which nodes of the member remember together who asked, see [turnstile]; nil for a node alone
	Now           clock.Now
	Log           *slog.Logger
}

// Gateway asks and answers for one node. It is safe for concurrent use.
type Gateway struct {
	Config
	passes *turnstile.Turnstile
	rates  *rates
	memory *memoryLimit

	messages   sync.Pool // *[]byte, of messages that have left
	rooms      sync.Pool // *room, of documents that were looked at
	committing deadlines // for the journal, at the side that answers

	recorder   *recorder
	peers      *peers
	served     served
	prepared   sync.Map                                                             // *terms by id of a contract
	handle     func(ctx context.Context, peer *tls.ConnectionState, s *link.Stream) // serveStream; a seam for tests that stand before it
	consulting *goroutinePool                                                       // information systems that have not come back

	mu        sync.Mutex
	clients   map[string]*http.Client // by pin of the node asked
	verifiers map[string]verifier     // by the verifier keys of a node; each remembers checkpoints that it has seen to hold
}

// DefaultStale is how long a node goes on without the registry when its
// configuration says nothing.
const DefaultStale = 24 * time.Hour

// SystemTimeout is how long an information system may take for one response when the configuration says nothing.
const SystemTimeout = 20 * time.Second

// New makes a gateway.
func New(cfg Config) *Gateway {
	if cfg.Stale == 0 {
		cfg.Stale = DefaultStale
	}
	if cfg.Skew == 0 {
		cfg.Skew = 5 * time.Minute
	}
	if cfg.IdleTimeout == 0 {
		cfg.IdleTimeout = 30 * time.Second
	}
	if cfg.SystemTimeout == 0 {
		cfg.SystemTimeout = SystemTimeout
	}
	if cfg.Systems == nil {
		cfg.Systems = func(registry.ID) (System, bool) { return nil, false }
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Observation) {}
	}
	g := &Gateway{
		Config: cfg, passes: turnstile.New(cfg.DB, 2*cfg.Skew, cfg.Now, cfg.Log), rates: newRates(), memory: newMemoryLimit(), consulting: newGoroutinePool(),
		recorder: newRecorder(cfg.Journal, cfg.Log),
		clients:  map[string]*http.Client{}, verifiers: map[string]verifier{},
	}
	g.peers = newPeers(func(pin string) *tls.Config { return cfg.Credential.Client(pin, link.Protocol) }, link.Config{Greeting: g.greeting, Heard: g.heard})
	g.handle = g.serveStream
	cfg.Credential.OnReplace(g.letGo)
	return g
}

// Join comes before the first request is answered: other nodes of the member may be
// on the database, and remember together with this one from then on.
func (g *Gateway) Join(ctx context.Context) error { return g.passes.Join(ctx) }

// Remember keeps what nodes of the member remember together until ctx ends.
func (g *Gateway) Remember(ctx context.Context) { g.passes.Run(ctx) }

// Forget drops from the database what need not be remembered: a round of the node.
func (g *Gateway) Forget(ctx context.Context) error { return g.passes.Forget(ctx) }

// client gives the connection pool to the node with a pin.
func (g *Gateway) client(pin string) *http.Client {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c, ok := g.clients[pin]; ok {
		return c
	}
	c := &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:       g.Credential.Client(pin),
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: g.IdleTimeout + 30*time.Second,
			MaxIdleConnsPerHost:   64, // two, the default, would open a connection for nearly every request
			IdleConnTimeout:       90 * time.Second,
			DisableCompression:    true,
			TLSNextProto:          map[string]func(string, *tls.Conn) http.RoundTripper{},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	g.clients[pin] = c
	return c
}

// verifier gives what checks the messages of a node's log, and the name of the log.
// What was signed before the node changed its key stands: it may be on its way.
func (g *Gateway) verifier(node registry.Node) (*journal.Verifier, string, error) {
	if now, known := g.State().Node(node.Member, node.Name); known { // it may have changed its key since it was asked
		node = now
	}
	key := node.Log
	if len(node.Former) > 0 {
		key += "\n" + strings.Join(node.Former, "\n")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if v, ok := g.verifiers[key]; ok {
		return v.Verifier, v.origin, nil
	}
	parsed, err := journal.ParseKey(node.Log)
	if err != nil {
		return nil, "", err
	}
	v := verifier{journal.NewVerifier(node.Keys()...), parsed.Name()}
	g.verifiers[key] = v
	return v.Verifier, v.origin, nil
}

// verifier checks the messages of one log.
type verifier struct {
	*journal.Verifier
	origin string
}

// Close waits for the information systems that still answer, writes what is
// still to be noted and ends all connections. Nothing may be asked any more.
func (g *Gateway) Close() {
	g.served.close()
	g.consulting.close()
	g.peers.close()
	g.recorder.close()
	g.committing.end()
	g.letGo()
}

// letGo closes the connections that carry nothing; the others close when they
// have done.
func (g *Gateway) letGo() {
	g.peers.leave()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.clients {
		c.CloseIdleConnections()
	}
}
