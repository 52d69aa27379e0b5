package web

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	element = regexp.MustCompile(`<(/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*(/?)>`)
	// identifiers hold braces of their own, as patterns of paths do.
	identifiers = regexp.MustCompile(`<(span|textarea)[^>]* class="code"[^>]*>[^<]*</(?:span|textarea)>|<textarea class="code"[^>]*>[^<]*</textarea>| value="[^"]*"`)
	attribute   = regexp.MustCompile(`([a-zA-Z-]+)(?:="([^"]*)")?`)
)

var void = []string{"meta", "link", "input", "br", "img"}

// tag is one element of a page with its attributes.
type tag struct {
	name string
	attr map[string]string
}

// parse reads a page strictly: every element closed in order, every "<" part
// of one, no attribute twice.
func parse(html string) (tags []tag, err error) {
	html, ok := strings.CutPrefix(html, "<!doctype html>")
	if !ok {
		return nil, fmt.Errorf("no doctype")
	}
	var open []string
	for _, m := range element.FindAllStringSubmatch(html, -1) {
		closing, name, alone := m[1] == "/", m[2], m[4] == "/"
		switch {
		case closing && (len(open) == 0 || open[len(open)-1] != name):
			return nil, fmt.Errorf("</%s> closes %v", name, open)
		case closing:
			open = open[:len(open)-1]
			continue
		case !alone && !slices.Contains(void, name):
			open = append(open, name)
		}
		t := tag{name, map[string]string{}}
		for _, a := range attribute.FindAllStringSubmatch(m[3], -1) {
			if _, twice := t.attr[a[1]]; twice {
				return nil, fmt.Errorf("<%s> has %s twice", name, a[1])
			}
			t.attr[a[1]] = a[2]
		}
		tags = append(tags, t)
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("not closed: %v", open)
	}
	if rest := element.ReplaceAllString(html, ""); strings.ContainsAny(rest, "<>") {
		at := strings.IndexAny(rest, "<>")
		return nil, fmt.Errorf("a stray bracket near %q", rest[max(0, at-40):min(len(rest), at+40)])
	}
	return tags, nil
}

func count(tags []tag, name string) (n int) {
	for _, t := range tags {
		if t.name == name {
			n++
		}
	}
	return n
}

// checkPage holds a page to what every page promises.
func checkPage(t *testing.T, html, language string) {
	t.Helper()
	tags, err := parse(html)
	if err != nil {
		t.Fatalf("not well-formed: %v", err)
	}
	if got := tags[0].attr["lang"]; tags[0].name != "html" || got != language {
		t.Errorf("first element <%s lang=%q>, want html %s", tags[0].name, got, language)
	}
	for _, once := range []string{"title", "h1", "main"} {
		if n := count(tags, once); n != 1 {
			t.Errorf("%d elements %s, want one", n, once)
		}
	}
	checkIDs(t, tags)
	for _, tag := range tags {
		for name := range tag.attr {
			if name == "style" || strings.HasPrefix(name, "on") {
				t.Errorf("<%s %s>: the policy forbids it", tag.name, name)
			}
		}
	}
	if left := regexp.MustCompile(`\[[a-z][a-z0-9-]*\.[a-z0-9.-]*\]|\{[a-z_]+[:}]`).FindString(identifiers.ReplaceAllString(html, "")); left != "" {
		t.Errorf("a sentence is missing or not filled: %s", left)
	}
}

// checkIDs makes sure that ids are there once and that everything that names
// one finds it.
func checkIDs(t *testing.T, tags []tag) {
	t.Helper()
	ids := map[string]bool{}
	for _, tag := range tags {
		if id := tag.attr["id"]; id != "" {
			if ids[id] {
				t.Errorf("id %q stands twice", id)
			}
			ids[id] = true
		}
	}
	for _, tag := range tags {
		for _, name := range []string{"for", "aria-labelledby", "aria-describedby"} {
			for _, id := range strings.Fields(tag.attr[name]) {
				if !ids[id] {
					t.Errorf("<%s %s=%q> leads nowhere", tag.name, name, id)
				}
			}
		}
		if to, ok := strings.CutPrefix(tag.attr["href"], "#"); ok && !ids[to] {
			t.Errorf("the link #%s leads nowhere", to)
		}
	}
}

func TestTheCheckerFindsFaults(t *testing.T) {
	for name, html := range map[string]string{
		"no doctype":  `<html lang="en"></html>`,
		"not closed":  `<!doctype html><html><p></html>`,
		"wrong order": `<!doctype html><b><i></b></i>`,
		"stray":       `<!doctype html><p>1 < 2</p>`,
		"twice":       `<!doctype html><p id="a" id="b"></p>`,
	} {
		if _, err := parse(html); err == nil {
			t.Errorf("%s: no fault found", name)
		}
	}
}
