package admission

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"dobosh/internal/kit/problem"
)

// Surfaces are the addresses of a node, host:port.
type Surfaces struct{ Portal, Exchange, Edge, Systems, Operations string }

// ownHost is the address by which this machine reaches another, so that the
// other, and more of them, most likely reach it by the same.
func ownHost(other string) (string, error) {
	conn, err := net.Dial("udp", other) // nothing is sent
	if err != nil {
		return "", problem.New(problem.Unavailable, "authority-away", "address", other).Because(err)
	}
	defer func() { _ = conn.Close() }() // nothing was written
	host, _, err := net.SplitHostPort(conn.LocalAddr().String())
	return host, err
}

// The ports that are tried first.
const (
	exchangePort   = 7443
	portalPort     = 8080
	edgePort       = 8081
	systemsPort    = 8082
	operationsPort = 8083
	portsTried     = 200
)

// choose finds free addresses where none were given, for the node of a
// configuration, and keeps them for it until it listens there. Only the exchange
// is for others, at own; the rest begins on this machine alone. What is in not is
// not chosen for the exchange.
func (s *Surfaces) choose(own, configuration string, not ...string) (err error) {
	kept, err := reservedFor(configuration)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.put(*s)) }()
	taken := map[string]bool{}
	for _, address := range not {
		taken[address] = true
	}
	for _, surface := range []struct {
		address *string
		host    string
		port    int
	}{
		{&s.Exchange, own, exchangePort}, {&s.Portal, "127.0.0.1", portalPort}, {&s.Edge, "127.0.0.1", edgePort},
		{&s.Systems, "127.0.0.1", systemsPort}, {&s.Operations, "127.0.0.1", operationsPort},
	} {
		for p := surface.port; *surface.address == ""; p++ {
			address := net.JoinHostPort(surface.host, strconv.Itoa(p))
			switch {
			case p == surface.port+portsTried:
				return fmt.Errorf("no port of %s is free from %d on: choose addresses", surface.host, surface.port)
			case !taken[address] && !kept.holds(address) && free(address):
				*surface.address, taken[address] = address, true
			}
		}
	}
	return nil
}

func free(address string) bool {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	return l.Close() == nil
}
