// Package pages says on the first page of every portal of the demonstration what
// there is to try and as whom.
package pages

import (
	"embed"
	"html/template"

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

// New brings what there is to try; it has no page of its own.
func New(d Demo) portal.Room {
	try := []portal.Part{func(v *portal.Visit) (template.HTML, error) { return v.Render("try.html", d) }}
	return portal.Room{Templates: templates, Welcome: try, Beside: try}
}
