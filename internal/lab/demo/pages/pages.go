// Package pages leads through the demonstration: a tour with the address of every surface,
// and the way to it on the first page of every portal.
package pages

import (
	"embed"
	"html/template"

	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
)

//go:embed templates
var templates embed.FS

// Demo is what a demonstration says about itself.
type Demo struct {
	People     []Person
	City       string // addresses of the three portals
	Registers  string
	Supervisor string
	Mail       string // where the messages that went out can be read
}

// Person is an invented person who can sign in.
type Person struct {
	Name string
	What lang.Text // what they are for: "мајка, чека прво дете"
}

// New brings a tour of the demonstration, and the way to it from the first pages.
func New(d Demo) portal.Room {
	part := func(name string) []portal.Part {
		return []portal.Part{func(v *portal.Visit) (template.HTML, error) { return v.Render(name, d) }}
	}
	return portal.Room{
		Templates: templates, Welcome: part("try.html"), Beside: part("tour-link"),
		Pages: []portal.Page{{Pattern: "GET /tour", Right: act.Anyone(), Do: func(v *portal.Visit) error { return v.Show("tour", v.Say("demo.tour"), d) }}},
	}
}
