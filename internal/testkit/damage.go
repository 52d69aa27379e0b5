package testkit

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// FlipInStream flips one bit of a text within the blocks of a bus that is closed,
// as a failing disk does. The text must be there.
func FlipInStream(tb testing.TB, dir, text string) {
	tb.Helper()
	for _, file := range Must[[]string](tb)(filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "*.blk"))) {
		raw := Must[[]byte](tb)(os.ReadFile(file))
		at := bytes.Index(raw, []byte(text))
		if at < 0 {
			continue
		}
		raw[at+len(text)-1] ^= 1
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			tb.Fatal(err)
		}
		return
	}
	tb.Fatalf("%q stands in no block below %s", text, dir)
}
