package bus

import (
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// names are those by which the servers know the stream.
type names struct {
	stream   string
	subjects string // before the type of an event
}

// names begin with the prefix of the member, where servers are shared.
func (c Config) names() names {
	if c.Cluster == nil || c.Cluster.Prefix == "" {
		return names{stream: "events", subjects: "ev."}
	}
	return names{stream: c.Cluster.Prefix + "-events", subjects: c.Cluster.Prefix + ".ev."}
}

// message puts an event into the form of the stream.
func (n names) message(id, eventType string, text []byte) *nats.Msg {
	return &nats.Msg{
		Subject: n.subjects + eventType,
		Header:  nats.Header{jetstream.MsgIDHeader: {id}},
		Data:    text,
	}
}

// filters returns the subjects of types; all when there are none.
func (n names) filters(types []string) ([]string, error) {
	if len(types) == 0 {
		return []string{n.subjects + ">"}, nil
	}
	subjects := make([]string, len(types))
	for i, t := range types {
		if !eventType.MatchString(t) {
			return nil, fmt.Errorf("bus: %q is no type of events", t)
		}
		subjects[i] = n.subjects + t
	}
	return subjects, nil
}
