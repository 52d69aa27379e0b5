package node_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/people"
	"dobosh/internal/lab/station"
	"dobosh/internal/law"
	"dobosh/internal/node"
	"dobosh/internal/registry"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/packs"
)

// town is three nodes of the demonstration, each of which can be stopped and
// started again.
type town struct {
	t     *testing.T
	files map[string]string
	dir   string
	nodes map[string]*node.Node
	stops map[string]func()
	now   map[string]clock.Now
	other map[string]func(cfg *node.Config) // changes a configuration before a start
	away  map[string]map[string]string      // addresses of nodes in another process
	born  int
}

func newTown(t *testing.T) *town {
	t.Helper()
	dir := t.TempDir()
	files, err := demo.Prepare(dir, "127.0.0.1:0", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	town := &town{t: t, files: files, dir: dir, nodes: map[string]*node.Node{}, stops: map[string]func(){}, now: map[string]clock.Now{}, other: map[string]func(*node.Config){}}
	t.Cleanup(func() {
		for name := range town.stops {
			town.stop(name)
		}
	})
	return town
}

// start runs nodes from their configuration files.
func (w *town) start(names ...string) {
	w.t.Helper()
	for _, name := range names {
		cfg, err := station.Load(w.files[name])
		if err != nil {
			w.t.Fatal(err)
		}
		if change := w.other[name]; change != nil {
			change(&cfg.Node)
		}
		now := w.now[name]
		if now == nil {
			now = clock.System
		}
		n, err := station.Open(w.t.Context(), cfg, now, slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
		if err != nil {
			w.t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- n.Run(ctx) }()
		w.nodes[name] = n
		w.stops[name] = func() {
			cancel()
			if err := <-done; err != nil {
				w.t.Errorf("%s ran: %v", name, err)
			}
			if err := n.Close(); err != nil {
				w.t.Errorf("%s closed: %v", name, err)
			}
		}
	}
}

func (w *town) stop(name string) {
	if stop := w.stops[name]; stop != nil {
		delete(w.stops, name)
		stop()
	}
}

func (w *town) all() { w.start(demo.Supervisor, demo.Registers, demo.City) }

// at is the address of a surface.
func (w *town) at(name, surface string) string {
	if w.away != nil {
		return w.away[name][surface]
	}
	return w.nodes[name].Addresses()[surface]
}

// post sends a registrar's system to the civil register.
func (w *town) post(path string, body any) (int, map[string]any) {
	w.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	token, err := os.ReadFile(filepath.Join(w.dir, demo.Registers, "registrar.token"))
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), "POST", "http://"+w.at(demo.Registers, "systems")+"/births"+path, bytes.NewReader(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// actor is a person of the stories who has signed in at the city.
func (w *town) actor(subject string) act.Actor {
	w.t.Helper()
	stories, err := people.Stories(w.pack())
	if err != nil {
		w.t.Fatal(err)
	}
	person, ok := stories.Find(subject)
	if !ok {
		w.t.Fatalf("no %s in the stories", subject)
	}
	pseudonym, err := w.nodes[demo.City].Person("family", person.Number)
	if err != nil {
		w.t.Fatal(err)
	}
	return act.Actor{Account: subject, Grants: []act.Grant{{Role: identity.Resident}}, Persons: map[string]string{"family": pseudonym}}
}

// birth lets a mother of the stories have a child.
func (w *town) birth(mother string) {
	w.t.Helper()
	stories, err := people.Stories(w.pack())
	if err != nil {
		w.t.Fatal(err)
	}
	person, ok := stories.Find(mother)
	if !ok {
		w.t.Fatalf("no %s in the stories", mother)
	}
	var handle map[string]any
	testkit.Eventually(w.t, "the mother is found", func() bool {
		status, answer := w.post("/v1/parents", map[string]string{"number": person.Number.String()})
		handle = answer
		return status == http.StatusOK
	})
	w.born++
	child := people.Newborn(w.born*2+1, civil.Of(clock.System()))
	status, answer := w.post("/v1/births", map[string]any{
		"token": "token-of-the-form-" + string(rune('a'+w.born)), "number": child.String(), "given_name": []string{"Милица", "Дуња", "Софија"}[w.born%3], "hour": fmt.Sprintf("06:%02d", w.born), "family_name": "Пробић", "sex": child.Sex(),
		"born": child.Born(), "settlement": w.place(), "live": true, "mother": handle["handle"], "father_unknown": true,
	})
	if status != http.StatusCreated {
		w.t.Fatalf("birth: %d %v", status, answer)
	}
	if child.Sex() != jmbg.Female && child.Sex() != jmbg.Male {
		w.t.Fatal("the child has no sex")
	}
}

func (w *town) pack() *law.Pack {
	pack, err := node.ReadPack("")
	if err != nil {
		w.t.Fatal(err)
	}
	return pack
}

func (w *town) place() string {
	for _, place := range w.pack().Places() {
		if place.Within != "" {
			return place.Code
		}
	}
	w.t.Fatal("the pack has no settlement")
	return ""
}

func officer() act.Actor {
	return act.As("officer", identity.Officer)
}

func (w *town) offers() []services.Offer {
	w.t.Helper()
	found, err := w.nodes[demo.City].Services().AllOffers(w.t.Context(), officer(), "", "")
	if err != nil {
		w.t.Fatal(err)
	}
	return found.Items
}

func (w *town) waiting() []services.Assessment {
	w.t.Helper()
	found, err := w.nodes[demo.City].Services().Assessments(w.t.Context(), officer(), services.AssessmentWaiting, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return found.Items
}

func register(subsystem, code string) registry.ID {
	return registry.ID{Instance: demo.Instance, Class: "GOV", Member: "REGISTERS", Subsystem: subsystem, Service: code}
}

func TestABirthBecomesTwoOffersAndADecisionThatAnyoneCanCheck(t *testing.T) {
	w := newTown(t)
	w.all()
	w.birth("jovana")
	testkit.Eventually(w.t, "two offers", func() bool { return len(w.offers()) == 2 })

	city := w.nodes[demo.City].Services()
	mother := w.actor("jovana")
	for _, o := range w.offers() {
		decision, err := city.Accept(t.Context(), mother, o.ID, o.Version)
		if err != nil {
			t.Fatal(err)
		}
		again, err := city.Accept(t.Context(), mother, o.ID, o.Version)
		if err != nil || again.ID != decision.ID {
			t.Errorf("a doubled tap gave %q, %v; the first gave %q", again.ID, err, decision.ID)
		}
		testkit.Eventually(w.t, "a witness has seen the decision", func() bool {
			seen, err := city.Verification(t.Context(), decision.Code)
			return err == nil && seen.Sealed && seen.Witnessed
		})
		file, err := city.DecisionFile(t.Context(), mother, decision.ID)
		if err != nil {
			t.Fatal(err)
		}
		if report := proof.Verify(file, w.nodes[demo.City].Trust()); !report.OK {
			t.Errorf("the decision does not verify: %+v", report.Checks)
		}
	}
}

func TestAnOfferWaitsForARegisterThatIsAway(t *testing.T) {
	w := newTown(t)
	w.all()
	broken := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) })
	w.birthWith(register("residence", "residents"), broken, func() {
		testkit.Eventually(w.t, "both assessments wait", func() bool { return len(w.waiting()) == 2 })
		if len(w.offers()) != 0 {
			t.Error("there are offers without the facts")
		}
	})
	testkit.Eventually(w.t, "two offers after the register is back", func() bool { return len(w.offers()) == 2 })
}

// birthWith lets a child be born, and a register fail from then on while then
// runs.
func (w *town) birthWith(service registry.ID, broken http.Handler, then func()) {
	w.t.Helper()
	registers := w.nodes[demo.Registers]
	w.stop(demo.City)
	w.birth("jovana")
	before := registers.Replace(service, exchange.Handler(broken))
	w.start(demo.City)
	then()
	registers.Replace(service, before)
}

func TestAClockThatIsOffIsNamedAndNothingIsLost(t *testing.T) {
	w := newTown(t)
	wrong := clock.NewManual(clock.System().Add(10 * time.Minute))
	w.now[demo.City] = wrong.Now
	w.all()
	w.birth("jovana")
	testkit.Eventually(w.t, "both assessments wait", func() bool { return len(w.waiting()) == 2 })
	for _, a := range w.waiting() {
		if a.Waits["code"] != "clock-off" {
			t.Errorf("waits because of %v", a.Waits)
		}
	}
	w.stop(demo.City)
	delete(w.now, demo.City)
	w.start(demo.City)
	testkit.Eventually(w.t, "two offers after the clock is right", func() bool { return len(w.offers()) == 2 })
}

func TestAProvisionThatEndsStopsItsContractByName(t *testing.T) {
	w := newTown(t)
	w.usePack(demo.Registers, func(files map[string]string) {
		edited := strings.Replace(files["instruments/zfpp.yaml"], "ref: zfpp/48\n", "ref: zfpp/48\n    to: 2026-01-31\n", 1)
		if edited == files["instruments/zfpp.yaml"] {
			t.Fatal("the pack has no provision zfpp/48 where the test looks for it")
		}
		files["instruments/zfpp.yaml"] = edited
	})
	w.all()
	w.birth("jovana")
	testkit.Eventually(w.t, "the grant, which rests on another provision, is offered", func() bool { return len(w.offers()) == 1 })
	testkit.Eventually(w.t, "the allowance waits", func() bool { return len(w.waiting()) == 1 })
	if a := w.waiting()[0]; a.Waits["code"] != "provision-not-in-force" || !strings.Contains(a.Waits["sr"], "чл. 48.") {
		t.Errorf("waits because of %v", a.Waits)
	}
}

func TestTheCityRunsOnPostgreSQL(t *testing.T) {
	db := testkit.StorageConfig(t, storage.Postgres)
	w := newTown(t)
	address := filepath.Join(w.dir, "postgres")
	if err := os.WriteFile(address, []byte(db.URL+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.configure(demo.City, `postgres_file: ""`, "postgres_file: "+address)
	w.all()
	w.birth("jovana")
	testkit.Eventually(w.t, "two offers", func() bool { return len(w.offers()) == 2 })
	mother := w.actor("jovana")
	for _, o := range w.offers() {
		if _, err := w.nodes[demo.City].Services().Accept(t.Context(), mother, o.ID, o.Version); err != nil {
			t.Error(err)
		}
	}
}

// configure changes a line of a node's configuration.
func (w *town) configure(name, line, with string) {
	w.t.Helper()
	raw, err := os.ReadFile(w.files[name])
	if err != nil {
		w.t.Fatal(err)
	}
	edited := strings.Replace(string(raw), line, with, 1)
	if edited == string(raw) {
		w.t.Fatalf("the configuration of %s has no line %s", name, line)
	}
	if err := os.WriteFile(w.files[name], []byte(edited), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// usePack gives one node a changed copy of the pack.
func (w *town) usePack(name string, change func(files map[string]string)) {
	w.t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(packs.Serbia(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(packs.Serbia(), path)
		files[path] = string(raw)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	change(files)
	dir := filepath.Join(w.dir, "pack")
	for path, content := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(content), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	w.configure(name, `pack: ""`, "pack: "+dir)
}

func TestNodesStartAgainAndTheRegistryMayBeAway(t *testing.T) {
	w := newTown(t)
	w.all()
	w.birth("ana")
	testkit.Eventually(w.t, "two offers", func() bool { return len(w.offers()) == 2 })
	for _, name := range []string{demo.City, demo.Registers, demo.Supervisor} {
		w.stop(name)
	}
	w.start(demo.Registers, demo.City) // without the supervisor
	if n := len(w.offers()); n != 2 {
		t.Errorf("%d offers after the restart", n)
	}
	w.birth("ana")
	testkit.Eventually(w.t, "four offers without the supervisor", func() bool { return len(w.offers()) == 4 })
}
