package node

import (
	"fmt"
	"strings"
	"time"

	"dobosh/internal/exchange/system"
	"dobosh/internal/registry"
)

// InformationSystem is a program of the member that answers for one of its data
// services, over HTTP.
type InformationSystem struct {
	// Subsystem and Service are those of the registry.
	Subsystem string `yaml:"subsystem"`
	Service   string `yaml:"service"`
	// URL of the program, http or https; the paths of questions follow it.
	URL string `yaml:"url"`
	// Timeout for the beginning of an answer; 20s (exchange.SystemTimeout) when zero.
	Timeout time.Duration `yaml:"timeout"`
	// CAFile holds who issues the program's certificate, PEM; empty for those of
	// this machine.
	CAFile string `yaml:"ca_file"`
	// Description is where the program shows its OpenAPI description, http or
	// https; empty where it shows none.
	Description string `yaml:"description"`
	// Pin is the SHA-256 of the program's public key in hex, instead of an issuer.
	Pin string `yaml:"pin"`
}

func (s InformationSystem) of(member registry.ID) system.Config {
	member.Subsystem, member.Service = s.Subsystem, s.Service
	return system.Config{Service: member, URL: s.URL, Timeout: s.Timeout, CAFile: s.CAFile, Pin: s.Pin}
}

func checkSystems(systems []InformationSystem, member registry.ID) (errs []error) {
	seen := map[registry.ID]bool{}
	for i, s := range systems {
		cfg := s.of(member)
		switch {
		case s.Subsystem == "" || s.Service == "":
			errs = append(errs, fmt.Errorf("information_systems[%d]: subsystem and service are needed", i))
		case seen[cfg.Service]:
			errs = append(errs, fmt.Errorf("information_systems[%d]: %s is there twice", i, cfg.Service))
		case s.Description != "" && !strings.HasPrefix(s.Description, "http://") && !strings.HasPrefix(s.Description, "https://"):
			errs = append(errs, fmt.Errorf("information_systems[%d]: description is no address of http or https", i))
		default:
			if err := cfg.Check(); err != nil {
				errs = append(errs, fmt.Errorf("information_systems[%d]: %w", i, err))
			}
		}
		seen[cfg.Service] = true
	}
	return errs
}
