package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dobosh/internal/identity"
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
}

// refer hands a matter to the officers, once.
func (r *Room) refer(ctx context.Context, tx *storage.Tx, f referral) error {
	facts, err := jsonText(f.facts)
	if err != nil {
		return err
	}
	missing, err := jsonText(append([]string{}, f.missing...))
	if err != nil {
		return err
	}
	now := r.Now()
	until := time.Time{}
	if term, ok := r.Pack.Term(f.service.Decide); ok {
		until = term.Ends(civil.Of(now)).AddDays(1).Start()
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO services_referrals (id, assessment, offer, service, why, known, missing, since, until, open, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1) ON CONFLICT (assessment, why) DO NOTHING`,
		id.New(), f.assessment, f.offer, f.service.ID, f.why, facts, missing, storage.Micros(now), storage.Micros(until), true)
	if err != nil {
		return fmt.Errorf("refer to a person: %w", err)
	}
	return nil
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
}

const referralColumns = `id, assessment, offer, service, why, known, missing, since, until, open, version`

func scanReferral(scan storage.Scan) (storedReferral, error) {
	var f storedReferral
	var facts, missing string
	var since, until int64
	if err := scan(&f.id, &f.assessment, &f.offer, &f.service, &f.why, &facts, &missing, &since, &until, &f.open, &f.version); err != nil {
		return f, err
	}
	f.since, f.until = storage.Instant(since), storage.Instant(until)
	return f, errors.Join(json.Unmarshal([]byte(facts), &f.facts), json.Unmarshal([]byte(missing), &f.missing))
}

func (r *Room) storedReferral(ctx context.Context, from storage.Reader, id string) (storedReferral, error) {
	rows, err := from.QueryContext(ctx, `SELECT `+referralColumns+` FROM services_referrals WHERE id = $1`, id)
	f, err := storage.One(rows, err, scanReferral)
	if errors.Is(err, storage.ErrNotFound) {
		return f, problem.New(problem.NotFound, "referral-unknown")
	}
	return f, err
}

// referral turns a row into what officers see.
func (r *Room) referral(f storedReferral) (Referral, error) {
	s, err := r.service(f.service)
	if err != nil {
		return Referral{}, err
	}
	rule, _, err := r.ruleFor(s, f)
	if err != nil {
		return Referral{}, err
	}
	view := Referral{
		ID: f.id, Service: f.service, Title: s.Title, About: about(f.facts), Why: f.why, Since: f.since, Until: f.until, Open: f.open, Version: f.version,
		Offer: f.offer, Reasons: r.reasons(rule.Decide(f.facts.values()), f.facts),
	}
	if term, ok := r.Pack.Term(s.Decide); ok {
		view.UntilBy = r.cite(term.Provision)
	}
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

// Referrals lists the open matters for officers, the newest first.
func (r *Room) Referrals(ctx context.Context, by identity.Actor, after page.Key) (page.Page[Referral], error) {
	if !officer(by) {
		return page.Page[Referral]{}, forbidden()
	}
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `SELECT `+referralColumns+` FROM services_referrals WHERE open = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, true, before(after), page.Size+1)
	found, err := storage.All(rows, err, scanReferral)
	if err != nil {
		return page.Page[Referral]{}, fmt.Errorf("list referrals: %w", err)
	}
	views := make([]Referral, len(found))
	for i, f := range found {
		if views[i], err = r.referral(f); err != nil {
			return page.Page[Referral]{}, err
		}
	}
	return page.Of(views, page.Size, func(f Referral) page.Key { return page.KeyOf(f.ID) }), nil
}

// Referral shows one matter to an officer, who leaves a receipt where the
// person is known.
func (r *Room) Referral(ctx context.Context, by identity.Actor, id string) (Referral, error) {
	if !officer(by) {
		return Referral{}, forbidden()
	}
	f, err := r.storedReferral(ctx, r.DB.Read(ctx), id)
	if err != nil {
		return Referral{}, err
	}
	if err := r.looked(ctx, by, f.service, f.facts.text(factPerson), "referral "+f.id); err != nil {
		return Referral{}, err
	}
	return r.referral(f)
}

