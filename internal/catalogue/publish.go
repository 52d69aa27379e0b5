package catalogue

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Draft is a description that somebody wants to publish.
type Draft struct {
	Service registry.ID
	Raw     []byte    // the description; none for a service that is published without one, or keeps the one it has
	Title   lang.Text // of the service; nil to keep it, or to take the description's
	Tags    []string  // life events; nil to keep them
	From    civil.Day // its first day; zero for as soon as may be
}

// Plan is what publishing a draft means.
type Plan struct {
	Service   registry.Service // as the registry will say it
	Document  *openapi.Document
	Changes   []openapi.Change    // from the present version
	Contracts []registry.Contract // about the service
	Concerned []Concern           // those of them that a breaking change hits
	Announced bool                // it breaks for somebody, so it does not hold yet
	From      civil.Day           // its first day
}

// Plan reads a draft and tells what would follow; nothing does. Problems:
// not-allowed, service-foreign, version-again, description-known,
// notice-too-short, and those of [openapi.Read].
func (r *Room) Plan(ctx context.Context, by act.Actor, d Draft) (Plan, error) {
	if err := r.mayDescribe(by); err != nil {
		return Plan{}, err
	}
	return r.plan(ctx, d)
}

func (r *Room) plan(ctx context.Context, d Draft) (Plan, error) {
	if d.Service.Owner() != r.Member || d.Service.Service == "" || !r.State().HasSubsystem(d.Service.System()) {
		return Plan{}, problem.New(problem.Forbidden, "service-foreign", "service", d.Service.String())
	}
	was, _ := r.State().Service(d.Service)
	if len(d.Raw) == 0 {
		return Plan{Service: withDraft(was, d, nil), Contracts: r.Contracts(d.Service, civil.Of(r.Now())), From: civil.Of(r.Now())}, nil
	}
	doc, err := openapi.Read(d.Raw)
	if err != nil {
		return Plan{}, err
	}
	if err := fresh(was, doc); err != nil {
		return Plan{}, err
	}
	p := Plan{Service: withDraft(was, d, doc), Document: doc, Contracts: r.Contracts(d.Service, civil.Of(r.Now()))}
	if was.Description != "" {
		older, err := r.read(ctx, was, was.Description)
		if err != nil {
			return Plan{}, err
		}
		p.Changes = openapi.Compare(older, doc)
		p.Concerned = Concerns(p.Contracts, p.Changes)
	}
	return p, r.dated(&p, d.From)
}

// fresh wants a version that was not used for another description.
func fresh(was registry.Service, doc *openapi.Document) error {
	if was.Description == doc.Digest {
		return problem.New(problem.Conflict, "description-known", "version", doc.Version)
	}
	known := func(e registry.Edition) bool { return e.Version == doc.Version && e.Description != doc.Digest }
	if next := was.Next; slices.ContainsFunc(Editions(was), known) && (next == nil || next.Version != doc.Version) {
		return problem.New(problem.Conflict, "version-again", "version", doc.Version)
	}
	return nil
}

// withDraft is the service with what the draft says beside the description.
func withDraft(was registry.Service, d Draft, doc *openapi.Document) registry.Service {
	is := was
	is.ID = d.Service
	switch {
	case doc != nil:
		is.Kind = registry.ServiceOpenAPI
	case is.Kind == "":
		is.Kind = registry.ServiceREST
	}
	if d.Tags != nil {
		is.Tags = d.Tags
	}
	switch {
	case d.Title != nil:
		is.Title = d.Title
	case is.Title == nil && doc != nil:
		is.Title = doc.Title
	case is.Title == nil: // a name has to be known by something
		is.Title = lang.Text{"sr": d.Service.Service, "en": d.Service.Service}
	}
	return is
}

// dated decides from when the description holds: a day of the author's choice,
// but not before the notice is over when it breaks for somebody. The first
// description of a service holds at once, because nothing holds until then.
func (r *Room) dated(p *Plan, wish civil.Day) error {
	today := civil.Of(r.Now())
	earliest := today
	if openapi.Breaking(p.Changes) && len(p.Contracts) > 0 {
		earliest = today.AddDays(r.Notice)
	}
	if !wish.IsZero() && wish.Before(earliest) && earliest.After(today) {
		pairs := []string{"earliest", earliest.String(), "days", strconv.Itoa(r.Notice)}
		return problem.New(problem.Invalid, "notice-too-short", pairs...).At("from", "notice-too-short", pairs...)
	}
	p.From = earliest
	if wish.After(earliest) && p.Service.Description != "" {
		p.From = wish
	}
	edition := registry.Edition{Version: p.Document.Version, Description: p.Document.Digest, From: p.From}
	if p.Announced = p.From.After(today); p.Announced {
		p.Service.Next = &edition
	} else {
		p.Service = promoted(p.Service, edition)
	}
	return nil
}

