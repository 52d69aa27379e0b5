package entrance

import (
	"container/list"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Budget is how many connections a listener holds at once. Both are at least 1.
type Budget struct {
	Total   int
	Address int // of one address
	// Open reports whether an address is that of a proxy, behind which many stand: only
	// Total holds for it. Nil for none.
	Open func(netip.Addr) bool
	// Full is written to who cannot be let in, such as an answer in HTTP; nothing when empty.
	Full []byte
}

// Listener lets in as many as its budget says. It is safe for concurrent use.
type Listener struct {
	net.Listener
	budget Budget

	refused, left atomic.Int64

	mu      sync.Mutex
	open    int                      // guarded by mu
	waiting list.List                // guarded by mu; of *Conn, who has waited longest in front
	of      map[netip.Addr]*neighbor // guarded by mu
}

// neighbor is what comes from one address.
type neighbor struct {
	open    int
	waiting list.List // of *Conn
}

// Limit puts a budget on a listener.
func Limit(l net.Listener, b Budget) *Listener {
	b.Total, b.Address = max(1, b.Total), max(1, b.Address)
	return &Listener{Listener: l, budget: b, of: map[netip.Addr]*neighbor{}}
}

// Figures are how many connections are open, how many came when no place could be made
// for them, and how many were closed to make place.
func (l *Listener) Figures() (open int, refused, left int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open, l.refused.Load(), l.left.Load()
}

// Accept waits for the next connection for which there is a place.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := l.admit(raw); c != nil {
			return c, nil
		}
		l.refused.Add(1)
		if len(l.budget.Full) > 0 {
			_ = raw.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)) // it fits what the kernel keeps, or is not worth waiting for
			_, _ = raw.Write(l.budget.Full)
		}
		_ = raw.Close()
	}
}

// admit makes place for a connection; nil where there is none to be made.
func (l *Listener) admit(raw net.Conn) *Conn {
	c := &Conn{Conn: raw, from: l, address: Address(raw.RemoteAddr())}
	var leaves []*Conn
	defer func() {
		for _, old := range leaves {
			l.left.Add(1)
			_ = old.Conn.Close() // whoever serves it learns of it
		}
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	near := l.of[c.address]
	if near != nil && near.open >= l.budget.Address && (l.budget.Open == nil || !l.budget.Open(c.address)) {
		if near.waiting.Len() == 0 {
			return nil
		}
		leaves = append(leaves, l.leave(near.waiting.Front().Value.(*Conn)))
	} else if l.open >= l.budget.Total {
		if l.waiting.Len() == 0 {
			return nil
		}
		leaves = append(leaves, l.leave(l.waiting.Front().Value.(*Conn)))
	}
	if near = l.of[c.address]; near == nil {
		near = &neighbor{}
		l.of[c.address] = near
	}
	l.open++
	near.open++
	l.wait(c)
	return c
}

// wait puts a connection behind those that wait already. The caller holds mu.
func (l *Listener) wait(c *Conn) {
	c.inAll, c.inNear = l.waiting.PushBack(c), l.of[c.address].waiting.PushBack(c)
}

// work takes a connection out of those that wait. The caller holds mu.
func (l *Listener) work(c *Conn) {
	if c.inAll != nil {
		l.waiting.Remove(c.inAll)
		l.of[c.address].waiting.Remove(c.inNear)
		c.inAll, c.inNear = nil, nil
	}
}

// leave counts a connection no more. The caller holds mu.
func (l *Listener) leave(c *Conn) *Conn {
	if c.gone {
		return c
	}
	l.work(c)
	c.gone = true
	l.open--
	near := l.of[c.address]
	if near.open--; near.open == 0 {
		delete(l.of, c.address)
	}
	return c
}

// Conn is a connection that was let in. It waits until Enter, and again from Leave on.
type Conn struct {
	net.Conn
	from    *Listener
	address netip.Addr

	answering int           // guarded by from.mu
	gone      bool          // guarded by from.mu
	inAll     *list.Element // guarded by from.mu; nil while it does not wait
	inNear    *list.Element // guarded by from.mu
}

// Enter says that something of the connection is being answered; false when its place
// was given away.
func (c *Conn) Enter() bool {
	c.from.mu.Lock()
	defer c.from.mu.Unlock()
	if c.gone {
		return false
	}
	c.answering++
	c.from.work(c)
	return true
}

// Leave ends what Enter began; without that it does nothing.
func (c *Conn) Leave() {
	c.from.mu.Lock()
	defer c.from.mu.Unlock()
	if c.answering == 0 {
		return
	}
	if c.answering--; c.answering == 0 && !c.gone {
		c.from.wait(c)
	}
}

// Close implements net.Conn.
func (c *Conn) Close() error {
	c.from.mu.Lock()
	c.from.leave(c)
	c.from.mu.Unlock()
	return c.Conn.Close()
}

// Of finds what was let in below a connection, such as one of TLS; nil for none.
func Of(c net.Conn) *Conn {
	for {
		switch below := c.(type) {
		case *Conn:
			return below
		case interface{ NetConn() net.Conn }:
			c = below.NetConn()
		default:
			return nil
		}
	}
}

// Address is what a budget counts by: the address without its port, and of IPv6 the
// network of 64 bits, which is what one household or server has. It is the zero address
// for what has none.
func Address(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return Network(tcp.AddrPort().Addr())
}

// Network is the address that stands for all that are one with it.
func Network(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		return netip.PrefixFrom(a, 64).Masked().Addr()
	}
	return a
}