// Resolve continues a matter with the facts that an officer found, and what
// they relied on. The facts become part of the record under the officer's
// account. What the rule then says becomes an offer, or, where the person
// asked for a person, the decision.
func (r *Room) Resolve(ctx context.Context, by identity.Actor, id string, version int, supplied map[string]string, source string) error {
	if !officer(by) {
		return forbidden()
	}
	source = strings.TrimSpace(source)
	var decision string
	err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		f, s, err := r.openReferral(ctx, tx, id, version)
		if err != nil {
			return err
		}
		rule, day, err := r.ruleFor(s, f)
		if err != nil {
			return err
		}
		if err := supply(f.facts, rule.Needs(), supplied, by.Account+": "+source, source); err != nil {
			return err
		}
		if rule, day, err = r.ruleFor(s, f); err != nil {
			return err
		}
		outcome := rule.Decide(f.facts.values())
		if outcome.Result != rules.Yes {
			return problem.New(problem.Conflict, "still-not-yes", "result", outcome.Result.String())
		}
		if decision, err = r.resolved(ctx, tx, by, f, s, day, outcome); err != nil {
			return err
		}
		return r.closeReferral(ctx, tx, f, by.Account, source)
	})
	if err == nil && decision != "" {
		r.sealNow(ctx, decision)
	}
	return err
}

func (r *Room) openReferral(ctx context.Context, tx *storage.Tx, id string, version int) (storedReferral, law.PublicService, error) {
	f, err := r.storedReferral(ctx, tx, id)
	if err != nil {
		return f, law.PublicService{}, err
	}
	if !f.open || f.version != version {
		return f, law.PublicService{}, problem.New(problem.Conflict, "referral-changed")
	}
	s, err := r.service(f.service)
	return f, s, err
}

// supply adds what an officer found out, typed as the rule needs it.
func supply(facts known, needs []rules.Need, supplied map[string]string, by, source string) error {
	p := problem.New(problem.Invalid, "facts-not-usable")
	for _, need := range needs {
		text := strings.TrimSpace(supplied[need.Fact])
		if text == "" {
			continue
		}
		value, ok := typed(need.Type, text)
		if !ok {
			p.At(need.Fact, "fact-form")
			continue
		}
		facts[need.Fact] = knownFact{Value: value, Source: by}
	}
	if source == "" && len(supplied) > 0 {
		p.At("source", "source-missing")
	}
	if len(p.Fields) > 0 {
		return p
	}
	return nil
}

func typed(kind, text string) (any, bool) {
	switch kind {
	case "bool":
		return text == "true", text == "true" || text == "false"
	case "int":
		var n json.Number = json.Number(text)
		i, err := n.Int64()
		return i, err == nil
	case "date":
		_, err := civil.Parse(text)
		return text, err == nil
	}
	return text, len(text) <= 200
}

// resolved makes the offer, or decides the one that stands.
func (r *Room) resolved(ctx context.Context, tx *storage.Tx, by identity.Actor, f storedReferral, s law.PublicService, day civil.Day, outcome rules.Outcome) (decision string, err error) {
	if f.offer != "" {
		o, err := r.storedOffer(ctx, tx, f.offer)
		if err != nil {
			return "", err
		}
		o.facts, o.outcome = f.facts, outcome
		return r.decide(ctx, tx, verdict{offer: o, service: s, granted: true, by: by.Account})
	}
	rows, err := tx.QueryContext(ctx, `SELECT `+assessmentColumns+` FROM services_assessments WHERE id = $1`, f.assessment)
	a, err := storage.One(rows, err, r.scanAssessment)
	if err != nil {
		return "", err
	}
	q := &inquiry{room: r, service: s, subject: a.subject, day: day, facts: f.facts}
	if f.facts.text(factPerson) == "" {
		return "", problem.New(problem.Conflict, "person-unknown")
	}
	if _, err := r.makeOffer(ctx, tx, a, s, q, outcome); err != nil {
		return "", err
	}
	return "", r.endAssessment(ctx, tx, a.ID, AssessmentOffered)
}

