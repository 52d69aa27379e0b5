package exchange

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"dobosh/internal/exchange/link"
	"dobosh/internal/exchange/turnstile"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// twoNodes gives the state a second node, which the registry knows.
func twoNodes(t *testing.T) (*world, *side) {
	t.Helper()
	w := newWorld(t, nil)
	second := w.startNode(state, "n2")
	second.systems[birthsS] = Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.system(rw, r) }))
	w.say(second.statement(t))
	return w, second
}

func TestAnotherNodeIsAskedWhenOneCannotBeReached(t *testing.T) {
	w, second := twoNodes(t)
	w.state.server.Close()
	for range 5 {
		a, err := w.ask()
		if err != nil || a.Origin != "RS-TEST/GOV/STATE/n2" {
			t.Fatalf("by %s: %v", a.Origin, err)
		}
	}
	if n := len(w.city.journal.of("question")); n != 5 {
		t.Errorf("%d questions are in the asker's journal", n)
	}
	second.server.Close()
	_, err := w.ask()
	wantCode(t, err, "node-away")
}

func TestNodesInMaintenanceOrDrainingAreNotAsked(t *testing.T) {
	for _, stays := range []string{registry.NodeMaintenance, registry.NodeDraining} {
		w, _ := twoNodes(t)
		st := w.state.statement(t)
		st.Node.State = stays
		w.say(st)
		for range 3 {
			if a, err := w.ask(); err != nil || a.Origin != "RS-TEST/GOV/STATE/n2" {
				t.Errorf("%s: by %s: %v", stays, a.Origin, err)
			}
		}
	}
}

// A node that leaves answers what it has, and the next request goes elsewhere.
func TestNodeThatLeavesLosesNoQuestion(t *testing.T) {
	w, _ := twoNodes(t)
	for range 4 {
		if _, err := w.ask(); err != nil {
			t.Fatal(err)
		}
	}
	w.state.Drain()
	for range 20 {
		if _, err := w.ask(); err != nil {
			t.Fatal(err)
		}
	}
}

// After the request has left it is put to nobody else, whatever becomes of it.
func TestQuestionThatLeftIsNeverPutTwice(t *testing.T) {
	w, second := twoNodes(t)
	var seen int
	broken := func(question envelope, _ func(envelope) envelope) envelope {
		seen++
		return envelope{} // no message at all
	}
	w.state.front, second.front = broken, broken
	_, err := w.ask()
	wantCode(t, err, "node-answer-broken")
	if seen != 1 {
		t.Errorf("%d nodes saw the question", seen)
	}
}

func TestNodeThatIsNamedIsAsked(t *testing.T) {
	w, _ := twoNodes(t)
	for _, name := range []string{"n1", "n2", "n2", "n1"} {
		ask := w.question()
		ask.Node = name
		if a, err := w.city.Ask(t.Context(), ask); err != nil || a.Origin != "RS-TEST/GOV/STATE/"+name {
			t.Errorf("%s: by %s, %v", name, a.Origin, err)
		}
	}
	ask := w.question()
	ask.Node = "n3"
	_, err := w.city.Ask(t.Context(), ask)
	wantCode(t, err, "node-unknown")
}

// Two nodes of a provider on one database have one quota, and what one of them took the
// other refuses.
func TestTwoNodesOfAProviderRememberTogether(t *testing.T) {
	const quota = 7
	w := newWorld(t, func(c *registry.Contract) { c.Quota = quota })
	open := testkit.Database(t, storage.Postgres)
	var nodes []*side
	for _, name := range []string{"n2", "n3"} { // beside n1, which is on none
		n := w.startNodeOn(state, name, open(turnstile.Migrations()))
		n.systems[birthsS] = w.state.systems[birthsS]
		w.say(n.statement(t))
		nodes = append(nodes, n)
	}

	m := w.city.message(t, w.byHand("1"), nil)
	w.state = nodes[0]
	if answer, err := w.send(w.city.cert, m); err != nil || answer.kind != sealed {
		t.Fatalf("%v, %s", err, answer.meta)
	}
	w.state = nodes[1]
	for name, again := range map[string]envelope{"the same message": m, "the same id": w.city.message(t, w.byHand("1"), nil)} {
		answer, err := w.send(w.city.cert, again)
		if err != nil || answer.kind != unsealed || !strings.Contains(string(answer.meta), "message-replayed") {
			t.Errorf("%s: %v, %s", name, err, answer.meta)
		}
	}

	answers := 1
	for i := range 2 * quota {
		ask := w.question()
		ask.Node = nodes[i%2].name
		if _, err := w.city.Ask(t.Context(), ask); err == nil {
			answers++
		} else {
			wantCode(t, err, "quota-exhausted")
		}
	}
	if answers != quota || nodes[1].Used()["births"] != quota {
		t.Errorf("%d answers of a quota of %d; a node says %v", answers, quota, nodes[1].Used())
	}
}

func TestWhichNodeComesFirst(t *testing.T) {
	now := morning
	ps := newPeers(nil, link.Config{})
	ps.now = func() time.Time { return now }
	nodes := []registry.Node{{Name: "a", Address: "a:1"}, {Name: "b", Address: "b:1"}}
	first := func() string { return ps.inOrder(nodes)[0].node.Name }
	a, b := ps.of(nodes[0]), ps.of(nodes[1])
	if first() != "a" {
		t.Error("nobody knows anything: the first is first")
	}
	a.answered(10 * time.Millisecond)
	if first() != "b" {
		t.Error("a node that nobody has asked is asked")
	}
	b.answered(20 * time.Millisecond)
	if first() != "a" {
		t.Error("the quicker one is asked")
	}
	a.failed(now)
	if first() != "b" {
		t.Error("one that failed rests")
	}
	now = now.Add(firstRest + 1)
	if first() != "a" {
		t.Error("it has rested")
	}
	for range 100 {
		a.failed(now)
	}
	b.failed(now)
	if first() != "b" {
		t.Error("of two that rest, the one that is ready sooner")
	}
	now = now.Add(longestRest + 1)
	if first() != "a" {
		t.Error("nobody rests for ever")
	}
	a.answered(time.Second)
	if first() != "b" {
		t.Errorf("what takes longer counts: %s against %s", a.took, b.took)
	}
}

// A request that a node did not handle is put to the next.
func TestQuestionThatWasNotHandledIsPutElsewhere(t *testing.T) {
	w, second := twoNodes(t)
	refused := 0
	w.state.handle = func(_ context.Context, _ *tls.ConnectionState, s *link.Stream) { refused++; s.Refuse() }
	second.handle = w.state.handle
	_, err := w.ask()
	wantCode(t, err, "node-away")
	if refused != 2 || !errors.Is(err, link.ErrRefused) {
		t.Errorf("%d nodes refused: %v", refused, err)
	}
}
