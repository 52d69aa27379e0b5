package security

import (
	"log/slog"
	"testing"
	"time"
)

// NewFile writes events one by one into a file that is full at a size.
func NewFile(t *testing.T, path string, most int64) func(Event) {
	t.Helper()
	f, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f.most = most
	t.Cleanup(func() { _ = f.close() })
	l := &Log{origin: Origin{Member: "RS/MUN/80", Node: "city 1", Version: "0.1"}, key: make([]byte, 32), now: time.Now, log: slog.New(slog.DiscardHandler)}
	return func(e Event) {
		if err := f.write(t.Context(), []document{l.document(e)}); err != nil {
			t.Fatal(err)
		}
	}
}
