package testkit

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// KilledPostgres is a PostgreSQL for one test, which may kill it and start it again
// on what it kept. It waits for the disk.
type KilledPostgres struct {
	tb       testing.TB
	programs string
	dir      string
	port     int
	running  *exec.Cmd
	ended    chan struct{} // closed when running has ended
}

// PostgresToKill starts one; it ends with the test.
func PostgresToKill(tb testing.TB) *KilledPostgres {
	tb.Helper()
	programs, err := newestPostgres()
	if err != nil {
		tb.Skip(err)
	}
	p := &KilledPostgres{tb: tb, programs: programs, port: FreePorts(tb, 1)[0], ended: make(chan struct{})}
	close(p.ended)
	if p.dir, err = os.MkdirTemp("", "dobosh-postgres-"); err != nil { // not below the folder of the test, which its user may not enter
		tb.Fatal(err)
	}
	attr := Must[*syscall.SysProcAttr](tb)(asPostgres(p.dir))
	tb.Cleanup(func() {
		p.Kill()
		_ = os.RemoveAll(p.dir) // what is left is in the folder for temporary files
	})
	initdb := exec.Command(filepath.Join(programs, "initdb"), "-D", filepath.Join(p.dir, "data"), "-U", "dobosh", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
	initdb.SysProcAttr, initdb.Dir = attr, p.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		tb.Fatalf("initdb: %v\n%s", err, out)
	}
	p.Start()
	return p
}

// URL leads to its database for the user "dobosh".
func (p *KilledPostgres) URL() string { return p.URLOf("dobosh") }

// URLOf leads to its database for another user.
func (p *KilledPostgres) URLOf(user string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/postgres?sslmode=disable", user, p.port)
}

// Start starts the server, also again, and returns when it answers. After a kill it
// may have to be started more than once, until those that worked for it are gone.
func (p *KilledPostgres) Start() {
	p.tb.Helper()
	db := Must[*sql.DB](p.tb)(sql.Open("pgx", p.URL()))
	defer func() { _ = db.Close() }() // only asked
	Succeeds(p.tb, "PostgreSQL answers", func() error {
		select {
		case <-p.ended:
			if err := p.launch(); err != nil {
				return err
			}
		default:
		}
		return db.Ping()
	})
}

func (p *KilledPostgres) launch() error {
	attr, err := asPostgres(p.dir)
	if err != nil {
		return err
	}
	attr.Pdeathsig = syscall.SIGQUIT // should the test program be killed
	run := exec.Command(filepath.Join(p.programs, "postgres"), "-D", filepath.Join(p.dir, "data"), "-p", strconv.Itoa(p.port), "-k", p.dir, "-c", "listen_addresses=127.0.0.1")
	run.SysProcAttr, run.Dir = attr, p.dir
	if err := run.Start(); err != nil {
		return err
	}
	p.running, p.ended = run, make(chan struct{})
	go func(ended chan<- struct{}) {
		_ = run.Wait() // killed, or it does not start yet
		close(ended)
	}(p.ended)
	return nil
}

// Kill ends the server and all that works for it without a word.
func (p *KilledPostgres) Kill() {
	if p.running == nil {
		return
	}
	_ = syscall.Kill(-p.running.Process.Pid, syscall.SIGKILL) // its group; it may have ended
	<-p.ended
}

// Do runs a statement as the owner.
func (p *KilledPostgres) Do(statement string) {
	p.tb.Helper()
	db := Must[*sql.DB](p.tb)(sql.Open("pgx", p.URL()))
	defer func() { _ = db.Close() }() // only asked
	if _, err := db.Exec(statement); err != nil {
		p.tb.Fatalf("%s: %v", statement, err)
	}
}
