package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
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
	listener, err := open(ctx, s.name, s.address, s.tls)
	if err != nil {
		return err
	}
	var handler http.Handler = s.routes
	if s.name != "portal" { // the portal writes its own lines, which know the route
		handler = n.logged(s.name, handler)
	}
	if s.protocols == nil {
		s.protocols = map[string]func(*http.Server, *tls.Conn, http.Handler){} // not nil: HTTP/2 is not spoken
	}
	web := &http.Server{
		TLSNextProto:      s.protocols,
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

// open takes an address, with TLS where secure is not nil.
func open(ctx context.Context, name, address string, secure *tls.Config) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", name, err)
	}
	if secure != nil {
		listener = tls.NewListener(listener, secure)
	}
	return listener, nil
}

// peers is what other nodes reach over mutual TLS: nobody comes so far whom the
// registry does not know.
func (n *Node) peers() *routes {
	r := newRoutes()
	for _, b := range n.brought {
		for pattern, handler := range b.Peers {
			r.on(pattern, act.SignedIn(), handler)
		}
		for pattern, handler := range b.News {
			r.on(pattern, act.SignedIn(), n.untilDrain(handler))
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
