package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/mailsink"
	"dobosh/internal/lab/station"
	"dobosh/internal/node"
)

// DefaultDir is where a demonstration keeps its things when nobody says.
const DefaultDir = "dobosh-data"

// Options are the choices of "dobosh-lab demo".
type Options struct {
	Dir    string        // where everything is kept
	Listen string        // host:port of the city's portal; the others follow it; port 0 for free ones
	Fresh  bool          // forget what is kept
	For    time.Duration // end after this time; 0 for never
	Pack   string        // folder of another pack
	Out    io.Writer     // what to try is written here
	Log    *slog.Logger
	Now    clock.Now
	// Change changes the configuration of a node before it starts; nil for none.
	Change func(name string, cfg *node.Config)
}

// Demo is a running demonstration.
type Demo struct {
	setup setup
	sink  *mailsink.Sink
	nodes []*node.Node
	http  []*http.Server
	log   *slog.Logger

	stop    func()         // ends the nodes
	running sync.WaitGroup // nodes and pages
	failed  chan error     // has room for all of them
}

// Prepare writes keys and configurations without starting anything, and gives
// the configuration files by node.
func Prepare(dir, listen, pack string, crowd int) (map[string]string, error) {
	s, err := newSetup(dir, listen, pack)
	if err != nil {
		return nil, err
	}
	s.crowd, s.quiet = crowd, true
	files := map[string]string{}
	for _, m := range members() {
		files[m.node] = s.file(m.node)
	}
	return files, s.write()
}

func newSetup(dir, listen, pack string) (setup, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return setup{}, fmt.Errorf("address to listen on: %w", err)
	}
	first, err := strconv.Atoi(port)
	if err != nil || first < 0 || first > 65000 {
		return setup{}, fmt.Errorf("address to listen on: %q is no port", port)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if dir, err = filepath.Abs(dir); err != nil { // a configuration's paths are relative to its own file
		return setup{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return setup{}, err
	}
	s := setup{dir: dir, host: host, pack: pack}
	if s.ports, err = choosePorts(host, first, dir); err != nil {
		return setup{}, err
	}
	s.law, err = node.ReadPack(pack)
	return s, err
}

// Run runs the demonstration until ctx ends.
func Run(ctx context.Context, o Options) error {
	if o.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.For)
		defer cancel()
	}
	if o.Fresh {
		if err := forget(o.Dir); err != nil {
			return err
		}
	}
	d, err := Start(ctx, o)
	if err != nil {
		return err
	}
	d.greet(o.Out)
	err = d.serve(ctx)
	return errors.Join(err, d.Close())
}

// forget removes the folders of a demonstration, and nothing else that may
// stand beside them.
func forget(dir string) error {
	var errs []error
	for _, name := range []string{City, Registers, Supervisor, "provider.key", "trust.txt", "ports.json"} {
		errs = append(errs, os.RemoveAll(dir+"/"+name))
	}
	return errors.Join(errs...)
}

// chances is how often free ports are looked for when somebody else took one of
// them before it was listened on.
const chances = 3

// Start opens everything; [Demo.Close] ends it.
func Start(ctx context.Context, o Options) (d *Demo, err error) {
	for range chances {
		d, err = open(ctx, o)
		if !errors.Is(err, syscall.EADDRINUSE) || !strings.HasSuffix(o.Listen, ":0") {
			break
		}
	}
	return d, err
}

