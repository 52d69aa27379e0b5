package openapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// schemaPair is two schemas that are compared, and in which direction.
type schemaPair struct {
	was, is *Schema
	reply   bool
}

// schemas compares what a value could be with what it can be now. Two schemas
// that were found the same are not looked at again, nor are two that are being
// compared further up: a schema may hold itself.
func (c *comparison) schemas(was, is *Schema) {
	pair := schemaPair{was, is, c.at.Part == Reply}
	if c.known[pair] || c.full {
		return
	}
	if !c.spend(1 + len(was.Fields) + len(is.Fields) + len(was.Variants) + len(is.Variants) + len(was.Values) + len(is.Values)) {
		return
	}
	if c.known == nil {
		c.known = map[schemaPair]bool{}
	}
	before := len(c.changes)
	c.known[pair] = true
	c.values(was, is)
	c.fields(was, is)
	c.parts(was, is)
	c.known[pair] = len(c.changes) == before
}

// asks notes a change that narrows or widens what a value can be. A question
// breaks when it is narrowed, an answer when it is widened.
func (c *comparison) asks(code string, narrower, wider bool, was, is string) {
	breaks := narrower
	if c.at.Part == Reply {
		breaks = wider
	}
	c.note(code, breaks, was, is)
}

// values compares everything about a value but its parts.
func (c *comparison) values(was, is *Schema) {
	if narrower, wider := kinds(was.Types, is.Types); narrower || wider {
		c.asks(KindChanged, narrower, wider, strings.Join(was.Types, " | "), strings.Join(is.Types, " | "))
	}
	if was.Format != is.Format {
		c.asks(FormatChanged, is.Format != "", was.Format != "", was.Format, is.Format)
	}
	if was.Pattern != is.Pattern {
		c.asks(PatternChanged, is.Pattern != "", was.Pattern != "", was.Pattern, is.Pattern)
	}
	c.enumerated(was.Values, is.Values)
	c.ranges(was.Number, is.Number)
	c.ranges(was.Length, is.Length)
	c.ranges(was.Count, is.Count)
	if is.Deprecated && !was.Deprecated {
		c.note(FieldDeprecated, false, "", "")
	}
	if was.Other != is.Other {
		c.note(RulesChanged, true, was.Other, is.Other)
	}
}

// kinds tells whether fewer types are possible than before, and whether others
// are. No types are all types; a whole number is a number.
func kinds(was, is []string) (narrower, wider bool) {
	covers := func(list []string, kind string) bool {
		return len(list) == 0 || slices.Contains(list, kind) || kind == "integer" && slices.Contains(list, "number")
	}
	all := []string{"array", "boolean", "integer", "null", "number", "object", "string"}
	for _, kind := range all {
		had, has := covers(was, kind), covers(is, kind)
		narrower, wider = narrower || had && !has, wider || has && !had
	}
	return narrower, wider
}

// enumerated compares lists of the only values; no list is any value.
func (c *comparison) enumerated(was, is []string) {
	gone, came := without(was, is), without(is, was)
	switch {
	case len(was) == 0 && len(is) == 0:
	case len(was) == 0:
		c.asks(ValuesRemoved, true, false, "", strings.Join(is, ", "))
	case len(is) == 0:
		c.asks(ValuesAdded, false, true, strings.Join(was, ", "), "")
	default:
		if len(gone) > 0 {
			c.asks(ValuesRemoved, true, false, strings.Join(gone, ", "), "")
		}
		if len(came) > 0 {
			c.asks(ValuesAdded, false, true, "", strings.Join(came, ", "))
		}
	}
}

func without(list, taken []string) []string {
	there := make(map[string]bool, len(taken))
	for _, s := range taken {
		there[s] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return there[s] })
}

func (c *comparison) ranges(was, is Range) {
	narrower, wider := was.against(is)
	switch {
	case narrower && wider: // it moved, and breaks either way
		c.note(RangeNarrowed, true, was.String(), is.String())
	case narrower:
		c.asks(RangeNarrowed, true, false, was.String(), is.String())
	case wider:
		c.asks(RangeWidened, false, true, was.String(), is.String())
	}
}

