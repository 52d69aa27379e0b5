package node_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/station"
	"dobosh/internal/node"
	"dobosh/internal/services"
	"dobosh/internal/testkit"
)

// refused starts a node and wants that it does not open, for a reason.
func (w *town) refused(name, code string) {
	w.t.Helper()
	cfg, err := station.Load(w.files[name])
	if err != nil {
		w.t.Fatal(err)
	}
	n, err := station.Open(w.t.Context(), cfg, clock.System, slog.New(slog.DiscardHandler))
	if err == nil {
		_ = n.Close()
	}
	if !problem.HasCode(err, code) {
		w.t.Errorf("%s opened with %v, want the problem %q", name, err, code)
	}
}

// decided lets a mother of the stories have a child and take what she is offered.
func (w *town) decided(mother string) (decisions []services.Decision) {
	w.t.Helper()
	w.birth(mother)
	by := w.actor(mother)
	room := w.nodes[demo.City].Services()
	var offers []services.Offer
	testkit.Eventually(w.t, "offers are made", func() bool {
		list, err := room.Offers(w.t.Context(), by, "")
		if err != nil {
			w.t.Fatal(err)
		}
		offers = nil
		for _, o := range list.Items {
			if o.State == services.OfferOpen {
				offers = append(offers, o)
			}
		}
		return len(offers) > 0
	})
	for _, o := range offers {
		d, err := room.Accept(w.t.Context(), by, o.ID, o.Version)
		if err != nil {
			w.t.Fatal(err)
		}
		decisions = append(decisions, d)
	}
	return decisions
}

// removeAll takes files of a node away.
func (w *town) removeAll(name string, files ...string) {
	w.t.Helper()
	for _, file := range files {
		if err := os.RemoveAll(filepath.Join(w.dir, name, file)); err != nil {
			w.t.Fatal(err)
		}
	}
}

// witnessed waits until a node's journal is cosigned as it is.
func (w *town) witnessed(name string) {
	w.t.Helper()
	n := w.nodes[name]
	testkit.Eventually(w.t, "the journal is cosigned", func() bool {
		seen, err := journal.PeekCheckpoint(n.Cosigned())
		return err == nil && seen.Size == n.Journal().Size()
	})
}

