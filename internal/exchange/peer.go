package exchange

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"sync"
	"time"

	"dobosh/internal/exchange/link"
	"dobosh/internal/registry"
)

const (
	connections = 2                // to one node
	crowded     = 16               // streams on one connection before there is a second
	dialTimeout = 5 * time.Second  // so that another node can still be asked
	firstRest   = time.Second      // of a node after its first failure
	longestRest = 30 * time.Second // of a node that fails again and again
	smoothing   = 8                // the newest duration counts for one part in so many
)

// peers are the connections to the nodes that are asked, and how each of them
// has been doing. It is safe for concurrent use.
type peers struct {
	secure func(pin string) *tls.Config
	cfg    link.Config
	now    func() time.Time // monotonic

	mu     sync.Mutex
	byNode map[peerKey]*peer
	open   map[*link.Conn]struct{} // every connection that has not ended
	closed bool
	ending sync.WaitGroup // those of open
}

type peerKey struct{ address, pin string }

// peer is one node that is asked.
type peer struct {
	node    registry.Node
	dialing chan struct{} // held by the one who dials

	mu       sync.Mutex // guards what follows
	conns    []*link.Conn
	took     time.Duration // smoothed; 0 before the first response
	failures int           // in a row
	rests    time.Time     // until then others are preferred
}

func newPeers(secure func(pin string) *tls.Config, cfg link.Config) *peers {
	return &peers{secure: secure, cfg: cfg, now: time.Now, byNode: map[peerKey]*peer{}, open: map[*link.Conn]struct{}{}}
}

func (ps *peers) of(node registry.Node) *peer {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	key := peerKey{node.Address, node.TLS}
	p, ok := ps.byNode[key]
	if !ok {
		p = &peer{node: node, dialing: make(chan struct{}, 1)}
		ps.byNode[key] = p
	}
	return p
}

// inOrder sorts nodes by which is asked first: those that do not rest, the
// quickest for what it is carrying already before others. A node that nobody has
// asked yet comes first.
func (ps *peers) inOrder(nodes []registry.Node) []*peer {
	list := make([]*peer, 0, len(nodes))
	for _, n := range nodes {
		list = append(list, ps.of(n))
	}
	if len(list) < 2 {
		return list
	}
	now := ps.now()
	scores := map[*peer]float64{}
	for _, p := range list {
		scores[p] = p.score(now)
	}
	slices.SortStableFunc(list, func(a, b *peer) int {
		switch {
		case scores[a] < scores[b]:
			return -1
		case scores[a] > scores[b]:
			return 1
		}
		return 0
	})
	return list
}

// score is small for a node that should be asked.
func (p *peer) score(now time.Time) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if rest := p.rests.Sub(now); rest > 0 {
		return float64(time.Hour + rest)
	}
	open := 0
	for _, c := range p.conns {
		open += c.Load()
	}
	return float64(p.took) * float64(1+open)
}

// PeerStatus is a node that this one has asked, as it last met it.
type PeerStatus struct {
	Node    registry.Node
	Failing bool          // it could not be reached, or did not answer, the last time
	Took    time.Duration // of its responses, smoothed; 0 before the first
}

// Peers are the nodes that were asked since the start, by member and
// name. A node that has changed its address or key since is told as it was met.
func (g *Gateway) Peers() []PeerStatus {
	g.peers.mu.Lock()
	defer g.peers.mu.Unlock()
	list := make([]PeerStatus, 0, len(g.peers.byNode))
	for _, p := range g.peers.byNode {
		p.mu.Lock()
		list = append(list, PeerStatus{Node: p.node, Failing: p.failures > 0, Took: p.took})
		p.mu.Unlock()
	}
	slices.SortFunc(list, func(a, b PeerStatus) int {
		return cmp.Or(cmp.Compare(a.Node.Member.String(), b.Node.Member.String()), cmp.Compare(a.Node.Name, b.Node.Name))
	})
	return list
}

// answered notes that the node answered.
func (p *peer) answered(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures, p.rests = 0, time.Time{}
	if p.took == 0 {
		p.took = took
		return
	}
	p.took += (took - p.took) / smoothing
}

// failed notes that the node could not be reached or did not answer.
func (p *peer) failed(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rests = now.Add(min(firstRest<<min(p.failures, 8), longestRest))
	p.failures++
}

// conn gives a connection to a node, and dials where there is none, or where it
// is crowded and nobody dials already.
func (ps *peers) conn(ctx context.Context, p *peer) (*link.Conn, error) {
	c, enough := p.best()
	if c != nil && enough {
		return c, nil
	}
	if c != nil {
		select {
		case p.dialing <- struct{}{}:
		default:
			return c, nil
		}
	} else {
		select {
		case p.dialing <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer func() { <-p.dialing }()
	if again, enough := p.best(); again != nil && (enough || c == nil) {
		return again, nil // somebody dialled meanwhile
	}
	dialled, err := ps.dial(ctx, p)
	if err != nil && c != nil {
		return c, nil
	}
	return dialled, err
}

// best is the connection that carries least, and whether another would be of no
// use.
func (p *peer) best() (best *link.Conn, enough bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = slices.DeleteFunc(p.conns, func(c *link.Conn) bool { return !c.Usable() })
	least := 0
	for _, c := range p.conns {
		if load := c.Load(); best == nil || load < least {
			best, least = c, load
		}
	}
	return best, least < crowded || len(p.conns) >= connections
}

func (ps *peers) dial(ctx context.Context, p *peer) (*link.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := link.Dial(ctx, p.node.Address, ps.secure(p.node.TLS), ps.cfg)
	if err != nil {
		return nil, err
	}
	if !ps.keep(c) {
		c.Close()
		c.Wait()
		return nil, fmt.Errorf("%w: this node is closing", link.ErrClosed)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
	return c, nil
}

// keep remembers a connection until it has ended; false when there are to be no
// more.
func (ps *peers) keep(c *link.Conn) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return false
	}
	ps.open[c] = struct{}{}
	ps.ending.Go(func() {
		c.Wait()
		ps.mu.Lock()
		defer ps.mu.Unlock()
		delete(ps.open, c)
	})
	return true
}

// leave lets every connection end when it has done, so that new ones are made.
func (ps *peers) leave() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for c := range ps.open {
		c.Leave()
	}
}

// close ends all connections and waits for their ends.
func (ps *peers) close() {
	ps.mu.Lock()
	ps.closed = true
	for c := range ps.open {
		go c.Close() // each is waited for below
	}
	ps.mu.Unlock()
	ps.ending.Wait()
}
