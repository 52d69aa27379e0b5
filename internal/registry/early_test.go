package registry

import (
	"errors"
	"testing"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// A node that was taken out is refused at once, also while no witness has cosigned
// that; everything else waits for them.
func TestRevocationDoesNotWaitForWitnesses(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	_, at := shows(t, a.Registry)
	f := followerOf(t, testkit.Database(t, storage.SQLite)(Migrations()), at)
	catchUp(t, f)
	key := testkit.Key("witness")
	cosigner, err := journal.NewCosigner("w.example/one", key, clock.NewManual(morning).Now)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := journal.NewCosignerKey("w.example/one", publicOf(key))
	if err != nil {
		t.Fatal(err)
	}
	f.Require(1, verifier)
	gone := *nodeSays(t, city, "n1").Node
	changed := f.Changed()
	say(t, a, memberSays(third), Statement{Node: &Node{Member: city, Name: "n1"}})
	for range 2 {
		if err := f.Sync(t.Context(), false); !errors.Is(err, ErrUnwitnessed) {
			t.Fatalf("without a cosignature: %v", err)
		}
	}
	select {
	case <-changed:
	default:
		t.Error("nobody is told that the state changed")
	}
	if _, known := f.State().NodeByTLS(gone.TLS); known {
		t.Error("a node that was taken out is still known")
	}
	if _, known := f.State().Member(third); known || f.State().Size != 6 || f.Uncosigned() != 2 {
		t.Errorf("what no witness has cosigned counts: %d statements, %d uncosigned", f.State().Size, f.Uncosigned())
	}
	line, err := journal.Cosign([]byte(a.Checkpoint()), cosigner)
	if err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	a.show(head{a.head.size, a.head.checkpoint + line})
	a.mu.Unlock()
	catchUp(t, f)
	if _, known := f.State().NodeByTLS(gone.TLS); known || f.State().Size != 8 || f.Uncosigned() != 0 {
		t.Errorf("when it is cosigned: %d statements, %d uncosigned", f.State().Size, f.Uncosigned())
	}
}
