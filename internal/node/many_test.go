package node_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/admission"
	"dobosh/internal/bus"
	"dobosh/internal/exchange/events"
	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/station"
	"dobosh/internal/node"
	"dobosh/internal/services"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// second is another node of the city.
const second = "city2"

// newCity is a town whose city has two nodes, on one PostgreSQL database and one
// JetStream server. Nothing of the city runs yet.
func newCity(t *testing.T) *town {
	t.Helper()
	server, servers := testkit.StorageConfig(t, storage.Postgres), testkit.JetStream(t, 1) // end after the nodes
	w := newTown(t)
	database := filepath.Join(w.dir, "postgres.url")
	if err := os.WriteFile(database, []byte(server.URL+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.start(demo.Supervisor, demo.Registers)
	ports := testkit.FreePorts(t, 5)
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	city := testkit.Must[station.Config](t)(station.Load(w.files[demo.City]))
	text, err := w.nodes[demo.Supervisor].Offer(t.Context(), admission.Grant{Member: city.Node.Member, Node: second, Subsystems: []string{"family", "receipts", "portal"}})
	if err != nil {
		t.Fatal(err)
	}
	joined, err := admission.Join(t.Context(), admission.Joining{
		Token: text, Dir: filepath.Join(w.dir, second), Read: node.ForJoining, Now: clock.System,
		Listen: admission.Surfaces{Exchange: at(0), Portal: at(1), Operations: at(2), Systems: at(3)},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.files[second] = joined.File
	token := testkit.Must[[]byte](t)(os.ReadFile(filepath.Join(w.dir, demo.City, "events.token")))
	if err := os.WriteFile(filepath.Join(w.dir, second, "events.token"), token, 0o600); err != nil {
		t.Fatal(err)
	}
	manual := ofTheManual(t)
	share := func(cfg *node.Config) {
		cfg.Storage, cfg.Bus = manual.Storage, manual.Bus
		cfg.Storage.PostgresFile = database
		cfg.Bus.URLs, cfg.Bus.CredentialsFile, cfg.Bus.Replicas = testkit.URLs(servers), "", 1 // one server without accounts
	}
	w.other[demo.City] = share
	w.other[second] = func(cfg *node.Config) {
		own := *cfg
		*cfg = city.Node // the same services, sectors, systems and sign-in
		cfg.Name, cfg.Dir, cfg.Keys, cfg.Listen = own.Name, own.Dir, own.Keys, own.Listen
		answers := *city.Node.Mailbox
		answers.Listen = at(4)
		cfg.Mailbox = &answers
		share(cfg)
	}
	return w
}

// ofTheManual is what the manual configures for several nodes.
func ofTheManual(t *testing.T) node.Config {
	t.Helper()
	_, text, _ := strings.Cut(string(testkit.Must[[]byte](t)(os.ReadFile("../../docs/operate.md"))), "\n## Several nodes\n")
	_, text, _ = strings.Cut(text, "\n    storage:\n")
	text, _, _ = strings.Cut("\n    storage:\n"+text, "\n\n")
	cfg := testkit.Must[node.Config](t)(node.Parse([]byte(strings.ReplaceAll(text, "\n    ", "\n"))))
	if len(cfg.Bus.URLs) != 3 || cfg.Storage.Connections == 0 || cfg.Bus.Prefix == "" {
		t.Fatalf("the manual says %+v and %+v", cfg.Storage, cfg.Bus)
	}
	return cfg
}

// offersAt are the offers that a node of the city sees.
func (w *town) offersAt(name string) []services.Offer {
	w.t.Helper()
	found, err := w.nodes[name].Services().AllOffers(w.t.Context(), officer(), "", "")
	if err != nil {
		w.t.Fatal(err)
	}
	return found.Items
}

// Two nodes of the city on one database and one bus: what happens to one is known
// to the other, each thing once; one ends in the middle and the other goes on.
func TestTwoNodesOfAMember(t *testing.T) {
	w := newCity(t)
	w.start(demo.City, second)
	subscription := w.subscribe(map[string]any{"from": "beginning"})
	publish := func(from, to int) {
		t.Helper()
		testkit.Eventually(t, "the registers may publish", func() bool {
			status, _ := w.system(demo.Registers, http.MethodPost, "", events.BatchType, happened(from, to))
			return status == http.StatusCreated || status == http.StatusOK
		})
	}
	// pull reads the subscription at a node from a place on; the place stands.
	pull := func(name string) (ids []string) {
		status, page := w.system(name, http.MethodGet, "/subscriptions/"+subscription+"/events?limit=200", "", nil)
		if status != http.StatusOK {
			t.Fatalf("fetched from %s: %d %v", name, status, page)
		}
		for _, e := range page["events"].([]any) {
			if e := e.(map[string]any); strings.HasPrefix(e["subject"].(string), "entry-") && len(e["subject"].(string)) == len("entry-000001") {
				ids = append(ids, e["id"].(string))
			}
		}
		return ids
	}
	numbers := func(to int) (ids []string) {
		for i := 1; i <= to; i++ {
			ids = append(ids, fmt.Sprint(i))
		}
		return ids
	}
	both := func(to int) {
		t.Helper()
		for _, name := range []string{demo.City, second} {
			if w.stops[name] == nil {
				continue
			}
			testkit.Succeeds(t, fmt.Sprintf("%s has %d events, in order and each once", name, to), func() error {
				if got := pull(name); !slices.Equal(got, numbers(to)) {
					return fmt.Errorf("it has %v", got)
				}
				return nil
			})
		}
	}
	publish(1, 30)
	both(30)

	w.birth("jovana")
	for _, name := range []string{demo.City, second} {
		testkit.Eventually(t, name+" sees two offers", func() bool { return len(w.offersAt(name)) == 2 })
	}
	mother := w.actor("jovana")
	offers := w.offersAt(second)
	decision, err := w.nodes[second].Services().Accept(t.Context(), mother, offers[0].ID, offers[0].Version)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.nodes[demo.City].Services().Accept(t.Context(), mother, offers[0].ID, offers[0].Version)
	if err != nil || again.ID != decision.ID {
		t.Errorf("a second tap at the other node gave %q, %v; the first gave %q", again.ID, err, decision.ID)
	}

	for _, name := range []string{demo.City, second} {
		testkit.Eventually(t, name+" reads the sealed decision", func() bool {
			seen, err := w.nodes[name].Services().Verification(t.Context(), decision.Code)
			read, err2 := w.nodes[name].Services().Decision(t.Context(), mother, decision.ID)
			return err == nil && seen.Sealed && err2 == nil && read.ID == decision.ID
		})
	}
	for _, o := range w.offersAt(demo.City) {
		if accepted := o.State == services.OfferAccepted; accepted != (o.ID == offers[0].ID) {
			t.Errorf("the other node sees offer %s as %s", o.ID, o.State)
		}
	}

	testkit.Succeeds(t, "the figures say that nothing waits and nothing is lost", func() error {
		resp, err := http.Get("http://" + w.nodes[second].Addresses()["operations"] + "/metrics")
		if err != nil {
			return err
		}
		figures, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close() // read
		for _, want := range []string{"dobosh_outbox_waiting 0\n", "dobosh_stream_lost 0\n"} {
			if err == nil && !strings.Contains(string(figures), want) {
				err = fmt.Errorf("no %q", want)
			}
		}
		return err
	})

	// One node ends; its subscription, and what it followed, go on at the other.
	w.stop(demo.City)
	publish(31, 60)
	both(60)
	state := testkit.Must[bus.State](t)(w.nodes[second].Stream(t.Context()))
	w.start(demo.City)
	both(60)
	if after := testkit.Must[bus.State](t)(w.nodes[demo.City].Stream(t.Context())); after.Last != state.Last {
		t.Errorf("a start published %d events that the stream had", after.Last-state.Last)
	}
	if got := len(w.offersAt(demo.City)); got != 2 {
		t.Errorf("%d offers, want 2", got)
	}
}

// Nodes on one database with a bus of their own are refused at the start.
func TestTwoNodesWithABusOfTheirOwnAreRefused(t *testing.T) {
	w := newCity(t)
	for _, name := range []string{demo.City, second} {
		share := w.other[name]
		w.other[name] = func(cfg *node.Config) { share(cfg); cfg.Bus = node.Bus{} }
	}
	w.start(demo.City)
	cfg := testkit.Must[station.Config](t)(station.Load(w.files[second]))
	w.other[second](&cfg.Node)
	n, err := station.Open(t.Context(), cfg, clock.System, slog.New(slog.DiscardHandler))
	if err == nil {
		_ = n.Close()
		t.Fatal("the second node starts")
	}
	if !strings.Contains(err.Error(), "another node runs on this database") || !strings.Contains(err.Error(), "bus.urls") {
		t.Errorf("it says %v", err)
	}
}
