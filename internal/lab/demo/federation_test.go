package demo_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/people"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/station"
	"dobosh/internal/node"
	"dobosh/internal/node/operator"
	"dobosh/internal/services"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
)

// federation are the three nodes of the demonstration as processes, those who work
// with them, and the commands of the manual.
type federation struct {
	t       *testing.T
	dir     string
	bin     string // folder with both programs
	config  map[string]station.Config
	file    map[string]string // configuration by node
	running map[string]*process
	manual  []string // its lines for a shell
	persons []people.Person
	wanted  []string // public services that a birth gives offers of

	mu       sync.Mutex
	next     int                        // guarded by mu; number of the next birth
	recorded map[string]time.Time       // guarded by mu; births that were acknowledged
	offered  map[string]services.Brief  // guarded by mu; offers that were seen, by id
	decided  map[string]acknowledgement // guarded by mu; decisions that were acknowledged, by offer
	loops    int                        // guarded by mu; births with all their decisions
}

// acknowledgement is a decision, and when somebody was told of it.
type acknowledgement struct {
	decision, matter, service string
	at                        time.Time
}

// process is a node that runs.
type process struct {
	command *exec.Cmd
	ended   chan struct{} // closed when it has ended
}

func newFederation(t *testing.T) *federation {
	t.Helper()
	f := &federation{
		t: t, dir: t.TempDir(), bin: t.TempDir(), config: map[string]station.Config{}, running: map[string]*process{},
	}
	f.forgets()
	for _, program := range []string{"dobosh", "dobosh-lab"} {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(f.bin, program), "dobosh/cmd/"+program).CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
	}
	const crowd = 2000 // a birth for two of them
	f.file = testkit.Must[map[string]string](t)(demo.Prepare(filepath.Join(f.dir, "nodes"), "127.0.0.1:0", "", crowd))
	for name, file := range f.file {
		f.config[name] = testkit.Must[station.Config](t)(station.Load(file))
	}
	pack := laws.Serbia(t)
	f.persons = testkit.Must[people.Population](t)(people.Generate(pack, crowd)).Persons
	for _, s := range pack.Services() {
		if s.Body == f.config[demo.City].Node.Member.String() && s.Event == births.EventType && s.Holds(civil.Of(time.Now())) {
			f.wanted = append(f.wanted, s.ID)
		}
	}
	for line := range strings.Lines(string(testkit.Must[[]byte](t)(os.ReadFile("../../../docs/operate.md")))) {
		if command, indented := strings.CutPrefix(line, "    "); indented {
			f.manual = append(f.manual, strings.TrimSpace(command))
		}
	}
	t.Cleanup(func() {
		for node := range f.running {
			f.kill(node)
		}
		for node := range f.file {
			if log, _ := os.ReadFile(f.log(node)); t.Failed() {
				t.Logf("%s:\n%s", node, log[max(0, len(log)-5000):])
			}
		}
	})
	return f
}

// forgets gives what those who work were told, and begins anew.
func (f *federation) forgets() (recorded map[string]time.Time, decided map[string]acknowledgement) {
	recorded, decided = f.recorded, f.decided
	f.recorded, f.offered, f.decided = map[string]time.Time{}, map[string]services.Brief{}, map[string]acknowledgement{}
	return recorded, decided
}

// by is the first command of the manual that fits a pattern. What stands there for the
// copies, the folder and the name of a node is replaced by what it is here.
func (f *federation) by(node, pattern string) string {
	f.t.Helper()
	i := slices.IndexFunc(f.manual, regexp.MustCompile(pattern).MatchString)
	if i < 0 {
		f.t.Fatalf("the manual has no command like %q", pattern)
	}
	cfg := f.config[node].Node
	return strings.NewReplacer("/mnt/copies", filepath.Join(f.dir, "copies"), "--to n1", "--to "+node, "RS/GOV/ADA/n1", cfg.Member.String()+"/"+cfg.Name).Replace(f.manual[i])
}

// run runs a command of the manual in the folder of a node; one that makes that folder
// is run beside it.
func (f *federation) run(node, pattern string) (string, error) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 2*testkit.Patience)
	defer cancel()
	line := f.by(node, pattern)
	command := exec.CommandContext(ctx, "sh", "-euc", line)
	command.Dir, command.Env = filepath.Dir(f.file[node]), append(os.Environ(), "PATH="+f.bin+":"+os.Getenv("PATH"))
	if strings.Contains(line, "--to "+node) {
		command.Dir = filepath.Dir(command.Dir)
	}
	out, err := command.CombinedOutput()
	f.t.Logf("%s$ %s\n%s", node, line, out)
	return string(out), err
}

