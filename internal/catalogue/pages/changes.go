package pages

import (
	"html/template"
	"strings"

	"dobosh/internal/catalogue"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/lang"
)

// changesShown is how many changes stand on one page; a comparison has at most
// a thousand.
const changesShown = 200

// changeView is one difference between two versions, in a sentence.
type changeView struct {
	Breaks bool
	Says   string
	Was    string
	Is     string
	Where  string // the question
	At     string // the value in it
}

// changesView compares two versions of a service.
type changesView struct {
	Title    lang.Text
	Back     string
	From, To string
	Breaking []changeView
	Others   []changeView
	Cut      int // changes that are not shown
	Versions []string
	Action   string
}

func (v *visit) changes() error {
	query := v.R.URL.Query()
	sv, err := v.DataServices.Service(v.serviceNamed())
	if err != nil {
		return err
	}
	view := changesView{Title: sv.Title, Back: serviceAddress(sv.ID, ""), From: query.Get("from"), To: query.Get("to"), Action: serviceAddress(sv.ID, "/changes")}
	for _, e := range catalogue.Editions(sv) {
		view.Versions = append(view.Versions, e.Version)
	}
	changes, err := v.DataServices.Changes(v.R.Context(), sv.ID, view.From, view.To)
	if err != nil {
		return err
	}
	view.Breaking, view.Others, view.Cut = v.changeViews(changes)
	return v.Show("changes", v.Say("changes.title", "from", view.From, "to", view.To), view)
}

// changeViews divides changes into those that break and the others.
func (v *visit) changeViews(changes []openapi.Change) (breaking, others []changeView, cut int) {
	for _, c := range changes {
		view := v.changeView(c)
		switch {
		case len(breaking)+len(others) == changesShown:
			cut++
		case c.Breaks:
			breaking = append(breaking, view)
		default:
			others = append(others, view)
		}
	}
	return breaking, others, cut
}

func (v *visit) changeView(c openapi.Change) changeView {
	view := changeView{Breaks: c.Breaks, Says: v.Say("change." + c.Code), Was: c.Was, Is: c.Is, At: c.Place.Pointer}
	if c.Place.Path != "" {
		view.Where = c.Place.Method + " " + c.Place.Path
	}
	switch {
	case c.Place.Part == openapi.Asking && c.Place.Pointer == "":
		view.At = c.Place.Name
	case c.Place.Part == openapi.Asking:
		view.At = c.Place.Name + " " + c.Place.Pointer
	case c.Place.Part == openapi.Reply && c.Place.Pointer == "":
		view.At = strings.TrimSpace(c.Place.Status + " " + c.Place.Type)
	}
	return view
}

// WasIs says what stood there and what stands there now.
func (c changeView) WasIs() template.HTML {
	code := func(s string) string {
		if s == "" {
			s = "–"
		}
		return `<span class="code">` + template.HTMLEscapeString(s) + `</span>`
	}
	if c.Was == "" && c.Is == "" {
		return ""
	}
	return template.HTML(code(c.Was) + " → " + code(c.Is)) //nolint:gosec // escaped here
}
