package demo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"dobosh/internal/journal"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// The folder is relative when nobody names one, and the paths of a configuration
// are relative to its file.
func TestARelativeFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	files, err := demo.Prepare("dobosh-data", "127.0.0.1:0", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range files {
		cfg, err := node.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := cfg.TimeStamps.CertificateFile, filepath.Join(here, "dobosh-data", demo.Supervisor, "stamps.crt"); got != want {
			t.Errorf("%s reads %s, want %s", name, got, want)
		}
	}
}

// Whoever tries what the manual says about a lost authority finds the key for it in the folder, and the registry knows it
// from its first statement on.
func TestTheRegistryKnowsItsKeyOfRecovery(t *testing.T) {
	dir := t.TempDir()
	if _, err := demo.Prepare(dir, "127.0.0.1:0", "", 0); err != nil {
		t.Fatal(err)
	}
	statements, err := registry.ReadStatements(filepath.Join(dir, demo.Supervisor, "seed.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := credential.ReadKey(filepath.Join(dir, "recovery.key"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := journal.NewKey(demo.Instance+"/recovery", credential.PublicOf(key))
	if err != nil {
		t.Fatal(err)
	}
	if first := statements[0].Recovery; first == nil || first.Quorum != 1 || len(first.Keys) != 1 || first.Keys[0] != fmt.Sprint(want) {
		t.Errorf("the registry begins with %+v, want the key %s", first, want)
	}
}
