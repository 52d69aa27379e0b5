package pages

import (
	"errors"
	"io"
	"slices"

	"dobosh/internal/catalogue"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// engineer says whether to offer the pages of those who describe services; the
// room decides what is allowed.
func (v *visit) engineer() bool {
	return catalogue.RightToDescribe().Lets(v.Actor)
}

// describes says whether the reader may describe this service here.
func (v *visit) describes(service registry.ID) bool {
	return v.engineer() && v.DataServices.IsOwn(service)
}

func describeAddress(service registry.ID) string {
	return "/desk/services/describe" + queryOf("service", service.String())
}

func draftAddress(service registry.ID, digest string) string {
	return "/desk/services/draft" + queryOf("service", service.String(), "digest", digest)
}

// ownServiceView is a service of this member.
type ownServiceView struct {
	catalogue.OwnService
	URL      string // empty where it is not published
	Describe string
	Publish  string // empty where it is published
	Withdraw string // empty where nothing is announced
}

func (v *visit) ownServices() error {
	own, err := v.DataServices.OwnServices(v.Actor)
	if err != nil {
		return err
	}
	own = following(own, v.After())
	list := page.Of(own[:min(len(own), page.Size+1)], page.Size, serviceKey)
	view := ownServicesView{Next: v.More(list.Next)}
	for _, sv := range list.Items {
		one := ownServiceView{OwnService: sv, Describe: describeAddress(sv.Service)}
		if one.Title == nil {
			one.Title = lang.Text{"sr": sv.Service.Service, "en": sv.Service.Service}
		}
		if sv.Published {
			one.URL = serviceAddress(sv.Service, "")
		} else {
			one.Publish = "/desk/services/publish" + queryOf("service", sv.Service.String())
		}
		if sv.Next != nil {
			one.Withdraw = "/desk/services/withdraw" + queryOf("service", sv.Service.String())
		}
		view.Services = append(view.Services, one)
	}
	return v.Show("own", v.Say("describe.services"), view)
}

// ownServicesView is a page of the services of this member.
type ownServicesView struct {
	Services []ownServiceView
	Next     string // address of the next page; empty on the last
}

func serviceKey(sv catalogue.OwnService) page.Key { return page.KeyOf(sv.Service.String()) }

// following are the services after the one that a key names; all of them where
// that one is gone.
func following(services []catalogue.OwnService, after page.Key) []catalogue.OwnService {
	at := slices.IndexFunc(services, func(sv catalogue.OwnService) bool { return serviceKey(sv) == after })
	return services[at+1:]
}

// descriptionForm is the page on which a description is given.
type descriptionForm struct {
	Service registry.ID // empty for a new one
	Title   lang.Text
	Systems []registry.ID // to choose from for a new one
	Behind  []waitingView // services behind the node that nobody has published, likewise
	System  string        // chosen
	Code    string        // typed
	Source  bool          // it can be fetched
	Where   string        // what is wrong: file, code or source
	Error   string
	Detail  string // what exactly, in the words of the reader of OpenAPI
	Max     int    // megabytes
}

// waitingView is a service that is behind the node and not published.
type waitingView struct {
	Service  registry.ID
	Describe string
}

// Named reports whether the service is given.
func (f descriptionForm) Named() bool { return f.Service.Service != "" }

func (v *visit) descriptionForm(service registry.ID) descriptionForm {
	f := descriptionForm{Service: service, Systems: v.DataServices.Systems(), Max: openapi.MaxBytes >> 20}
	if service.Service == "" {
		own, err := v.DataServices.OwnServices(v.Actor)
		for _, sv := range own {
			if err == nil && !sv.Published {
				f.Behind = append(f.Behind, waitingView{sv.Service, describeAddress(sv.Service)})
			}
		}
		return f
	}
	f.Title, f.Source = v.DataServices.Title(service), v.DataServices.HasSource(service)
	return f
}

// refuse shows the form again with what is wrong.
func (v *visit) refuseDescription(f descriptionForm, where string, err error) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || !slices.Contains([]problem.Kind{problem.Invalid, problem.Conflict, problem.TooLarge, problem.Unavailable}, p.Kind) {
		return err
	}
	f.Where, f.Error, v.Status = where, v.SaidProblem(p.Code, p.Args), p.Kind.Status()
	for _, name := range []string{"says", "reference", "name", "version"} {
		if f.Detail == "" {
			f.Detail = p.Args[name]
		}
	}
	return v.showDescriptionForm(f)
}

