package exchange

import (
	"crypto/tls"
	"sync"

	"dobosh/internal/exchange/link"
	"dobosh/internal/registry"
)

// served are the connections over which other nodes ask this one. Its zero value
// has none.
type served struct {
	mu     sync.Mutex
	conns  map[*link.Conn]asker
	closed bool
	ending sync.WaitGroup
}

// asker is the node at the other side of a connection, as it was when it came.
type asker struct {
	tls  *tls.ConnectionState
	node registry.Node // zero where it was not known even then
}

// add remembers a connection until remove; false when there are to be no more.
func (s *served) add(c *link.Conn, peer asker) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending.Add(1)
	if s.closed {
		return false
	}
	if s.conns == nil {
		s.conns = map[*link.Conn]asker{}
	}
	s.conns[c] = peer
	return true
}

func (s *served) remove(c *link.Conn) {
	defer s.ending.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// leave lets every connection end when its requests are answered.
func (s *served) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Leave()
	}
}

// close ends every connection and waits for the end.
func (s *served) close() {
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		go c.Close() // waited for below
	}
	s.mu.Unlock()
	s.ending.Wait()
}

// Drain lets the nodes that ask know that no new request is taken here, and
// connections end when their requests are answered. It is for
// [http.Server.RegisterOnShutdown].
func (g *Gateway) Drain() { g.served.leave() }

// greeting is the newest checkpoint of the registry that this node knows: nodes
// that meet compare what the authority has told each of them.
func (g *Gateway) greeting() []byte {
	if g.Checkpoint == nil {
		return nil
	}
	return g.Checkpoint()
}

func (g *Gateway) heard(checkpoint []byte) {
	if g.Gossip == nil {
		return
	}
	if err := g.Gossip(checkpoint); err != nil {
		g.Log.Error("another node shows another history of the registry", attr("error", err.Error()))
	}
}
