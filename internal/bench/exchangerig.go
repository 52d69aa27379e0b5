package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"dobosh/internal/demo"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/node"
	"dobosh/internal/registry"

	"gopkg.in/yaml.v3"
)

// exchangeRig is the city that asks, the registers that answer, and the
// supervisor who keeps the registry, each a process of its own.
type exchangeRig struct {
	nodes []*process // in the order of starting
	edge  string     // address at which the city is asked
}

// The service that is asked, and the subsystem that asks.
const (
	benchedService = "items"
	benchedPath    = "/r1/RS-DEMO/GOV/REGISTERS/civil/" + benchedService + "/v1/items/"
	benchedClient  = "RS-DEMO/GOV/ZRENJANIN/family"
)

// agreedFields are five of the twenty that the system gives.
func agreedFields() []string {
	return []string{"/field-01", "/field-05", "/field-09", "/field-13", "/field-17"}
}

// newExchangeRig takes the demonstration's nodes, and gives the registers one
// more service that is somewhere else.
func newExchangeRig(o ExchangeOptions, origin string) (*exchangeRig, error) {
	if left, err := os.ReadDir(o.Dir); err == nil && len(left) > 0 {
		return nil, fmt.Errorf("%s is not empty: a measurement begins with nothing", o.Dir)
	}
	files, err := demo.Prepare(o.Dir, "127.0.0.1:0", "", 0)
	if err != nil {
		return nil, err
	}
	if err := putBehind(files[demo.Registers], origin); err != nil {
		return nil, err
	}
	if err := agree(o.Dir); err != nil {
		return nil, err
	}
	r := &exchangeRig{}
	for _, name := range order() {
		p, err := newProcess(name, o.Binary, files[name], o.Profile)
		if err != nil {
			return nil, err
		}
		r.nodes = append(r.nodes, p)
	}
	r.edge = r.node(demo.City).cfg.Listen.Edge
	return r, nil
}

func (r *exchangeRig) node(name string) *process { return r.nodes[slices.Index(order(), name)] }

func (r *exchangeRig) start(ctx context.Context) error {
	for _, p := range r.nodes {
		if err := p.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *exchangeRig) stop() error {
	var errs []error
	for _, p := range slices.Backward(r.nodes) {
		errs = append(errs, p.stop())
	}
	return errors.Join(errs...)
}

// request is a question with a number that makes it different from all others.
func (r *exchangeRig) request(number string) []byte {
	return []byte("GET " + benchedPath + number + " HTTP/1.1\r\nHost: " + r.edge + "\r\nX-Road-Client: " + benchedClient + "\r\nX-Road-Id: " + number + "\r\nAccept: application/json\r\n\r\n")
}

// putBehind adds the information system to the configuration of a node.
func putBehind(file, origin string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	cfg, err := node.Parse(raw)
	if err != nil {
		return err
	}
	cfg.InformationSystems = []node.InformationSystem{{Subsystem: "civil", Service: benchedService, URL: "http://" + origin}}
	if raw, err = yaml.Marshal(cfg); err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o600)
}

// agree adds the service and the contract, signed by both sides, to what the
// registry says at its start.
func agree(dir string) (err error) {
	service, err := registry.ParseID("RS-DEMO/GOV/REGISTERS/civil/" + benchedService)
	if err != nil {
		return err
	}
	client, err := registry.ParseID(benchedClient)
	if err != nil {
		return err
	}
	contract := registry.Contract{
		ID: "bench-items", Consumer: client, Provider: service.System(), Service: benchedService, Methods: []string{"GET"}, Paths: []string{"/v1/items/{item}"},
		Fields: agreedFields(), Subjects: []string{}, Purpose: "family-support", Provision: "zfpp/48", Sector: "family", From: civil.Date(2018, 7, 1),
	}
	var signers []node.Signer
	for name, member := range map[string]registry.ID{demo.City: client.Owner(), demo.Registers: service.Owner()} {
		key, err := node.ReadKey(filepath.Join(dir, name, "log.key"))
		if err != nil {
			return err
		}
		signer, err := journal.NewSigner(node.Origin(member, name), key)
		if err != nil {
			return err
		}
		signers = append(signers, signer)
	}
	signed, err := contract.Sign(signers...)
	if err != nil {
		return err
	}
	seed, err := os.OpenFile(filepath.Join(dir, demo.Supervisor, "seed.jsonl"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, seed.Close()) }()
	lines := json.NewEncoder(seed)
	return errors.Join(
		lines.Encode(registry.Statement{Service: &registry.Service{ID: service, Title: lang.Text{"sr": "Мерење", "en": "Measurement"}}}),
		lines.Encode(registry.Statement{Contract: signed}))
}
