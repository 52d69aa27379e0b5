package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"dobosh/internal/lab/bench"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/station"
	"dobosh/internal/node"

	"gopkg.in/yaml.v3"
)

// Options are the choices of "dobosh-lab faults".
type Options struct {
	Binary  string        // the program that serves
	Program string        // what institutions run, for copies; empty to make none
	Dir     string        // where the nodes keep everything; must be empty or missing
	Seed    uint64        // of the plan
	Minutes float64       // of trouble, from a tenth to 120
	Rate    float64       // births a second; 0 for 3
	Asked   float64       // questions a second through the edge; 0 for 5
	Engine  string        // where nodes keep their tables: bench.SQLite (when empty) or bench.Postgres
	Servers int           // of JetStream outside of the nodes; 0 for a bus in each
	Only    []Kind        // the kinds of trouble; empty for all
	Log     io.Writer     // progress for people; nil for none
	Drain   time.Duration // how long what is under way may take when the trouble is over; 0 for four minutes
}

func (o Options) withDefaults() (Options, error) {
	if !(o.Minutes >= 0.1 && o.Minutes <= 120) {
		return o, errors.New("minutes: not between 0.1 and 120")
	}
	if o.Rate == 0 {
		o.Rate = 3
	}
	if o.Asked == 0 {
		o.Asked = 5
	}
	if o.Drain == 0 {
		o.Drain = 4 * time.Minute
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	return o, nil
}

// Run carries out the plan of a seed and says what it found.
func Run(ctx context.Context, o Options) (result Result, err error) {
	if o, err = o.withDefaults(); err != nil {
		return Result{}, err
	}
	t := &trouble{options: o, log: &lines{to: o.Log, begun: time.Now()}, proxies: map[string]*proxy{}, keepers: map[string]*keeper{}, disks: map[string]*disk{}, lost: map[string][]span{}}
	defer func() { err = errors.Join(err, t.undo(!result.OK())) }()
	load, err := bench.Run(ctx, bench.Options{
		Binary: o.Binary, Dir: o.Dir, Seconds: o.Minutes * 60, Rate: o.Rate, Drain: o.Drain, Log: t.log, Trouble: t,
		Engine: o.Engine, Servers: o.Servers, Questions: o.Asked, Payments: true,
	})
	if err != nil {
		return Result{}, err
	}
	result = Result{
		Seed: o.Seed, Minutes: o.Minutes, Loops: load.Births, Offers: load.Offers, Decisions: load.Decisions, Retries: load.Retries,
		Restarts: t.restarts(), Skipped: t.skipped, Findings: load.Reconciled.Findings, Entries: load.Reconciled.Entries,
		Exchanges: load.Reconciled.Exchanges, Files: load.Reconciled.Files, Paid: load.Reconciled.Paid, Named: load.Reconciled.Named + t.named,
	}
	if result.Findings == nil {
		result.Findings = []string{}
	}
	for _, f := range t.plan {
		result.Plan = append(result.Plan, f.String())
	}
	return result, nil
}

// trouble carries out a plan on the nodes of a measurement.
type trouble struct {
	options Options
	log     *lines
	plan    []Fault
	named   int      // acknowledged, and gone: after a copy from which a node was put back
	skipped []string // what this machine cannot do

	database bench.Server   // nil for SQLite
	streams  []bench.Server // none for a bus in each node

	proxies map[string]*proxy // by node
	disks   map[string]*disk  // by node
	keepers map[string]*keeper

	clocks atomic.Int64 // how many clocks are off
	sorry  atomic.Int64 // when the last was put right, in nanoseconds

	mu       sync.Mutex
	findings []string          // guarded by mu
	lost     map[string][]span // guarded by mu; by node: what it acknowledged then may be gone
	rows     []span            // guarded by mu; births that were recorded then may be gone
}

func (t *trouble) find(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	finding := fmt.Sprintf(format, args...)
	t.findings = append(t.findings, finding)
	fmt.Fprintf(t.log, "FINDING %s\n", finding)
}

// Prepare puts a proxy before each node, a clock into it, and its folder on a
// disk of its own.
func (t *trouble) Prepare(files map[string]string) error {
	for _, name := range []string{demo.City, demo.Registers, demo.Supervisor} {
		if err := t.prepare(name, files[name]); err != nil {
			return fmt.Errorf("prepare %s: %w", name, err)
		}
	}
	t.plan = Plan(t.options.Seed, time.Duration(t.options.Minutes*float64(time.Minute)), t.can)
	return nil
}

func (t *trouble) prepare(name, file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	cfg, err := node.Parse(raw)
	if err != nil {
		return err
	}
	announced := cfg.Listen.Exchange
	if cfg.Listen.Exchange, err = freeAddress(); err != nil {
		return err
	}
	cfg.Address = announced // or the node tells the registry where it listens, past the proxy
	if t.proxies[name], err = newProxy(announced, cfg.Listen.Exchange); err != nil {
		return err
	}
	if raw, err = yaml.Marshal(cfg); err != nil {
		return err
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return err
	}
	adds, err := station.ReadAdds(file)
	if err != nil {
		return err
	}
	adds.Clock = "clock"
	if err := adds.Write(file); err != nil {
		return err
	}
	t.disks[name], err = newDisk(filepath.Join(filepath.Dir(file), cfg.Dir), t.skip)
	return err
}

func (t *trouble) skip(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if said := fmt.Sprintf(format, args...); !slices.Contains(t.skipped, said) {
		t.skipped = append(t.skipped, said)
		fmt.Fprintf(t.log, "left out: %s\n", said)
	}
}

// can says whether a kind of trouble can be made here.
func (t *trouble) can(k Kind) bool {
	city := t.disks[demo.City] // all disks are alike
	switch {
	case len(t.options.Only) > 0 && !slices.Contains(t.options.Only, k), k == Database && t.database == nil, k == Stream && len(t.streams) == 0:
		return false
	case (k == Errors || k == SlowDisk) && city.surface == nil, k == ReadOnly && city.surface == nil && !city.small:
		return false // it was said when the disks were made
	case k == Restore && t.options.Program == "":
		t.skip("%s: the program dobosh is not beside this one", k)
		return false
	case k == Descriptors || k == Disk && !city.small:
		if _, err := limited(os.Getpid(), descriptors, nil); err != nil {
			t.skip("%s: %v", k, err)
			return false
		}
	}
	return true
}

// freeAddress is where nobody listens.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// Make carries out the plan.
func (t *trouble) Make(ctx context.Context, nodes []*bench.Victim, window time.Duration) []string {
	keeping, done := context.WithCancel(ctx)
	var keepers sync.WaitGroup
	for _, v := range nodes {
		k := &keeper{Victim: v, disk: t.disks[v.Name()], log: t.log}
		t.keepers[v.Name()] = k
		if err := setClock(k, 0); err != nil { // so that the file is there, and no copy brings one
			t.find("clock of %s: %v", k.Name(), err)
		}
		keepers.Go(func() { k.keep(keeping) })
	}
	var faults sync.WaitGroup
	begun := time.Now()
	for _, f := range t.plan {
		if wait(ctx, time.Until(begun.Add(f.At))) != nil {
			break
		}
		fmt.Fprintf(t.log, "%s\n", f)
		faults.Go(func() {
			if err := t.make(ctx, f, t.keepers[f.Node]); err != nil && ctx.Err() == nil {
				t.find("%s: %v", f, err)
			}
		})
	}
	faults.Wait()
	_ = wait(ctx, time.Until(begun.Add(window))) // the rest of the window is quiet
	for _, k := range t.keepers {
		t.recovered(ctx, k)
	}
	done()
	keepers.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.findings
}

// recovery is how long a node may take to be ready by itself once it has
// everything that it needs.
const recovery = 90 * time.Second

// recovered wants the node to be ready: who lives and does not answer is deaf.
func (t *trouble) recovered(ctx context.Context, k *keeper) {
	ctx, cancel := context.WithTimeout(ctx, recovery)
	defer cancel()
	for ctx.Err() == nil {
		if k.Ready(ctx) == nil {
			return
		}
		_ = wait(ctx, again)
	}
	t.find("%s is not ready %s after the last fault: %s", k.Name(), recovery, k.last())
}

// Excuses implements [bench.Trouble]: a clock that is off is a reason to refuse.
func (t *trouble) Excuses() bool {
	return t.clocks.Load() > 0 || time.Since(time.Unix(0, t.sorry.Load())) < 10*time.Second
}

// make does one thing to one node.
func (t *trouble) make(ctx context.Context, f Fault, k *keeper) error {
	switch f.Kind {
	case Kill:
		return k.down(func() error { return nil })
	case Stop:
		if err := k.Signal(syscall.SIGSTOP); err != nil {
			return err
		}
		_ = wait(ctx, f.Lasts)
		return k.Signal(syscall.SIGCONT)
	case Disk:
		return t.fillDisk(ctx, f, k)
	case ReadOnly:
		return t.readOnly(ctx, f, k)
	case Errors:
		return failDisk(ctx, f, k)
	case SlowDisk:
		return slowDisk(ctx, f, k)
	case Descriptors:
		return t.endDescriptors(ctx, f, k)
	case Cut:
		t.proxies[f.Node].meet(ctx, state{cut: true}, f.Lasts)
	case Hang:
		t.proxies[f.Node].meet(ctx, state{hang: true}, f.Lasts)
	case Slow:
		t.proxies[f.Node].meet(ctx, state{late: time.Duration(20+f.Much%400) * time.Millisecond}, f.Lasts)
	case Clock:
		return t.turnClock(ctx, f, k)
	case Flip:
		return t.flip(ctx, f, k)
	case Lose:
		return t.lose(ctx, f, k)
	case Restore:
		return t.restore(ctx, f, k)
	case Database:
		return fail(ctx, f, t.database)
	case Stream:
		first := f.Much % uint64(len(t.streams))
		failing := []bench.Server{t.streams[first]}
		if f.Much>>32%3 == 0 && len(t.streams) > 1 { // and with it the quorum
			failing = append(failing, t.streams[(first+1)%uint64(len(t.streams))])
		}
		return fail(ctx, f, failing...)
	}
	return nil
}

// Meet implements [bench.Meets].
func (t *trouble) Meet(database bench.Server, streams []bench.Server) {
	t.database, t.streams = database, streams
}

// fail kills servers, and starts them again.
func fail(ctx context.Context, f Fault, servers ...bench.Server) error {
	var errs []error
	for _, s := range servers {
		errs = append(errs, s.Kill())
	}
	_ = wait(ctx, f.Lasts)
	for _, s := range servers {
		errs = append(errs, s.Start(context.WithoutCancel(ctx)))
	}
	return errors.Join(errs...)
}

// fillDisk leaves no room in the folder of the node.
func (t *trouble) fillDisk(ctx context.Context, f Fault, k *keeper) error {
	dir := k.data()
	if !k.disk.small {
		return t.limit(ctx, f, k, fileSize, func(int) (uint64, error) { return f.Much % 8192, nil })
	}
	if err := fill(dir, int64(f.Much%65536)); err != nil {
		return err
	}
	_ = wait(ctx, f.Lasts)
	return empty(dir)
}

// endDescriptors lets the process open only a few more.
func (t *trouble) endDescriptors(ctx context.Context, f Fault, k *keeper) error {
	return t.limit(ctx, f, k, descriptors, func(pid int) (uint64, error) {
		n, err := opened(pid)
		return uint64(n) + f.Much%4, err
	})
}

// limit gives a process less of a resource for a time.
func (t *trouble) limit(ctx context.Context, f Fault, k *keeper, resource uintptr, to func(pid int) (uint64, error)) error {
	pid := k.Process()
	if pid == 0 {
		return nil // it is down
	}
	soft, err := to(pid)
	if err != nil {
		return ifAlive(k, pid, err)
	}
	had, err := limited(pid, resource, nil)
	if err != nil {
		return ifAlive(k, pid, err)
	}
	if _, err := limited(pid, resource, &limit{soft, had.hard}); err != nil {
		return ifAlive(k, pid, err)
	}
	_ = wait(ctx, f.Lasts)
	_, err = limited(pid, resource, &had)
	return ifAlive(k, pid, err)
}

// ifAlive drops an error about a process that has ended since, whether or not its end was
// noticed here.
func ifAlive(k *keeper, pid int, err error) error {
	if k.Process() != pid || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// turnClock has the clock of the node off by minutes or by years.
func (t *trouble) turnClock(ctx context.Context, f Fault, k *keeper) error {
	jumps := []time.Duration{time.Hour, -time.Hour, 6 * time.Minute, -6 * time.Minute, 400 * 24 * time.Hour, -400 * 24 * time.Hour}
	t.clocks.Add(1)
	defer func() { t.sorry.Store(time.Now().UnixNano()); t.clocks.Add(-1) }()
	if err := setClock(k, jumps[f.Much%uint64(len(jumps))]); err != nil {
		return err
	}
	_ = wait(ctx, f.Lasts)
	return setClock(k, 0)
}

func setClock(k *keeper, by time.Duration) error {
	return station.SetClock(k.Config().Clock, by)
}

// Audit looks into the stores of the nodes, then into the journals.
func (t *trouble) Audit(ctx context.Context, told bench.Told) []string {
	a := &audit{lost: t.Lost, rows: t.lostRows}
	defer func() { t.named = a.named }()
	a.registers(ctx, t.keepers[demo.Registers].rests(), told)
	a.city(ctx, t.keepers[demo.City].rests(), told)
	a.payments(ctx, t.keepers[demo.City].rests(), told)
	for _, k := range t.keepers {
		a.queue(ctx, k.Name(), k.rests())
	}
	return a.findings
}

func (t *trouble) restarts() map[string]int {
	all := map[string]int{}
	for name, k := range t.keepers {
		k.mu.Lock()
		all[name] = k.started
		k.mu.Unlock()
	}
	return all
}

// undo takes away what Prepare made, and keeps what the disks have on request.
func (t *trouble) undo(keep bool) error {
	for _, p := range t.proxies {
		p.close()
	}
	return t.closeDisks(keep)
}

// lines writes whole lines with the time since the beginning. It is safe for
// concurrent use.
type lines struct {
	mu    sync.Mutex
	to    io.Writer
	begun time.Time
}

// Write implements io.Writer.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := io.WriteString(l.to, strconv.FormatFloat(time.Since(l.begun).Seconds(), 'f', 2, 64)+" "+string(b))
	return len(b), err
}
