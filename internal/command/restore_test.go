package command

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dobosh/internal/files"
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