func (r *Room) closeReferral(ctx context.Context, tx *storage.Tx, f storedReferral, by, why string) error {
	_, err := tx.ExecContext(ctx, `UPDATE services_referrals SET open = $1, version = version + 1, ended_by = $2, ended_why = $3 WHERE id = $4`, false, by, why, f.id)
	return err
}

// Dismiss ends a matter without an offer, with the officer's reason. Where the
// person asked for a person, it is a refusal: a decision with its remedy.
func (r *Room) Dismiss(ctx context.Context, by identity.Actor, id string, version int, reason string) error {
	if !officer(by) {
		return forbidden()
	}
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > 2000 {
		return problem.New(problem.Invalid, "reason-missing").At("reason", "reason-missing")
	}
	var decision string
	err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		f, s, err := r.openReferral(ctx, tx, id, version)
		if err != nil {
			return err
		}
		if f.offer != "" {
			o, err := r.storedOffer(ctx, tx, f.offer)
			if err != nil {
				return err
			}
			if decision, err = r.decide(ctx, tx, verdict{offer: o, service: s, by: by.Account}); err != nil {
				return err
			}
		}
		return r.closeReferral(ctx, tx, f, by.Account, reason)
	})
	if err == nil && decision != "" {
		r.sealNow(ctx, decision)
	}
	return err
}

// Assessments lists the events being looked at, in a state or all.
func (r *Room) Assessments(ctx context.Context, by identity.Actor, state AssessmentState, after page.Key) (page.Page[Assessment], error) {
	if !officer(by) {
		return page.Page[Assessment]{}, forbidden()
	}
	where, arg := `$1 = ''`, ""
	if state != "" {
		where, arg = `state = $1`, string(state)
	}
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `SELECT `+assessmentColumns+` FROM services_assessments WHERE `+where+` AND id < $2 ORDER BY id DESC LIMIT $3`, arg, before(after), page.Size+1)
	found, err := storage.All(rows, err, r.scanAssessment)
	if err != nil {
		return page.Page[Assessment]{}, fmt.Errorf("list assessments: %w", err)
	}
	views := make([]Assessment, len(found))
	for i, a := range found {
		views[i] = a.Assessment
	}
	return page.Of(views, page.Size, func(a Assessment) page.Key { return page.KeyOf(a.ID) }), nil
}

// Counts are the numbers of an officer's first page.
type Counts struct {
	Waiting, OffersOpen, Accepted, Declined, Decisions, PaymentsWaiting, PaymentsDue, ReferralsOpen int
}

// Counts counts what stands where.
func (r *Room) Counts(ctx context.Context, by identity.Actor) (Counts, error) {
	if !officer(by) {
		return Counts{}, forbidden()
	}
	var c Counts
	err := r.DB.Read(ctx).QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM services_assessments WHERE state IN ('asking', 'waiting')),
		(SELECT count(*) FROM services_offers WHERE state = 'open'),
		(SELECT count(*) FROM services_offers WHERE state = 'accepted'),
		(SELECT count(*) FROM services_offers WHERE state IN ('declined', 'objected')),
		(SELECT count(*) FROM services_decisions),
		(SELECT count(*) FROM services_payments WHERE state = 'waiting'),
		(SELECT count(*) FROM services_payments WHERE state = 'due'),
		(SELECT count(*) FROM services_referrals WHERE open)`).
		Scan(&c.Waiting, &c.OffersOpen, &c.Accepted, &c.Declined, &c.Decisions, &c.PaymentsWaiting, &c.PaymentsDue, &c.ReferralsOpen)
	if err != nil {
		return c, fmt.Errorf("count: %w", err)
	}
	return c, nil
}
