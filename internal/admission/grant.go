package admission

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Grant is what a token is made for.
type Grant struct {
	Member     registry.ID `json:"member"`
	Title      lang.Text   `json:"title"`      // of the member, where the registry does not know it yet
	Subsystems []string    `json:"subsystems"` // that the member will have, besides those it has
	Node       string      `json:"node"`
	Addresses  string      `json:"addresses,omitempty"` // pattern for the node's address: "*" stands for any characters; empty for any address
}

// Bounds of a grant.
const (
	maxSubsystems = 64
	maxTitle      = 200 // bytes in one language
	maxPattern    = 200
)

// check says what is wrong with each field, for a form. What the registry knows
// already decides whether a title is needed and the name is free.
func (g Grant) check(state *registry.State) error {
	p := problem.New(problem.Invalid, "form-incomplete")
	if g.Member.Member == "" || g.Member != g.Member.Owner() {
		p.At("member", "member-form")
	}
	member, known := state.Member(g.Member)
	if classes := state.Classes(); len(classes) > 0 && !slices.ContainsFunc(classes, func(c registry.Class) bool { return c.Code == g.Member.Class }) {
		p.At("member", "class-unknown", "class", g.Member.Class)
	}
	if !known && len(g.Title) == 0 {
		p.At("title", "title-missing")
	}
	for _, text := range g.Title {
		if text == "" || len(text) > maxTitle {
			p.At("title", "title-too-long")
		}
	}
	if !validName(g.Node) {
		p.At("node", "node-name-form")
	} else if nodeNamed(state, g.Member, g.Node) != nil {
		p.At("node", "node-name-taken", "node", g.Node)
	}
	if len(g.Addresses) > maxPattern {
		p.At("addresses", "address-pattern-form")
	}
	if !g.subsystemsFit() || !known && len(g.Subsystems) == 0 || len(member.Subsystems)+len(g.Subsystems) > maxSubsystems {
		p.At("subsystems", "subsystems-form")
	}
	if len(p.Fields) > 0 {
		return p
	}
	return nil
}

// subsystemsFit wants each name to stand in an identifier, once.
func (g Grant) subsystemsFit() bool {
	for i, name := range g.Subsystems {
		id := g.Member
		id.Subsystem = name
		if read, err := registry.ParseID(id.String()); err != nil || read != id || slices.Contains(g.Subsystems[:i], name) {
			return false
		}
	}
	return true
}

// member is how the member will stand in the registry.
func (g Grant) member(state *registry.State) registry.Member {
	m, known := state.Member(g.Member)
	if !known {
		m = registry.Member{ID: g.Member, Title: g.Title}
	}
	m.Subsystems = slices.Clone(m.Subsystems)
	for _, name := range g.Subsystems {
		if !slices.Contains(m.Subsystems, name) {
			m.Subsystems = append(m.Subsystems, name)
		}
	}
	return m
}

// admits reports whether a node may have the address.
func (g Grant) admits(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" || len(address) > 300 {
		return problem.New(problem.Invalid, "join-address-form")
	}
	if g.Addresses != "" && !matches(g.Addresses, address) {
		return problem.New(problem.Forbidden, "join-address-not-granted", "pattern", g.Addresses)
	}
	return nil
}

// matches compares a text with a pattern in which "*" stands for any
// characters. It takes the first place for each piece between stars, so its time
// is bounded by the product of the two lengths.
func matches(pattern, s string) bool {
	pieces := strings.Split(pattern, "*")
	first, last := pieces[0], pieces[len(pieces)-1]
	if len(pieces) == 1 {
		return pattern == s
	}
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, piece := range pieces[1 : len(pieces)-1] {
		at := strings.Index(s, piece)
		if at < 0 {
			return false
		}
		s = s[at+len(piece):]
	}
	return true
}

// nodeNamed finds a node of a member by its name.
func nodeNamed(state *registry.State, member registry.ID, name string) *registry.Node {
	for _, n := range state.Nodes(member) {
		if n.Name == name {
			return &n
		}
	}
	return nil
}

// String is for logs.
func (g Grant) String() string { return fmt.Sprintf("%s of %s", g.Node, g.Member) }
