package node_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/station"
	"dobosh/internal/services"
	"dobosh/internal/testkit"
)

// ready is what /readyz of a node says.
func (w *town) ready(name string) (status int, checks map[string]string) {
	w.t.Helper()
	resp, err := http.Get("http://" + w.nodes[name].Addresses()["operations"] + "/readyz")
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var said struct{ Checks map[string]string }
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, said.Checks
}

// alarms are the troubles on the operator's page.
func (w *town) alarms(name string) (all []string) {
	w.t.Helper()
	condition, err := w.nodes[name].Conditions().Condition(w.t.Context(), act.As("operator", identity.Operator))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, trouble := range condition.Troubles {
		all = append(all, trouble.Alarm)
	}
	return all
}

func TestReadyAsksEveryPart(t *testing.T) {
	w := newTown(t)
	w.all()
	for _, name := range []string{demo.City, demo.Registers, demo.Supervisor} {
		testkit.Eventually(t, name+" is ready in every part", func() bool {
			status, checks := w.ready(name)
			for _, part := range []string{"storage", "journal", "bus", "outbox", "integrity", "queue", "disk", "descriptors", "clock", "registry", "witnesses", "certificate", "calendars"} {
				if said, asked := checks[part]; !asked || said != "ok" && part != "disk" { // the disk of a developer may be low
					return false
				}
			}
			return status == http.StatusOK
		})
	}
}

// jumping is a clock that can be put off by something.
type jumping struct{ off atomic.Int64 }

func (j *jumping) now() time.Time { return clock.System().Add(time.Duration(j.off.Load())) }

// A clock goes 400 days ahead: no offer lapses, and the page and /readyz name the
// clock until it is right again.
func TestAClockThatIsFarAheadEndsNothing(t *testing.T) {
	w := newTown(t)
	var wrong jumping
	w.now[demo.City] = wrong.now
	w.all()
	w.birth("jovana")
	testkit.Eventually(w.t, "two offers", func() bool { return len(w.offers()) == 2 })
	testkit.Eventually(w.t, "the clock is confirmed", func() bool { _, checks := w.ready(demo.City); return checks["clock"] == "ok" })

	city := w.nodes[demo.City].Services()
	wrong.off.Store(int64(400 * 24 * time.Hour))
	if err := city.LapseOffers(t.Context()); err == nil {
		t.Error("offers lapse by a clock that nobody confirms")
	}
	testkit.Eventually(w.t, "/readyz names the clock", func() bool {
		status, checks := w.ready(demo.City)
		return status == http.StatusServiceUnavailable && checks["clock"] == "off"
	})
	testkit.Eventually(w.t, "the page names the clock", func() bool {
		for _, alarm := range w.alarms(demo.City) {
			if alarm == "clock" {
				return true
			}
		}
		return false
	})

	wrong.off.Store(0)
	testkit.Eventually(w.t, "the clock is confirmed again", func() bool { _, checks := w.ready(demo.City); return checks["clock"] == "ok" })
	if err := city.LapseOffers(t.Context()); err != nil {
		t.Errorf("a round with a clock that is right: %v", err)
	}
	for _, o := range w.offers() {
		if o.State != services.OfferOpen {
			t.Errorf("an offer is %s", o.State)
		}
	}
}

// A node does nothing that cannot be undone before somebody has confirmed its
// clock.
func TestTermsEndByAClockThatOthersConfirm(t *testing.T) {
	w := newTown(t)
	w.start(demo.City) // nobody is there to be asked
	if err := w.nodes[demo.City].Services().LapseOffers(t.Context()); err == nil {
		t.Error("offers lapse by a clock that nobody has confirmed")
	}
	w.start(demo.Supervisor)
	testkit.Eventually(w.t, "the clock is confirmed", func() bool { return w.nodes[demo.City].Services().LapseOffers(t.Context()) == nil })
}

// A store that fails ends the node with an error, so that it is started again; it
// never lives on without it.
func TestANodeEndsWithItsStores(t *testing.T) {
	w := newTown(t)
	disk := testkit.SmallDisk(t, 48<<20)
	data := filepath.Join(filepath.Dir(w.files[demo.Registers]), "data")
	if err := os.Symlink(disk, data); err != nil {
		t.Fatal(err)
	}
	w.start(demo.Supervisor)
	cfg, err := station.Load(w.files[demo.Registers])
	if err != nil {
		t.Fatal(err)
	}
	n, err := station.Open(t.Context(), cfg, clock.System, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	testkit.Eventually(t, "the node serves", func() bool {
		resp, err := http.Get("http://" + n.Addresses()["operations"] + "/readyz")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	f, err := os.Create(filepath.Join(disk, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil { // to the last byte
		_, err = f.Write(make([]byte, 4096))
	}
	_ = f.Close() // it says again that the disk is full
	body := make([]byte, 64<<10)
	if _, err := n.Journal().Append(t.Context(), journal.Entry{Kind: "test", ID: "test", Meta: []byte("{}"), Body: body}); err == nil {
		t.Fatal("the journal takes an entry for which there is no room")
	} else {
		t.Logf("refused: %v", err)
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the node ends as if it had been asked to")
		}
	case <-time.After(testkit.Patience):
		t.Error("the disk is full, and the node lives on")
	}
	if err := n.Close(); err != nil {
		t.Logf("closed with %v", err)
	}
}
