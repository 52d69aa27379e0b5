package services

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
)

// The bounds of what an officer writes or a register says, in characters.
const (
	maxReason = 2000
	maxFact   = 200
)

// resolution is how a matter goes on: what it comes to, and what makes it so.
type resolution struct {
	referral storedReferral // with the facts as they are now known
	to       string         // status of its case
	then     func(ctx context.Context) error
}

// Resolve continues a matter with the facts that an officer found, and what
// they relied on. The facts are kept under the officer's account; what is
// still missing is asked of the registers. What the rule then says becomes an
// offer, or, where the person asked for a person, the decision. Anything but a
// yes is the problem "still-not-yes".
func (r *Room) Resolve(ctx context.Context, by act.Actor, id string, version int, supplied map[string]string, source string) error {
	found, err := r.resolution(ctx, by, id, version, supplied, source)
	if err != nil {
		return err
	}
	return found.then(ctx)
}

// resolution says what Resolve would do.
func (r *Room) resolution(ctx context.Context, by act.Actor, id string, version int, supplied map[string]string, source string) (resolution, error) {
	none := resolution{}
	f, s, err := r.openReferral(ctx, r.DB.Read(ctx), by, id, version)
	if err != nil {
		return none, err
	}
	source = strings.TrimSpace(source)
	rule, day, err := r.ruleFor(s, f)
	if err != nil {
		return none, err
	}
	if err := r.supply(f.facts, s, rule.Needs(), supplied, by.Account, source); err != nil {
		return none, err
	}
	if err := r.concerns(by, s.ID, f.facts.text(factPerson)); err != nil {
		return none, err
	}
	a, err := r.assessmentByID(ctx, r.DB.Read(ctx), f.assessment)
	if err != nil {
		return none, err
	}
	q := r.inquire(s, a.subject, "referral "+f.id, day, progress{Facts: f.facts})
	outcome, err := q.gather(ctx)
	if errors.Is(err, errNotOffered) {
		return none, problem.New(problem.Conflict, "rule-not-in-force").Because(err)
	}
	if err != nil {
		return none, err
	}
	if err := r.concerns(by, s.ID, q.Facts.text(factPerson)); err != nil { // it is known by now, or was said just now
		return none, err
	}
	if outcome.Result != rules.Yes {
		return none, problem.New(problem.Conflict, "still-not-yes", "result", outcome.Result.String())
	}
	f.facts = q.Facts

	if f.offer != "" {
		offered, err := jsonText(outcome)
		if err != nil {
			return none, err
		}
		return resolution{f, caseGranted, func(ctx context.Context) error {
			return r.settleOffer(ctx, by, f, source, func(o storedOffer) verdict {
				o.facts, o.outcome, o.day = q.Facts, offered, q.day()
				return verdict{offer: o, service: s, granted: true, by: by.Account}
			})
		}}, nil
	}
	found := finding{service: s, facts: q.Facts, day: q.day(), outcome: outcome}
	until, err := r.offerEnds(found)
	switch {
	case err != nil:
		return none, err
	case found.person() == "":
		return none, problem.New(problem.Conflict, "still-not-yes", "result", rules.Unknown.String())
	case !r.Now().Before(until):
		return none, problem.New(problem.Gone, "offer-lapsed")
	}
	return resolution{f, caseOffered, func(ctx context.Context) error {
		return r.settle(ctx, by, f, source, func(ctx context.Context, tx *storage.Tx) error {
			a, err := r.assessmentByID(ctx, tx, f.assessment)
			if err != nil {
				return err
			}
			return r.conclude(ctx, tx, a, found, cases.Move{By: law.ByOfficer, Account: by.Account})
		})
	}}, nil
}

// Dismiss ends a matter without an offer, with the officer's reason. It is a refusal: a
// decision with its remedy, of which the person is told. Only where nobody is known whom it
// could be for there is none.
func (r *Room) Dismiss(ctx context.Context, by act.Actor, id string, version int, reason string) error {
	found, err := r.dismissal(ctx, by, id, version, reason)
	if err != nil {
		return err
	}
	return found.then(ctx)
}

// dismissal says what Dismiss would do.
func (r *Room) dismissal(ctx context.Context, by act.Actor, id string, version int, reason string) (resolution, error) {
	f, s, err := r.openReferral(ctx, r.DB.Read(ctx), by, id, version)
	if err != nil {
		return resolution{}, err
	}
	reason = strings.TrimSpace(reason)
	if !sayable(reason) {
		return resolution{}, problem.New(problem.Invalid, "reason-missing").At("reason", "reason-missing")
	}
	switch person := f.facts.text(factPerson); {
	case f.offer == "" && person == "":
		return resolution{f, caseNobody, func(ctx context.Context) error {
			return r.settle(ctx, by, f, reason, func(ctx context.Context, tx *storage.Tx) error {
				return r.moved(ctx, tx, f.assessment, cases.Move{To: caseNobody, By: law.ByOfficer, Account: by.Account, Why: reason})
			})
		}}, nil
	case f.offer == "":
		return resolution{f, caseRefused, func(ctx context.Context) error { return r.refuse(ctx, by, f, s, person, reason) }}, nil
	}
	return resolution{f, caseRefused, func(ctx context.Context) error {
		return r.settleOffer(ctx, by, f, reason, func(o storedOffer) verdict { return verdict{offer: o, service: s, by: by.Account, reason: reason} })
	}}, nil
}

