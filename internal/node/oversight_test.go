package node_test

import (
	"testing"
	"time"

	"dobosh/internal/act"
	exchangepages "dobosh/internal/exchange/pages"
	"dobosh/internal/identity"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit"
)

// What keeps a node trusted is on its operator's page: certificate, time-stamps,
// witnesses, registry and the nodes that it has met.
func TestTheOperatorSeesHowTheNodeStands(t *testing.T) {
	w := newTown(t)
	w.all()
	conditions := w.nodes[demo.City].Conditions()
	operator := act.As("op", identity.Operator)
	see := func() exchangepages.Condition {
		c, err := conditions.Condition(t.Context(), operator)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	testkit.Eventually(w.t, "the city knows the registers", func() bool { _, err := w.residence(); return err == nil })
	var c exchangepages.Condition
	testkit.Eventually(w.t, "certificate, witness and time-stamp", func() bool {
		c = see()
		return !c.Certificate.IsZero() && c.Witnessed > 0 && !c.StampedAt.IsZero()
	})
	if left := time.Until(c.Certificate); left <= 0 || left > 8*24*time.Hour {
		t.Errorf("the certificate lasts for %v", left)
	}
	if !c.Witnesses || !c.Stamps || c.Journal != "" || c.Forked || c.Revoked || c.RegistryAt.IsZero() || !c.StopsAt.After(c.RegistryAt) || c.Entries < c.Witnessed {
		t.Errorf("%+v", c)
	}
	if len(c.Peers) != 1 || c.Peers[0].Node != demo.Registers || c.Peers[0].Failing || c.Peers[0].Took <= 0 {
		t.Errorf("peers: %+v", c.Peers)
	}

	w.stop(demo.Registers)
	if _, err := w.residence(); err == nil {
		t.Fatal("a node that is away answered")
	}
	if c = see(); len(c.Peers) != 1 || !c.Peers[0].Failing {
		t.Errorf("peers without the registers: %+v", c.Peers)
	}
	if _, err := conditions.Condition(t.Context(), act.As("dragan", identity.Officer)); !problem.HasCode(err, "not-allowed") {
		t.Errorf("an officer looked: %v", err)
	}
}