func (v *visit) showDescriptionForm(f descriptionForm) error {
	title := v.Say("describe.title")
	if f.Error != "" {
		title = v.Say("form.wrong-title", "title", title)
	}
	return v.Show("describe", title, f)
}

func (v *visit) askDescription() error {
	service, _ := registry.ParseID(v.R.URL.Query().Get("service")) // none for a new one
	return v.showDescriptionForm(v.descriptionForm(service))
}

// takeDescription reads what was uploaded and shows what would follow.
func (v *visit) takeDescription() error {
	v.Here = "/desk/services"
	typed, raw, err := v.readDescription()
	service, _ := registry.ParseID(typed["service"])
	f := v.descriptionForm(service)
	if !f.Named() {
		f.System, f.Code = typed["system"], typed["code"]
		if service, ok := f.composed(); ok {
			f.Service = service
		} else if err == nil {
			return v.refuseDescription(f, "code", problem.New(problem.Invalid, "service-code"))
		}
	}
	if err == nil {
		return v.planned(f, "file", raw)
	}
	return v.refuseDescription(f, "file", err)
}

// composed is the service that somebody named by subsystem and code.
func (f descriptionForm) composed() (registry.ID, bool) {
	for _, system := range f.Systems {
		if system.String() == f.System && f.Code != "" {
			id, err := registry.ParseID(system.With(f.Code).String())
			return id, err == nil
		}
	}
	return registry.ID{}, false
}

// planned keeps a description that could be published and leads to what would
// follow.
func (v *visit) planned(f descriptionForm, where string, raw []byte) error {
	service, by := f.Service, v.Actor
	if _, err := v.DataServices.Plan(v.R.Context(), by, catalogue.Draft{Service: service, Raw: raw}); err != nil {
		return v.refuseDescription(f, where, err)
	}
	digest, err := v.DataServices.KeepDraft(v.R.Context(), by, raw)
	if err != nil {
		return v.refuseDescription(f, where, err)
	}
	return v.To(draftAddress(service, digest))
}

// fetchDescription reads it where the information system shows it.
func (v *visit) fetchDescription() error {
	v.Here = "/desk/services"
	service, err := registry.ParseID(v.Typed("service"))
	if err != nil {
		return problem.New(problem.Invalid, "form-unreadable").Because(err)
	}
	f := v.descriptionForm(service)
	raw, err := v.DataServices.Fetch(v.R.Context(), v.Actor, service)
	if err != nil {
		return v.refuseDescription(f, "source", err)
	}
	return v.planned(f, "source", raw)
}

// readDescription reads the form with the one file. What stands after the file
// is left out.
func (v *visit) readDescription() (typed map[string]string, raw []byte, err error) {
	typed = map[string]string{}
	reader, err := v.R.MultipartReader()
	if err != nil {
		return typed, nil, problem.New(problem.Invalid, "form-unreadable").Because(err)
	}
	for range 8 {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return typed, nil, portal.Unreadable(err)
		}
		if part.FormName() == "file" {
			if part.FileName() == "" {
				break
			}
			raw, err := io.ReadAll(io.LimitReader(part, openapi.MaxBytes+1))
			if err != nil {
				return typed, nil, portal.Unreadable(err)
			}
			return typed, raw, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, 4<<10))
		if err != nil {
			return typed, nil, portal.Unreadable(err)
		}
		typed[part.FormName()] = firstRunes(string(value), 2000)
	}
	return typed, nil, problem.New(problem.Invalid, "file-missing")
}
