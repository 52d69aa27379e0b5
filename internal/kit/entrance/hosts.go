package entrance

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Hosts are the names by which a listener is reached, in small letters and without
// ports. The zero Hosts is reached by its own address only.
type Hosts struct {
	Names []string
	// More gives names that may change; nil for none.
	More func() []string
	// Literal takes any address that is no name: nobody can point it elsewhere. Without it
	// only that at which the connection arrived counts.
	Literal bool
}

// Knows reports whether a request that came to an address is meant for it: a web page
// whose own name was pointed here is not (DNS rebinding).
func (h Hosts) Knows(host string, at net.Addr) bool {
	name := Name(host)
	if name == "" {
		return false
	}
	for _, known := range h.Names {
		if name == known {
			return true
		}
	}
	var own netip.Addr
	if tcp, ok := at.(*net.TCPAddr); ok {
		own = tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	if literal, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return h.Literal || literal.Unmap() == own
	}
	if name == "localhost" && own.IsLoopback() {
		return true
	}
	if h.More != nil {
		for _, known := range h.More() {
			if name == Name(known) {
				return true
			}
		}
	}
	return false
}

// Name is a host without its port, as names are compared; empty for what is none.
func Name(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// ByAPage reports whether a request was made by a web page of another place, by its
// headers Origin and Sec-Fetch-Site. Programs send neither; browsers send both with what
// could do harm, and a page cannot leave them out.
func ByAPage(origin, site []string) bool {
	for _, said := range origin {
		if said != "" {
			return true
		}
	}
	for _, said := range site {
		if said != "" && said != "none" && said != "same-origin" {
			return true
		}
	}
	return false
}

// Misdirected is the status for a request that names another host, and for one that
// names none.
func Misdirected(host string) int {
	if host == "" {
		return http.StatusBadRequest
	}
	return http.StatusMisdirectedRequest
}

// Proxies are the networks of those who forward requests of others.
type Proxies []netip.Prefix

// ParsePrefix reads a network, or an address that is one by itself.
func ParsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}

// Has reports whether an address is that of a proxy.
func (p Proxies) Has(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// Client is the address from which a request comes, as [Network] has it: that of the
// connection, or what the nearest proxies say of it in X-Forwarded-For, each of the one
// before. What somebody else wrote there does not count.
func (p Proxies) Client(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := at.Addr().Unmap().WithZone("")
	said := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(said) - 1; i >= 0 && p.Has(client); i-- {
		before, err := netip.ParseAddr(strings.TrimSpace(said[i]))
		if err != nil {
			break
		}
		client = before.Unmap().WithZone("")
	}
	return Network(client)
}
