package node

import (
	"errors"
	"fmt"
	"time"

	"dobosh/internal/journal"

	"golang.org/x/mod/sumdb/note"
)

// RegistryTrust says what makes a node believe the registry besides the
// signature of its authority.
type RegistryTrust struct {
	// Witnesses cosign the registry. The authority brings its checkpoints to
	// them, and shows a change when Quorum of them have cosigned it; the others
	// need only their keys, and refuse what fewer have cosigned.
	Witnesses []Witness `yaml:"witnesses"`
	// Quorum is how many cosignatures are needed; 1 when zero and there are
	// witnesses.
	Quorum int `yaml:"quorum"`
	// Gossip is how often the node compares what it is shown with another node;
	// a minute when zero.
	Gossip time.Duration `yaml:"gossip"`
}

func (t RegistryTrust) check(authority bool) (errs []error) {
	for i, w := range t.Witnesses {
		if _, err := journal.ParseKey(w.Key); err != nil {
			errs = append(errs, fmt.Errorf("registry.witnesses[%d].key: %w", i, err))
		}
		if authority {
			errs = append(errs, w.check(fmt.Sprintf("registry.witnesses[%d]", i))...)
		}
	}
	if t.Quorum < 0 || t.Quorum > len(t.Witnesses) {
		errs = append(errs, errors.New("registry.quorum: is not between 1 and the number of witnesses"))
	}
	if t.Gossip < 0 {
		errs = append(errs, errors.New("registry.gossip: must not be negative"))
	}
	return errs
}

// needed is how many cosignatures a checkpoint needs; 0 without witnesses.
func (t RegistryTrust) needed() int {
	if t.Quorum == 0 {
		return min(1, len(t.Witnesses))
	}
	return t.Quorum
}

// keys were checked with the configuration.
func (t RegistryTrust) keys() (keys []note.Verifier, err error) {
	for _, w := range t.Witnesses {
		key, err := journal.ParseKey(w.Key)
		if err != nil {
			return nil, fmt.Errorf("key of a witness of the registry: %w", err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// every is how often to compare.
func (t RegistryTrust) every() time.Duration {
	if t.Gossip == 0 {
		return time.Minute
	}
	return t.Gossip
}
