package demo_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"dobosh/internal/lab/demo"
)

// A port that the system might give to an outgoing connection may be taken by
// the time that a node wants to listen there.
func TestFreePortsAreNotThoseOfOutgoingConnections(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		if _, err := demo.Prepare(dir, "127.0.0.1:0", "", 0); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, "ports.json"))
		if err != nil {
			t.Fatal(err)
		}
		var layout any
		if err := json.Unmarshal(raw, &layout); err != nil {
			t.Fatal(err)
		}
		seen := map[float64]bool{}
		for _, port := range numbers(layout) {
			if port < 10_000 || port > 32_767 || seen[port] {
				t.Errorf("port %v is given twice, or is none of ours", port)
			}
			seen[port] = true
		}
		if len(seen) < 15 {
			t.Errorf("only %d ports", len(seen))
		}
	}
}

func numbers(v any) (list []float64) {
	switch v := v.(type) {
	case float64:
		return []float64{v}
	case []any:
		for _, below := range v {
			list = append(list, numbers(below)...)
		}
	case map[string]any:
		for _, below := range v {
			list = append(list, numbers(below)...)
		}
	}
	return list
}
