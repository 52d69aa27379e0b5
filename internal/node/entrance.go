package node

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"dobosh/internal/exchange/link"
	"dobosh/internal/kit/entrance"
	"dobosh/internal/kit/lang"
	"dobosh/internal/security"
)

// Limits bounds what comes from outside.
type Limits struct {
	// Connections that all surfaces hold at once. When zero, three quarters of the files
	// that the process may open, and 16384 at most; the rest is for the database, the
	// journal and the events, and for what the node itself asks.
	Connections int `yaml:"connections"`
}

func (l Limits) check() []error {
	if l.Connections < 0 || l.Connections > maxConnections {
		return []error{fmt.Errorf("limits.connections: is not between 0 and %d", maxConnections)}
	}
	return nil
}

const (
	maxConnections  = 1 << 20
	mostConnections = 1 << 14 // when nothing is configured: each costs some 20 kB
)

// Connections is how many connections the surfaces of one process may hold: what it may
// open without what its stores need. It raises the soft limit of open files to the hard
// one first.
func Connections() int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return 768 // of the 1024 that a process has by tradition
	}
	if files.Cur < files.Max {
		raised := syscall.Rlimit{Cur: files.Max, Max: files.Max}
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil {
			files = raised
		}
	}
	may := int(min(files.Cur, 1<<30))
	return max(16, min(mostConnections, may-max(may/4, min(256, may/2))))
}

// shares are how the connections are divided among the surfaces, and which part of its
// own a surface gives to one address. On surfaces for the member's own systems there are
// few addresses.
func shares() map[string]struct{ weight, address int } {
	return map[string]struct{ weight, address int }{
		"portal": {8, 4}, "exchange": {6, 4}, "edge": {3, 2}, "edge-tls": {3, 2}, "systems": {3, 2}, "operations": {1, 2}, "time-stamps": {1, 4}, "witness": {1, 4},
	}
}

// addresses are those of the configured surfaces.
func (c Config) addresses() map[string]string {
	all := map[string]string{"portal": c.Listen.Portal, "exchange": c.Listen.Exchange, "edge": c.Listen.Edge, "operations": c.Listen.Operations, "systems": c.Listen.Systems, "witness": c.Listen.Witness}
	if c.Edge.TLS != nil {
		all["edge-tls"] = c.Edge.TLS.Listen
	}
	if c.TimeStampAuthority != nil {
		all["time-stamps"] = c.TimeStampAuthority.Listen
	}
	for name, address := range all {
		if address == "" {
			delete(all, name)
		}
	}
	return all
}