// refuse ends a matter in which there was no offer with a decision against it. The decision
// hangs on an offer that was never open, so that there is one way to read decisions.
func (r *Room) refuse(ctx context.Context, by act.Actor, f storedReferral, s law.PublicService, person, reason string) error {
	a, err := r.assessmentByID(ctx, r.DB.Read(ctx), f.assessment)
	if err != nil {
		return err
	}
	rule, day, err := r.ruleFor(s, f)
	if err != nil {
		return err
	}
	outcome, err := jsonText(rule.Decide(f.facts.values()))
	if err != nil {
		return err
	}
	now := r.Now()
	o := storedOffer{
		id: id.New(), assessment: a.ID, service: s.ID, person: person, state: OfferReferred, version: 1, day: day, subject: a.subject,
		facts: f.facts, outcome: outcome, madeAt: now, until: now, seenAt: now,
	}
	d, err := r.draft(verdict{offer: o, service: s, by: by.Account, reason: reason})
	if err != nil {
		return err
	}
	err = r.settle(ctx, by, f, reason, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := offers.Insert(ctx, tx, "", o); err != nil {
			return fmt.Errorf("note what is refused: %w", err)
		}
		return r.enact(ctx, tx, d)
	})
	if err == nil {
		r.sealNow(ctx, d.stored(), d.sealed)
	}
	return err
}

// openReferral gives a matter that is open and unchanged to an officer. Nobody
// decides in their own matter.
func (r *Room) openReferral(ctx context.Context, from storage.Reader, by act.Actor, id string, version int) (storedReferral, law.PublicService, error) {
	f, err := r.referralFor(ctx, from, by, id)
	if err != nil {
		return f, law.PublicService{}, err
	}
	if err := r.concerns(by, f.service, f.facts.text(factPerson)); err != nil {
		return f, law.PublicService{}, err
	}
	if !f.open || f.version != version {
		return f, law.PublicService{}, problem.New(problem.Conflict, "referral-changed")
	}
	s, err := r.service(f.service)
	return f, s, err
}

// supply adds what an officer found out, typed as the rule needs it.
func (r *Room) supply(facts known, s law.PublicService, needs []rules.Need, supplied map[string]string, account, source string) error {
	p := problem.New(problem.Invalid, "facts-not-usable")
	given := false
	for _, need := range needs {
		text := strings.TrimSpace(supplied[need.Fact])
		if text == "" {
			continue
		}
		given = true
		value, ok := readFact(need.Type, text)
		if !ok || need.Type == "person" && !r.names(s.Sector, value) {
			p.At(need.Fact, "fact-form")
			continue
		}
		fact := knownFact{Value: value, Found: &found{By: account, At: r.Now(), Source: source}}
		if before, ok := facts[need.Fact]; ok {
			fact.Was = &before
		}
		facts[need.Fact] = fact
	}
	if given && !sayable(source) {
		p.At("source", "source-missing")
	}
	if len(p.Fields) > 0 {
		return p
	}
	return nil
}

func sayable(s string) bool {
	_, err := text.Lines(s, maxReason)
	return err == nil
}

// readFact reads a fact as it is written by hand.
func readFact(kind, text string) (any, bool) {
	switch kind {
	case "bool":
		return text == "true", text == "true" || text == "false"
	case "int":
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil
	case "date":
		day, err := civil.Parse(text)
		return day.String(), err == nil
	}
	return fit(text, true)
}

// settle closes a matter, once, together with what follows from it. What the officer found out serves the other matters
// of the event.
func (r *Room) settle(ctx context.Context, by act.Actor, f storedReferral, why string, then func(context.Context, *storage.Tx) error) error {
	facts, err := jsonText(f.facts)
	if err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		closed, err := changed(tx.ExecContext(ctx, `update services_referrals set open = $1, version = version + 1, ended_by = $2, ended_why = $3, known = $4 where id = $5 and version = $6`, false, by.Account, why, facts, f.id, f.version))
		if err != nil {
			return err
		}
		if !closed {
			return problem.New(problem.Conflict, "referral-changed")
		}
		if err := then(ctx, tx); err != nil {
			return err
		}
		return r.tellBeside(ctx, tx, f)
	})
}

// settleOffer closes a matter with the decision of the offer that it is about.
func (r *Room) settleOffer(ctx context.Context, by act.Actor, f storedReferral, why string, on func(storedOffer) verdict) error {
	o, err := r.storedOffer(ctx, r.DB.Read(ctx), f.offer)
	if err != nil {
		return err
	}
	d, err := r.draft(on(o))
	if err != nil {
		return err
	}
	err = r.settle(ctx, by, f, why, func(ctx context.Context, tx *storage.Tx) error { return r.enact(ctx, tx, d) })
	if err == nil {
		r.sealNow(ctx, d.stored(), d.sealed)
	}
	return err
}
