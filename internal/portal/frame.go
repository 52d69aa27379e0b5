package portal

import (
	"html/template"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
)

// Setting is for whom a page is set: what stands around it, and how close.
type Setting string

const (
	Public    Setting = ""                // people: help and what is for everybody below every page of theirs
	Staff     Setting = "staff"           // whoever works here: denser, and no word about the counter
	Engineers Setting = "staff engineers" // whoever runs and connects systems: as staff, and figures take the whole width
)

// frame is what stands around every page.
type frame struct {
	Tag       lang.Tag
	Page      string // name of the page, for the stylesheet
	Setting   Setting
	People    bool // for whom the counter and what is for everybody stand below
	Title     string
	Body      lang.Text
	Nav       []Link // always in sight
	More      []Link // in the fold, where place is narrow
	Within    bool   // this page is one of those in the fold
	Languages []Link
	Demo      bool
	Name      string // of who is signed in
	Account   Link   // to which the name leads
	Help      Help
	Footer    []Link
	Main      template.HTML
}

// Link leads to another page.
type Link struct {
	URL  string
	Text string
	Tag  lang.Tag // language of the text where it is not that of the page
	Here bool
}

func (v *Visit) frame(page, title string, main template.HTML) frame {
	f := frame{
		Tag: v.Tag, Page: page, Setting: v.setting(), Title: title, Body: v.Body, Languages: languageLinks(v.Here, v.Tag),
		Demo: v.Banner, Help: v.Help, Main: main,
	}
	f.Nav, f.More = v.ways()
	f.Within = slices.ContainsFunc(f.More, func(l Link) bool { return l.Here })
	if f.People = f.Setting == Public && !v.works(); f.People {
		f.Footer = v.links(v.footer)
	}
	if v.Known {
		f.Name = v.Actor.Name
		if v.account.Path != "" {
			f.Account = Link{URL: v.account.Path, Text: v.Say(v.account.Key)}
		}
	}
	return f
}

// nearMost is how many ways are always in sight: as many as stand in one line of a phone.
const nearMost = 4

// ways divides what leads to pages into those that are always in sight, and the rest.
func (v *Visit) ways() (near, more []Link) {
	n := 0
	for _, l := range v.links(v.nav) {
		if aside := slices.ContainsFunc(v.nav, func(way Nav) bool { return way.Path == l.URL && way.Aside }); aside || n == nearMost {
			more = append(more, l)
			continue
		}
		near, n = append(near, l), n+1
	}
	return near, more
}

// works reports whether the reader is here for their work: a page that is neither theirs as a person nor has a
// setting says nothing about the counter to them.
func (v *Visit) works() bool {
	works, own := false, false
	for _, way := range v.nav {
		if way.Whom == nil || !way.Whom(v.Actor) {
			continue
		}
		works = works || way.Setting != Public
		own = own || way.Setting == Public && under(v.R.URL.Path, way.Path)
	}
	return works && !own
}

// links are the ways that the reader has a use for. The one that leads nearest
// to this page is marked.
func (v *Visit) links(ways []Nav) []Link {
	var links []Link
	here := -1
	for _, way := range ways {
		if way.Whom != nil && !way.Whom(v.Actor) {
			continue
		}
		if under(v.R.URL.Path, way.Path) && (here < 0 || len(way.Path) > len(links[here].URL)) {
			here = len(links)
		}
		links = append(links, Link{URL: way.Path, Text: v.Say(way.Key)})
	}
	if here >= 0 {
		links[here].Here = true
	}
	return links
}

// Holds is for those who hold one of the roles, in whatever scope.
func Holds(roles ...act.Role) func(act.Actor) bool {
	return func(by act.Actor) bool { return slices.ContainsFunc(roles, by.Has) }
}

// setting is that of the way that leads nearest to this page, whoever sees it.
func (v *Visit) setting() (s Setting) {
	nearest := 0
	for _, way := range v.nav {
		if under(v.R.URL.Path, way.Path) && len(way.Path) > nearest {
			s, nearest = way.Setting, len(way.Path)
		}
	}
	return s
}

func under(here, path string) bool { return here == path || strings.HasPrefix(here, path+"/") }
