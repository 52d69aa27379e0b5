package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/kit/entrance"
)

// server is one listener with what is served on it.
type server struct {
	name     string
	rows     []act.Row // who may what there
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

// surface is one address of the node with what answers there.
type surface struct {
	name, address string
	routes        *routes
	tls           *tls.Config // nil for none
	// protocols besides HTTP/1.1, by their ALPN names.
	protocols map[string]func(*http.Server, *tls.Conn, http.Handler)
}

// listen takes the address of a surface; one without an address is not served.
func (n *Node) listen(ctx context.Context, m *metrics, gateway *exchange.Gateway, s surface) error {
	if s.address == "" {
		return nil
	}
	listener, err := n.occupy(ctx, m, s)
	if err != nil {
		return err
	}
	handler := n.enters(s, s.routes)
	if s.name != "portal" { // the portal writes its own lines, which know the route
		handler = n.logged(s.name, handler)
	}
	web := &http.Server{
		TLSNextProto:      staying(s.protocols),
		ConnContext:       withConnection,
		Handler:           m.count(s.name, handler),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(n.log.Handler(), slog.LevelDebug), // handshakes of strangers are no news
	}
	web.RegisterOnShutdown(gateway.Drain)
	n.servers = append(n.servers, &server{name: s.name, rows: s.routes.rows, listener: listener, serving: web})
	return nil
}

// occupy takes the address of a surface, with TLS where it has one, for as many
// connections as it may hold.
func (n *Node) occupy(ctx context.Context, m *metrics, s surface) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.address)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", s.name, err)
	}
	limited := entrance.Limit(listener, n.budget(s.name))
	m.entrances.add(s.name, limited)
	if s.tls != nil {
		return tls.NewListener(limited, s.tls), nil
	}
	return limited, nil
}

// peers is what other nodes reach over mutual TLS: nobody comes so far whom the
// registry does not know.
func (n *Node) peers() *routes {
	r := newRoutes()
	for _, b := range n.brought {
		for pattern, handler := range b.Peers {
			r.on(pattern, act.SignedIn(), dated(n.now, handler))
		}
		for pattern, handler := range b.News {
			r.on(pattern, act.SignedIn(), n.untilDrain(dated(n.now, handler)))
		}
	}
	return r
}

// systems is what the member's own information systems reach.
func (n *Node) systems() *routes {
	r := newRoutes()
	for _, b := range n.brought {
		for _, interfaced := range b.API {
			r.all(interfaced.Rows(), interfaced)
		}
	}
	return r
}

// logged writes one line for each request, without its path, which may name a
// person.
func (n *Node) logged(surface string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := n.now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		n.log.InfoContext(r.Context(), "request", slog.String("surface", surface), slog.String("method", said(r.Method, 8)), slog.Int("status", seen.status),
			slog.Duration("took", n.now().Sub(begun)), slog.String("id", said(r.Header.Get("X-Road-Id"), 64)))
	})
}

// said bounds what a stranger can write into the log: of what is longer than bytes, or
// has a sign that nobody sees, nothing is kept.
func said(s string, bytes int) string {
	if len(s) > bytes || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "unreadable"
	}
	return s
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
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

// drain stops taking anything new on all surfaces at once, tells the nodes that
// ask to ask elsewhere, and returns when what was under way is finished, or
// after [grace]. Nothing of it is said in the registry: a node that starts again
// in a moment should not cost all others a statement.
func (n *Node) drain() []error {
	n.ending.Do(func() { close(n.draining) })
	errs := make([]error, len(n.servers))
	var closing sync.WaitGroup
	for i, s := range n.servers {
		closing.Go(func() { errs[i] = s.close() })
	}
	closing.Wait()
	return errs
}

// untilDrain ends the waits for news when the node begins to end: nothing is
// lost by that, and nobody has to be waited for.
func (n *Node) untilDrain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		done := make(chan struct{})
		defer close(done)
		go func() {
			select {
			case <-n.draining:
				cancel()
			case <-done:
			}
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
