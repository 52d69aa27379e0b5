package openapi

import (
	"slices"
	"strings"
)

// The bounds of a comparison. What is beyond them is told as one change that
// breaks, because nobody has looked at it.
const (
	maxChanges = 1000
	maxSteps   = 200_000 // parts of schemas and operations that are held against each other
)

// Compare tells what changed from one version to the next, for who asks, in the
// order of the older version's operations.
//
// The question and the answer are judged the other way round: a question must
// go on being accepted, so asking for more breaks it and asking for less does
// not; an answer must go on being understood, so promising less breaks it and
// promising more does not. Where a rule changed that is not understood here,
// the change counts as breaking.
func Compare(older, newer *Document) []Change {
	c := &comparison{}
	taken, next := map[string]bool{}, successors(newer)
	for _, was := range older.Operations {
		is, there := next[was.Method+" "+nameless(was.Path)]
		c.at = Place{Method: was.Method, Path: was.Path}
		if !there {
			c.note(OperationRemoved, true, "", "")
			continue
		}
		taken[is.Method+" "+is.Path] = true
		c.operation(was, is)
	}
	for _, is := range newer.Operations {
		if !taken[is.Method+" "+is.Path] {
			c.at = Place{Method: is.Method, Path: is.Path}
			c.note(OperationAdded, false, "", "")
		}
	}
	return c.changes
}

// comparison collects changes. at is the place that is looked at.
type comparison struct {
	at      Place
	changes []Change
	steps   int
	known   map[schemaPair]bool // pairs being compared, or found without a difference
	full    bool
}

func (c *comparison) note(code string, breaks bool, was, is string) {
	switch {
	case c.full:
	case len(c.changes) == maxChanges:
		c.full = true
		c.changes = append(c.changes, Change{Code: TooMany, Breaks: true})
	default:
		c.changes = append(c.changes, Change{Code: code, Breaks: breaks, Place: c.at, Was: cut(was), Is: cut(is)})
	}
}

// spend counts what is about to be looked at, and reports whether there is enough left
// for it. Where there is not, that is told as a change.
func (c *comparison) spend(parts int) bool {
	if c.full {
		return false
	}
	if c.steps += parts; c.steps > maxSteps {
		c.full = true
		c.changes = append(c.changes, Change{Code: TooMany, Breaks: true})
	}
	return !c.full
}

// within runs look at another place.
func (c *comparison) within(place Place, look func()) {
	before := c.at
	c.at = place
	look()
	c.at = before
}

// successors are the operations by the questions that they answer: the names of path
// parameters may differ.
func successors(newer *Document) map[string]Operation {
	byQuestion := make(map[string]Operation, len(newer.Operations))
	for _, is := range slices.Backward(newer.Operations) { // of several the first
		byQuestion[is.Method+" "+nameless(is.Path)] = is
	}
	return byQuestion
}

// nameless is a path with its parameters by position.
func nameless(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}

func (c *comparison) operation(was, is Operation) {
	if is.Deprecated && !was.Deprecated {
		c.note(OperationDeprecated, false, "", "")
	}
	if !slices.Equal(was.Security, is.Security) {
		c.note(SecurityChanged, !stillEnough(was.Security, is.Security), strings.Join(was.Security, ", "), strings.Join(is.Security, ", "))
	}
	c.parameters(was, is)
	c.bodies(was.Body, is.Body)
	c.answers(was.Answers, is.Answers)
}

// stillEnough reports whether every way to prove oneself that was enough still
// is. Without any, nobody has to.
func stillEnough(was, is []string) bool {
	if len(is) == 0 || slices.Contains(is, "") {
		return true
	}
	return len(was) > 0 && !slices.ContainsFunc(was, func(way string) bool { return !slices.Contains(is, way) })
}

