package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// assess gathers the facts of an event under one public service and acts on
// the outcome: an offer, a person, or nothing. While a register is away it
// notes for whom it waits, so that it can be seen, keeps what it has learned,
// and comes back to it later.
func (r *Room) assess(ctx context.Context, t *work.Try[work.None]) error {
	a, err := r.assessmentByID(ctx, r.DB.Read(ctx), t.Ref)
	if err != nil {
		return err
	}
	s, err := r.service(a.Service)
	if err != nil {
		return err
	}
	if a.Facts, err = r.learnt(ctx, a, s, a.Facts); err != nil {
		return err
	}
	q := r.inquire(s, a.subject, a.subject, a.day, a.progress)
	outcome, err := q.gather(ctx)
	f := finding{service: s, facts: q.Facts, day: q.day(), outcome: outcome}
	if err == nil {
		err = r.askSiblings(ctx, a, &f)
	}
	switch {
	case errors.Is(err, errNotOffered):
		return t.End(ctx, func(ctx context.Context, tx *storage.Tx) error {
			if err := r.moved(ctx, tx, a.ID, cases.Move{To: caseNotOffered, By: law.ByRule}); err != nil {
				return err
			}
			return r.endAssessment(ctx, tx, a.ID, AssessmentNotOffered)
		})
	case err == nil:
		return t.End(ctx, func(ctx context.Context, tx *storage.Tx) error {
			return r.conclude(ctx, tx, a, f, cases.Move{By: law.ByRule})
		})
	}

	w, waits := errors.AsType[*waitsFor](err)
	if !waits {
		return err
	}
	reason, err := jsonText(r.waitReason(w))
	if err != nil {
		return err
	}
	learned, err := jsonText(q.progress)
	if err != nil {
		return err
	}
	rest := t.Pause()
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := t.Again(ctx, tx, rest, w.err); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `update services_assessments set state = $1, waits = $2, progress = $3, tries = $4, next_try = $5 where id = $6`,
			AssessmentWaiting, reason, learned, t.Tries, storage.Micros(r.Now().Add(rest)), a.ID)
		return err
	})
}

// finding is what an inquiry or an officer found out.
type finding struct {
	service  law.PublicService
	facts    known
	day      civil.Day // whose law decides
	outcome  rules.Outcome
	siblings []sibling // what was asked about again; nothing where an officer found it out, who sees all of it
	asked    bool      // about siblings, which nobody does where an officer found something out
}

func (f finding) person() string { return f.facts.text(factPerson) }

// conclude writes the outcome. A no and an unknown both go to a person, and so
// does a right whose term has ended before anybody knew: no machine refuses. An
// offer is written, told to the person and published in the one transaction. by is
// whoever found it out.
func (r *Room) conclude(ctx context.Context, tx *storage.Tx, a assessment, f finding, by cases.Move) error {
	by.Person, by.Sector = f.person(), f.service.Sector
	unwanted, err := objected(ctx, tx, f.person(), f.service.ID)
	if err != nil {
		return err
	}
	if unwanted {
		by.To = caseNotWanted
		if err := r.moved(ctx, tx, a.ID, by); err != nil {
			return err
		}
		return r.endAssessment(ctx, tx, a.ID, AssessmentObjected)
	}
	doubted := false
	if by.By == law.ByRule && f.asked {
		if doubted, err = r.doubt(ctx, tx, a, f); err != nil {
			return err
		}
	}
	until, err := r.offerEnds(f)
	if err != nil {
		return err
	}
	now := r.Now()
	if doubted && f.outcome.Result == rules.Yes {
		if err := r.refer(ctx, tx, referral{assessment: a.ID, service: f.service, by: by.By, why: FactsChanged, facts: f.facts}); err != nil {
			return err
		}
		return r.endAssessment(ctx, tx, a.ID, AssessmentReferred)
	}
	if f.outcome.Result != rules.Yes || f.person() == "" || !now.Before(until) {
		if err := r.refer(ctx, tx, referral{assessment: a.ID, service: f.service, by: by.By, why: f.why(), facts: f.facts, missing: f.outcome.Missing}); err != nil {
			return err
		}
		return r.endAssessment(ctx, tx, a.ID, AssessmentReferred)
	}

	offer := id.New()
	outcome, err := jsonText(f.outcome)
	if err != nil {
		return err
	}
	n, err := offers.Insert(ctx, tx, `on conflict (assessment) do nothing`, storedOffer{
		id: offer, assessment: a.ID, service: f.service.ID, person: f.person(), state: OfferOpen, version: 1, day: f.day, subject: a.subject,
		facts: f.facts, outcome: outcome, madeAt: now, until: until,
	})
	if err != nil {
		return fmt.Errorf("insert offer: %w", err)
	}
	if n == 0 { // it was made before
		return r.endAssessment(ctx, tx, a.ID, AssessmentOffered)
	}
	// What the person is told says nothing about the offer: what it is stands behind the sign-in.
	by.To, by.Answer = caseOffered, law.Begun(f.service.Offer, f.day)
	if err := r.moved(ctx, tx, a.ID, by); err != nil {
		return err
	}
	if err := r.publish(ctx, tx, OfferMade, offer, now); err != nil {
		return err
	}
	return r.endAssessment(ctx, tx, a.ID, AssessmentOffered)
}