// promoted makes an edition the present one. An announced one stays announced
// unless it is this.
func promoted(sv registry.Service, e registry.Edition) registry.Service {
	if sv.Description != "" {
		sv.Former = sv.Remember(present(sv))
	}
	sv.Description, sv.Version, sv.Since = e.Description, e.Version, e.From
	if sv.Next != nil && sv.Next.Description == e.Description {
		sv.Next = nil
	}
	return sv
}

// Publish states a service in the registry, with its description if there is one: as
// the present one, or, when it breaks for those who have a contract, as the next. It
// keeps the description. Problems: as of [Room.Plan] and of [registry.Submitter].
func (r *Room) Publish(ctx context.Context, by act.Actor, d Draft) (Plan, error) {
	if err := r.mayDescribe(by); err != nil {
		return Plan{}, err
	}
	r.publish.Lock()
	defer r.publish.Unlock()
	p, err := r.plan(ctx, d)
	if err != nil {
		return p, err
	}
	if p.Document != nil {
		if err := r.store(ctx, p.Document, true); err != nil {
			return p, err
		}
	}
	if err := r.state(ctx, p.Service); err != nil {
		return p, err
	}
	version := ""
	if p.Document != nil {
		r.parsed.put(p.Document)
		version = p.Document.Version
	}
	r.Log.InfoContext(ctx, "a service is published", slog.String("service", d.Service.String()), slog.String("version", version), slog.Bool("announced", p.Announced), slog.String("by", by.Account))
	return p, nil
}

func (r *Room) state(ctx context.Context, sv registry.Service) error {
	if r.Submit == nil {
		return problem.New(problem.Unavailable, "registry-away")
	}
	return r.Submit.Submit(ctx, registry.Statement{Service: &sv})
}

// Withdraw takes back what was announced and does not hold yet.
//
// Problem: nothing-announced, not-allowed, service-foreign.
func (r *Room) Withdraw(ctx context.Context, by act.Actor, service registry.ID) error {
	if err := r.mayDescribe(by); err != nil {
		return err
	}
	r.publish.Lock()
	defer r.publish.Unlock()
	sv, ok := r.State().Service(service)
	switch {
	case service.Owner() != r.Member:
		return problem.New(problem.Forbidden, "service-foreign", "service", service.String())
	case !ok || sv.Next == nil:
		return problem.New(problem.Conflict, "nothing-announced")
	}
	sv.Next = nil
	return r.state(ctx, sv)
}

// BeginAnnounced lets the announced versions of this member's services begin whose day
// has come.
func (r *Room) BeginAnnounced(ctx context.Context) error {
	today := civil.Of(r.Now())
	var errs []error
	for sv := range r.State().ServicesAfter(r.Member) {
		if sv.ID.Owner() != r.Member {
			break
		}
		if sv.Next != nil && !today.Before(sv.Next.From) {
			errs = append(errs, r.begin(ctx, sv.ID, today))
		}
	}
	return errors.Join(errs...)
}

func (r *Room) begin(ctx context.Context, service registry.ID, today civil.Day) error {
	r.publish.Lock()
	defer r.publish.Unlock()
	sv, ok := r.State().Service(service)
	if !ok || sv.Next == nil || today.Before(sv.Next.From) {
		return nil // somebody was faster
	}
	r.Log.InfoContext(ctx, "an announced description begins", slog.String("service", service.String()), slog.String("version", sv.Next.Version))
	return r.state(ctx, promoted(sv, *sv.Next))
}

// Own lists the services of this member, in the order of their ids.
func (r *Room) Own(by act.Actor) ([]registry.Service, error) {
	if err := r.mayDescribe(by); err != nil {
		return nil, err
	}
	var own []registry.Service
	for sv := range r.State().ServicesAfter(r.Member) {
		if sv.ID.Owner() != r.Member {
			break
		}
		own = append(own, sv)
	}
	return own, nil
}
