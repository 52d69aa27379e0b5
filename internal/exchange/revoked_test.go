package exchange

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	"dobosh/internal/registry"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

// connected waits until a node has so many connections on each side.
func connected(t *testing.T, g *Gateway, asking, answering int) {
	t.Helper()
	testkit.Eventually(t, fmt.Sprintf("%d connections to ask and %d to answer", asking, answering), func() bool {
		a, b, _ := g.Connections()
		return a == asking && b == answering
	})
}

// A node that is taken out loses its connections, on both sides.
func TestNodesPartFromWhoWasTakenOut(t *testing.T) {
	w := newWorld(t, nil)
	if _, err := w.ask(); err != nil {
		t.Fatal(err)
	}
	if asking, _, _ := w.city.Connections(); asking == 0 {
		t.Fatal("no connection is open")
	}
	w.state.CloseRevoked()
	if _, answering, _ := w.state.Connections(); answering == 0 {
		t.Error("parted from a node that the registry has")
	}
	w.say(registry.Statement{Node: &registry.Node{Member: city, Name: "n1"}})
	w.state.CloseRevoked()
	connected(t, w.state.Gateway, 0, 0)
	_, err := w.ask()
	if err == nil {
		t.Error("it is answered")
	}
}

// A node that changed its keys is asked on, and its messages of before are
// believed, also by who has not heard of the change yet.
func TestNodeIsBelievedUnderItsFormerKey(t *testing.T) {
	w := newWorld(t, nil)
	st := w.state.statement(t)
	st.Node.Former, st.Node.Log = []string{st.Node.Log}, testkit.Must[string](t)(note.NewEd25519VerifierKey(state.String()+"/n1", testkit.Key("next").Public().(ed25519.PublicKey)))
	w.say(st)
	for range 2 {
		if _, err := w.ask(); err != nil {
			t.Fatal(err)
		}
		if err := w.state.journal.Rekey(testkit.Key("next")); err != nil {
			t.Fatal(err)
		}
	}
}
