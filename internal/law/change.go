package law

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"dobosh/internal/kit/civil"

	"gopkg.in/yaml.v3"
)

// Change is a stretch of days on which one part of an entry is another than it was.
type Change struct {
	What string `json:"what"` // "service", "term", "calendar" …
	ID   string `json:"id"`
	Span        // no days for what is not dated, as a calendar
	Key  string `json:"key,omitempty"` // "days", "conditions.live.when"; empty for the whole entry
	Old  string `json:"old,omitempty"` // empty: there was none
	New  string `json:"new,omitempty"` // empty: there is none any more
}

// String writes the change for people, in a line.
func (c Change) String() string {
	name := c.What + " " + c.ID
	if !c.From.IsZero() {
		name += " " + c.Span.String()
	}
	switch {
	case c.Key == "" && c.New == "":
		return name + ": is no longer in force"
	case c.Key == "":
		return name + ": is in force, and was not"
	case c.Old == "":
		return fmt.Sprintf("%s: %s is %s, and was not there", name, c.Key, c.New)
	case c.New == "":
		return fmt.Sprintf("%s: %s, which was %s, is gone", name, c.Key, c.Old)
	}
	return fmt.Sprintf("%s: %s %s becomes %s", name, c.Key, c.Old, c.New)
}

// section are the entries of one kind, as a comparison sees them.
type section struct {
	what    string
	entries []dated
	ends    bool // its ends are told apart, as those of provisions
	days    bool // and its beginnings too, as those of values
}

// dated is a version of an entry: its days and all that it says.
type dated struct {
	id string
	Span
	says any
}

