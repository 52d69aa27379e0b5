package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"dobosh/internal/demo"
	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/node"
	"dobosh/internal/registers/births"
	"dobosh/internal/registers/people"
)

// rig is the three nodes with what drives them.
type rig struct {
	nodes    []*process // in the order of starting; stopped in the opposite order
	driver   *driver
	services []string // ids of the public services that a birth gives offers of
}

// order in which the nodes start: each finds the one before it.
func order() []string { return []string{demo.Supervisor, demo.Registers, demo.City} }

func newRig(o Options, crowd int) (*rig, error) {
	if left, err := os.ReadDir(o.Dir); err == nil && len(left) > 0 {
		return nil, fmt.Errorf("%s is not empty: a measurement begins with nothing", o.Dir)
	}
	files, err := demo.Prepare(o.Dir, "127.0.0.1:0", "", crowd)
	if err != nil {
		return nil, err
	}
	r := &rig{}
	for _, name := range order() {
		p, err := newProcess(name, o.Binary, files[name], o.Profile)
		if err != nil {
			return nil, err
		}
		r.nodes = append(r.nodes, p)
	}
	return r, r.prepareDriver(crowd)
}

func (r *rig) node(name string) *process {
	return r.nodes[slices.Index(order(), name)]
}

func (r *rig) prepareDriver(crowd int) error {
	pack, err := node.ReadPack("")
	if err != nil {
		return err
	}
	city, registers := r.node(demo.City).cfg, r.node(demo.Registers).cfg
	d := &driver{today: civil.Of(now())}
	population, err := people.Generate(pack, crowd)
	if err != nil {
		return err
	}
	d.crowd, d.place = population.Persons, population.Persons[0].Settlement
	r.services = offered(pack, city, d.today)
	d.ledger = newLedger(len(r.services))
	if d.registrar, err = newClient(registers.Listen.Systems, "/births", registers.Registers.Systems[0].TokenFile); err != nil {
		return err
	}
	d.counter, err = newClient(city.Listen.Systems, "/services", city.Services.Systems[0].TokenFile)
	r.driver = d
	return err
}

// offered lists the public services of a node that wait for births.
func offered(pack *law.Pack, cfg node.Config, day civil.Day) (ids []string) {
	for _, s := range pack.Services() {
		if s.Body == cfg.Member.String() && s.Event == births.EventType && s.Holds(day) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

func (r *rig) start(ctx context.Context) error {
	for _, p := range r.nodes {
		if err := p.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stop ends what runs, those who ask first.
func (r *rig) stop() error {
	var errs []error
	for _, p := range slices.Backward(r.nodes) {
		errs = append(errs, p.stop())
	}
	if r.driver != nil {
		r.driver.registrar.close()
		r.driver.counter.close()
	}
	return errors.Join(errs...)
}

// usage reads what each node takes, and the driver under its own name.
func (r *rig) usage() map[string]usage {
	all := map[string]usage{}
	for _, p := range r.nodes {
		all[p.name] = p.usage()
	}
	all[driverName] = readUsage(os.Getpid())
	return all
}

// driverName stands for this process among the nodes.
const driverName = "driver"

// TemporaryDir makes a folder for one measurement.
func TemporaryDir() (string, error) {
	dir, err := os.MkdirTemp("", "dobosh-bench-")
	return filepath.Clean(dir), err
}
