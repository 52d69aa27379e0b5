package pages

import (
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/catalogue"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// draftView is what publishing a description would mean, and the form that does
// it.
type draftView struct {
	Plan     catalogue.Plan
	First    bool // the service was not described before
	Digest   string
	Concerns []concernView
	Breaking []changeView
	Others   []changeView
	Cut      int
	Fields   []portal.Field
	Wrong    []portal.Wrong
	Stop     string
}

// concernView is somebody whose contract a change hits.
type concernView struct {
	ID    string
	Asker lang.Text
	For   lang.Text
	Hits  []changeView
	Cut   int
}

// draft is the draft in the address or the form.
func (v *visit) draft(service, digest string) (catalogue.Draft, error) {
	id, err := registry.ParseID(service)
	if err != nil {
		return catalogue.Draft{}, problem.New(problem.NotFound, "service-not-registered", "service", firstRunes(service, 400))
	}
	raw, err := v.DataServices.KeptDraft(v.R.Context(), v.Actor, digest)
	return catalogue.Draft{Service: id, Raw: raw}, err
}

func (v *visit) draftPage() error {
	digest := v.R.URL.Query().Get("digest")
	d, err := v.draft(v.R.URL.Query().Get("service"), digest)
	if err != nil {
		return err
	}
	return v.showDraft(d, digest, nil)
}

func (v *visit) showDraft(d catalogue.Draft, digest string, refused error) error {
	plan, err := v.DataServices.Plan(v.R.Context(), v.Actor, catalogue.Draft{Service: d.Service, Raw: d.Raw})
	if err != nil {
		return err
	}
	view := draftView{Plan: plan, First: plan.Service.Description == plan.Document.Digest && len(plan.Service.Former) == 0, Digest: digest, Stop: describeAddress(d.Service)}
	view.Breaking, view.Others, view.Cut = v.changeViews(plan.Changes)
	for _, c := range plan.Concerned {
		view.Concerns = append(view.Concerns, v.concernView(c))
	}
	q := portal.Question{Title: v.Say("describe.publish"), Fields: v.draftFields(plan)}
	if refused != nil {
		if !q.Refuse(v.Visit, refused) {
			return refused
		}
		v.Status = problem.Invalid.Status()
	}
	view.Fields, view.Wrong = q.Fields, q.Wrong
	title := v.Say("describe.draft", "version", plan.Document.Version)
	if len(view.Wrong) > 0 {
		title = v.Say("form.wrong-title", "title", title)
	}
	return v.Show("draft", title, view)
}

func (v *visit) concernView(c catalogue.Concern) concernView {
	asker, _ := c.Contract.Between()
	view := concernView{ID: c.Contract.ID, Asker: v.DataServices.Title(asker.Owner()), For: lang.Text{"sr": c.Contract.Purpose, "en": c.Contract.Purpose}}
	if v.Pack != nil {
		if purpose, ok := v.Pack.Purpose(c.Contract.Purpose); ok {
			view.For = purpose.Title
		}
	}
	view.Hits, _, view.Cut = v.changeViews(c.Hits)
	return view
}

// draftFields are what is said beside the description.
func (v *visit) draftFields(plan catalogue.Plan) []portal.Field {
	title := plan.Service.Title
	tags := portal.Field{Name: "tags", Kind: "ticks", Label: v.Say("describe.tags"), Hint: v.Say("describe.tags-hint"), Optional: true}
	chosen := plan.Service.Tags
	if _, sent := v.R.PostForm["title"]; sent {
		chosen = v.R.PostForm["tags"]
	}
	if v.Pack != nil {
		for _, e := range v.Pack.LifeEvents() {
			if e.Holds(civil.Of(v.Now())) {
				tags.Options = append(tags.Options, portal.Option{Value: e.ID, Label: v.Plain(e.Title), Chosen: slices.Contains(chosen, e.ID)})
			}
		}
	}
	fields := []portal.Field{
		{Name: "title", Kind: "text", Label: v.Say("describe.name"), Hint: v.Say("describe.name-hint"), Value: v.Again("title", title["sr"]), Most: 200},
		{Name: "title-en", Kind: "text", Label: v.Say("describe.name-en"), Value: v.Again("title-en", title["en"]), Most: 200, Optional: true},
	}
	if plan.Service.Description != plan.Document.Digest || len(plan.Service.Former) > 0 {
		fields = append(fields, portal.Field{Name: "from", Kind: "text", Label: v.Say("describe.from"), Hint: v.Say("describe.from-hint", "day", v.Day(plan.From)), Value: v.Again("from", portal.ShortDay(plan.From)), Complete: "off", Most: 16, Optional: true})
	}
	if len(tags.Options) > 0 {
		fields = append(fields, tags)
	}
	return fields
}

// publishDraft publishes, or announces where it breaks for somebody.
func (v *visit) publishDraft() error {
	digest := v.Typed("digest")
	d, err := v.draft(v.Typed("service"), digest)
	if err != nil {
		return err
	}
	v.Here = draftAddress(d.Service, digest)
	if err := v.readDraft(&d); err != nil {
		return v.showDraft(d, digest, err)
	}
	if _, err := v.DataServices.Publish(v.R.Context(), v.Actor, d); err != nil {
		if problem.Of(err).Kind == problem.Invalid {
			return v.showDraft(d, digest, err)
		}
		return err
	}
	return v.To(serviceAddress(d.Service, ""))
}

// readDraft reads what is said beside the description.
func (v *visit) readDraft(d *catalogue.Draft) error {
	title, err := v.Words("title", 200)
	if err != nil {
		return err
	}
	d.Title = lang.Text{"sr": title}
	if english := v.Typed("title-en"); english != "" {
		d.Title["en"] = firstRunes(english, 200)
	}
	d.Tags = []string{}
	if v.Pack != nil {
		for _, e := range v.Pack.LifeEvents() {
			if slices.Contains(v.R.PostForm["tags"], e.ID) {
				d.Tags = append(d.Tags, e.ID)
			}
		}
	}
	if typed := v.Typed("from"); typed != "" {
		day, ok := act.ParseDay(typed)
		if !ok {
			return portal.Incomplete("from", "day-malformed")
		}
		d.From = day
	}
	return nil
}

// askWithdrawEdition asks once before an announcement is taken back.
func (v *visit) askWithdrawEdition() error {
	id, _ := registry.ParseID(v.R.URL.Query().Get("service")) // none is not registered
	sv, err := v.DataServices.Service(id)
	if err != nil {
		return err
	}
	if sv.Next == nil || !v.describes(id) {
		return problem.New(problem.Conflict, "nothing-announced")
	}
	return v.Ask(portal.Question{
		Title: v.Say("describe.withdraw"), Lead: []string{v.Say("describe.withdraw-lead", "version", sv.Next.Version, "day", v.Day(sv.Next.From))},
		Action: "/desk/services/withdraw", Hidden: []portal.Hidden{{Name: "service", Value: id.String()}}, Button: v.Say("describe.withdraw-button"),
		Links: []portal.Link{{URL: "/desk/services", Text: v.Say("contract.back")}},
	})
}

func (v *visit) withdrawEdition() error {
	v.Here = "/desk/services"
	id, err := registry.ParseID(v.Typed("service"))
	if err != nil {
		return problem.New(problem.Invalid, "form-unreadable").Because(err)
	}
	if err := v.DataServices.Withdraw(v.R.Context(), v.Actor, id); err != nil {
		return err
	}
	return v.To("/desk/services")
}