// copied keeps what a file of a node holds now.
func (w *town) copied(name, file string) (restore func()) {
	w.t.Helper()
	path := filepath.Join(w.dir, name, file)
	raw, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return func() {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
}

// A city that lost its database, or its journal, or finds an older copy of either, does
// not begin anew: nothing is offered or paid twice, and no second history is signed.
func TestNodeRefusesWhatDoesNotFit(t *testing.T) {
	w := newTown(t)
	w.all()
	first := w.decided("jovana")
	w.witnessed(demo.City)
	w.stop(demo.City)
	older := []func(){w.copied(demo.City, "data/dobosh.db"), w.copied(demo.City, "data/cosigned")}
	w.start(demo.City)
	w.decided("ana")
	w.witnessed(demo.City)
	w.stop(demo.City)
	newer, keys := w.copied(demo.City, "data/dobosh.db"), w.copied(demo.City, "data/journal/keys")

	w.removeAll(demo.City, "data/dobosh.db")
	w.refused(demo.City, "database-lost")
	w.refused(demo.City, "database-lost") // the first attempt left nothing that would let the second in
	older[0]()
	w.refused(demo.City, "database-older")
	w.removeAll(demo.City, "data/journal/marked")
	w.refused(demo.City, "database-older") // a decision is missing
	newer()

	w.removeAll(demo.City, "data/journal/keys")
	w.refused(demo.City, "journal-keys-lost")
	keys()
	if err := os.Rename(filepath.Join(w.dir, demo.City, "data/journal"), filepath.Join(w.dir, "journal")); err != nil {
		t.Fatal(err)
	}
	w.refused(demo.City, "journal-damaged") // it does not extend what was cosigned
	w.removeAll(demo.City, "data/cosigned", "data/journal")
	w.refused(demo.City, "journal-older")
	w.removeAll(demo.City, "data/journal", "data/dobosh.db")
	w.refused(demo.City, "journal-behind") // as if it were new, but for the witness
	newer()
	w.removeAll(demo.City, "data/journal")
	if err := os.Rename(filepath.Join(w.dir, "journal"), filepath.Join(w.dir, demo.City, "data/journal")); err != nil {
		t.Fatal(err)
	}
	w.start(demo.City)
	list, err := w.nodes[demo.City].Services().Decisions(t.Context(), w.actor("jovana"), "")
	if err != nil || len(list.Items) != len(first) {
		t.Errorf("after all that she has %d decisions, want %d: %v", len(list.Items), len(first), err)
	}
}

// The database comes from an older copy, on purpose: what was decided since is taken
// from the journal, and nothing of it is offered again.
func TestNodeTakesFromTheJournalWhatACopyLacks(t *testing.T) {
	w := newTown(t)
	w.all()
	w.decided("jovana")
	w.stop(demo.City)
	older := w.copied(demo.City, "data/dobosh.db")
	w.start(demo.City)
	late := w.decided("ana")
	w.stop(demo.City)

	older()
	w.removeAll(demo.City, "data/bus")
	if err := os.WriteFile(filepath.Join(w.dir, demo.City, "data/restored"), []byte(`{"database":true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	w.start(demo.City)
	mother, city := w.actor("ana"), w.nodes[demo.City].Services()
	decided := map[string]bool{} // not all that will be offered to her was offered when she decided
	for _, was := range late {
		decided[was.Service] = true
		d, err := city.Decision(t.Context(), mother, was.ID)
		if err != nil || d.Code != was.Code || !d.Sealed {
			t.Errorf("decision %s: %+v, %v", was.ID, d, err)
		}
	}
	w.decided("jovana") // the events of before came first
	list, err := city.Offers(t.Context(), mother, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list.Items {
		if o.State == services.OfferOpen && decided[o.Service] {
			t.Errorf("%s is offered again", o.Service)
		}
	}
}

// A node that was put back dies after it has opened and before it listens. It had heard of a birth since the copy was made, and
// hears of it again whenever it does start: until then it is one that was put back.
func TestANodeThatWasPutBackAndDiesListensAnew(t *testing.T) {
	w := newTown(t)
	w.all()
	w.birth("jovana")
	testkit.Eventually(t, "the first birth is heard", func() bool { return len(w.offers()) == 2 })
	w.stop(demo.City)
	older := w.copied(demo.City, "data/dobosh.db")
	w.start(demo.City)
	w.birth("ana")
	testkit.Eventually(t, "the second birth is heard", func() bool { return len(w.offers()) > 2 })
	w.stop(demo.City)

	older()
	if err := os.WriteFile(filepath.Join(w.dir, demo.City, "data/restored"), []byte(`{"database":true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := station.Load(w.files[demo.City])
	if err != nil {
		t.Fatal(err)
	}
	n, err := station.Open(t.Context(), cfg, clock.System, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}

	w.start(demo.City)
	testkit.Eventually(t, "the second birth is heard again", func() bool { return len(w.offers()) > 2 })
}

// The city's journal went on from fewer entries than its witness had seen, and then the
// witness was put back from a copy of before that. The city tells it again, and is not
// taken for one that signs two histories; a witness that has seen more is not told.
func TestAWitnessThatForgotIsToldAgain(t *testing.T) {
	w := newTown(t)
	w.all()
	w.decided("jovana")
	w.witnessed(demo.City)
	w.stop(demo.City)
	at := func(name, file string) string { return filepath.Join(w.dir, name, file) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.CopyFS(filepath.Join(w.dir, "older"), os.DirFS(at(demo.City, "data/journal"))))
	older := w.copied(demo.City, "data/dobosh.db")
	w.start(demo.City)
	w.decided("ana")
	w.witnessed(demo.City)
	w.stop(demo.City)
	must(os.CopyFS(filepath.Join(w.dir, "memory"), os.DirFS(at(demo.Supervisor, "data/witness"))))
	forget := func() {
		w.removeAll(demo.Supervisor, "data/witness")
		must(os.CopyFS(at(demo.Supervisor, "data/witness"), os.DirFS(filepath.Join(w.dir, "memory"))))
	}

	w.removeAll(demo.City, "data/journal", "data/cosigned", "data/bus")
	must(os.CopyFS(at(demo.City, "data/journal"), os.DirFS(filepath.Join(w.dir, "older"))))
	older()
	w.refused(demo.City, "journal-behind")
	if _, err := node.GiveUpEntries(t.Context(), w.files[demo.City], "the disk burned", clock.System, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	forget()
	w.start(demo.City)
	w.decided("jovana")
	w.witnessed(demo.City)
	w.stop(demo.City)
	forget()
	w.start(demo.City) // it has other entries by now, and more
	w.witnessed(demo.City)
}
