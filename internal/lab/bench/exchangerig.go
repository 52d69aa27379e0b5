package bench

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"

	"golang.org/x/mod/sumdb/note"
)

// exchangeRig is the city that asks, the registers that answer, and the
// supervisor who keeps the registry, each a process of its own.
type exchangeRig struct {
	nodes
	edge string // address at which the city is asked
}

// The service that is asked, and the subsystem that asks.
const (
	benchedService = "items"
	filesService   = "files"
	benchedSystem  = "RS-DEMO/GOV/REGISTERS/civil/"
	benchedPath    = "/r1/" + benchedSystem + benchedService + "/v1/items/"
	filesPath      = "/r1/" + benchedSystem + filesService + "/v1/files/"
	benchedClient  = "RS-DEMO/GOV/ZRENJANIN/family"
)

// agreedFields are five of the twenty that the system gives.
func agreedFields() []string {
	return []string{"/field-01", "/field-05", "/field-09", "/field-13", "/field-17"}
}

// newExchangeRig takes the demonstration's nodes, and gives the registers one
// more service that is somewhere else.
func newExchangeRig(o ExchangeOptions, origin string) (*exchangeRig, error) {
	if err := mustBeEmpty(o.Dir); err != nil {
		return nil, err
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
	if r.nodes, err = newNodes(files, o.Binary, o.Profile); err != nil {
		return nil, err
	}
	r.edge = r.node(demo.City).cfg.Node.Listen.Edge
	return r, nil
}

// request is a question with a number that makes it different from all others.
func (r *exchangeRig) request(number string) []byte {
	return []byte("GET " + benchedPath + number + " HTTP/1.1\r\nHost: " + r.edge + "\r\nX-Road-Client: " + benchedClient + "\r\nX-Road-Id: " + number + "\r\nAccept: application/json\r\n\r\n")
}

// putBehind adds the information system to the configuration of a node.
func putBehind(file, origin string) error {
	return reconfigure(file, func(cfg *node.Config) {
		for _, service := range []string{benchedService, filesService} {
			cfg.InformationSystems = append(cfg.InformationSystems, node.InformationSystem{Subsystem: "civil", Service: service, URL: "http://" + origin})
		}
	})
}

// agreements are the contracts of the measurement: few fields of a small answer,
// and all of a large body.
func agreements(client, provider registry.ID) []registry.Contract {
	small := registry.Contract{
		ID: "bench-items", Consumer: client, Provider: provider, Service: benchedService, Methods: []string{"GET"}, Paths: []string{"/v1/items/{item}"},
		Fields: agreedFields(), Subjects: []string{}, Purpose: "family-support", Provision: "zfpp/48", Sector: "family", From: civil.Date(2018, 7, 1),
	}
	large := small
	large.ID, large.Service, large.Methods, large.Paths = "bench-files", filesService, []string{"GET", "POST"}, []string{"/v1/files/{file}"}
	large.Fields, large.Limit = []string{""}, largestFile
	return []registry.Contract{small, large}
}

// agree adds the services and the contracts, signed by both sides, to what the
// registry says at its start.
func agree(dir string) (err error) {
	provider, err := registry.ParseID(strings.TrimSuffix(benchedSystem, "/"))
	if err != nil {
		return err
	}
	client, err := registry.ParseID(benchedClient)
	if err != nil {
		return err
	}
	signers, err := signersOf(dir, map[string]registry.ID{demo.City: client.Owner(), demo.Registers: provider.Owner()})
	if err != nil {
		return err
	}
	seed, err := os.OpenFile(filepath.Join(dir, demo.Supervisor, "seed.jsonl"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, seed.Close()) }()
	lines := json.NewEncoder(seed)
	for _, contract := range agreements(client, provider) {
		signed, err := contract.Sign(signers...)
		if err != nil {
			return err
		}
		service := registry.Service{ID: provider.With(contract.Service), Title: lang.Text{"sr": "Мерење", "en": "Measurement"}}
		if err := errors.Join(lines.Encode(registry.Statement{Service: &service}), lines.Encode(registry.Statement{Contract: signed})); err != nil {
			return err
		}
	}
	return nil
}

// signersOf are the keys with which members sign contracts.
func signersOf(dir string, members map[string]registry.ID) (signers []note.Signer, err error) {
	for name, member := range members {
		key, err := credential.ReadKey(filepath.Join(dir, name, "log.key"))
		if err != nil {
			return nil, err
		}
		signer, err := journal.NewSigner(node.Origin(member, name), key)
		if err != nil {
			return nil, err
		}
		signers = append(signers, signer)
	}
	return signers, nil
}
