package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"dobosh/internal/exchange/events"
	"dobosh/internal/exchange/link"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// witnessPath is where a witness is asked, on the exchange listener.
const witnessPath = "/dobosh/1/witness"

// server is one listener with what is served on it.
type server struct {
	name     string
	listener net.Listener
	serving
}

// serving answers on listeners. *http.Server is one.
type serving interface {
	Serve(l net.Listener) error         // until Shutdown or Close
	Shutdown(ctx context.Context) error // waits for the requests under way
	Close() error                       // does not
}

func (s *server) run() error {
	if err := s.Serve(s.listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// grace is how long what is under way may take after the end was announced.
const grace = 15 * time.Second

func (s *server) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		_ = s.serving.Close() // what takes longer is cut
	}
	if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) { // closed already when the server ran
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

func (n *Node) openServers(ctx context.Context) error {
	n.metrics = newMetrics(n)
	portal, err := n.portalSurface()
	if err != nil {
		return err
	}
	systems, err := n.systemsSurface()
	if err != nil {
		return err
	}
	surfaces := []struct {
		name, address string
		handler       http.Handler
		tls           *tls.Config
	}{
		{"portal", n.cfg.Listen.Portal, n.withHealth(portal), nil},
		{"exchange", n.cfg.Listen.Exchange, n.exchangeSurface(), n.secure(link.Protocol)},
		{"operations", n.cfg.Listen.Operations, n.withHealth(n.metrics.handler()), nil},
		{"systems", n.cfg.Listen.Systems, systems, nil},
	}
	for _, s := range surfaces {
		if s.address == "" {
			continue
		}
		if err := n.listen(ctx, s.name, s.address, s.handler, s.tls); err != nil {
			return err
		}
	}
	return n.openEdge(ctx)
}

// open takes an address for a surface, with TLS where secure is not nil.
func (n *Node) open(ctx context.Context, name, address string, secure *tls.Config) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", name, err)
	}
	if secure != nil {
		listener = tls.NewListener(listener, secure)
	}
	return listener, nil
}

func (n *Node) listen(ctx context.Context, name, address string, handler http.Handler, secure *tls.Config) error {
	listener, err := n.open(ctx, name, address, secure)
	if err != nil {
		return err
	}
	if name != "portal" { // the portal writes its own lines, which know the route
		handler = n.logged(name, handler)
	}
	web := &http.Server{
		TLSNextProto:      n.nextProtocols(name),
		Handler:           n.metrics.count(name, handler),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(n.log.Handler(), slog.LevelDebug), // handshakes of strangers are no news
	}
	web.RegisterOnShutdown(n.gateway.Drain)
	n.servers = append(n.servers, &server{name: name, listener: listener, serving: web})
	return nil
}

// exchangeSurface is what other nodes reach over mutual TLS.
func (n *Node) exchangeSurface() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+events.Path, n.untilDrain(n.events.Feed()))
	mux.Handle("GET "+registry.Path, n.untilDrain(n.registry))
	mux.Handle("GET "+registry.CheckpointPath, n.registry.CheckpointHandler())
	n.takeStatements(mux)
	n.takeLetters(mux)
	n.giveDescriptions(mux)
	if n.witness != nil {
		mux.Handle(witnessPath+"/", http.StripPrefix(witnessPath, n.witness))
	}
	return mux
}

// systemsSurface is what the member's own information systems reach.
func (n *Node) systemsSurface() (http.Handler, error) {
	mux := http.NewServeMux()
	for _, b := range n.brought {
		for name, api := range b.API {
			mux.Handle("/"+name+"/", http.StripPrefix("/"+name, api))
		}
	}
	if n.services != nil {
		counter, err := n.openCounter()
		if err != nil {
			return nil, err
		}
		mux.Handle("/services/", http.StripPrefix("/services", counter))
	}
	contracts, err := n.openContractsAPI()
	if err != nil {
		return nil, err
	}
	mux.Handle("/contracts/", http.StripPrefix("/contracts", contracts))
	if err := n.serveEvents(mux); err != nil {
		return nil, err
	}
	return mux, nil
}

// logged writes one line for each request, without its path, which may name a
// person.
func (n *Node) logged(surface string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := n.now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		n.log.InfoContext(r.Context(), "request", slog.String("surface", surface), slog.String("method", r.Method), slog.Int("status", seen.status),
			slog.Duration("took", n.now().Sub(begun)), slog.String("id", r.Header.Get("X-Road-Id")))
	})
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Addresses tells where the node is reached, by surface. They differ from the
// configuration where that asked for port 0.
func (n *Node) Addresses() map[string]string {
	addresses := make(map[string]string, len(n.servers))
	for _, s := range n.servers {
		if s.name == doorName {
			continue
		}
		addresses[s.name] = s.listener.Addr().String()
	}
	return addresses
}

// pinnedClient reaches a few nodes, each known by its key.
func pinnedClient(own *credential.Holder, pins map[string]string) *http.Client {
	return &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: 2,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			d := tls.Dialer{Config: own.Client(pins[address])}
			return d.DialContext(ctx, network, address)
		},
	}}
}
