package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/people"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/law"
	"dobosh/internal/node"
)

// rig is the three nodes with what drives them.
type rig struct {
	nodes
	driver   *driver
	server   *postgres  // nil for SQLite
	streams  jetStreams // none for a bus in each node
	beside   *beside    // nil without questions
	cashiers *cashiers  // nil without payment files
	services []string   // ids of the public services that a birth gives offers of
}

func newRig(ctx context.Context, o Options, crowd int) (r *rig, err error) {
	if err := mustBeEmpty(o.Dir); err != nil {
		return nil, err
	}
	files, err := demo.Prepare(o.Dir, "127.0.0.1:0", "", crowd)
	if err != nil {
		return nil, err
	}
	r = &rig{}
	if o.Engine == Postgres {
		if r.server, err = startPostgres(ctx); err != nil {
			return nil, err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, r.server.stop())
			}
		}()
		if err := r.server.keep(ctx, files); err != nil {
			return nil, err
		}
	}
	if o.Servers > 0 {
		if r.streams, err = startJetStream(ctx, o.Binary, filepath.Join(o.Dir, "jetstream"), o.Servers); err != nil {
			return nil, err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, r.streams.stop())
			}
		}()
		if err := r.streams.carry(files); err != nil {
			return nil, err
		}
	}
	if o.Questions > 0 {
		if r.beside, err = newBeside(o, files); err != nil {
			return nil, err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, r.beside.close())
			}
		}()
	}
	if o.Payments {
		if r.cashiers, err = newCashiers(o.Dir, files); err != nil {
			return nil, err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, r.cashiers.close())
			}
		}()
	}
	if meets, ok := o.Trouble.(Meets); ok {
		meets.Meet(r.servers())
	}
	if o.Trouble != nil {
		if err := o.Trouble.Prepare(files); err != nil {
			return nil, err
		}
	}
	if r.nodes, err = newNodes(files, o.Binary, o.Profile); err != nil {
		return nil, err
	}
	if r.cashiers != nil {
		r.cashiers.portal = strings.TrimSuffix(r.node(demo.City).cfg.Node.PublicURL, "/")
	}
	return r, r.prepareDriver(crowd, o.Trouble)
}

func (r *rig) prepareDriver(crowd int, trouble Trouble) error {
	pack, err := node.ReadPack("")
	if err != nil {
		return err
	}
	city, registers := r.node(demo.City).cfg, r.node(demo.Registers).cfg
	d := &driver{today: civil.Of(now()), trouble: trouble}
	population, err := people.Generate(pack, crowd)
	if err != nil {
		return err
	}
	d.crowd, d.place = population.Persons, population.Persons[0].Settlement
	r.services = offered(pack, city.Node, d.today)
	d.ledger = newLedger(len(r.services))
	if d.registrar, err = newClient(registers.Node.Listen.Systems, "/births", registers.Registers.Systems[0].TokenFile); err != nil {
		return err
	}
	d.counter, err = newClient(city.Node.Listen.Systems, "/services", city.Node.Services.Systems[0].TokenFile)
	r.driver = d
	return err
}

// servers are those that nodes need.
func (r *rig) servers() (database Server, streams []Server) {
	if r.server != nil {
		database = r.server
	}
	for _, s := range r.streams {
		streams = append(streams, s)
	}
	return database, streams
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

// stop ends the nodes and the connections of the driver.
func (r *rig) stop() error {
	err := r.nodes.stop()
	if r.driver != nil {
		r.driver.registrar.close()
		r.driver.counter.close()
	}
	err = errors.Join(err, r.beside.close(), r.cashiers.close())
	if r.server != nil {
		err = errors.Join(err, r.server.stop())
	}
	return errors.Join(err, r.streams.stop())
}

// mustBeEmpty refuses a folder in which something is already.
func mustBeEmpty(dir string) error {
	if left, err := os.ReadDir(dir); err == nil && len(left) > 0 {
		return fmt.Errorf("%s is not empty: a measurement begins with nothing", dir)
	}
	return nil
}

// TemporaryDir makes a folder for one measurement.
func TemporaryDir() (string, error) {
	dir, err := os.MkdirTemp("", "dobosh-bench-")
	return filepath.Clean(dir), err
}
