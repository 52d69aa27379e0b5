package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

// SmallDisk gives a folder on a disk of its own, of so many bytes, so that a test
// may fill it. Where none can be made the test is skipped.
func SmallDisk(t *testing.T, size int64) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := mountSmall(dir, size); err != nil {
		t.Skipf("no disk of its own can be made here (as root on Linux it can): %v", err)
	}
	t.Cleanup(func() {
		if err := unmountSmall(dir); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}