// why says for what reason a finding that gives no offer goes to a person.
func (f finding) why() ReferralReason {
	switch {
	case f.person() == "" || len(f.outcome.Missing) > 0:
		return FactUnknown
	case f.outcome.Result == rules.Unknown:
		return AmountMissing
	}
	return RuleSaysNo
}

func (r *Room) endAssessment(ctx context.Context, tx *storage.Tx, id string, state AssessmentState) error {
	_, err := tx.ExecContext(ctx, `update services_assessments set state = $1, waits = '', progress = '' where id = $2`, state, id)
	return err
}

// waitReason says for whom it waits, with the provision or the contract where
// that is the reason, and the code of the problem, which the pages turn into a
// sentence.
func (r *Room) waitReason(w *waitsFor) lang.Text {
	title, p := r.registerTitle(w.who), problem.Of(w.err)
	text := maps.Clone(title)
	switch cite, contract := p.Args["cite"], p.Args["contract"]; {
	case cite != "":
		text = said().In("wait.provision", lang.Values{"register": title, "cite": lang.Text{"sr": cite, "en": p.Args["cite_en"]}})
	case contract != "":
		text = said().In("wait.contract", lang.Values{"register": title, "contract": contract})
	}
	text["code"] = p.Code
	return text
}

// objected reports whether the person does not want to be considered.
func objected(ctx context.Context, from storage.Reader, person, service string) (bool, error) {
	if person == "" {
		return false, nil
	}
	var n int
	err := from.QueryRowContext(ctx, `select count(*) from services_objections where person = $1 and service = $2`, person, service).Scan(&n)
	return n > 0, err
}

// offerEnds is the first instant after the term of the offer, counted from the day
// of birth by the law of that day.
func (r *Room) offerEnds(f finding) (time.Time, error) {
	term, err := r.Pack.Read(law.Begun(f.service.Offer, f.day))
	if problem.HasCode(err, "term-not-in-force") {
		return time.Time{}, nil // the law of that day knew no such term: a person looks at it
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("term of the offer of %s: %w", f.service.ID, err)
	}
	return term.Until, nil
}

func (r *Room) publish(ctx context.Context, tx *storage.Tx, eventType, subject string, at time.Time) error {
	return bus.Enqueue(ctx, tx, bus.Event{ID: id.New(), Source: r.Member.String(), Type: eventType, Subject: subject, Time: at})
}

// jsonText is for columns that hold JSON.
func jsonText(v any) (string, error) {
	raw, err := json.Marshal(v)
	return string(raw), err
}
