package demo

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/journal/timestamp"
	"dobosh/internal/kit/clock"
	"dobosh/internal/node"
	"dobosh/internal/registry/credential"
)

func (s setup) makeKeys() error {
	for _, m := range members() {
		if err := os.MkdirAll(s.path(m.node), 0o700); err != nil {
			return err
		}
		for _, name := range []string{"tls.key", "log.key"} {
			if err := once(s.path(m.node, name), credential.MakeKey); err != nil {
				return err
			}
		}
	}
	for _, path := range []string{s.path(Supervisor, "registry.key"), s.path(Supervisor, "witness.key"), s.path(Supervisor, "issuer.key"), s.path(Registers, "witness.key")} {
		if err := once(path, credential.MakeKey); err != nil {
			return err
		}
	}
	if err := once(s.recoveryFile(), credential.MakeKey); err != nil {
		return err
	}
	if _, err := timestamp.LoadAuthority(s.path(Supervisor, "stamps.key"), s.path(Supervisor, "stamps.crt"), "Dobosh demonstration time-stamps", clock.System); err != nil {
		return err
	}
	for _, sector := range []string{"family", exchange.ReceiptSector, "register"} {
		if err := once(s.path(Registers, sector+".sector"), identity.MakeSectorKey); err != nil {
			return err
		}
	}
	for _, token := range []string{s.path(Registers, "registrar.token"), s.path(City, "counter.token"), s.path(City, "contracts.token"), s.path(Registers, "contracts.token"), s.path(City, "catalogue.token"), s.path(Registers, "catalogue.token"), s.path(City, "events.token"), s.path(Registers, "events.token")} {
		if err := once(token, makeToken); err != nil {
			return err
		}
	}
	return s.shareSectors()
}

// shareSectors gives the city the keys of the sectors in which it may name
// persons, and the supervisor that of the receipts: whoever is asked about a
// person writes down who asked. In earnest the supervisor shares them, under a
// decision.
func (s setup) shareSectors() error {
	for _, share := range []struct{ sector, with string }{
		{"family", City}, {exchange.ReceiptSector, City}, {exchange.ReceiptSector, Supervisor},
	} {
		key, err := os.ReadFile(s.path(Registers, share.sector+".sector"))
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.path(share.with, share.sector+".sector"), key, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// once makes a file unless it is there.
func once(path string, makeIt func(string) error) error {
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return makeIt(path)
}

func makeToken(path string) error {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program instead
	return os.WriteFile(path, []byte(hex.EncodeToString(raw[:])+"\n"), 0o600)
}

// pin gives the pin of a node's TLS key.
func (s setup) pin(name string) (string, error) {
	key, err := credential.ReadKey(s.path(name, "tls.key"))
	if err != nil {
		return "", err
	}
	return credential.PinOf(key.Public())
}

// certify has the certificates of the others issued before they start, which
// nodes that begin alone ask for by themselves.
func (s setup) certify(authority *node.Node) error {
	for _, m := range members() {
		if m.node == Supervisor {
			continue
		}
		key, err := credential.ReadKey(s.path(m.node, "tls.key"))
		if err != nil {
			return err
		}
		der, err := authority.Certify(key.Public(), m.id(), m.node)
		if err != nil {
			return err
		}
		if err := credential.Save(s.path(m.node, "data"), der); err != nil {
			return err
		}
	}
	return nil
}

// logKey gives the verifier key of a node's journal.
func (s setup) logKey(m member) (string, error) {
	key, err := credential.ReadKey(s.path(m.node, "log.key"))
	if err != nil {
		return "", err
	}
	verifier, err := journal.NewKey(node.Origin(m.id(), m.node), credential.PublicOf(key))
	return fmt.Sprint(verifier), err
}

func (s setup) registryKey() (string, error) {
	key, err := credential.ReadKey(s.path(Supervisor, "registry.key"))
	if err != nil {
		return "", err
	}
	verifier, err := journal.NewKey(node.RegistryOrigin(Instance), credential.PublicOf(key))
	return fmt.Sprint(verifier), err
}

// recoveryFile holds the key that decides what the key of the registry cannot: which history goes on, and by whose key
// ("dobosh promote", "dobosh recover registry"). It lies with no node; in earnest it lies in a safe.
func (s setup) recoveryFile() string { return s.path("recovery.key") }

func (s setup) recoveryKey() (string, error) {
	key, err := credential.ReadKey(s.recoveryFile())
	if err != nil {
		return "", err
	}
	verifier, err := journal.NewKey(Instance+"/recovery", credential.PublicOf(key))
	return fmt.Sprint(verifier), err
}

// The names under which the supervisor cosigns journals, and the registers the
// registry of the supervisor.
const (
	witnessName         = Instance + "/GOV/SUPERVISOR/witness"
	registryWitnessName = Instance + "/GOV/REGISTERS/witness"
)

func (s setup) witnessKey() (string, error) { return s.cosignerKey(Supervisor, witnessName) }

func (s setup) cosignerKey(of, name string) (string, error) {
	key, err := credential.ReadKey(s.path(of, "witness.key"))
	if err != nil {
		return "", err
	}
	verifier, err := journal.NewCosignerKey(name, credential.PublicOf(key))
	return fmt.Sprint(verifier), err
}

// registryWitness leads to the registers as the witness of the registry.
func (s setup) registryWitness() ([]node.Witness, error) {
	key, err := s.cosignerKey(Registers, registryWitnessName)
	if err != nil {
		return nil, err
	}
	pin, err := s.pin(Registers)
	return []node.Witness{{Address: address(s.host, s.ports.Exchange[1]), Pin: pin, Key: key}}, err
}

// writeTrust writes the keys that "dobosh verify" believes: the registry, the
// journals of the members and the witnesses.
func (s setup) writeTrust() error {
	var lines []string
	for _, m := range members() {
		key, err := s.logKey(m)
		if err != nil {
			return err
		}
		lines = append(lines, "log "+key)
	}
	witness, err := s.witnessKey()
	if err != nil {
		return err
	}
	lines = append(lines, "witness "+witness)
	if witness, err = s.cosignerKey(Registers, registryWitnessName); err != nil {
		return err
	}
	key, err := s.registryKey()
	if err != nil {
		return err
	}
	lines = append(lines, "witness "+witness, "registry "+key)
	return os.WriteFile(s.path("trust.txt"), []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}