func open(ctx context.Context, o Options) (_ *Demo, err error) {
	s, err := newSetup(o.Dir, o.Listen, o.Pack)
	if err != nil {
		return nil, err
	}
	if err := s.write(); err != nil {
		return nil, err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	d := &Demo{setup: s, log: o.Log, stop: stop, failed: make(chan error, len(members())+2)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if err := d.openMail(); err != nil {
		return nil, err
	}
	for _, m := range []string{Supervisor, Registers, City} {
		cfg, err := station.Load(s.file(m))
		if err != nil {
			return nil, err
		}
		cfg.Node.Limits.Connections = node.Connections() / 3 // the process is that of all three
		if o.Change != nil {
			o.Change(m, &cfg.Node)
		}
		n, err := station.Open(ctx, cfg, o.Now, o.Log)
		if err != nil {
			return nil, err
		}
		d.nodes = append(d.nodes, n)
		if err := station.Appoint(ctx, s.law, cfg.Node.Member, n.Identity()); err != nil {
			return nil, err
		}
		if m == Supervisor {
			if err := s.certify(n); err != nil {
				return nil, err
			}
		}
		d.running.Go(func() { d.failed <- n.Run(serving) }) // those that follow ask it as their witness
	}
	provider, err := s.provider(o.Log)
	if err != nil {
		return nil, err
	}
	d.page(s.ports.Provider, provider)
	d.page(s.ports.Mailbox, d.sink)
	return d, nil
}

func (d *Demo) openMail() error {
	listener, err := net.Listen("tcp", address(d.setup.host, d.setup.ports.SMTP))
	if err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	if d.sink, err = mailsink.Start(listener, d.log); err != nil {
		return err
	}
	d.sink.Beside(d.setup.path(City, "texts"), d.setup.path(City, "letters"))
	d.sink.AnswerAt(address(d.setup.host, d.setup.ports.Answers))
	return nil
}

// page adds a small server of the demonstration itself.
func (d *Demo) page(port int, handler http.Handler) {
	d.http = append(d.http, &http.Server{Addr: address(d.setup.host, port), Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelDebug)})
}

// serve runs the pages beside the nodes until ctx ends or one fails.
func (d *Demo) serve(ctx context.Context) error {
	for _, server := range d.http {
		d.running.Go(func() {
			if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
				d.failed <- err
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-d.failed:
	}
	d.stop()
	err = errors.Join(err, d.closePages())
	d.running.Wait()
	return err
}

func (d *Demo) closePages() error {
	var errs []error
	for _, server := range d.http {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		if server.Shutdown(ctx) != nil {
			errs = append(errs, server.Close())
		}
		cancel()
	}
	d.http = nil
	return errors.Join(errs...)
}

// Close ends what [Start] opened.
func (d *Demo) Close() error {
	d.stop()
	errs := []error{d.closePages()}
	d.running.Wait()
	for i := len(d.nodes) - 1; i >= 0; i-- {
		errs = append(errs, d.nodes[i].Close())
	}
	d.nodes = nil
	if d.sink != nil {
		errs = append(errs, d.sink.Close())
		d.sink = nil
	}
	return errors.Join(errs...)
}

// Serve runs what [Start] opened until ctx ends.
func (d *Demo) Serve(ctx context.Context) error { return d.serve(ctx) }

// Mail gives the messages that went out.
func (d *Demo) Mail() []mailsink.Message { return d.sink.Messages() }

// Mailbox is the address of the page that shows what went out, and sends answers to it.
func (d *Demo) Mailbox() string { return d.setup.http(d.setup.ports.Mailbox) }

// URL is the address of a node's portal.
func (d *Demo) URL(node string) string {
	p := d.setup.ports
	return d.setup.http(map[string]int{City: p.City, Registers: p.Registers, Supervisor: p.Supervisor}[node])
}

// Edge is the address of the city's X-Road interface.
func (d *Demo) Edge() string { return d.setup.http(d.setup.ports.Edge) }

// Trust is the file with the keys to verify decisions with.
func (d *Demo) Trust() string { return d.setup.path("trust.txt") }

// greet says who can sign in and what to try first.
func (d *Demo) greet(out io.Writer) {
	p := d.setup.ports
	_, _ = fmt.Fprintf(out, `
Dobosh demonstration. All persons are invented.

  the city of Zrenjanin   %s   (residents and officers)
  the state registers     %s   (registrars)
  the supervisor          %s   (members, contracts, witness)
  the mailbox             %s   (every message that goes out, and answers to it)

A tour of five minutes, with the address of every surface: %s/tour
  1. At the state registers sign in as the registrar, press "Show me a birth" and
     confirm: everything is filled in.
  2. Open the mailbox: word has reached the mother, Јована Примерић.
  3. At the city sign in as Јована and accept with one tap.
  4. See who looked at your data, and ask why. The officer answers in the queue of cases.
  5. As the officer prepare the payments; another officer releases them.
  6. As the auditor of the city find an exchange by its number in Јована's trace and
     download its evidence; anybody can check the file at /verify.
  7. Find a service by word at /catalogue, and ask for a contract as who signs them.

Signing in needs no password: pick a person on the page of the demonstration's
identity provider. Everything is kept in %s; --fresh begins anew.
An X-Road client can ask too:
  curl -H 'X-Road-Client: %s/GOV/ZRENJANIN/family' %s/r1/%s/GOV/REGISTERS/civil/births/v1/births/REFERENCE
Stop with Ctrl-C.

`, d.setup.http(p.City), d.setup.http(p.Registers), d.setup.http(p.Supervisor), d.setup.http(p.Mailbox), d.setup.http(p.City), d.setup.dir,
		Instance, d.Edge(), Instance)
}
