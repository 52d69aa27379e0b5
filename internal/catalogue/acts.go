package catalogue

import (
	"context"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// asked is what the acts on services ask for, each a part of it.
type asked struct {
	Service             registry.ID
	File                []byte
	Fetch, Plan         bool
	Title, TitleEnglish string
	Tags                []string
	From                civil.Day
	After               page.Key
}

// Published is what came of publishing a service or a version of it, or would come.
type Published struct {
	Service    registry.ID `json:"service"`
	Title      lang.Text   `json:"title"`
	Version    string      `json:"version,omitempty"`
	Operations int         `json:"operations"`          // that are described
	Breaking   bool        `json:"breaking"`            // it asks something of those who ask
	Announced  bool        `json:"announced"`           // it does not hold yet
	From       civil.Day   `json:"from,omitzero"`       // its first day
	Concerned  []string    `json:"concerned,omitempty"` // ids of the contracts that a breaking change hits
	Planned    bool        `json:"planned,omitempty"`   // nothing was done
}

// OwnService is a service of this member, in the registry or only behind its node.
type OwnService struct {
	Service   registry.ID       `json:"service"`
	Title     lang.Text         `json:"title,omitempty"`
	Published bool              `json:"published"` // it stands in the registry
	Version   string            `json:"version,omitempty"`
	Next      *registry.Edition `json:"next,omitempty"` // announced
	Behind    bool              `json:"behind"`         // an information system answers for it here
	Source    bool              `json:"source"`         // its description can be fetched from there
	Contracts int               `json:"contracts"`      // about it, that hold today
}

// Acts are what the engineers of a member do with its services, on pages, by programs
// and by commands.
func (r *Room) Acts() ([]act.Act, error) {
	return act.All(
		act.Def[asked, api.List[OwnService]]{
			Name: "service.list", Route: "GET /v1/services", Right: RightToDescribe(),
			Fields: []act.Field[asked]{act.OfCode("after", func(in *asked) *page.Key { return &in.After }, act.Optional(), act.Most(512))},
			Do: func(_ context.Context, by act.Actor, in asked) (api.List[OwnService], error) {
				own, err := r.OwnServices(by)
				if err != nil {
					return api.List[OwnService]{}, err
				}
				key := func(s OwnService) page.Key { return page.KeyOf(s.Service.String()) }
				own = own[slices.IndexFunc(own, func(s OwnService) bool { return key(s) == in.After })+1:]
				return api.ListOf(page.Of(own[:min(len(own), page.Size+1)], page.Size, key), nil)
			},
		}.Act,
		func() (act.Act, error) { return Publication(r) },
		act.Def[asked, Published]{
			Name: "service.describe", Route: "POST /v1/services/describe", Right: RightToDescribe(),
			Fields: slices.Concat([]act.Field[asked]{
				ofService(),
				act.OfFile("file", func(in *asked) *[]byte { return &in.File }, act.Optional(), act.Most(openapi.MaxBytes), act.Says("describe.file")),
				act.OfConsent("fetch", func(in *asked) *bool { return &in.Fetch }, act.Optional(), act.Says("describe.fetch")),
			}, naming(), []act.Field[asked]{
				act.OfDay("from", func(in *asked) *civil.Day { return &in.From }, act.Optional(), act.Says("describe.from")),
				act.OfConsent("plan", func(in *asked) *bool { return &in.Plan }, act.Optional(), act.Says("describe.plan")),
			}),
			Do: r.describe,
		}.Act,
		act.Def[asked, Published]{
			Name: "service.withdraw", Route: "POST /v1/services/withdraw", Right: RightToDescribe(), Fields: []act.Field[asked]{ofService()},
			Do: func(ctx context.Context, by act.Actor, in asked) (Published, error) {
				if err := r.Withdraw(ctx, by, in.Service); err != nil {
					return Published{}, err
				}
				sv, err := r.Service(in.Service)
				return Published{Service: sv.ID, Title: sv.Title, Version: sv.Version, From: sv.Since}, err
			},
		}.Act,
	)
}

// Publishes publishes services; [Room] is one.
type Publishes interface {
	Publish(ctx context.Context, by act.Actor, d Draft) (Plan, error)
}

// Publication publishes a service that is not described, or names one anew.
func Publication(r Publishes) (act.Act, error) {
	return act.Def[asked, Published]{
		Name: "service.publish", Route: "POST /v1/services", Page: "/desk/services/publish", Right: RightToDescribe(), Made: true,
		Fields: append([]act.Field[asked]{ofService()}, naming()...),
		Do: func(ctx context.Context, by act.Actor, in asked) (Published, error) {
			p, err := r.Publish(ctx, by, in.draft())
			return published(p), err
		},
	}.Act()
}

// describe publishes the description of a service, or says what would follow.
func (r *Room) describe(ctx context.Context, by act.Actor, in asked) (out Published, err error) {
	if in.Fetch == (len(in.File) > 0) { // neither, or both
		return out, problem.New(problem.Invalid, "form-incomplete").At("file", "description-missing")
	}
	d := in.draft()
	if d.Raw = in.File; in.Fetch {
		if d.Raw, err = r.Fetch(ctx, by, in.Service); err != nil {
			return out, err
		}
	}
	do := r.Publish
	if in.Plan {
		do = r.Plan
	}
	p, err := do(ctx, by, d)
	if out = published(p); in.Plan {
		out.Planned = true
	}
	return out, err
}

func (in asked) draft() Draft {
	d := Draft{Service: in.Service, From: in.From, Tags: in.Tags}
	for language, says := range map[string]string{"sr": in.Title, "en": in.TitleEnglish} {
		if says != "" && d.Title == nil {
			d.Title = lang.Text{}
		}
		if says != "" {
			d.Title[language] = says
		}
	}
	return d
}

func published(p Plan) Published {
	out := Published{Service: p.Service.ID, Title: p.Service.Title, Version: p.Service.Version, Announced: p.Announced, From: p.From, Breaking: openapi.Breaking(p.Changes)}
	if p.Document != nil {
		out.Version, out.Operations = p.Document.Version, len(p.Document.Operations)
	}
	for _, c := range p.Concerned {
		out.Concerned = append(out.Concerned, c.Contract.ID)
	}
	return out
}

// ofService is the id of a service, with what comes before the subsystem or without.
func ofService() act.Field[asked] {
	return act.OfOwn("service", act.Code, func(_ context.Context, in *asked, values []string) error {
		id, err := registry.ParseID(strings.Join(values, ""))
		if err != nil || id.Service == "" {
			return act.Fault("service-id-malformed", "service", strings.Join(values, ""))
		}
		in.Service = id
		return nil
	}, func(in *asked) []string {
		if in.Service.Service == "" {
			return nil
		}
		return []string{in.Service.String()}
	}, act.Most(400), act.Says("describe.service"))
}

// naming are what people call a service and look for it by.
func naming() []act.Field[asked] {
	return []act.Field[asked]{
		act.OfLine("title", func(in *asked) *string { return &in.Title }, act.Optional(), act.Says("describe.name")),
		act.OfLine("title_en", func(in *asked) *string { return &in.TitleEnglish }, act.Optional(), act.Says("describe.name-en")),
		act.OfSeveral("tags", func(in *asked) *[]string { return &in.Tags }, act.Optional(), act.Most(64), act.Coded(), act.Says("describe.tags")),
	}
}

// OwnServices lists the services of this member in the order of their ids: those of
// the registry, and those that are only behind its node.
func (r *Room) OwnServices(by act.Actor) ([]OwnService, error) {
	registered, err := r.Own(by)
	if err != nil {
		return nil, err
	}
	today := civil.Of(r.Now())
	var all []OwnService
	for _, sv := range registered {
		all = append(all, OwnService{Service: sv.ID, Title: sv.Title, Published: true, Version: sv.Version, Next: sv.Next, Contracts: len(r.Contracts(sv.ID, today))})
	}
	for _, id := range r.Behind {
		i := slices.IndexFunc(all, func(s OwnService) bool { return s.Service == id })
		if i < 0 {
			i, all = len(all), append(all, OwnService{Service: id})
		}
		all[i].Behind, all[i].Source = true, r.HasSource(id)
	}
	slices.SortFunc(all, func(a, b OwnService) int { return strings.Compare(a.Service.String(), b.Service.String()) })
	return all, nil
}