// does is run for a command that must succeed.
func (f *federation) does(node, pattern string) string {
	f.t.Helper()
	out, err := f.run(node, pattern)
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

func (f *federation) log(node string) string { return filepath.Join(f.dir, node+".log") }

// launch starts a node with the program that has the registers as well.
func (f *federation) launch(node string) *process {
	f.t.Helper()
	log, err := os.OpenFile(f.log(node), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the child has its own
	p := &process{exec.Command(filepath.Join(f.bin, "dobosh-lab"), "serve", "--config", f.file[node]), make(chan struct{})}
	p.command.Stdout, p.command.Stderr, p.command.SysProcAttr = log, log, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.running[node] = p
	go func() { _ = p.command.Wait(); close(p.ended) }() // how it ended stands in its log
	return p
}

// serves starts a node and returns when it is ready.
func (f *federation) serves(node string) {
	f.t.Helper()
	p := f.launch(node)
	testkit.Eventually(f.t, node+" is ready", func() bool {
		select {
		case <-p.ended:
			f.t.Fatalf("%s ended at its start", node)
		default:
		}
		resp, err := http.Get("http://" + f.config[node].Node.Listen.Operations + "/readyz")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
}

// refuses starts a node that must end by itself, and gives what it said.
func (f *federation) refuses(node string) string {
	f.t.Helper()
	before, _ := os.ReadFile(f.log(node))
	testkit.Soon(f.t, node+" refuses to start", f.launch(node).ended)
	delete(f.running, node)
	after, err := os.ReadFile(f.log(node))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(after[len(before):])
}

// seen is how many entries of a node's journal its witness has cosigned.
func (f *federation) seen(node string) (size int64) {
	f.t.Helper()
	var r operator.Report
	raw := testkit.Must[[]byte](f.t)(exec.Command(filepath.Join(f.bin, "dobosh"), "status", "--config", f.file[node], "--json").Output())
	if err := json.Unmarshal(raw, &r); err != nil {
		f.t.Fatal(err)
	}
	for _, w := range r.Witnesses {
		size = max(size, w.Size)
	}
	return size
}

func (f *federation) ends(node string, with syscall.Signal) {
	f.t.Helper()
	p := f.running[node]
	delete(f.running, node)
	_ = p.command.Process.Signal(with) // it may have ended
	testkit.Soon(f.t, node+" ends", p.ended)
}

func (f *federation) kill(node string) { f.ends(node, syscall.SIGKILL) }

// works records births and accepts what is offered for them until the returned
// function is called. What is not acknowledged is tried again.
func (f *federation) works() (stop func()) {
	ctx, cancel := context.WithCancel(f.t.Context())
	var all sync.WaitGroup
	all.Go(func() { f.watch(ctx) })
	for range 3 {
		all.Go(func() {
			for ctx.Err() == nil {
				f.loop(ctx)
			}
		})
	}
	return func() { cancel(); all.Wait() }
}

// loop is one birth, from the registrar to the decisions.
func (f *federation) loop(ctx context.Context) {
	f.mu.Lock()
	i := f.next
	f.next++
	f.mu.Unlock()
	mother, father := f.persons[2*i], f.persons[2*i+1]
	number := people.Newborn(i, civil.Of(time.Now()))
	entry := births.Entry{
		Token: "restored-" + strconv.Itoa(i), Number: number.String(), GivenName: "Нада", FamilyName: mother.FamilyName,
		Sex: number.Sex(), Born: number.Born(), Settlement: f.persons[0].Settlement, Live: true,
	}
	var of, made struct {
		Handle, Birth string
	}
	for person, handle := range map[string]*string{mother.Number.String(): &entry.MotherHandle, father.Number.String(): &entry.FatherHandle} {
		if f.insists(ctx, f.registrar, http.MethodPost, "/v1/parents", map[string]string{"number": person}, &of) != nil {
			return
		}
		*handle = of.Handle
	}
	if f.insists(ctx, f.registrar, http.MethodPost, "/v1/births", entry, &made) != nil {
		return
	}
	f.mu.Lock()
	f.recorded[made.Birth] = time.Now()
	f.mu.Unlock()
	for len(f.offersOf(made.Birth)) < len(f.wanted) {
		if clock.Pause(ctx, 20*time.Millisecond) != nil {
			return
		}
	}
	for _, o := range f.offersOf(made.Birth) {
		var said struct{ Decision string }
		path := "/v1/offers/" + url.PathEscape(o.ID) + "/accept"
		if f.insists(ctx, f.counter, http.MethodPost, path, map[string]any{"number": mother.Number.String(), "version": o.Version}, &said) != nil {
			return
		}
		f.mu.Lock()
		f.decided[o.ID] = acknowledgement{said.Decision, o.Matter, o.Service, time.Now()}
		f.mu.Unlock()
	}
	f.mu.Lock()
	f.loops++
	f.mu.Unlock()
}

// watch follows the feed of offers.
func (f *federation) watch(ctx context.Context) {
	for after := uint64(0); ctx.Err() == nil; {
		offers, next, err := f.offers(ctx, after)
		if err != nil {
			after = 0
			_ = clock.Pause(ctx, 20*time.Millisecond) // the loop sees the end of ctx
			continue
		}
		after = next
		f.mu.Lock()
		for _, o := range offers {
			f.offered[o.ID] = o
		}
		f.mu.Unlock()
	}
}

func (f *federation) offers(ctx context.Context, after uint64) ([]services.Brief, uint64, error) {
	var page struct {
		Offers []services.Brief
		Next   uint64
	}
	err := f.counter(ctx, http.MethodGet, "/v1/offers/since/"+strconv.FormatUint(after, 10), nil, &page)
	return page.Offers, page.Next, err
}

// everyOffer is the whole feed, from its beginning.
func (f *federation) everyOffer() map[string]services.Brief {
	f.t.Helper()
	all := map[string]services.Brief{}
	for after := uint64(0); ; {
		ctx, cancel := context.WithTimeout(f.t.Context(), time.Second) // the end of the feed waits for news
		offers, next, err := f.offers(ctx, after)
		cancel()
		if err != nil || len(offers) == 0 {
			return all
		}
		for _, o := range offers {
			all[o.ID] = o
		}
		after = next
	}
}

func (f *federation) offersOf(birth string) (list []services.Brief) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.offered {
		if o.Matter == birth {
			list = append(list, o)
		}
	}
	return list
}

// grows waits for so many more births with all their decisions.
func (f *federation) grows(by int) {
	f.t.Helper()
	done := func() int { f.mu.Lock(); defer f.mu.Unlock(); return f.loops }
	want := done() + by
	testkit.Eventually(f.t, "births are recorded and offers accepted", func() bool { return done() >= want })
}

// ask is a request of an information system.
type ask func(ctx context.Context, method, path string, in, out any) error

// insists asks until it is answered or ctx ends.
func (f *federation) insists(ctx context.Context, ask ask, method, path string, in, out any) error {
	for {
		err := ask(ctx, method, path, in, out)
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		_ = clock.Pause(ctx, 50*time.Millisecond) // the loop sees the end of ctx
	}
}

func (f *federation) registrar(ctx context.Context, method, path string, in, out any) error {
	cfg := f.config[demo.Registers]
	return call(ctx, method, "http://"+cfg.Node.Listen.Systems+"/births"+path, filepath.Join(f.dir, "nodes", demo.Registers, "registrar.token"), in, out)
}

func (f *federation) counter(ctx context.Context, method, path string, in, out any) error {
	cfg := f.config[demo.City]
	return call(ctx, method, "http://"+cfg.Node.Listen.Systems+"/services"+path, filepath.Join(f.dir, "nodes", demo.City, "counter.token"), in, out)
}

func call(ctx context.Context, method, address, tokenFile string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		return err
	}
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read only
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("status %d: %s", resp.StatusCode, raw)
	}
	return json.Unmarshal(raw, out)
}

// origin is the name of the journal of a node.
func (f *federation) origin(of string) string {
	return node.Origin(f.config[of].Node.Member, f.config[of].Node.Name)
}

// entries are those of a kind, and of an id where one is given, in the journal of a node
// that has stopped.
func (f *federation) entries(of, kind, id string) (found []journal.Entry) {
	f.t.Helper()
	folder, key, _, err := f.config[of].Node.Evidence()
	if err != nil {
		f.t.Fatal(err)
	}
	view := testkit.Must[*journal.View](f.t)(journal.OpenView(folder, nil, clock.System, key))
	defer func() { _ = view.Close() }() // read only
	for index := range view.Size() {
		e, _, err := view.Read(f.t.Context(), index)
		if err != nil {
			f.t.Fatal(err)
		}
		if e.Kind == kind && (id == "" || e.ID == id) {
			found = append(found, e)
		}
	}
	return found
}

// each reads two texts of every row that a node that has stopped keeps.
func (f *federation) each(node, query string, take func(first, second string)) {
	f.t.Helper()
	db := testkit.Must[*sql.DB](f.t)(sql.Open("sqlite", "file:"+filepath.Join(f.config[node].Node.Dir, "dobosh.db")))
	defer func() { _ = db.Close() }() // read only
	rows := testkit.Must[*sql.Rows](f.t)(db.QueryContext(f.t.Context(), query))
	defer func() { _ = rows.Close() }() // read only
	for rows.Next() {
		var first, second string
		if err := rows.Scan(&first, &second); err != nil {
			f.t.Fatal(err)
		}
		take(first, second)
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
}
