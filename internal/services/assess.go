package services

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
)

// assess gathers the facts of an event under one public service and acts on
// the outcome: an offer, a person, or nothing.
func (r *Room) assess(ctx context.Context, j job) error {
	a, err := r.assessmentByID(ctx, j.ref)
	if err != nil {
		return err
	}
	s, err := r.service(a.Service)
	if err != nil {
		return err
	}
	q := &inquiry{room: r, service: s, subject: a.subject, matter: a.subject, day: a.day, facts: known{}, asked: map[string]bool{}}
	objected := false
	_, outcome, err := q.gather(ctx, func(facts known) (stop bool, err error) {
		objected, err = r.objected(ctx, facts.text(factPerson), s.ID)
		return objected, err
	})
	if w, ok := waiting(err); ok {
		return r.wait(ctx, j, a, w)
	}
	if err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := r.conclude(ctx, tx, a, s, q, outcome, objected); err != nil {
			return err
		}
		return endJob(ctx, tx, jobAssess, a.ID)
	})
}

// conclude writes the outcome. A no and an unknown both go to a person: no
// machine refuses.
func (r *Room) conclude(ctx context.Context, tx *storage.Tx, a assessment, s law.PublicService, q *inquiry, o rules.Outcome, objected bool) error {
	switch {
	case objected:
		return r.endAssessment(ctx, tx, a.ID, AssessmentObjected)
	case o.Result == rules.Yes && q.facts.text(factPerson) != "":
		if _, err := r.makeOffer(ctx, tx, a, s, q, o); err != nil {
			return err
		}
		return r.endAssessment(ctx, tx, a.ID, AssessmentOffered)
	}
	why := FactUnknown
	if o.Result == rules.No {
		why = RuleSaysNo
	}
	if err := r.refer(ctx, tx, referral{assessment: a.ID, service: s, why: why, facts: q.facts, missing: o.Missing}); err != nil {
		return err
	}
	return r.endAssessment(ctx, tx, a.ID, AssessmentReferred)
}

func (r *Room) endAssessment(ctx context.Context, tx *storage.Tx, id string, state AssessmentState) error {
	_, err := tx.ExecContext(ctx, `UPDATE services_assessments SET state = $1, waits = '' WHERE id = $2`, state, id)
	return err
}

// wait notes for whom the assessment waits, so that it can be seen, and comes
// back to it later.
func (r *Room) wait(ctx context.Context, j job, a assessment, w *waitsFor) error {
	reason, err := json.Marshal(r.waitText(w))
	if err != nil {
		return err
	}
	next := r.Now().Add(patience(j.tries))
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE services_assessments SET state = $1, waits = $2, tries = $3, next_try = $4 WHERE id = $5`,
			AssessmentWaiting, string(reason), j.tries, storage.Micros(next), a.ID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE services_work SET next_try = $1, owner = '' WHERE kind = $2 AND ref = $3`, storage.Micros(next), j.kind, j.ref)
		return err
	})
}

// waitText says for whom it waits, and the code of the problem, which the
// pages turn into a sentence.
func (r *Room) waitText(w *waitsFor) lang.Text {
	title := r.registerTitle(w.service)
	p := problem.Of(w.err)
	return lang.Text{"sr": title["sr"], "en": title["en"], "code": p.Code, "cite": p.Args["cite"]}
}

// objected reports whether the person does not want to be considered.
func (r *Room) objected(ctx context.Context, person, service string) (bool, error) {
	if person == "" {
		return false, nil
	}
	var n int
	err := r.DB.Read(ctx).QueryRowContext(ctx, `SELECT count(*) FROM services_objections WHERE person = $1 AND service = $2`, person, service).Scan(&n)
	return n > 0, err
}

// makeOffer writes the offer, tells the person and publishes the event, all
// in one transaction.
func (r *Room) makeOffer(ctx context.Context, tx *storage.Tx, a assessment, s law.PublicService, q *inquiry, o rules.Outcome) (string, error) {
	facts, err := json.Marshal(q.facts)
	if err != nil {
		return "", err
	}
	outcome, err := json.Marshal(o)
	if err != nil {
		return "", err
	}
	offer, person, now := id.New(), q.facts.text(factPerson), r.Now()
	until, err := r.offerEnds(s, q)
	if err != nil {
		return "", err
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO services_offers (id, assessment, service, person, state, version, day, subject, known, outcome, made_at, until)
		VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11) ON CONFLICT (assessment) DO NOTHING`,
		offer, a.ID, s.ID, person, OfferOpen, q.day.String(), q.subject, string(facts), string(outcome), storage.Micros(now), storage.Micros(until))
	if err != nil {
		return "", fmt.Errorf("insert offer: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return "", err
	}
	if err := r.tell(ctx, tx, person, offer); err != nil {
		return "", err
	}
	return offer, r.publish(ctx, tx, "services.offer.made", offer, now)
}

// offerEnds is the start of the day after the last day of the term, counted
// from the day of birth.
func (r *Room) offerEnds(s law.PublicService, q *inquiry) (time.Time, error) {
	term, ok := r.Pack.Term(s.Offer)
	if !ok {
		return time.Time{}, fmt.Errorf("public service %s: no term %q", s.ID, s.Offer)
	}
	return term.Ends(q.day).AddDays(1).Start(), nil
}

// tell sends word that there is an offer. The message says nothing about it:
// what it is stands behind the sign-in.
func (r *Room) tell(ctx context.Context, tx *storage.Tx, person, offer string) error {
	if r.Notifier == nil {
		return nil
	}
	err := r.Notifier.Send(ctx, tx, notify.Notice{
		ID: "offer-" + offer, Person: person, Link: r.PublicURL + "/offers/" + offer,
		Subject: lang.Text{"sr": "Имате понуду на коју имате право", "en": "There is an offer you are entitled to"},
		Body: lang.Text{
			"sr": "Добар дан,\n\nпо подацима које држава већ има, на нешто имате право. Не морате ништа да прилажете. Погледајте и одлучите:",
			"en": "Hello,\n\nby what the state already knows, you are entitled to something. You need not bring any document. Have a look and decide:",
		},
	})
	if err != nil {
		return fmt.Errorf("tell about the offer: %w", err)
	}
	return nil
}

func (r *Room) publish(ctx context.Context, tx *storage.Tx, eventType, subject string, at time.Time) error {
	return bus.Enqueue(ctx, tx, bus.Event{ID: id.New(), Source: r.Member.String(), Type: eventType, Subject: subject, Time: at})
}

// registerTitle names who holds a data service.
func (r *Room) registerTitle(service string) lang.Text {
	return serviceTitle(r.Title, service)
}
