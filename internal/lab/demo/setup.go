package demo

import (
	"fmt"
	"path/filepath"

	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// Instance is the X-Road instance of the demonstration.
const Instance = "RS-DEMO"

// The nodes, by the name of their folder.
const (
	City       = "city"
	Registers  = "registers"
	Supervisor = "supervisor"
)

// member is one institution of the demonstration.
type member struct {
	node string
	code string
	at   int // in the fields of ports that hold three
}

func members() []member {
	return []member{{City, "ZRENJANIN", 0}, {Registers, "REGISTERS", 1}, {Supervisor, "SUPERVISOR", 2}}
}

func (m member) id() registry.ID {
	return registry.ID{Instance: Instance, Class: "GOV", Member: m.code}
}

// setup writes keys, configurations and the registry's seed into a folder.
// Keys that are there stay; the configurations are written anew, since the
// addresses may differ from last time.
type setup struct {
	dir   string
	host  string
	ports ports
	pack  string // folder of another pack; empty for the one that is built in
	crowd int    // generated persons
	quiet bool   // only warnings in the logs
	law   *law.Pack
}

// File is the path of a node's configuration.
func (s setup) file(node string) string { return filepath.Join(s.dir, node, "dobosh.yaml") }

func (s setup) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

func (s setup) http(port int) string { return "http://" + address(s.host, port) }

func (s setup) write() error {
	for _, step := range []func() error{s.makeKeys, s.writeSeed, s.writeTrust, s.writeConfigs} {
		if err := step(); err != nil {
			return fmt.Errorf("set the demonstration up: %w", err)
		}
	}
	return nil
}
