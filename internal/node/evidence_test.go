package node_test

import (
	"bytes"
	"log/slog"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/exchange/oversight"
	"dobosh/internal/identity"
	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/testkit"
)

// Evidence of an exchange is taken from a running node by an auditor, and beside it
// by who has its folder; both sides prove the same.
func TestEvidenceOfARunningNode(t *testing.T) {
	w := newTown(t)
	w.all()
	w.birth("jovana")
	testkit.Eventually(w.t, "two offers", func() bool { return len(w.offers()) == 2 })
	auditor := act.As("reviewer", identity.Auditor)
	city := w.nodes[demo.City]
	list, err := city.Oversight().Exchanges(t.Context(), auditor, oversight.Filter{Party: "civil/births"}, "")
	if err != nil || len(list.Items) == 0 {
		t.Fatalf("%+v %v", list, err)
	}
	x := list.Items[0]
	before := city.Journal().Size()
	name, taken, err := city.Oversight().Evidence(t.Context(), auditor, x.Index)
	if err != nil || name != x.ID+evidence.Ending {
		t.Fatalf("%s %v", name, err)
	}
	if !w.lookedAt(before, x.ID) {
		t.Error("no look is in the journal")
	}
	answer := w.holding(taken).Response.Body
	if len(answer) == 0 {
		t.Error("an auditor gets no content")
	}
	for _, side := range []string{demo.City, demo.Registers} {
		cfg, err := node.Load(w.files[side])
		if err != nil {
			t.Fatal(err)
		}
		room, closing, err := node.OpenEvidences(t.Context(), cfg, clock.System, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		file, err := room.Export(t.Context(), x.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(w.holding(file).Response.Body, answer) {
			t.Errorf("%s proves another answer", side)
		}
		if err := closing(); err != nil {
			t.Error(err)
		}
	}
}

// holding reads a file that has to hold for who trusts the registry alone.
func (w *town) holding(file []byte) evidence.File {
	w.t.Helper()
	report := evidence.Verify(file, evidence.Trust{Registry: w.nodes[demo.City].Registry().Key()})
	if !report.OK {
		w.t.Fatalf("%+v", report)
	}
	f, err := evidence.Parse(file)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// lookedAt looks for the receipt of an auditor's look, about somebody, behind a
// place in the city's journal.
func (w *town) lookedAt(from int64, matter string) bool {
	w.t.Helper()
	log := w.nodes[demo.City].Journal()
	for index := from; index < log.Size(); index++ {
		l, err := log.Logged(w.t.Context(), index)
		if err != nil {
			w.t.Fatal(err)
		}
		if l.Entry.Kind == "act" && len(l.Entry.Subjects) > 0 && bytes.Contains(l.Entry.Meta, []byte(matter)) && bytes.Contains(l.Entry.Meta, []byte("zzpl/5/2")) {
			return true
		}
	}
	return false
}
