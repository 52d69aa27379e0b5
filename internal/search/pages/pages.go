// Package pages shows the page on which people search: what they can do here, the public
// services, what happens in life, the law, and their own cases.
package pages

import (
	"context"
	"embed"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/internal/search"
)

//go:embed templates
var templates embed.FS

// Own finds a person's own cases; [cases.Room] does.
type Own interface {
	FindOwn(ctx context.Context, by act.Actor, asked string, after page.Key) (page.Page[cases.Case], error)
}

const (
	searchPage = "/search"
	wordsMost  = 100 // characters that are looked for
	showMost   = 20  // things of each sort on a page
)

// public is something that everybody may read.
type public struct {
	Title, Text lang.Text
	Path        string // where it is done; empty where it is only said
}

// sorts are the sorts of what is public, in the order in which a page shows them.
func sorts() []string { return []string{"help", "service", "event", "law"} }

type room struct {
	own   Own
	pack  *law.Pack
	index *search.Index
	of    map[string]public // by the id of the entry: the sort, a blank, its own id
}

// New brings the page. own may be nil where nobody has cases.
func New(own Own, pack *law.Pack) portal.Room {
	r := &room{own: own, pack: pack, index: search.New(), of: map[string]public{}}
	said := lang.Must(search.Words())
	for topic, path := range map[string]string{"cases": "/cases", "offers": "/inbox", "decisions": "/decisions", "looks": "/looks", "request": "/looks/request", "verify": "/verify", "languages": "/languages"} {
		r.add("help", topic, public{said.In("search.help."+topic, nil), said.In("search.help."+topic+"-text", nil), path})
	}
	for _, s := range pack.Services() {
		path := ""
		if len(s.Life) > 0 {
			path = "/life/" + s.Life[0]
		}
		r.add("service", s.ID, public{s.Title, s.Summary, path})
	}
	for _, e := range pack.LifeEvents() {
		r.add("event", e.ID, public{Title: e.Title, Path: "/life/" + e.ID})
	}
	for _, i := range pack.Instruments() {
		r.add("law", i.ID, public{i.Title, lang.Text{"sr": i.Gazette}, ""})
	}
	return portal.Room{
		Templates: templates,
		Pages:     []portal.Page{{Pattern: "GET " + searchPage, Right: act.Anyone(), Do: r.search}},
		Footer:    []portal.Nav{{Path: searchPage, Key: "search.footer", Order: 100}},
	}
}

func (r *room) add(sort, id string, p public) {
	e := search.Entry{ID: sort + " " + id, Body: sort}
	e.Texts[search.Title], e.Texts[search.Text] = slices.Collect(maps.Values(p.Title)), slices.Collect(maps.Values(p.Text))
	r.index.Put(e)
	r.of[e.ID] = p
}

// shelf is what was found of one sort.
type shelf struct {
	Sort  string
	Found []public
}

// own is a case of whoever searches.
type own struct {
	cases.Case
	Title, Status lang.Text
}

type searchView struct {
	Words   string
	Own     []own
	Shelves []shelf
	Found   bool
	Begin   []public // to begin with, while nothing is asked
	Help    portal.Help
}

func (r *room) search(v *portal.Visit) error {
	words := strings.TrimSpace(v.R.URL.Query().Get("q"))
	if !utf8.ValidString(words) || utf8.RuneCountInString(words) > wordsMost {
		words = ""
	}
	view := searchView{Words: words, Help: v.Help}
	if len(search.Split(words)) == 0 {
		found, _ := r.index.Find(search.Query{Body: "help"}, "", showMost)
		view.Begin = r.publics(found)
		return v.Show("search", v.Say("search.title"), view)
	}
	if r.own != nil && v.Known {
		found, err := r.own.FindOwn(v.R.Context(), v.Actor, words, "")
		if err != nil {
			return err
		}
		for _, c := range found.Items {
			view.Own = append(view.Own, r.said(c))
		}
	}
	for _, sort := range sorts() {
		if found, _ := r.index.Find(search.Query{Words: words, Body: sort}, "", showMost); len(found.Items) > 0 {
			view.Shelves = append(view.Shelves, shelf{sort, r.publics(found)})
		}
	}
	view.Found = len(view.Own)+len(view.Shelves) > 0
	return v.Show("search", v.Say("search.title"), view)
}

func (r *room) publics(found page.Page[search.Hit]) (all []public) {
	for _, hit := range found.Items {
		all = append(all, r.of[hit.ID])
	}
	return all
}

// said is a case in the words of its kind and of what it is about.
func (r *room) said(c cases.Case) own {
	kind, _ := r.pack.CaseKind(c.Kind)
	status, _ := kind.Status(c.Status)
	shown := own{c, kind.Title, status.Title}
	if s, ok := r.pack.Service(c.Service); ok {
		shown.Title = s.Title
	}
	return shown
}