func (k section) ids() []string {
	var ids []string
	for _, e := range k.entries {
		ids = append(ids, e.id)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (k section) versions(id string) []dated {
	return slices.DeleteFunc(slices.Clone(k.entries), func(e dated) bool { return e.id != id })
}

// sections are all entries of a pack; what a parameter is worth is compared day by day elsewhere.
func (p *Pack) sections() []section {
	return []section{
		sectionOf("pack", []*Pack{p}, func(x *Pack) dated {
			return dated{x.ID, Span{}, map[string]any{"title": x.Title, "country": x.Country}}
		}),
		sectionOf("instrument", p.instruments, func(x Instrument) dated { return dated{x.ID, x.Span, x} }),
		sectionOf("provision", p.Provisions(), func(x Provision) dated {
			return dated{string(x.Ref), x.Span, map[string]any{"title": x.Title}}
		}),
		sectionOf("parameter", slices.Concat(slices.Collect(maps.Values(p.parameters))...), func(x Parameter) dated {
			return dated{x.Name, x.Span, map[string]any{"title": x.Title, "kind": x.Kind, "provision": x.Provision}}
		}),
		sectionOf("purpose", p.purposes, func(x Purpose) dated { return dated{x.ID, x.Span, x} }),
		sectionOf("life event", p.events, func(x LifeEvent) dated { return dated{x.ID, x.Span, x} }),
		sectionOf("body", p.bodies, func(x Body) dated { return dated{x.ID, x.Span, x} }),
		sectionOf("place", p.places, func(x Place) dated { return dated{x.Code, x.Span, x} }),
		sectionOf("calendar", p.Calendars(), func(x *Calendar) dated { return dated{x.ID, Span{}, x} }),
		sectionOf("counting", p.Countings(), func(x Counting) dated { return dated{x.ID, x.Span, x} }),
		sectionOf("term", p.Terms(), func(x Term) dated { return dated{x.ID, x.Span, x} }),
		sectionOf("form", p.forms, func(x Form) dated { return dated{x.ID, x.Span, x} }),
		sectionOf("kind of case", p.cases, func(x CaseKind) dated { return dated{x.ID, x.Span, x} }),
		sectionOf("service", p.services, func(x PublicService) dated { return dated{x.ID, x.Span, x} }),
		sectionOf("contract", p.contracts, func(x ContractTemplate) dated { return dated{x.ID, x.Span, x} }),
		sectionOf("rule", p.Rules(), func(x Rule) dated { return dated{x.ID, x.Span, x} }),
	}
}

func sectionOf[T any](what string, list []T, of func(T) dated) section {
	k := section{what: what, ends: what == "provision" || what == "contract", days: what == "parameter"}
	for _, x := range list {
		k.entries = append(k.entries, of(x))
	}
	return k
}

// changes compares what is in both packs, day by day where something begins or ends.
func changes(old, new *Pack) []Change {
	var all []Change
	after := new.sections()
	for i, before := range old.sections() {
		for _, id := range before.ids() {
			if a, b := before.versions(id), after[i].versions(id); len(b) > 0 {
				all = append(all, changesOf(before, id, a, b)...)
			}
		}
	}
	return all
}

// changesOf walks over all days on which either side begins or ends a version.
func changesOf(k section, id string, old, new []dated) []Change {
	var days []civil.Day
	for _, v := range slices.Concat(old, new) {
		days = append(days, v.From)
		if !v.To.IsZero() {
			days = append(days, v.To.AddDays(1))
		}
	}
	slices.SortFunc(days, civil.Day.Compare)
	days = slices.Compact(days)

	var all []Change
	for i, day := range days {
		a, was := find(old, func(v dated) bool { return v.Holds(day) })
		b, is := find(new, func(v dated) bool { return v.Holds(day) })
		var found []Change
		switch {
		case was && is:
			found = differences("", written(a.says), written(b.says))
		case k.days:
		case was && !is && (!k.ends || begins(new, day)):
			found = []Change{{Old: "in force"}}
		case is && !was:
			found = []Change{{New: "in force"}}
		}
		span := Span{From: day}
		if i+1 < len(days) {
			span.To = days[i+1].AddDays(-1)
		}
		for _, c := range found {
			c.What, c.ID, c.Span = k.what, id, span
			if n := slices.IndexFunc(all, func(x Change) bool {
				return x.Key == c.Key && x.Old == c.Old && x.New == c.New && !x.To.IsZero() && x.To.AddDays(1) == c.From
			}); n >= 0 {
				all[n].To = c.To // it goes on
				continue
			}
			all = append(all, c)
		}
	}
	return all
}

// begins reports whether a version begins after a day.
func begins(versions []dated, day civil.Day) bool {
	return slices.ContainsFunc(versions, func(v dated) bool { return v.From.After(day) })
}

// written is an entry as the pack writes it.
func written(entry any) *yaml.Node {
	var node yaml.Node
	if err := node.Encode(entry); err != nil {
		return &yaml.Node{Kind: yaml.ScalarNode, Value: err.Error()} // nothing in a pack can fail to be written
	}
	return &node
}

// unsaid reports the keys that are no part of what an entry says: its own days, which the
// comparison walks over, what it rests on, and its tests.
func unsaid(within, name string) bool {
	own := within == "" && (name == "from" || name == "to")
	return own || slices.Contains([]string{"source", "verified", "tests", "example"}, name)
}

// differences lists the parts in which two entries differ.
func differences(key string, a, b *yaml.Node) []Change {
	switch {
	case a == nil && b == nil, a != nil && b != nil && same(a, b):
		return nil
	case a == nil || b == nil || a.Kind != b.Kind || a.Kind == yaml.ScalarNode || plainList(a) && plainList(b):
		return []Change{{Key: key, Old: shown(a), New: shown(b)}}
	}
	var found []Change
	before, after := parts(a), parts(b)
	for _, name := range append(before.names, slices.DeleteFunc(slices.Clone(after.names), func(name string) bool { return before.nodes[name] != nil })...) {
		if !unsaid(key, name) {
			found = append(found, differences(strings.TrimPrefix(key+"."+name, "."), before.nodes[name], after.nodes[name])...)
		}
	}
	return found
}

// named are the parts of a node in order.
type named struct {
	names []string
	nodes map[string]*yaml.Node
}

// parts names what is in a mapping by its keys, and what is in a list by the key that
// tells its items apart, or by their place.
func parts(node *yaml.Node) named {
	all := named{nodes: map[string]*yaml.Node{}}
	add := func(name string, n *yaml.Node) {
		all.names = append(all.names, name)
		all.nodes[name] = n
	}
	if node.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(node.Content); i += 2 {
			if n := node.Content[i+1]; !empty(n) {
				add(node.Content[i].Value, n)
			}
		}
		return all
	}
	for i, item := range node.Content {
		name := fmt.Sprint(i + 1)
		for _, key := range []string{"id", "fact", "name", "day", "year", "value"} {
			if _, v := child(item, key); v != nil && v.Kind == yaml.ScalarNode {
				if _, taken := all.nodes[v.Value]; !taken {
					name = v.Value
					break
				}
			}
		}
		add(name, item)
	}
	return all
}

// empty reports whether a part says nothing: it is as if it were not written.
func empty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Value == "" || n.ShortTag() == "!!null") || n.Kind != yaml.ScalarNode && len(n.Content) == 0
}

func same(a, b *yaml.Node) bool {
	return a.Kind == b.Kind && a.Value == b.Value && slices.EqualFunc(a.Content, b.Content, same)
}

func plainList(n *yaml.Node) bool {
	return n.Kind == yaml.SequenceNode && !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Kind != yaml.ScalarNode })
}

// shown writes a part in at most 80 characters.
func shown(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	var words []string
	switch {
	case n.Kind == yaml.ScalarNode:
		words = []string{n.Value}
	case plainList(n):
		for _, c := range n.Content {
			words = append(words, c.Value)
		}
	default:
		words = []string{fmt.Sprintf("%d parts", len(parts(n).names))}
	}
	text := []rune(strings.Join(words, ", "))
	if len(text) > 80 {
		text = append(text[:79], '…')
	}
	return string(text)
}
