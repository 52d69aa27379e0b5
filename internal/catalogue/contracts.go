package catalogue

import (
	"slices"
	"strings"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/civil"
	"dobosh/internal/registry"
)

// contractIndex are the contracts in force by the service they are about. It never
// changes.
type contractIndex struct{ byService map[registry.ID][]string }

func indexContracts(state *registry.State) *contractIndex {
	p := &contractIndex{byService: map[registry.ID][]string{}}
	for c := range state.ContractsAfter("") {
		if c.Service != "" {
			service := c.Provider.With(c.Service)
			p.byService[service] = append(p.byService[service], c.ID)
		}
	}
	return p
}

// Contracts lists the contracts about a service that hold on a day or will, in
// the order of their ids. It may be a second behind the registry.
func (r *Room) Contracts(service registry.ID, day civil.Day) []registry.Contract {
	state := r.State()
	var found []registry.Contract
	for _, id := range r.contracts.Load().byService[service] {
		if c, ok := state.Contract(id); ok && (c.To.IsZero() || !day.After(c.To)) {
			found = append(found, c)
		}
	}
	return found
}

// Concern is a contract and those of some changes that it is hit by.
type Concern struct {
	Contract registry.Contract
	Hits     []openapi.Change // those that break and touch what the contract lets ask, or lets leave
}

// Concerns tells which of the changes hit which contracts. A contract that is
// hit by none is left out.
func Concerns(contracts []registry.Contract, changes []openapi.Change) []Concern {
	var all []Concern
	for _, c := range contracts {
		hit := slices.DeleteFunc(slices.Clone(changes), func(change openapi.Change) bool { return !change.Breaks || !hits(c, change) })
		if len(hit) > 0 {
			all = append(all, Concern{c, hit})
		}
	}
	return all
}

// hits reports whether a contract lets ask what changed. Of an answer only the
// fields that leave count.
func hits(c registry.Contract, change openapi.Change) bool {
	at := change.Place
	if at.Path == "" {
		return true // it is not known where
	}
	asked := slices.Contains(c.Methods, at.Method) && slices.ContainsFunc(c.Paths, func(pattern string) bool { return meet(pattern, at.Path) })
	if !asked || at.Part != openapi.Reply || at.Pointer == "" {
		return asked
	}
	return slices.ContainsFunc(c.Fields, func(field string) bool { // one leads into the other, or to the same
		return field == at.Pointer || strings.HasPrefix(field, at.Pointer+"/") || strings.HasPrefix(at.Pointer, field+"/")
	})
}

// meet reports whether some path fits both a pattern of a contract and a path
// of a description.
func meet(pattern, path string) bool {
	a, b := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return false
	}
	named := func(segment string) bool { return strings.Contains(segment, "{") }
	for i := range a {
		if a[i] != b[i] && !named(a[i]) && !named(b[i]) {
			return false
		}
	}
	return true
}
