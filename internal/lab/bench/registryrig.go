package bench

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
)

// registryRig is an authority that is asked over mutual TLS.
type registryRig struct {
	dir        string
	country    *country
	db         *storage.DB
	authority  *registry.Authority
	verifier   note.Verifier
	server     *http.Server
	served     chan error
	url        string
	wire       atomic.Int64 // bytes, both directions
	waiting    atomic.Int64 // followers whose question is held back
	complaints *complaints
}

// registryOrigin is the name of the log that is measured.
const registryOrigin = "RS-BENCH/registry"

func newRegistryRig(ctx context.Context, dir string, systems, nodes int) (r *registryRig, err error) {
	if err := mustBeEmpty(dir); err != nil {
		return nil, err
	}
	r = &registryRig{dir: dir, served: make(chan error, 1), complaints: &complaints{}}
	if r.country, err = newCountry(systems, nodes); err != nil {
		return nil, err
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	signer, err := journal.NewSigner(registryOrigin, private)
	if err != nil {
		return nil, err
	}
	if r.verifier, err = journal.NewKey(registryOrigin, public); err != nil {
		return nil, err
	}
	if r.db, err = r.database(ctx, "authority.db"); err != nil {
		return nil, err
	}
	if r.authority, err = registry.NewAuthority(ctx, r.db, signer, r.verifier, now); err != nil {
		return nil, errors.Join(err, r.db.Close())
	}
	if err := r.serve(ctx); err != nil {
		return nil, errors.Join(err, r.db.Close())
	}
	return r, nil
}

func (r *registryRig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *registryRig) database(ctx context.Context, name string) (*storage.DB, error) {
	return storage.Open(ctx, storage.Config{Engine: storage.SQLite, Path: r.path(name)}, slog.New(slog.DiscardHandler), registry.Migrations())
}

// serve answers followers as a node does: whoever shows a key of the registry.
func (r *registryRig) serve(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	r.url = "https://" + listener.Addr().String()
	secure := credential.NewHolder(r.country.supervisor.show, r.authority.State, now).Server()
	r.server = &http.Server{
		Handler:           http.HandlerFunc(r.answer),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 120 * time.Second,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), // clients that go away at the end are no news
	}
	go func() { r.served <- r.server.Serve(tls.NewListener(&meter{listener, &r.wire}, secure)) }()
	return nil
}

func (r *registryRig) answer(w http.ResponseWriter, req *http.Request) {
	r.waiting.Add(1)
	defer r.waiting.Add(-1)
	r.authority.ServeHTTP(w, req)
}

func (r *registryRig) stop() error {
	err := r.server.Close()
	if served := <-r.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, r.db.Close())
}

// foundAtOnce is how many statements the authority is told at once.
const foundAtOnce = 2000

// found says the whole country, and gives how many statements a second were
// taken in. Signing them is not counted: their members do that.
func (r *registryRig) found(ctx context.Context) (perSecond float64, err error) {
	var batch []registry.Statement
	var took time.Duration
	said := 0
	say := func() error {
		begun := time.Now()
		err := r.authority.Append(ctx, batch...)
		took += time.Since(begun)
		said, batch = said+len(batch), batch[:0]
		return err
	}
	for st, err := range r.country.statements() {
		if err != nil {
			return 0, err
		}
		if batch = append(batch, st); len(batch) == foundAtOnce {
			if err := say(); err != nil {
				return 0, err
			}
		}
	}
	err = say()
	return round(float64(said) / took.Seconds()), err
}

// client reaches the authority as the node of a member does.
func (r *registryRig) client(m *institution, state func() *registry.State) *http.Client {
	own := credential.NewHolder(m.show, state, now)
	return &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{TLSClientConfig: own.Client(r.country.supervisor.pin), MaxIdleConnsPerHost: 2}}
}

// wholeNode is a follower with everything that a node has for it.
type wholeNode struct {
	*registry.Follower
	path   string
	db     *storage.DB
	client *http.Client
}

func (r *registryRig) openNode(ctx context.Context, name string) (*wholeNode, error) {
	n := &wholeNode{path: r.path(name)}
	n.client = r.client(r.country.members[0], func() *registry.State { return n.State() })
	var err error
	if n.db, err = r.database(ctx, name); err != nil {
		return nil, err
	}
	if n.Follower, err = registry.NewFollower(ctx, n.db, r.verifier, r.url, n.client, now, slog.New(r.complaints)); err != nil {
		return nil, errors.Join(err, n.db.Close())
	}
	return n, nil
}

func (n *wholeNode) close() error {
	n.client.CloseIdleConnections()
	return n.db.Close()
}

// size is what the statements take as text, in MB, and how many there are.
func (r *registryRig) size(ctx context.Context) (mb float64, count int64, err error) {
	var bytes int
	for size := r.authority.State().Size; count < size; {
		delta, err := r.authority.Delta(ctx, count)
		if err != nil {
			return 0, 0, err
		}
		if len(delta.Statements) == 0 {
			return 0, 0, fmt.Errorf("the authority shows %d of %d statements", count, size)
		}
		for _, statement := range delta.Statements {
			bytes += len(statement)
		}
		count += int64(len(delta.Statements))
	}
	return round(float64(bytes) / megabyte), count, nil
}

// megabytesOf adds up files; one that is not there has none.
func megabytesOf(paths ...string) float64 {
	var sum int64
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			sum += info.Size()
		}
	}
	return round(float64(sum) / megabyte)
}
