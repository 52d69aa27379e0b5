package services

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
)

// referral is what goes to a person.
type referral struct {
	assessment, offer string
	service           law.PublicService
	why               ReferralReason
	facts             known
	missing           []string
	by                law.Mover // who brought it there
}

// refer hands a matter to the officers, once.
func (r *Room) refer(ctx context.Context, tx *storage.Tx, f referral) error {
	now := r.Now()
	term, err := r.Pack.Read(law.BegunAt(f.service.Decide, now, civil.Of(now)))
	if err != nil {
		return fmt.Errorf("term of the decision of %s: %w", f.service.ID, err)
	}
	_, err = referrals.Insert(ctx, tx, `on conflict (assessment, why) do nothing`, storedReferral{
		id: id.New(), assessment: f.assessment, offer: f.offer, service: f.service.ID, why: f.why, facts: f.facts, missing: f.missing,
		since: now, until: term.Until, open: true, version: 1,
	})
	if err != nil {
		return fmt.Errorf("refer to a person: %w", err)
	}
	return r.moved(ctx, tx, f.assessment, cases.Move{To: caseWithOfficer, By: f.by, Person: f.facts.text(factPerson), Sector: f.service.Sector})
}

// storedReferral is a row of services_referrals.
type storedReferral struct {
	id, assessment, offer, service string
	why                            ReferralReason
	facts                          known
	missing                        []string
	since, until                   time.Time
	open                           bool
	version                        int
	endedBy                        string // account of the officer; empty while it is open
}

var referrals = storage.NewTable("services_referrals",
	storage.Col("id", func(f *storedReferral) *string { return &f.id }),
	storage.Col("assessment", func(f *storedReferral) *string { return &f.assessment }),
	storage.Col("offer", func(f *storedReferral) *string { return &f.offer }),
	storage.Col("service", func(f *storedReferral) *string { return &f.service }),
	storage.Col("why", func(f *storedReferral) *ReferralReason { return &f.why }),
	storage.JSON("known", func(f *storedReferral) *known { return &f.facts }),
	storage.JSON("missing", func(f *storedReferral) *[]string { return &f.missing }),
	storage.Time("since", func(f *storedReferral) *time.Time { return &f.since }),
	storage.Time("until", func(f *storedReferral) *time.Time { return &f.until }),
	storage.Col("open", func(f *storedReferral) *bool { return &f.open }),
	storage.Col("version", func(f *storedReferral) *int { return &f.version }),
	storage.Col("ended_by", func(f *storedReferral) *string { return &f.endedBy }),
)

// referral turns a row into what officers see.
func (r *Room) referral(f storedReferral) (Referral, error) {
	s, err := r.service(f.service)
	if err != nil {
		return Referral{}, err
	}
	view := Referral{
		ID: f.id, Service: f.service, Title: s.Title, About: about(f.facts), Why: f.why, Since: f.since, Until: f.until, Open: f.open, Version: f.version, Offer: f.offer,
	}
	if term, ok := r.Pack.Term(s.Decide, civil.Of(f.since)); ok {
		view.UntilBy, view.Unchecked = r.cite(term.Provision), !term.Verified
	}
	rule, _, err := r.ruleFor(s, f)
	if err != nil {
		return view, nil // no rule holds on that day: there is nothing more to say
	}
	outcome := rule.Decide(f.facts.values())
	view.Reasons, view.Result = append(r.reasons(outcome, f.facts), r.foundReasons(s, f.facts)...), outcome.Result
	view.Known = r.knownFacts(rule.Needs(), f.facts)
	for _, need := range rule.Needs() {
		if slices.Contains(f.missing, need.Fact) {
			view.Missing = append(view.Missing, MissingFact{Fact: need.Fact, Type: need.Type, Label: need.Label, Register: r.registerTitle(need.Service)})
		}
	}
	return view, nil
}

// ruleFor gives the rule of the day of birth; where that day is unknown, of
// the day on which the matter began.
func (r *Room) ruleFor(s law.PublicService, f storedReferral) (*rules.Rule, civil.Day, error) {
	day, err := civil.Parse(f.facts.text(factDay))
	if err != nil {
		day = civil.Of(f.since)
	}
	rule, err := r.rules.on(s.Rule, day)
	return rule, day, err
}

