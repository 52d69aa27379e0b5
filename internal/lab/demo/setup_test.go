package demo_test

import (
	"os"
	"path/filepath"
	"testing"

	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
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