// budget is what a surface may hold.
func (c Config) budget(name string) entrance.Budget {
	total, of := c.Limits.Connections, shares()
	if total == 0 {
		total = Connections()
	}
	weights := 0
	for other := range c.addresses() {
		weights += of[other].weight
	}
	own := max(4, total*of[name].weight/max(1, weights))
	b := entrance.Budget{Total: own, Address: max(4, own/of[name].address)}
	if name == "portal" {
		b.Open = c.proxies().Has
	}
	if name != "exchange" && name != "edge-tls" { // there it would be no TLS
		b.Full = []byte("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	}
	return b
}

// proxies end TLS before the portal. Where people come by https the node does not do
// that itself, so that on a loopback address it is a program of this machine.
func (c Config) proxies() (all entrance.Proxies) {
	for _, p := range c.Proxies {
		prefix, err := entrance.ParsePrefix(p)
		if err == nil { // was checked
			all = append(all, prefix)
		}
	}
	if len(all) == 0 && strings.HasPrefix(c.PublicURL, "https:") && loopback(c.Listen.Portal) {
		all = entrance.Proxies{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	return all
}

// loopback reports whether an address is reached from this machine only.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// hosts are the names by which a surface is reached.
func (n *Node) hosts(name string) entrance.Hosts {
	h := entrance.Hosts{}
	for _, host := range n.Config.Hosts {
		h.Names = append(h.Names, entrance.Name(host))
	}
	if u, err := url.Parse(n.PublicURL); err == nil {
		h.Names = append(h.Names, entrance.Name(u.Host))
	}
	if host := entrance.Name(n.addresses()[name]); host != "" {
		h.Names = append(h.Names, host)
	}
	if name == "exchange" { // whoever comes shows a certificate that the registry names
		h.Literal = true
		h.More = func() (announced []string) {
			if own, known := n.rooms.centre.State().Node(n.Member, n.Name); known {
				announced = append(announced, own.Address)
			}
			return append(announced, n.Address, n.Certificates.Address)
		}
	}
	return h
}

// entering is the key of a context under which the connection of a request stands.
type entering struct{}

// withConnection lets the requests of a connection know it.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, entering{}, entrance.Of(c))
}

// enters lets a request in that is meant for this surface, and keeps the place of its
// connection while it is answered. Surfaces for programs answer no web page of others.
func (n *Node) enters(s surface, next http.Handler) http.Handler {
	hosts, machine := n.hosts(s.name), s.name != "portal"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(entering{}).(*entrance.Conn); ok && c != nil {
			if !c.Enter() {
				panic(http.ErrAbortHandler)
			}
			defer c.Leave()
		}
		at, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		switch {
		case !hosts.Knows(r.Host, at):
			n.turnAway(w, r, s.name, entrance.Misdirected(r.Host), "host-unknown")
		case machine && entrance.ByAPage(r.Header["Origin"], r.Header["Sec-Fetch-Site"]):
			n.turnAway(w, r, s.name, http.StatusForbidden, "cross-site")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// turnAway answers a request that is not meant for this surface.
func (n *Node) turnAway(w http.ResponseWriter, r *http.Request, surface string, status int, code string) {
	n.watch.Note(security.Event{Action: security.TurnedAway, Reason: code, Surface: surface, Address: n.address()(r)})
	tag := lang.Accept(r.Header.Get("Accept-Language"))
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Language", string(tag))
	w.Header().Set("Connection", "close")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct { // the asker may have gone
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Code   string `json:"code"`
	}{"/problems#" + code, n.say(tag, "problem."+code), status, code})
}

// staying keeps the places of connections over which nodes of the registry ask: they live
// long. Who joins is a stranger still, and waits like others.
func staying(protocols map[string]func(*http.Server, *tls.Conn, http.Handler)) map[string]func(*http.Server, *tls.Conn, http.Handler) {
	all := map[string]func(*http.Server, *tls.Conn, http.Handler){} // not nil: HTTP/2 is not spoken
	for name, serve := range protocols {
		all[name] = func(s *http.Server, c *tls.Conn, h http.Handler) {
			if in := entrance.Of(c); name == link.Protocol && in != nil && in.Enter() {
				defer in.Leave()
			}
			serve(s, c, h)
		}
	}
	return all
}

// address is who comes to the portal, for what is counted by address.
func (c Config) address() func(*http.Request) string {
	proxies := c.proxies()
	return func(r *http.Request) string { return proxies.Client(r).String() }
}

// checkHosts is what is wrong with the names and the proxies.
func (c Config) checkHosts() (errs []error) {
	for i, host := range c.Hosts {
		if name := entrance.Name(host); name == "" || strings.ContainsAny(host, "/ *@") {
			errs = append(errs, fmt.Errorf("hosts[%d]: %q is no name of a host", i, host))
		}
	}
	for i, p := range c.Proxies {
		if prefix, err := entrance.ParsePrefix(p); err != nil {
			errs = append(errs, fmt.Errorf("proxies[%d]: %q is no address or network", i, p))
		} else if prefix.Bits() == 0 {
			errs = append(errs, fmt.Errorf("proxies[%d]: %q is everybody", i, p))
		}
	}
	return slices.Concat(errs, c.Limits.check())
}
