package bench

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/node"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"gopkg.in/yaml.v3"
)

// postgresPatience bounds the wait for the server.
const postgresPatience = time.Minute

// postgres is a server for the nodes of a measurement, which waits for the disk as
// one of an institution does.
type postgres struct {
	dir      string
	port     string
	programs string
	keepAt   string // where its folder goes in the end, for somebody who looks into a finding; empty to remove it

	mu    sync.Mutex
	run   *exec.Cmd     // guarded by mu; nil before the first
	ended chan struct{} // guarded by mu; closed when run has ended
}

// startPostgres starts the newest PostgreSQL that is installed.
func startPostgres(ctx context.Context) (p *postgres, err error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return nil, errors.New("PostgreSQL is not installed (no /usr/lib/postgresql/*/bin/postgres)")
	}
	p = &postgres{ended: make(chan struct{}), programs: filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }))}
	close(p.ended)
	if p.dir, err = os.MkdirTemp("", "dobosh-bench-postgres-"); err != nil { // where its user may enter
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.stop())
		}
	}()
	as, err := asPostgres(p.dir)
	if err != nil {
		return p, err
	}
	address, err := freeAddress()
	if err != nil {
		return p, err
	}
	p.port = address[len("127.0.0.1:"):]
	initdb := exec.CommandContext(ctx, filepath.Join(p.programs, "initdb"), "-D", filepath.Join(p.dir, "data"), "-U", "dobosh", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
	initdb.SysProcAttr, initdb.Dir = as, p.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return p, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return p, p.Start(ctx)
}

// Name implements [Server].
func (p *postgres) Name() string { return "postgresql" }

// Start implements [Server]. After a kill it may have to be started more than once,
// until those that worked for it are gone.
func (p *postgres) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, postgresPatience)
	defer cancel()
	for {
		if err := p.launch(); err != nil {
			return err
		}
		err := p.do(ctx, "select 1")
		if err == nil {
			return nil
		}
		if clock.Pause(ctx, 50*time.Millisecond) != nil {
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		}
	}
}

// launch runs the program unless it runs.
func (p *postgres) launch() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.ended:
	default:
		return nil
	}
	as, err := asPostgres(p.dir)
	if err != nil {
		return err
	}
	run := exec.Command(filepath.Join(p.programs, "postgres"), "-D", filepath.Join(p.dir, "data"), "-p", p.port, "-k", p.dir, "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=128MB")
	run.SysProcAttr, run.Dir = as, p.dir
	if err := run.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = run.Wait() // it was ended, or does not start yet
		close(ended)
	}()
	p.run, p.ended = run, ended
	return nil
}

// Kill implements [Server].
func (p *postgres) Kill() error {
	p.end(syscall.SIGKILL)
	return nil
}

// end signals the server, if it runs, and returns when it has ended.
func (p *postgres) end(with syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run != nil {
		_ = p.run.Process.Signal(with) // it may have ended
	}
	<-p.ended
}

func version(program string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(program)))) // no number is the oldest
	return n
}

// asPostgres gives a folder to the user "postgres", and says how to run as that
// user, when this program runs as root: the server refuses to.
func asPostgres(dir string) (*syscall.SysProcAttr, error) {
	as := cmp.Or(childAttributes(), &syscall.SysProcAttr{})
	if os.Geteuid() != 0 {
		return as, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, uidErr := strconv.Atoi(account.Uid)
	gid, gidErr := strconv.Atoi(account.Gid)
	as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return as, errors.Join(uidErr, gidErr, os.Chown(dir, uid, gid))
}

func (p *postgres) url(database string) string {
	return fmt.Sprintf("postgres://dobosh@127.0.0.1:%s/%s?sslmode=disable", p.port, database)
}

func (p *postgres) do(ctx context.Context, statement string) error {
	db, err := sql.Open("pgx", p.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // only asked
	_, err = db.ExecContext(ctx, statement)
	return err
}

// keep lets the nodes of configuration files keep their tables here, each in a
// database of its own.
func (p *postgres) keep(ctx context.Context, files map[string]string) error {
	for name, file := range files {
		if err := p.do(ctx, `create database "`+name+`"`); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), "postgres.url"), []byte(p.url(name)+"\n"), 0o600); err != nil {
			return err
		}
		if err := reconfigure(file, func(cfg *node.Config) { cfg.Storage.PostgresFile = "postgres.url" }); err != nil {
			return err
		}
	}
	return nil
}

// Renew gives a node an empty database.
func (p *postgres) Renew(ctx context.Context, name string) error {
	if err := p.do(ctx, `drop database if exists "`+name+`" with (force)`); err != nil {
		return err
	}
	return p.do(ctx, `create database "`+name+`"`)
}

// reconfigure changes a configuration file.
func reconfigure(file string, change func(*node.Config)) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	cfg, err := node.Parse(raw)
	if err != nil {
		return err
	}
	change(&cfg)
	if raw, err = yaml.Marshal(cfg); err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o600)
}

// repeated is the share of transactions that were rolled back, of all since the
// server started.
func (p *postgres) repeated(ctx context.Context) (share float64, err error) {
	db, err := sql.Open("pgx", p.url("postgres"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }() // only asked
	err = db.QueryRowContext(ctx, `select coalesce(sum(xact_rollback)::float8 / nullif(sum(xact_commit + xact_rollback), 0), 0) from pg_stat_database where datname in ('city', 'registers', 'supervisor')`).Scan(&share)
	return share, err
}

// stop ends the server and removes what it kept. It may be called more than once.
func (p *postgres) stop() error {
	p.end(syscall.SIGINT) // fast: it ends the connections
	if p.keepAt != "" {
		return os.Rename(p.dir, p.keepAt)
	}
	return os.RemoveAll(p.dir)
}
