package pages

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
)

var (
	element = regexp.MustCompile(`<(/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*(/?)>`)
	// identifiers hold braces of their own, as patterns of paths do.
	identifiers = regexp.MustCompile(`<(span|textarea)[^>]* class="code"[^>]*>[^<]*</(?:span|textarea)>|<textarea class="code"[^>]*>[^<]*</textarea>| value="[^"]*"`)
	attribute   = regexp.MustCompile(`([a-zA-Z-]+)(?:="([^"]*)")?`)
	unsaid      = regexp.MustCompile(`\[[a-z][a-z0-9-]*\.[a-z0-9.-]*\]|\{[a-z_]+[:}]`)
	// foreign is what is marked as being in another language, or what people typed.
	foreign = regexp.MustCompile(`<(?:a|span)[^>]* lang="[^"]*"[^>]*>[^<]*</(?:a|span)>|<blockquote>[^<]*</blockquote>|<p class="answer">[^<]*</p>`)
	void    = []string{"meta", "link", "input", "br", "img"}
)

// Element is one element of a page with its attributes.
type Element struct {
	Name string
	Attr map[string]string
}

// Parse reads a page strictly: every element closed in order, every "<" part of
// one, no attribute twice.
func Parse(html string) (elements []Element, err error) {
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
		e := Element{name, map[string]string{}}
		for _, a := range attribute.FindAllStringSubmatch(m[3], -1) {
			if _, twice := e.Attr[a[1]]; twice {
				return nil, fmt.Errorf("<%s> has %s twice", name, a[1])
			}
			e.Attr[a[1]] = a[2]
		}
		elements = append(elements, e)
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("not closed: %v", open)
	}
	if rest := element.ReplaceAllString(html, ""); strings.ContainsAny(rest, "<>") {
		at := strings.IndexAny(rest, "<>")
		return nil, fmt.Errorf("a stray bracket near %q", rest[max(0, at-40):min(len(rest), at+40)])
	}
	return elements, nil
}

// Check holds a page to what every page promises: well formed, in the language,
// one title, one heading and one main part, no style and no script inside, every
// sentence there and filled, and in one script but for what is marked and for
// what people typed.
func Check(t testing.TB, html string, tag lang.Tag) {
	t.Helper()
	elements, err := Parse(html)
	if err != nil {
		t.Fatalf("not well-formed: %v", err)
	}
	if got := elements[0].Attr["lang"]; elements[0].Name != "html" || got != string(tag) {
		t.Errorf("first element <%s lang=%q>, want html %s", elements[0].Name, got, tag)
	}
	for _, once := range []string{"title", "h1", "main"} {
		if n := count(elements, once); n != 1 {
			t.Errorf("%d elements %s, want one", n, once)
		}
	}
	checkIDs(t, elements)
	for _, e := range elements {
		for name := range e.Attr {
			if name == "style" || strings.HasPrefix(name, "on") {
				t.Errorf("<%s %s>: the policy forbids it", e.Name, name)
			}
		}
	}
	if left := unsaid.FindString(identifiers.ReplaceAllString(html, "")); left != "" {
		t.Errorf("a sentence is missing or not filled: %s", left)
	}
	if tag == lang.SrCyrl {
		return // addresses and codes are Latin in every language
	}
	if found := regexp.MustCompile(`\p{Cyrillic}+`).FindString(foreign.ReplaceAllString(html, "")); found != "" {
		t.Errorf("Cyrillic without a mark on a page in %s: %q", tag, found)
	}
}

func count(elements []Element, name string) (n int) {
	for _, e := range elements {
		if e.Name == name {
			n++
		}
	}
	return n
}

// checkIDs makes sure that ids are there once and that everything that names
// one finds it.
func checkIDs(t testing.TB, elements []Element) {
	t.Helper()
	ids := map[string]bool{}
	for _, e := range elements {
		if id := e.Attr["id"]; id != "" {
			if ids[id] {
				t.Errorf("id %q stands twice", id)
			}
			ids[id] = true
		}
	}
	for _, e := range elements {
		for _, name := range []string{"for", "aria-labelledby", "aria-describedby"} {
			for _, id := range strings.Fields(e.Attr[name]) {
				if !ids[id] {
					t.Errorf("<%s %s=%q> leads nowhere", e.Name, name, id)
				}
			}
		}
		if to, ok := strings.CutPrefix(e.Attr["href"], "#"); ok && !ids[to] {
			t.Errorf("the link #%s leads nowhere", to)
		}
	}
}
