package node

import (
	"fmt"
	"strings"

	"dobosh/internal/exchange/events"
	"dobosh/internal/registry"
)

// Events says who publishes events here and reads them.
type Events struct {
	// Systems publish events for their subsystem over HTTP, and subscribe to
	// those that it may follow, each known by its bearer token.
	Systems []EventSystem `yaml:"systems"`
	// Webhooks are the hosts to which events may be sent, "host" or "host:port";
	// they are reached over HTTPS, unless "http://" stands before them. Without
	// any there is no webhook.
	Webhooks []string `yaml:"webhooks"`
}

// EventSystem is an information system that publishes for a subsystem of the
// member, or subscribes for it.
type EventSystem struct {
	System    `yaml:",inline"`
	Subsystem string `yaml:"subsystem"`
}

// of gives the system to the room of events.
func (s EventSystem) of(member registry.ID) events.System {
	member.Subsystem = s.Subsystem
	return events.System{Name: s.Name, Subsystem: member}
}

func (e *Events) paths() (paths []*string) {
	for i := range e.Systems {
		paths = append(paths, &e.Systems[i].TokenFile)
	}
	return paths
}

func (e Events) check() (errs []error) {
	seen := map[string]bool{}
	for i, s := range e.Systems {
		switch {
		case s.Name == "" || s.TokenFile == "" || s.Subsystem == "":
			errs = append(errs, fmt.Errorf("events.systems[%d]: name, token_file and subsystem are needed", i))
		case seen[s.Name]:
			errs = append(errs, fmt.Errorf("events.systems[%d]: %s is there twice", i, s.Name))
		case strings.ContainsAny(s.Subsystem, "/ "):
			errs = append(errs, fmt.Errorf("events.systems[%d]: %q is no subsystem of this member", i, s.Subsystem))
		}
		seen[s.Name] = true
	}
	for i, host := range e.Webhooks {
		if _, err := events.ParseHost(host); err != nil {
			errs = append(errs, fmt.Errorf("events.webhooks[%d]: %w", i, err))
		}
	}
	return errs
}
