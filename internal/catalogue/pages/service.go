package pages

import (
	"html/template"
	"net/http"
	"slices"
	"strings"

	"dobosh/internal/catalogue"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	lawpages "dobosh/internal/law/pages"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// questionsShown is how many questions of a description stand on the page of
// the service itself; of a longer one only their names.
const questionsShown = 4

// serviceView is one data service as people read it.
type serviceView struct {
	registry.Service
	Body      lang.Text
	Text      lang.Text
	Version   string // that is shown
	Old       bool   // it is not the present one
	Contact   openapi.Contact
	Away      string          // why the description is not shown
	Told      []template.HTML // what it answers, in words
	Engineer  bool            // the reader connects systems: the technical side stands open
	Questions []questionView
	More      []portal.Link // the other questions, or all where there are many
	Contracts []asksView
	Editions  []editionView
	Tags      []shelfView
	Ask       string // where a contract is asked for; empty for those who may not
	Describe  string // where a new version is published; empty for those who may not
	Download  string
	Next      *registry.Edition
	Changes   string // what the announced version changes
}

// asksView is a contract about the service: who asks, what for.
type asksView struct {
	registry.Contract
	Asker lang.Text
	For   lang.Text
	Cite  string
}

// editionView is one version with where it is read and compared.
type editionView struct {
	registry.Edition
	State    string // next, present or former
	URL      string
	Download string
	Compare  string // with the version before; empty for the oldest
	Before   string
}

func (v *visit) service() error {
	sv, err := v.DataServices.Service(v.serviceNamed())
	if err != nil {
		return err
	}
	view := serviceView{
		Service: sv, Body: v.DataServices.Title(sv.ID.Owner()), Version: v.R.URL.Query().Get("version"), Next: sv.Next,
		Editions: editionViews(sv), Tags: tagged(shelvesAt(v.DataServices.Events(), "event"), sv.Tags), Contracts: v.asking(sv.ID),
	}
	if view.Version == "" {
		view.Version = sv.Version
	}
	view.Old = view.Version != sv.Version
	if v.mayAsk() && sv.Description != "" {
		view.Ask = "/desk/contracts/new" + queryOf("service", sv.ID.String())
	}
	if v.describes(sv.ID) {
		view.Describe = describeAddress(sv.ID)
	}
	view.Engineer = v.mayAsk() || view.Describe != ""
	if sv.Next != nil {
		view.Changes = serviceAddress(sv.ID, "/changes", "from", sv.Version, "to", sv.Next.Version)
	}
	if sv.Description != "" {
		if err := v.describe(&view); err != nil {
			return err
		}
	}
	return v.Show("service", v.Plain(sv.Title), view)
}

// describe adds what the description says. One that cannot be had now leaves
// the rest of the page.
func (v *visit) describe(view *serviceView) error {
	doc, err := v.DataServices.Edition(v.R.Context(), view.ID, view.Version)
	if problem.HasCode(err, "description-away") {
		view.Away = v.Say("problem.description-away")
		return nil
	}
	if err != nil {
		return err
	}
	view.Text, view.Contact = doc.Text, doc.Contact
	view.Download = serviceAddress(view.ID, "/description", "version", view.Version)
	view.Told = v.told(doc.Operations)
	shown := len(doc.Operations)
	if shown > questionsShown {
		shown = 0
	}
	for _, op := range plainFirst(doc.Operations[:shown]) {
		view.Questions = append(view.Questions, v.questionView(op, view.questionAddress(op), valuesShort))
	}
	for _, op := range doc.Operations[shown:min(len(doc.Operations), questionsMost)] {
		view.More = append(view.More, portal.Link{URL: view.questionAddress(op), Text: v.questionName(op)})
	}
	return nil
}

// toldMost is how many of the values that a service answers are told in words.
const toldMost = 24

// told are the values that a service answers, each once, as its description says them to people.
func (v *visit) told(operations []openapi.Operation) (all []template.HTML) {
	for _, op := range operations[:min(len(operations), questionsMost)] {
		for _, a := range op.Answers {
			if !a.Good() {
				continue
			}
			for _, c := range a.Contents {
				for _, value := range v.contentView(c, valuesShort).Values {
					if len(all) < toldMost && value.Says != "" && !slices.Contains(all, value.Says) {
						all = append(all, value.Says)
					}
				}
			}
		}
	}
	return all
}

// plainFirst puts the questions for which a contract is enough before those
// that need more, and those that only read before the others.
func plainFirst(operations []openapi.Operation) []openapi.Operation {
	more := func(op openapi.Operation) (n int) {
		if len(op.Security) > 0 && !slices.Contains(op.Security, "") {
			n = 2
		}
		if op.Method != http.MethodGet {
			n++
		}
		return n
	}
	ordered := slices.Clone(operations)
	slices.SortStableFunc(ordered, func(a, b openapi.Operation) int { return more(a) - more(b) })
	return ordered
}

// questionsMost bounds the names of questions on one page.
const questionsMost = 500

func (view *serviceView) questionAddress(op openapi.Operation) string {
	return serviceAddress(view.ID, "/question", "method", op.Method, "path", op.Path, "version", view.otherVersion())
}

// otherVersion is the version that is shown where it is not the present one.
func (view *serviceView) otherVersion() string {
	if view.Old {
		return view.Version
	}
	return ""
}

// questionName is what a question is called where nobody gave it a title too.
func (v *visit) questionName(op openapi.Operation) string {
	if name := v.Plain(op.Title); name != "" {
		return name
	}
	return op.Method + " " + op.Path
}

func editionViews(sv registry.Service) []editionView {
	editions := catalogue.Editions(sv)
	views := make([]editionView, len(editions))
	for i, e := range editions {
		state := "former"
		switch {
		case sv.Next != nil && i == 0:
			state = "next"
		case e.Description == sv.Description:
			state = "present"
		}
		views[i] = editionView{Edition: e, State: state, URL: serviceAddress(sv.ID, "", "version", e.Version), Download: serviceAddress(sv.ID, "/description", "version", e.Version)}
		if i+1 < len(editions) {
			views[i].Before = editions[i+1].Version
			views[i].Compare = serviceAddress(sv.ID, "/changes", "from", editions[i+1].Version, "to", e.Version)
		}
	}
	return views
}

// asking lists who has a contract about a service.
func (v *visit) asking(service registry.ID) (views []asksView) {
	asked := v.DataServices.Contracts(service, civil.Of(v.Now()))
	for _, c := range asked[:min(len(asked), questionsMost)] {
		asker, _ := c.Between()
		view := asksView{Contract: c, Asker: v.DataServices.Title(asker.Owner()), Cite: lawpages.Cite(v.Visit, v.Pack, c.Provision), For: lang.Text{"sr": c.Purpose, "en": c.Purpose}}
		if v.Pack != nil {
			if purpose, ok := v.Pack.Purpose(c.Purpose); ok {
				view.For = purpose.Title
			}
		}
		views = append(views, view)
	}
	return views
}

// onePageView is one question with everything that is said about it.
type onePageView struct {
	questionView
	Service lang.Text
	Back    string
}

func (v *visit) question() error {
	query := v.R.URL.Query()
	sv, err := v.DataServices.Service(v.serviceNamed())
	if err != nil {
		return err
	}
	version := query.Get("version")
	if version == "" {
		version = sv.Version
	}
	doc, err := v.DataServices.Edition(v.R.Context(), sv.ID, version)
	if err != nil {
		return err
	}
	op, there := doc.Operation(query.Get("method"), query.Get("path"))
	if !there {
		return problem.New(problem.NotFound, "question-not-described")
	}
	view := onePageView{v.questionView(op, "", valuesMost), sv.Title, serviceAddress(sv.ID, "", "version", query.Get("version"))}
	return v.Show("service-question", v.questionName(op), view)
}

// description gives the description as its author wrote it, to be kept.
func (v *visit) description() error {
	sv, err := v.DataServices.Service(v.serviceNamed())
	if err != nil {
		return err
	}
	version := v.R.URL.Query().Get("version")
	if version == "" {
		version = sv.Version
	}
	doc, err := v.DataServices.Edition(v.R.Context(), sv.ID, version)
	if err != nil {
		return err
	}
	ending := ".json"
	if strings.Contains(doc.MediaType, "yaml") {
		ending = ".yaml"
	}
	v.W.Header().Set("Content-Type", doc.MediaType)
	v.W.Header().Set("Content-Disposition", `attachment; filename="`+plainName(sv.ID.Service+"-"+version)+ending+`"`)
	portal.WriteBytes(v.W, v.R, http.StatusOK, doc.Raw, nil)
	return nil
}

// plainName keeps of a name what every file system takes.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, s)
}

// export gives the catalogue to programs, as DCAT-AP.
func (v *visit) export() error {
	raw, err := v.DataServices.Export(v.PublicURL, v.After())
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "application/ld+json")
	portal.WriteBytes(v.W, v.R, http.StatusOK, raw, nil)
	return nil
}
