package evidence

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"dobosh/internal/kit/canonical"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// maxTerms bounds the terms of a contract that are taken along, the newest ones.
const maxTerms = 48

// statements chooses what the registry says of those who took part, and gives all
// terms of the contract too.
func (r *Room) statements(ctx context.Context, x exchangeEntries) (out Registry, terms []registry.Contract, err error) {
	c := chooser{x: x, at: x.requestMeta.At, own: r.Signer.Name(), nodes: map[string][]registry.Placed{}, terms: map[int64]registry.Placed{}, newest: map[string]registry.Placed{}}
	if err := r.Registry.History(ctx, c.contract(), c.see); err != nil { // first, since it says who signed it
		return out, nil, err
	}
	if err := r.Registry.History(ctx, c.words(), c.see); err != nil {
		return out, nil, err
	}
	proved, checkpoint, err := r.Registry.ProveAll(ctx, c.chosen())
	if err != nil {
		return out, nil, err
	}
	out = Registry{Checkpoint: string(checkpoint), Statements: []Statement{}}
	for _, p := range proved {
		out.Statements = append(out.Statements, Statement{p.Index, string(p.Leaf), list(p.Proof)})
	}
	for _, p := range c.terms {
		if said, err := registry.ReadContract(p.Contract); err == nil {
			terms = append(terms, said)
		}
	}
	return out, terms, nil
}

// chooser walks over the registry and remembers what is needed.
type chooser struct {
	x     exchangeEntries
	at    time.Time // of the request
	own   string    // origin of the maker's journal
	group registry.ID

	nodes  map[string][]registry.Placed // by origin, all that ever was said
	terms  map[int64]registry.Placed    // of the contract, and its ends, by place
	newest map[string]registry.Placed   // of everything else, as of the exchange
}

// members are those whose words are needed.
func (c *chooser) members() []registry.ID {
	q := c.x.requestMeta
	list := []registry.ID{q.Client.Owner(), q.Service.Owner()}
	for _, id := range []registry.ID{q.Behalf, c.group} {
		if id != (registry.ID{}) {
			list = append(list, id.Owner())
		}
	}
	return list
}

// contract are the words by which statements about the contract are found: its end,
// and its text, which is a string within the statement.
func (c *chooser) contract() []string {
	id := quoted(c.x.requestMeta.Contract)
	return []string{`"contract":` + id, inner(quoted(id))}
}

// inner is a quoted text without its quotes.
func inner(s string) string { return s[1 : len(s)-1] }

// words are those by which all other statements are found.
func (c *chooser) words() []string {
	words := []string{`"issuer":`}
	if c.group != (registry.ID{}) {
		words = append(words, `"group":`)
	}
	for _, m := range c.members() {
		words = append(words, `"`+inner(quoted(m.String()))) // also as the beginning of a service
	}
	if at := strings.LastIndexByte(c.own, '/'); at > 0 {
		words = append(words, quoted(c.own[:at]))
	}
	for _, provision := range []law.Ref{c.x.requestMeta.Provision, c.x.responseMeta.Provision} {
		words = append(words, `"ref":`+quoted(provision.Instrument()))
	}
	return words
}

// quoted is a text as it stands in canonical JSON.
func quoted(s string) string {
	raw, _ := canonical.Marshal(s) // a string always can
	return string(raw)
}

// see remembers a statement, if it is needed.
func (c *chooser) see(p registry.Placed) {
	switch {
	case p.Node != nil:
		if origin := Origin(p.Node.Member, p.Node.Name); p.Node.Address != "" && (origin == c.own || slices.Contains(c.members(), p.Node.Member)) {
			c.nodes[origin] = append(c.nodes[origin], p)
		}
	case p.Member != nil && slices.Contains(c.members(), p.Member.ID):
		c.last("member "+p.Member.ID.String(), p)
	case p.Service != nil && p.Service.ID == c.x.requestMeta.Service:
		c.last("service", p)
	case p.Contract != "":
		if terms, err := registry.ReadContract(p.Contract); err == nil && terms.ID == c.x.requestMeta.Contract {
			c.terms[p.Index], c.group = p, terms.Group
		}
	case p.End != nil && p.End.Contract == c.x.requestMeta.Contract && p.End.Contract != "":
		c.terms[p.Index] = p
	case p.Instrument != nil:
		c.last("instrument "+p.Instrument.Ref, p)
	case p.Group != nil:
		c.last("group "+p.Group.ID.String(), p)
	case p.Issuer != nil && len(p.Issuer.Stamper) > 0:
		c.newest["issuer"] = p
	}
}

// last remembers what was said last before the exchange, or first of all.
func (c *chooser) last(what string, p registry.Placed) {
	if _, there := c.newest[what]; !there || !p.At.After(c.at) {
		c.newest[what] = p
	}
}

// chosen are the places of what is needed, in order.
func (c *chooser) chosen() (indexes []int64) {
	for what, p := range c.newest {
		if id, isGroup := strings.CutPrefix(what, "group "); isGroup && id != c.group.String() {
			continue
		}
		if ref, is := strings.CutPrefix(what, "instrument "); is && ref != c.x.requestMeta.Provision.Instrument() && ref != c.x.responseMeta.Provision.Instrument() {
			continue
		}
		indexes = append(indexes, p.Index)
	}
	terms := slices.Sorted(maps.Keys(c.terms))
	indexes = append(indexes, terms[max(0, len(terms)-maxTerms):]...)
	for _, origin := range slices.Sorted(maps.Keys(c.nodes)) {
		indexes = append(indexes, keyed(c.nodes[origin])...)
	}
	slices.Sort(indexes)
	return slices.Compact(indexes)
}

// keyed are the newest statement about a node and those before it that name keys
// which later ones leave out.
func keyed(said []registry.Placed) (indexes []int64) {
	known := map[string]bool{}
	for _, p := range slices.Backward(said) {
		fresh := false
		for _, key := range append([]string{p.Node.Log}, p.Node.Former...) {
			fresh = fresh || !known[key]
			known[key] = true
		}
		if fresh {
			indexes = append(indexes, p.Index)
		}
	}
	return indexes
}