func (c *comparison) parameters(was, is Operation) {
	if !c.spend(1 + len(was.Parameters)*len(is.Parameters)) {
		return
	}
	renamed := renames(was.Path, is.Path)
	left := slices.Clone(is.Parameters)
	for _, p := range was.Parameters {
		name := p.Name
		if to, there := renamed[name]; there && p.In == "path" {
			name = to
		}
		at := slices.IndexFunc(left, func(q Parameter) bool { return q.In == p.In && sameName(q, name) })
		place := c.at
		place.Part, place.In, place.Name = Asking, p.In, p.Name
		c.within(place, func() {
			if at < 0 {
				c.note(ParameterRemoved, true, "", "")
				return
			}
			c.parameter(p, left[at])
			left = slices.Delete(left, at, at+1)
		})
	}
	for _, p := range left {
		place := c.at
		place.Part, place.In, place.Name = Asking, p.In, p.Name
		c.within(place, func() { c.note(ParameterAdded, p.Required, "", "") })
	}
}

// renames maps the names of path parameters of one path to those that stand at
// the same places in another.
func renames(was, is string) map[string]string {
	names := map[string]string{}
	to := strings.Split(is, "/")
	for i, segment := range strings.Split(was, "/") {
		if strings.HasPrefix(segment, "{") && i < len(to) {
			names[strings.Trim(segment, "{}")] = strings.Trim(to[i], "{}")
		}
	}
	return names
}

// sameName compares as HTTP does: names of headers in any case.
func sameName(p Parameter, name string) bool {
	if p.In == "header" {
		return strings.EqualFold(p.Name, name)
	}
	return p.Name == name
}

func (c *comparison) parameter(was, is Parameter) {
	if was.Required != is.Required {
		c.note(pick(is.Required, ParameterNeeded, ParameterFreed), is.Required, "", "")
	}
	if was.Form != is.Form {
		c.note(ParameterForm, true, was.Form, is.Form)
	}
	c.schemas(was.Schema, is.Schema)
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func (c *comparison) bodies(was, is *Body) {
	place := c.at
	place.Part = Question
	c.within(place, func() {
		switch {
		case was == nil && is == nil:
		case is == nil:
			c.note(BodyRemoved, true, "", "")
		case was == nil:
			c.note(BodyAdded, is.Required, "", "")
		default:
			if was.Required != is.Required {
				c.note(pick(is.Required, BodyNeeded, BodyFreed), is.Required, "", "")
			}
			c.contents(was.Contents, is.Contents)
		}
	})
}

func (c *comparison) answers(was, is []Answer) {
	if !c.spend(1 + len(was)*len(is)) {
		return
	}
	for _, a := range was {
		at := slices.IndexFunc(is, func(b Answer) bool { return b.Status == a.Status })
		c.within(c.reply(a), func() {
			if at < 0 {
				c.note(StatusRemoved, a.Good(), "", "")
				return
			}
			c.headers(a.Headers, is[at].Headers)
			c.contents(a.Contents, is[at].Contents)
		})
	}
	for _, b := range is {
		if !slices.ContainsFunc(was, func(a Answer) bool { return a.Status == b.Status }) {
			c.within(c.reply(b), func() { c.note(StatusAdded, false, "", "") })
		}
	}
}

func (c *comparison) reply(a Answer) Place {
	place := c.at
	place.Part, place.Status = Reply, a.Status
	return place
}

func (c *comparison) headers(was, is []Parameter) {
	if !c.spend(len(was) * len(is)) {
		return
	}
	there := func(list []Parameter, name string) bool {
		return slices.ContainsFunc(list, func(h Parameter) bool { return strings.EqualFold(h.Name, name) })
	}
	for _, h := range was {
		if !there(is, h.Name) {
			c.note(HeaderRemoved, true, h.Name, "")
		}
	}
	for _, h := range is {
		if !there(was, h.Name) {
			c.note(HeaderAdded, false, "", h.Name)
		}
	}
}

func (c *comparison) contents(was, is []Content) {
	if !c.spend(len(was) * len(is)) {
		return
	}
	for _, a := range was {
		at := slices.IndexFunc(is, func(b Content) bool { return b.Type == a.Type })
		place := c.at
		place.Type = a.Type
		c.within(place, func() {
			if at < 0 {
				c.note(TypeRemoved, true, a.Type, "")
				return
			}
			c.schemas(a.Schema, is[at].Schema)
		})
	}
	for _, b := range is {
		if !slices.ContainsFunc(was, func(a Content) bool { return a.Type == b.Type }) {
			c.note(TypeAdded, false, "", b.Type)
		}
	}
}
