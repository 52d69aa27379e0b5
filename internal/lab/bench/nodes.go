package bench

import (
	"context"
	"errors"
	"os"
	"slices"

	"dobosh/internal/lab/demo"
)

// nodes are the three nodes of the demonstration, each a process of its own, in
// the order of starting: each finds the one before it. They are stopped in the
// opposite order.
type nodes []*process

// order in which the nodes start.
func order() []string { return []string{demo.Supervisor, demo.Registers, demo.City} }

// newNodes takes the configurations in files, by the name of the node.
func newNodes(files map[string]string, binary, profile string) (nodes, error) {
	var all nodes
	for _, name := range order() {
		p, err := newProcess(name, binary, files[name], profile)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func (n nodes) node(name string) *process { return n[slices.Index(order(), name)] }

func (n nodes) start(ctx context.Context) error {
	for _, p := range n {
		if err := p.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stop ends what runs, those who ask first.
func (n nodes) stop() error {
	var errs []error
	for _, p := range slices.Backward(n) {
		errs = append(errs, p.stop())
	}
	return errors.Join(errs...)
}

// driverName stands for this process among the nodes.
const driverName = "driver"

// usage reads what each node takes, and the driver under its own name.
func (n nodes) usage() map[string]usage {
	all := map[string]usage{driverName: readUsage(os.Getpid())}
	for _, p := range n {
		all[p.name] = p.usage()
	}
	return all
}
