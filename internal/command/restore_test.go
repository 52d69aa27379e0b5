package command

import (
	"crypto/ed25519"
	"database/sql"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dobosh/internal/files"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/node"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// bucket is a store behind the interface of S3, with one bucket; it gives the address of a
// prefix in it.
func bucket(t *testing.T) (at func(prefix string) string) {
	t.Helper()
	backend := s3mem.New()
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	if err := backend.CreateBucket("copies"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	return func(prefix string) string {
		return "s3://" + strings.TrimPrefix(server.URL, "http://") + "/copies/" + prefix + "?insecure=true&region=us-east-1"
	}
}

// names are those of the files in a store.
func names(t *testing.T, address string) (all []string) {
	t.Helper()
	store, err := files.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		all = append(all, f.Name)
	}
	return all
}

// instantOf is when a set was made, as the backup says it.
func instantOf(t *testing.T, out string) string {
	t.Helper()
	_, said, _ := strings.Cut(out, "backup of ")
	when, _, _ := strings.Cut(said, ",")
	if _, err := time.Parse(time.RFC3339, when); err != nil {
		t.Fatalf("backup says:\n%s", out)
	}
	return when
}

// Two nodes are copied into one bucket, the keys of one into another place. The machine of
// that one is lost and stands again on an empty one, from the bucket alone and the place of
// its keys, at the instant that its backup had printed.
func TestBackupIntoABucketAndRestoreFromIt(t *testing.T) {
	s := newStage(t)
	askers, givers := s.pair()
	at := bucket(t)
	copies, keys := at("city"), at("keys")
	s.does("backup", "--config", askers, "--to", copies)
	s.answered(askers)
	s.stop(givers)
	out := s.does("backup", "--config", givers, "--to", copies, "--keys-to", keys)
	when := instantOf(t, out)
	origin := "RS-DEMO/GOV/GIVER/n1"
	slug := strings.ReplaceAll(origin, "/", "_")
	for _, name := range names(t, copies) {
		if strings.HasPrefix(name, slug+"/keys/") {
			t.Errorf("keys lie beside the rest: %s", name)
		}
	}
	if got := names(t, keys); len(got) != 1 || !strings.HasPrefix(got[0], slug+"/keys/") {
		t.Errorf("the place of the keys has %v", got)
	}

	folder := filepath.Dir(givers)
	if err := os.Rename(folder, folder+".lost"); err != nil {
		t.Fatal(err)
	}
	if out, err := s.run("restore", "--from", copies, "--keys-from", keys, "--to", folder); err == nil || !strings.Contains(out, "--node") || !strings.Contains(out, origin) {
		t.Errorf("of two nodes one was taken: %v\n%s", err, out)
	}
	if out, err := s.run("restore", "--from", copies, "--keys-from", keys, "--to", folder, "--node", "RS-DEMO/GOV/NOBODY/n1"); err == nil || !strings.Contains(out, "no backup") {
		t.Errorf("a node that was never copied: %v\n%s", err, out)
	}
	if out, err := s.run("restore", "--from", copies, "--to", folder, "--node", origin); err == nil || !strings.Contains(out, "--keys-from") {
		t.Errorf("without its keys: %v\n%s", err, out)
	}
	if out := s.does("restore", "--from", copies, "--keys-from", keys, "--to", folder, "--node", origin, "--at", when); !strings.Contains(out, "the database, the journal") {
		t.Errorf("restore says:\n%s", out)
	}
	s.serve(givers)
	s.answered(askers)
	testkit.Eventually(t, "the witness cosigns", func() bool {
		r := s.status(givers)
		return len(r.Witnesses) == 1 && r.Witnesses[0].Size == r.Journal.Entries
	})
	s.stop(givers)
	if out := s.does("journal", "check", "--config", givers); !strings.Contains(out, "0 findings") {
		t.Error(out)
	}
}

// The time of a set's keys is over, and since then the node got new keys of its own. The set
// is restored with the keys of the next one, and the node goes on from it.
func TestAnOldBackupIsRestoredWithTheKeysOfANewerOne(t *testing.T) {
	s := newStage(t)
	askers, givers := s.pair()
	store := filepath.Join(s.dir, "copies")
	when := instantOf(t, s.does("backup", "--config", givers, "--to", store))
	keys, err := filepath.Glob(filepath.Join(store, "*", "keys", "*"))
	if err != nil || len(keys) != 1 {
		t.Fatalf("the keys are %v, %v", keys, err)
	}
	s.does("rotate", "--config", givers, "--wait", "5s")
	s.answered(askers)
	s.does("backup", "--config", givers, "--to", store)
	if err := os.Remove(keys[0]); err != nil {
		t.Fatal(err)
	}
	s.stop(givers)
	folder := filepath.Dir(givers)
	if err := os.Rename(folder, folder+".lost"); err != nil {
		t.Fatal(err)
	}
	if out := s.does("restore", "--from", store, "--to", folder, "--at", when); !strings.Contains(out, "the time of this set's keys is over") {
		t.Errorf("restore says:\n%s", out)
	}
	s.does("recover", "journal", "--config", givers, "--why", "the newer copy was lost")
	s.serve(givers)
	s.answered(askers)
	s.stop(givers)
	if out := s.does("journal", "check", "--config", givers); !strings.Contains(out, "0 findings") {
		t.Error(out)
	}
}

// A node whose database is PostgreSQL: the folder and the database are lost. Rows come back
// only into an empty database; a restore that was refused for that is tried again.
func TestRestoreOfANodeOnPostgreSQL(t *testing.T) {
	address := testkit.StorageConfig(t, storage.Postgres).URL
	s := newStage(t)
	askers, givers := s.join(asker, "n1"), s.join(giver, "n1")
	s.behind(givers)
	folder := filepath.Dir(givers)
	url := filepath.Join(folder, "postgres.url")
	if err := os.WriteFile(url, []byte(address+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.change(givers, func(c *node.Config) { c.Storage.PostgresFile = url })
	s.agree(askers, givers)
	s.serve(givers)
	s.serve(askers)
	s.answered(askers)
	store := filepath.Join(s.dir, "copies")
	s.does("backup", "--config", givers, "--to", store)
	s.stop(givers)
	s.does("backup", "--config", givers, "--to", store)
	before := rowsOf(t, address)

	if err := os.Rename(folder, folder+".lost"); err != nil {
		t.Fatal(err)
	}
	if out, err := s.run("restore", "--from", store, "--to", folder); err == nil || !strings.Contains(out, "tables") {
		t.Errorf("rows were put beside others: %v\n%s", err, out)
	}
	emptied(t, address)
	if out := s.does("restore", "--from", store, "--config", givers); !strings.Contains(out, "the database") {
		t.Errorf("restore says:\n%s", out)
	}
	if after := rowsOf(t, address); len(before) < 20 || !maps.Equal(before, after) {
		t.Errorf("the tables had %v, and have %v", before, after)
	}
	s.serve(givers)
	s.answered(askers)
	s.stop(givers)
	if out := s.does("journal", "check", "--config", givers); !strings.Contains(out, "0 findings") {
		t.Error(out)
	}
}

// rowsOf counts the rows of every table.
func rowsOf(t *testing.T, address string) map[string]int {
	t.Helper()
	db := testkit.Must[*sql.DB](t)(sql.Open("pgx", address))
	defer func() { _ = db.Close() }() // read only
	names := testkit.Must[*sql.Rows](t)(db.QueryContext(t.Context(), "select table_name from information_schema.tables where table_schema = current_schema() order by 1"))
	defer func() { _ = names.Close() }() // read to the end
	rows := map[string]int{}
	for names.Next() {
		var name string
		testkit.OK(t, names.Scan(&name))
		rows[name] = 0
	}
	testkit.OK(t, names.Err())
	for name := range rows {
		var n int
		testkit.OK(t, db.QueryRowContext(t.Context(), `select count(*) from "`+name+`"`).Scan(&n))
		rows[name] = n
	}
	return rows
}

// emptied takes all tables out of a database, as one that was made anew.
func emptied(t *testing.T, address string) {
	t.Helper()
	db := testkit.Must[*sql.DB](t)(sql.Open("pgx", address))
	defer func() { _ = db.Close() }() // its work is done
	_, err := db.ExecContext(t.Context(), "drop schema public cascade; create schema public")
	testkit.OK(t, err)
}

// The keys of a journal are gone, and no copy has them: its contents are given up in the
// open. The node goes on, what was proved before is still proved, and full segments that lie
// in the archive are in no backup and are there after a restore.
func TestAJournalGoesOnWithoutItsKeysAndWithItsArchive(t *testing.T) {
	s := newStage(t)
	askers, givers := s.pair()
	folder := filepath.Dir(givers)
	evidence := filepath.Join(s.dir, "before.json")
	s.does("evidence", "export", "--config", askers, "--out", evidence, s.exchanged(askers))
	s.stop(givers)
	if err := os.Remove(filepath.Join(folder, "data", "journal", "keys")); err != nil {
		t.Fatal(err)
	}
	if out, err := s.run("serve", "--config", givers); err == nil || !strings.Contains(out, "keys") || !strings.Contains(out, "dobosh restore") {
		t.Errorf("it serves without its keys: %v\n%s", err, out)
	}
	if out := s.does("recover", "journal", "--without-keys", "--config", givers, "--why", "no copy has them"); !strings.Contains(out, "were given up; what was journaled stays proved") {
		t.Errorf("recover says:\n%s", out)
	}
	s.serve(givers)
	s.answered(askers)
	if out, err := s.run("verify", "--trust", filepath.Join(filepath.Dir(s.authority), "..", "trust.txt"), evidence); err != nil {
		t.Errorf("evidence of before: %v\n%s", err, out)
	}
	s.stop(givers)

	// More than a segment, which goes into the archive.
	cfg := testkit.Must[node.Config](t)(node.Load(givers))
	key := testkit.Must[ed25519.PrivateKey](t)(credential.ReadKey(cfg.Keys.Log))
	book := testkit.Must[*journal.Log](t)(journal.Open(t.Context(), journal.Config{Dir: filepath.Join(cfg.Dir, "journal"), Origin: node.Origin(cfg.Member, cfg.Name), Key: key}, clock.System, slog.New(slog.DiscardHandler)))
	for range 4 {
		_, err := book.Append(t.Context(), journal.Entry{Kind: "test", Meta: []byte("{}"), Body: make([]byte, 15<<20)})
		testkit.OK(t, err)
	}
	testkit.OK(t, book.Close())
	s.change(givers, func(c *node.Config) { c.Archive = node.Archive{To: filepath.Join(s.dir, "archive"), Local: -1} })
	s.serve(givers)
	first := filepath.Join(cfg.Dir, "journal", strings.Repeat("0", 19)+".seg")
	testkit.Eventually(t, "the full segment is in the archive alone", func() bool {
		_, err := os.Stat(first)
		return os.IsNotExist(err)
	})
	store := filepath.Join(s.dir, "copies")
	s.stop(givers)
	s.does("backup", "--config", givers, "--to", store)
	for _, name := range names(t, store) {
		if strings.HasSuffix(name, "/"+filepath.Base(first)) {
			t.Errorf("what is archived was copied: %s", name)
		}
	}
	if err := os.Rename(folder, folder+".lost"); err != nil {
		t.Fatal(err)
	}
	s.does("restore", "--from", store, "--to", folder)
	s.serve(givers)
	s.answered(askers)
	s.stop(givers)
	if out := s.does("journal", "check", "--config", givers); !strings.Contains(out, "0 findings") {
		t.Error(out)
	}
}
