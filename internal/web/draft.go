package web

import (
	"slices"

	"dobosh/internal/catalogue"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
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
	Fields   []field
	Wrong    []wrong
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
		return catalogue.Draft{}, problem.New(problem.NotFound, "service-not-registered", "service", firstRunes(service, wordsMost))
	}
	raw, err := v.DataServices.KeptDraft(v.r.Context(), v.author(), digest)
	return catalogue.Draft{Service: id, Raw: raw}, err
}

func (p *portal) draftPage(v *visit) error {
	digest := v.r.URL.Query().Get("digest")
	d, err := v.draft(v.r.URL.Query().Get("service"), digest)
	if err != nil {
		return err
	}
	return v.showDraft(d, digest, nil)
}

func (v *visit) showDraft(d catalogue.Draft, digest string, refused error) error {
	plan, err := v.DataServices.Plan(v.r.Context(), v.author(), catalogue.Draft{Service: d.Service, Raw: d.Raw})
	if err != nil {
		return err
	}
	view := draftView{Plan: plan, First: plan.Service.Description == plan.Document.Digest && len(plan.Service.Former) == 0, Digest: digest, Stop: describeAddress(d.Service)}
	view.Breaking, view.Others, view.Cut = v.changeViews(plan.Changes)
	for _, c := range plan.Concerned {
		view.Concerns = append(view.Concerns, v.concernView(c))
	}
	q := question{Title: v.say("describe.publish"), Fields: v.draftFields(plan)}
	if refused != nil {
		if !q.refuse(v, refused) {
			return refused
		}
		v.status = problem.Invalid.Status()
	}
	view.Fields, view.Wrong = q.Fields, q.Wrong
	title := v.say("describe.draft", "version", plan.Document.Version)
	if len(view.Wrong) > 0 {
		title = v.say("form.wrong-title", "title", title)
	}
	return v.show("desk-draft", title, view)
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
func (v *visit) draftFields(plan catalogue.Plan) []field {
	title := plan.Service.Title
	tags := field{Name: "tags", Kind: "ticks", Label: v.say("describe.tags"), Hint: v.say("describe.tags-hint"), Optional: true}
	chosen := plan.Service.Tags
	if _, sent := v.r.PostForm["title"]; sent {
		chosen = v.r.PostForm["tags"]
	}
	if v.Pack != nil {
		for _, e := range v.Pack.LifeEvents() {
			if e.Holds(civil.Of(v.Now())) {
				tags.Options = append(tags.Options, option{e.ID, v.plain(e.Title), slices.Contains(chosen, e.ID)})
			}
		}
	}
	fields := []field{
		{Name: "title", Kind: "text", Label: v.say("describe.name"), Hint: v.say("describe.name-hint"), Value: v.again("title", title["sr"]), Most: 200},
		{Name: "title-en", Kind: "text", Label: v.say("describe.name-en"), Value: v.again("title-en", title["en"]), Most: 200, Optional: true},
	}
	if plan.Service.Description != plan.Document.Digest || len(plan.Service.Former) > 0 {
		fields = append(fields, field{Name: "from", Kind: "text", Label: v.say("describe.from"), Hint: v.say("describe.from-hint", "day", v.day(plan.From)), Value: v.again("from", shortDay(plan.From)), Complete: "off", Most: 16, Optional: true})
	}
	if len(tags.Options) > 0 {
		fields = append(fields, tags)
	}
	return fields
}

// publishDraft publishes, or announces where it breaks for somebody.
func (p *portal) publishDraft(v *visit) error {
	digest := v.typed("digest")
	d, err := v.draft(v.typed("service"), digest)
	if err != nil {
		return err
	}
	v.here = draftAddress(d.Service, digest)
	if err := v.readDraft(&d); err != nil {
		return v.showDraft(d, digest, err)
	}
	if _, err := p.DataServices.Publish(v.r.Context(), v.author(), d); err != nil {
		if problem.Of(err).Kind == problem.Invalid {
			return v.showDraft(d, digest, err)
		}
		return err
	}
	return v.to(serviceAddress(d.Service, ""))
}

// readDraft reads what is said beside the description.
func (v *visit) readDraft(d *catalogue.Draft) error {
	title, err := v.words("title", 200)
	if err != nil {
		return err
	}
	d.Title = lang.Text{"sr": title}
	if english := v.typed("title-en"); english != "" {
		d.Title["en"] = firstRunes(english, 200)
	}
	d.Tags = []string{}
	if v.Pack != nil {
		for _, e := range v.Pack.LifeEvents() {
			if slices.Contains(v.r.PostForm["tags"], e.ID) {
				d.Tags = append(d.Tags, e.ID)
			}
		}
	}
	if typed := v.typed("from"); typed != "" {
		day, ok := parseDay(typed)
		if !ok {
			return incomplete("from", "day-malformed")
		}
		d.From = day
	}
	return nil
}

// askWithdrawEdition asks once before an announcement is taken back.
func (p *portal) askWithdrawEdition(v *visit) error {
	id, _ := registry.ParseID(v.r.URL.Query().Get("service")) // none is not registered
	sv, err := p.DataServices.Service(id)
	if err != nil {
		return err
	}
	if sv.Next == nil || !v.describes(id) {
		return problem.New(problem.Conflict, "nothing-announced")
	}
	return v.ask(question{
		Title: v.say("describe.withdraw"), Lead: []string{v.say("describe.withdraw-lead", "version", sv.Next.Version, "day", v.day(sv.Next.From))},
		Action: "/desk/services/withdraw", Hidden: []hidden{{"service", id.String()}}, Button: v.say("describe.withdraw-button"),
		Links: []link{{URL: "/desk/services", Text: v.say("contract.back")}},
	})
}

func (p *portal) withdrawEdition(v *visit) error {
	v.here = "/desk/services"
	id, err := registry.ParseID(v.typed("service"))
	if err != nil {
		return problem.New(problem.Invalid, "form-unreadable").Because(err)
	}
	if err := p.DataServices.Withdraw(v.r.Context(), v.author(), id); err != nil {
		return err
	}
	return v.to("/desk/services")
}
