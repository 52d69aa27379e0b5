package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
)

// storedOffer is a row of services_offers.
type storedOffer struct {
	id, assessment, service, person, subject, decision string
	state                                              OfferState
	version                                            int
	day                                                civil.Day
	facts                                              known
	outcome                                            string // of the rule, as JSON: most who read an offer do not need it
	madeAt, until, seenAt                              time.Time
}

var offers = storage.NewTable("services_offers",
	storage.Col("id", func(o *storedOffer) *string { return &o.id }),
	storage.Col("assessment", func(o *storedOffer) *string { return &o.assessment }),
	storage.Col("service", func(o *storedOffer) *string { return &o.service }),
	storage.Col("person", func(o *storedOffer) *string { return &o.person }),
	storage.Col("state", func(o *storedOffer) *OfferState { return &o.state }),
	storage.Col("version", func(o *storedOffer) *int { return &o.version }),
	storage.Text("day", func(o *storedOffer) *civil.Day { return &o.day }),
	storage.Col("subject", func(o *storedOffer) *string { return &o.subject }),
	storage.JSON("known", func(o *storedOffer) *known { return &o.facts }),
	storage.Col("outcome", func(o *storedOffer) *string { return &o.outcome }),
	storage.Time("made_at", func(o *storedOffer) *time.Time { return &o.madeAt }),
	storage.Time("until", func(o *storedOffer) *time.Time { return &o.until }),
	storage.Time("seen_at", func(o *storedOffer) *time.Time { return &o.seenAt }),
	storage.Col("decision", func(o *storedOffer) *string { return &o.decision }),
)

// lapsed reports whether the term of the offer is over.
func (o storedOffer) lapsed(now time.Time) bool {
	return o.state == OfferLapsed || o.state == OfferOpen && !now.Before(o.until)
}

func (r *Room) storedOffer(ctx context.Context, from storage.Reader, id string) (storedOffer, error) {
	o, err := offers.One(ctx, from, `where id = $1`, id)
	if errors.Is(err, storage.ErrNotFound) {
		return o, problem.New(problem.NotFound, "offer-unknown")
	}
	if err != nil {
		return o, fmt.Errorf("offer %s: %w", id, err)
	}
	return o, nil
}

// pays is the plan that was offered, without its sentences.
func (o storedOffer) pays() (p rules.Plan, err error) {
	var outcome struct {
		Plan struct {
			Once, Monthly, Last, Total money.Para
			Months                     int
		}
	}
	if err := json.Unmarshal([]byte(o.outcome), &outcome); err != nil {
		return p, fmt.Errorf("outcome of offer %s: %w", o.id, err)
	}
	plan := outcome.Plan
	return rules.Plan{Once: plan.Once, Monthly: plan.Monthly, Last: plan.Last, Total: plan.Total, Months: plan.Months}, nil
}

// offer turns a row into what people see.
func (r *Room) offer(o storedOffer) (Offer, error) {
	var outcome rules.Outcome
	if err := json.Unmarshal([]byte(o.outcome), &outcome); err != nil {
		return Offer{}, fmt.Errorf("outcome of offer %s: %w", o.id, err)
	}
	s, _ := r.Pack.Service(o.service)
	if o.lapsed(r.Now()) {
		o.state = OfferLapsed // before the hourly round has written it
	}
	view := Offer{
		ID: o.id, Service: o.service, Title: s.Title, Body: r.bodyTitle(), Person: o.person, About: about(o.facts),
		State: o.state, Version: o.version, Plan: outcome.Plan, Reasons: append(r.reasons(outcome, o.facts), r.foundReasons(s, o.facts)...),
		Affirms: s.Affirms, Refusal: s.Refusal, MadeAt: o.madeAt, Until: o.until, SeenAt: o.seenAt, Decision: o.decision,
	}
	if rule, err := r.rules.on(s.Rule, o.day); err == nil {
		if view.Affirms, err = affirmed(s, rule, o.facts); err != nil {
			return view, err
		}
	}
	if term, ok := r.Pack.Term(s.Offer, o.day); ok {
		view.UntilBy, view.Unchecked = r.cite(term.Provision), !term.Verified
	}
	return view, nil
}

// affirmed are the statements that a person makes by accepting: a mother of one child says nothing of others.
func affirmed(s law.PublicService, rule *rules.Rule, facts known) (all []law.Statement, err error) {
	for _, statement := range s.Affirms {
		applies, err := rule.Applies(statement.When, facts.values())
		if err != nil {
			return nil, fmt.Errorf("statement %s of %s: %w", statement.ID, s.ID, err)
		}
		if applies {
			all = append(all, statement)
		}
	}
	return all, nil
}

