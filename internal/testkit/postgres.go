package testkit

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// postgresPatience bounds the wait for the server to start.
const postgresPatience = 60 * time.Second

// guardian runs the server for as long as its standard input is open, which is as
// long as the test program lives, however that ends; then it stops the server and
// removes its folder. Arguments: folder of the programs, folder of the data, port,
// whether it waits for the disk.
const guardian = `
cd "$2" || exit 1
"$1/initdb" -D "$2/data" -U dobosh -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$2/initdb.log" 2>&1 || exit 1
"$1/postgres" -D "$2/data" -p "$3" -k "$2" -c listen_addresses=127.0.0.1 -c max_connections=200 \
	-c shared_buffers=64MB -c autovacuum_naptime=10min -c fsync=$4 -c full_page_writes=$4 -c max_wal_size=128MB >"$2/server.log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT $server
wait $server
cd /
rm -rf "$2"
`

// postgresServer is a PostgreSQL of its own for this test program.
type postgresServer struct {
	port   int
	dir    string
	life   io.Closer // the guardian's standard input, kept open until the program ends
	ended  chan struct{}
	number func() int // names the databases
}

// sharedPostgres starts the server at the first use. One for each test program,
// because a start takes longer than most tests.
var sharedPostgres = sync.OnceValues(startPostgres)

// errNoPostgres says that PostgreSQL is not installed here.
var errNoPostgres = errors.New("PostgreSQL is not installed (no /usr/lib/postgresql/*/bin/postgres); Debian: apt-get install postgresql")

func startPostgres() (*postgresServer, error) {
	programs, err := newestPostgres()
	if err != nil {
		return nil, err
	}
	durable := benchmarks()
	dir, err := os.MkdirTemp(place(durable), "dobosh-postgres-")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", guardian, "guardian", programs, dir, strconv.Itoa(port), strconv.FormatBool(durable))
	if cmd.SysProcAttr, err = asPostgres(dir); err != nil {
		return nil, err
	}
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	server := &postgresServer{port: port, dir: dir, life: life, ended: make(chan struct{}), number: counter()}
	go func() {
		_ = cmd.Wait() // its reasons are in the logs
		close(server.ended)
	}()
	return server, server.await()
}

// benchmarks says whether this program measures. Then the server waits for the
// disk; for a test it need not, since no test stops the machine.
func benchmarks() bool {
	bench := flag.Lookup("test.bench")
	return bench != nil && bench.Value.String() != ""
}

// place is where the server has its folder: in memory where there is plenty, since
// a database is hundreds of small files, otherwise where temporary files are.
func place(durable bool) string {
	const memory, plenty = "/dev/shm", 4 << 30
	var room syscall.Statfs_t
	if durable || syscall.Statfs(memory, &room) != nil || room.Bavail*uint64(room.Bsize) < plenty {
		return ""
	}
	return memory
}

// newestPostgres returns the folder of the newest installed server.
func newestPostgres() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", errNoPostgres
	}
	version := func(program string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(program))))
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// asPostgres gives the folder to the user "postgres" and returns how to run as
// that user, when this program runs as root: the server refuses to.
func asPostgres(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true} // an interrupt of the terminal must not stop it before the tests end
	if os.Geteuid() != 0 {
		return attr, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr, os.Chown(dir, int(uid), int(gid))); err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, nil
}

// freePort asks the system for a port that nobody uses. Between here and the start
// of the server someone could take it; then the start fails and says so.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func counter() func() int {
	var mu sync.Mutex
	last := 0
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		last++
		return last
	}
}

func (s *postgresServer) url(database string) string {
	return fmt.Sprintf("postgres://dobosh@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// await returns when the server answers.
func (s *postgresServer) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), postgresPatience)
	defer cancel()
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		last := db.PingContext(ctx)
		if last == nil {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w", last)
		case <-s.ended:
			return fmt.Errorf("PostgreSQL did not start, see the logs in %s", s.dir)
		}
	}
}

// emptyDatabase is the template of a database without anything.
const emptyDatabase = "template0"

// database makes a copy of a template for a test and drops it at the end.
func (s *postgresServer) database(tb testing.TB, template string) (url string) {
	tb.Helper()
	name := s.create(tb, template)
	tb.Cleanup(func() { s.admin(tb, "drop database "+name+" with (force)") })
	return s.url(name)
}

// create makes a copy of a template that lives as long as the server.
func (s *postgresServer) create(tb testing.TB, template string) (name string) {
	tb.Helper()
	name = "test" + strconv.Itoa(s.number())
	s.admin(tb, "create database "+name+" template "+template+" strategy file_copy")
	return name
}

func (s *postgresServer) admin(tb testing.TB, statement string) {
	tb.Helper()
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}
