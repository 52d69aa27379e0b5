package faults

import (
	"context"
	"net"
	"sync"
	"time"
)

// proxy stands before a listener and treats its connections badly when told.
type proxy struct {
	listener net.Listener
	target   string
	group    sync.WaitGroup

	mu     sync.Mutex
	state  state             // guarded by mu
	change chan struct{}     // guarded by mu; closed when state changes
	open   map[net.Conn]bool // guarded by mu; both sides of every connection
}

// state is how connections are treated.
type state struct {
	cut  bool          // none stands, none comes about
	hang bool          // they stand, and nothing comes through
	late time.Duration // each piece waits so long
}

func newProxy(listen, target string) (*proxy, error) {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, target: target, change: make(chan struct{}), open: map[net.Conn]bool{}}
	p.group.Go(p.serve)
	return p, nil
}

func (p *proxy) serve() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.group.Go(func() { p.carry(near) })
	}
}

// treat changes how connections are treated.
func (p *proxy) treat(s state) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = s
	close(p.change)
	p.change = make(chan struct{})
	if s.cut {
		p.closeAll()
	}
}

// closeAll ends every connection. The caller holds mu.
func (p *proxy) closeAll() {
	for c := range p.open {
		_ = c.Close() // that is the trouble
	}
}

// carry takes one connection to where it should go, until either side ends.
func (p *proxy) carry(near net.Conn) {
	defer near.Close()
	if s, _ := p.treated(); s.cut {
		return
	}
	far, err := net.DialTimeout("tcp", p.target, 5*time.Second)
	if err != nil {
		return // the node is away, and its callers see that
	}
	defer far.Close()
	if !p.keep(near, far) {
		return
	}
	defer p.forget(near, far)
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			defer way[0].Close()
			defer way[1].Close()
			p.copy(way[1], way[0])
		})
	}
	both.Wait()
}

func (p *proxy) copy(to, from net.Conn) {
	piece := make([]byte, 16<<10)
	for {
		n, err := from.Read(piece)
		if n > 0 && !p.wait() {
			return
		}
		if _, failed := to.Write(piece[:n]); failed != nil || err != nil {
			return
		}
	}
}

// wait holds a piece for as long as connections are held; false when they are cut.
func (p *proxy) wait() bool {
	for {
		s, change := p.treated()
		switch {
		case s.cut:
			return false
		case s.hang:
			<-change
		default:
			time.Sleep(s.late)
			return true
		}
	}
}

func (p *proxy) treated() (state, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state, p.change
}

func (p *proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.open[c] = true
	}
	return !p.state.cut
}

func (p *proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.open, c)
	}
}

// close ends the proxy and its connections.
func (p *proxy) close() {
	_ = p.listener.Close() // it was only listening
	p.treat(state{cut: true})
	p.group.Wait()
}

// meet has the proxy treat connections so for a time.
func (p *proxy) meet(ctx context.Context, s state, lasts time.Duration) {
	p.treat(s)
	wait(ctx, lasts)
	p.treat(state{})
}
