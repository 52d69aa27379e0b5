// Package pages says purposes and provisions of the pack as pages show them.
// Whatever the pack does not know stands for itself, as an identifier.
package pages

import (
	"html/template"

	"dobosh/internal/law"
	"dobosh/internal/portal"
)

// Purpose says a purpose in words.
func Purpose(v *portal.Visit, pack *law.Pack, id string) template.HTML {
	if pack != nil {
		if purpose, ok := pack.Purpose(id); ok {
			return v.Text(purpose.Title)
		}
	}
	return v.Code(id)
}

// Citation is a provision with what it says.
func Citation(v *portal.Visit, pack *law.Pack, ref law.Ref) template.HTML {
	if pack != nil {
		if pr, ok := pack.Provision(ref); ok {
			return portal.Escaped(pr.Cite(v.Tag)) + `<br><span class="law">` + v.Text(pr.Title) + `</span>`
		}
	}
	return v.Code(string(ref))
}

// Cite names a provision.
func Cite(v *portal.Visit, pack *law.Pack, ref law.Ref) string {
	if pack != nil {
		if pr, ok := pack.Provision(ref); ok {
			return pr.Cite(v.Tag)
		}
	}
	return string(ref)
}