func (r *Room) bodyTitle() lang.Text { return r.Title(r.Member) }

// cite writes a provision as lawyers do.
func (r *Room) cite(ref law.Ref) lang.Text {
	p, ok := r.Pack.Provision(ref)
	if !ok {
		return lang.Text{"sr": string(ref), "en": string(ref)}
	}
	return lang.Text{"sr": p.Cite(lang.SrCyrl), "en": p.Cite(lang.En)}
}

// reasons puts the steps of an outcome together with who said so.
func (r *Room) reasons(o rules.Outcome, facts known) []Reason {
	reasons := make([]Reason, 0, len(o.Steps))
	for _, step := range o.Steps {
		reason := Reason{Says: step.Says, Result: step.Result, Cite: step.Cite}
		for _, name := range step.Facts {
			if fact, ok := facts[name]; ok && fact.Register != "" {
				reason.Register, reason.Exchange = r.registerTitle(fact.Register), fact.Exchange
				break
			}
		}
		reasons = append(reasons, reason)
	}
	return reasons
}

// registerTitle names who holds a data service: its own title where the registry
// has one, else its owner.
func (r *Room) registerTitle(service string) lang.Text {
	id, err := registry.ParseID(service)
	if err != nil {
		return lang.Text{"sr": service, "en": service}
	}
	return r.Title(id)
}

// about says whom an offer is for, without guessing a gender.
func about(facts known) lang.Text {
	day, err := civil.Parse(facts.text(factDay))
	if err != nil {
		return nil
	}
	if name := facts.text(factName); name != "" {
		return said().In("offer.about.named", lang.Values{"name": name, "day": day})
	}
	return said().In("offer.about.child", lang.Values{"day": day})
}

// Offers lists the person's own offers, the newest first.
func (r *Room) Offers(ctx context.Context, by act.Actor, after page.Key) (page.Page[Offer], error) {
	persons := r.personsOf(by)
	if len(persons) == 0 {
		return page.Page[Offer]{}, forbidden()
	}
	return r.offers(r.offer).page(ctx, r.DB, among(`person`, persons), after)
}

// AllOffers lists the offers in a state, or all where state is empty, for
// officers. Whom they are for is said only on the page of one offer, which
// leaves a receipt.
func (r *Room) AllOffers(ctx context.Context, by act.Actor, state OfferState, after page.Key) (page.Page[Offer], error) {
	mine, err := r.within(by, `service in (%s)`)
	if err != nil {
		return page.Page[Offer]{}, err
	}
	nameless := func(o storedOffer) (Offer, error) {
		view, err := r.offer(o)
		view.Person, view.About, view.Reasons = "", nil, nil
		return view, err
	}
	return r.offers(nameless).page(ctx, r.DB, inState(`state`, state).and(mine), after)
}

func (r *Room) offers(view func(storedOffer) (Offer, error)) listing[storedOffer, Offer] {
	return listing[storedOffer, Offer]{
		rows: offers.List(storage.Down("id", func(o storedOffer) string { return o.id })),
		view: func(_ context.Context, o storedOffer) (Offer, error) { return view(o) },
	}
}

// Offer shows one offer to the person it is for, and notes that it was seen;
// or to an officer, who leaves a receipt.
func (r *Room) Offer(ctx context.Context, by act.Actor, id string) (Offer, error) {
	o, err := r.storedOffer(ctx, r.DB.Read(ctx), id)
	if err != nil {
		return Offer{}, err
	}
	switch {
	case r.is(by, o.service, o.person):
		var cased string
		if cased, err = r.caseOf(ctx, r.DB.Read(ctx), o.assessment); err != nil {
			return Offer{}, err
		}
		if err := r.Cases.Known(ctx, by, cased); err != nil {
			return Offer{}, err
		}
		if o.seenAt.IsZero() {
			o.seenAt = r.Now()
			err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
				_, err := tx.ExecContext(ctx, `update services_offers set seen_at = $1 where id = $2 and seen_at = 0`, storage.Micros(o.seenAt), o.id)
				return err
			})
		}
	case r.mayDecide(by, o.service) == nil:
		var waits bool
		if waits, err = r.waits(ctx, by, o.id); err == nil {
			err = r.looked(ctx, by, o.service, o.person, "offer "+o.id, waits)
		}
	default:
		return Offer{}, problem.New(problem.NotFound, "offer-unknown") // whether it exists is nobody else's business
	}
	if err != nil {
		return Offer{}, err
	}
	return r.offer(o)
}

// errClock puts off what a clock that may be wrong must not do.
var errClock = errors.New("the clock is not confirmed: no offer lapses by it")

// lapseAgain is how soon it is looked again whether the clock is confirmed.
const lapseAgain = 5 * time.Second