// against tells whether another range leaves something out of this one, and
// whether it has something more.
func (r Range) against(is Range) (narrower, wider bool) {
	low := ends(r.Low, r.OverLow, is.Low, is.OverLow, 1)
	high := ends(r.High, r.UnderTop, is.High, is.UnderTop, -1)
	return low > 0 || high > 0, low < 0 || high < 0
}

// ends compares the ends of two ranges on one side: positive where the second
// is tighter. inward is the direction into the range.
func ends(was *float64, wasOver bool, is *float64, isOver bool, inward float64) int {
	switch {
	case was == nil && is == nil:
		return 0
	case was == nil:
		return 1
	case is == nil:
		return -1
	case *was*inward < *is*inward || *was == *is && isOver && !wasOver:
		return 1
	case *was*inward > *is*inward || *was == *is && wasOver && !isOver:
		return -1
	}
	return 0
}

// String writes a range as 1–10, ≥ 1 or < 5; nothing for an open one.
func (r Range) String() string {
	number := func(x *float64) string { return strconv.FormatFloat(*x, 'f', -1, 64) }
	above, below := pick(r.OverLow, "> ", "≥ "), pick(r.UnderTop, "< ", "≤ ")
	switch {
	case r.Low == nil && r.High == nil:
		return ""
	case r.High == nil:
		return above + number(r.Low)
	case r.Low == nil:
		return below + number(r.High)
	case r.OverLow || r.UnderTop:
		return above + number(r.Low) + ", " + below + number(r.High)
	}
	return number(r.Low) + "–" + number(r.High)
}

// fields compares the members of an object.
func (c *comparison) fields(was, is *Schema) {
	now := named(is.Fields)
	for _, f := range was.Fields {
		g, there := now[f.Name]
		c.within(c.at.below(f.Name), func() {
			if !there {
				c.note(FieldRemoved, c.at.Part == Reply || is.Closed, "", "")
				return
			}
			c.field(f, g)
		})
	}
	before := named(was.Fields)
	for _, g := range is.Fields {
		if _, there := before[g.Name]; !there {
			c.within(c.at.below(g.Name), func() { c.note(FieldAdded, c.at.Part != Reply && g.Required, "", "") })
		}
	}
	if was.Closed != is.Closed {
		c.note(pick(is.Closed, FieldsClosed, FieldsOpened), is.Closed && c.at.Part != Reply, "", "")
	}
}

func named(fields []Field) map[string]Field {
	byName := make(map[string]Field, len(fields))
	for _, f := range fields {
		byName[f.Name] = f
	}
	return byName
}

func (c *comparison) field(was, is Field) {
	if was.Required != is.Required {
		c.asks(pick(is.Required, FieldNeeded, FieldFreed), is.Required, was.Required, "", "")
	}
	c.schemas(was.Schema, is.Schema)
}

// parts compares elements, unnamed fields and variants.
func (c *comparison) parts(was, is *Schema) {
	for _, pair := range [][2]*Schema{{was.Items, is.Items}, {was.Rest, is.Rest}} {
		if pair[0] == nil && pair[1] == nil {
			continue
		}
		c.within(c.at.below("*"), func() { c.schemas(orAny(pair[0]), orAny(pair[1])) })
	}
	c.variants(was.Variants, is.Variants)
}

func orAny(s *Schema) *Schema {
	if s == nil {
		return &Schema{}
	}
	return s
}

// variants compares the kinds of thing a value can be. They are told apart by
// name, or, without one, by their place among the nameless.
func (c *comparison) variants(was, is []*Schema) {
	now, before := byCalled(is), byCalled(was)
	for _, name := range called(was) {
		if next, there := now[name]; there {
			c.schemas(before[name], next)
		} else {
			c.asks(VariantRemoved, len(is) > 0, len(is) == 0, name, "")
		}
	}
	for _, name := range called(is) {
		if before[name] == nil {
			c.asks(VariantAdded, len(was) == 0, len(was) > 0, "", name)
		}
	}
}

// called names variants in their order.
func called(variants []*Schema) []string {
	names := make([]string, len(variants))
	for i, v := range variants {
		names[i] = v.Name
		if v.Name == "" {
			names[i] = fmt.Sprintf("%d", i+1)
		}
	}
	return names
}

func byCalled(variants []*Schema) map[string]*Schema {
	byName := map[string]*Schema{}
	for i, name := range called(variants) {
		byName[name] = variants[i]
	}
	return byName
}