// Referrals lists the open matters for officers, the newest first. Whom they
// are about is said only on the page of one matter, which leaves a receipt.
func (r *Room) Referrals(ctx context.Context, by act.Actor, after page.Key) (page.Page[Referral], error) {
	mine, err := r.within(by, `service in (%s)`)
	if err != nil {
		return page.Page[Referral]{}, err
	}
	list := listing[storedReferral, Referral]{
		rows: referrals.List(storage.Down("id", func(f storedReferral) string { return f.id })),
		view: func(_ context.Context, f storedReferral) (Referral, error) {
			view, err := r.referral(f)
			view.About, view.Reasons, view.Known = nil, nil, nil
			return view, err
		},
	}
	return list.page(ctx, r.DB, equal(`open`, true).and(mine), after)
}

// Referral shows one matter to an officer, who leaves a receipt where the
// person is known.
func (r *Room) Referral(ctx context.Context, by act.Actor, id string) (Referral, error) {
	f, err := r.referralFor(ctx, r.DB.Read(ctx), by, id)
	if err != nil {
		return Referral{}, err
	}
	if err := r.looked(ctx, by, f.service, f.facts.text(factPerson), "referral "+f.id, f.open || f.endedBy == by.Account); err != nil {
		return Referral{}, err
	}
	return r.referral(f)
}

// referralFor gives a matter to an officer of its public service. Who is no officer
// does not learn whether there is one.
func (r *Room) referralFor(ctx context.Context, from storage.Reader, by act.Actor, id string) (storedReferral, error) {
	if _, err := RightToDecide().Where(by); err != nil {
		return storedReferral{}, err
	}
	f, err := referrals.One(ctx, from, `where id = $1`, id)
	if errors.Is(err, storage.ErrNotFound) {
		return storedReferral{}, problem.New(problem.NotFound, "referral-unknown")
	}
	if err != nil {
		return storedReferral{}, err
	}
	return f, r.mayDecide(by, f.service)
}

// Assessments lists the events being looked at, in a state or all.
func (r *Room) Assessments(ctx context.Context, by act.Actor, state AssessmentState, after page.Key) (page.Page[Assessment], error) {
	mine, err := r.within(by, `service in (%s)`)
	if err != nil {
		return page.Page[Assessment]{}, err
	}
	list := listing[assessment, Assessment]{
		rows: assessments.List(storage.Down("id", func(a assessment) string { return a.ID })),
		view: func(_ context.Context, a assessment) (Assessment, error) {
			if s, ok := r.Pack.Service(a.Service); ok {
				a.Title = s.Title
			}
			return a.Assessment, nil
		},
	}
	return list.page(ctx, r.DB, inState(`state`, state).and(mine), after)
}

// Counts are the numbers of an officer's first page.
type Counts struct {
	Waiting, OffersOpen, Accepted, Declined, Decisions, PaymentsWaiting, PaymentsDue, ReferralsOpen int
}

// Counts counts what stands where, under the public services of an officer.
func (r *Room) Counts(ctx context.Context, by act.Actor) (c Counts, err error) {
	filter, err := r.within(by, `service in (%s)`)
	if err != nil {
		return c, err
	}
	mine, services := filter.where()
	ours := `1 = 1`
	if len(filter) > 0 {
		ours = `decision in (select id from services_decisions where ` + mine + `)`
	}
	err = r.DB.Read(ctx).QueryRowContext(ctx, `select
		(select count(*) from services_assessments where state in ('asking', 'waiting') and `+mine+`),
		(select count(*) from services_offers where state = 'open' and `+mine+`),
		(select count(*) from services_offers where state = 'accepted' and `+mine+`),
		(select count(*) from services_offers where state in ('declined', 'objected', 'refused') and `+mine+`),
		(select count(*) from services_decisions where `+mine+`),
		(select count(*) from services_payments where state = 'waiting' and `+ours+`),
		(select count(*) from services_payments where state = 'due' and `+ours+`),
		(select count(*) from services_referrals where open and `+mine+`)`, services...).
		Scan(&c.Waiting, &c.OffersOpen, &c.Accepted, &c.Declined, &c.Decisions, &c.PaymentsWaiting, &c.PaymentsDue, &c.ReferralsOpen)
	if err != nil {
		return c, fmt.Errorf("count: %w", err)
	}
	return c, nil
}
