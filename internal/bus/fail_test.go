package bus_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/bus"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// The disk is full for a while. The stream must not go on as if nothing were: it
// says that it failed, and who opens it again has everything.
func TestAFullDiskIsSeen(t *testing.T) {
	dir := testkit.SmallDisk(t, 8<<20)
	w := &world{t: t, open: testkit.Database(t, storage.SQLite), dir: filepath.Join(dir, "bus")}
	w.start()
	if err := w.bus.Check(t.Context()); err != nil {
		t.Fatalf("while there is room: %v", err)
	}
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 7<<20), 0o600); err == nil {
		f, err := os.OpenFile(filler, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		for err == nil { // to the last byte
			_, err = f.Write(make([]byte, 4096))
		}
		_ = f.Close() // it says again that the disk is full
	}
	failed := make(chan error, 1)
	go func() { failed <- w.bus.Failed(t.Context()) }()
	const many = 40
	for i := range many {
		ev := event(fmt.Sprintf("e%04d", i))
		ev.Data = []byte(`"` + strings.Repeat("x", 30<<10) + `"`)
		w.enqueueEvent(ev)
	}
	testkit.Eventually(t, "whoever asks is told that it failed", func() bool { return errors.Is(w.bus.Check(t.Context()), bus.ErrFailed) })
	if err := <-failed; !errors.Is(err, bus.ErrFailed) {
		t.Errorf("it ends with %v", err)
	}
	w.stop()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	w.db = w.open(bus.Migrations(), work.Migrations(), effects)
	w.bus = startBus(t, w.dir)
	w.startRelay()
	w.consume(bus.Consumer{Name: "heir", Handle: effect("heir")})
	testkit.Reaches(t, "events that are handled", func() int { return len(w.effectsOf("heir")) }, many)
	if err := w.bus.Check(t.Context()); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}
