package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
)

// evidenceOfTheDemonstration proves an exchange from the folder of who asked and
// from that of who answered.
func evidenceOfTheDemonstration(t *testing.T, dir, trust string) {
	id := someExchange(t, dir)
	for _, name := range []string{demo.City, demo.Registers} {
		config, file := filepath.Join(dir, name, "dobosh.yaml"), filepath.Join(dir, name+".json")
		if said := run(t, cli.OK, "evidence", "export", "--config", config, "--content", "--out", file, id); said != file+"\n" {
			t.Errorf("exported %q", said)
		}
		said := verify(t, cli.OK, "--trust", trust, file)
		for _, says := range []string{
			"It is proved.", "Exchange: " + id, "Asked by: RS-DEMO/GOV/ZRENJANIN/family (", "ok    Was the request within the contract?",
			"Only what was agreed was sent", "ok    Has a witness confirmed the journal with the exchange in it?", "ok    Was the provision it rests on in force?",
		} {
			if !strings.Contains(said, says) {
				t.Errorf("%s: the report does not say %q:\n%s", name, says, said)
			}
		}
		run(t, cli.No, "evidence", "export", "--config", config, "--out", file, id) // never over another file
		changedEvidence(t, file, trust)
		bare := filepath.Join(dir, name+"-bare.json")
		run(t, cli.OK, "evidence", "export", "--config", config, "--out", bare, id)
		if said := verify(t, cli.OK, "--trust", trust, bare); !strings.Contains(said, "The answer itself is not in the file") {
			t.Errorf("without the content:\n%s", said)
		}
	}
	run(t, cli.No, "evidence", "export", "--config", filepath.Join(dir, demo.City, "dobosh.yaml"), "no-such-exchange")
	t.Run("no registry to believe", func(t *testing.T) {
		t.Chdir(t.TempDir())
		if said := verify(t, cli.No, filepath.Join(dir, demo.City+".json")); !strings.Contains(said, "We do not trust the registry") {
			t.Errorf("the report does not say that the registry is not trusted:\n%s", said)
		}
	})
}

func changedEvidence(t *testing.T, file, trust string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := 1; at < len(raw); at += len(raw) / 9 {
		was := bytes.Clone(raw)
		was[at] ^= 1
		if err := os.WriteFile(file, was, 0o600); err != nil {
			t.Fatal(err)
		}
		if said := verify(t, cli.No, "--trust", trust, file); !strings.Contains(said, "FAIL") {
			t.Errorf("byte %d changed, and the report is\n%s", at, said)
		}
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// someExchange is an exchange in which the city was answered, as its journal has
// it.
func someExchange(t *testing.T, dir string) string {
	cfg, err := node.Load(filepath.Join(dir, demo.City, "dobosh.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	folder, key, _, err := cfg.Evidence()
	if err != nil {
		t.Fatal(err)
	}
	view, err := journal.OpenView(folder, nil, clock.System, key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = view.Close() }() // read only
	found, _, err := view.Search(t.Context(), journal.Query{Kinds: []string{"reply"}, Match: func(e journal.Entry) bool {
		return bytes.Contains(e.Meta, []byte("births")) && len(e.Body) > 0
	}})
	if err != nil || len(found) == 0 {
		t.Fatalf("no exchange in the journal: %v", err)
	}
	return found[0].Entry.ID
}

func TestFilesOfOtherKindsAreNoEvidence(t *testing.T) {
	for _, raw := range []string{"", "{}", `{"format":"dobosh-decision/1"}`, `{"format":"dobosh-evidence/"}`, `{"format":1}`} {
		if evidence.Is([]byte(raw)) {
			t.Errorf("%q is evidence", raw)
		}
	}
	if !evidence.Is([]byte(`{"format":"dobosh-evidence/2"}`)) {
		t.Error("evidence of a later version is none")
	}
}
