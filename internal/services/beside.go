package services

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// Beside is an open matter of another public service about the same event.
type Beside struct {
	Referral string
	Title    lang.Text
	Missing  []string // facts that it lacks
}

// maxBeside bounds the matters of one event that are looked at.
const maxBeside = 20

// besides lists the matters of other public services about the same event.
func besides(ctx context.Context, from storage.Reader, assessment, subject string) ([]storedReferral, error) {
	all, err := referrals.All(ctx, from, `where assessment in (select id from services_assessments where subject = $1 and id <> $2) order by id limit $3`, subject, assessment, maxBeside)
	if err != nil {
		return nil, fmt.Errorf("matters of the same event: %w", err)
	}
	return all, nil
}

// Together lists the open matters about the same event that an officer may decide too.
func (r *Room) Together(ctx context.Context, by act.Actor, id string) (all []Beside, err error) {
	f, err := r.referralFor(ctx, r.DB.Read(ctx), by, id)
	if err != nil {
		return nil, err
	}
	a, err := r.assessmentByID(ctx, r.DB.Read(ctx), f.assessment)
	if err != nil {
		return nil, err
	}
	others, err := besides(ctx, r.DB.Read(ctx), a.ID, a.subject)
	for _, other := range others {
		s, ok := r.Pack.Service(other.service)
		if ok && other.open && r.mayDecide(by, other.service) == nil {
			all = append(all, Beside{Referral: other.id, Title: s.Title, Missing: other.missing})
		}
	}
	return all, err
}

// tellBeside has the other open matters of an event looked at anew, in the transaction in which an officer found
// something out in this one: a fact is asked for once, and serves all of them.
func (r *Room) tellBeside(ctx context.Context, tx *storage.Tx, f storedReferral) error {
	a, err := r.assessmentByID(ctx, tx, f.assessment)
	if err != nil {
		return err
	}
	others, err := besides(ctx, tx, a.ID, a.subject)
	if err != nil {
		return err
	}
	for _, other := range others {
		if !other.open {
			continue
		}
		if err := r.later.anew.Add(ctx, tx, other.id, work.None{}); err != nil {
			return err
		}
	}
	return nil
}

// foundBeside are the facts that officers found out in other matters of the same event and that mean the same to a
// rule: of the same name, from the same question to the same register. Of two the later counts.
func (r *Room) foundBeside(ctx context.Context, from storage.Reader, a assessment, rule *rules.Rule) (known, error) {
	others, err := besides(ctx, from, a.ID, a.subject)
	if err != nil {
		return nil, err
	}
	learnt := known{}
	for _, other := range others {
		s, ok := r.Pack.Service(other.service)
		if !ok {
			continue
		}
		theirs, _, err := r.ruleFor(s, other)
		if err != nil {
			continue // no rule holds on that day: there is nothing to be learnt from
		}
		for _, need := range rule.Needs() {
			fact, ok := other.facts[need.Fact]
			if !ok || fact.Found == nil || !slices.ContainsFunc(theirs.Needs(), func(n rules.Need) bool { return sameFact(n, need) }) {
				continue
			}
			if earlier, ok := learnt[need.Fact]; !ok || fact.Found.At.After(earlier.Found.At) {
				learnt[need.Fact] = fact
			}
		}
	}
	return learnt, nil
}

func sameFact(a, b rules.Need) bool {
	return a.Fact == b.Fact && a.Type == b.Type && a.Service == b.Service && a.Ask == b.Ask && a.Pointer == b.Pointer
}

// learn takes over what was found out beside; it reports whether anything is new.
func (k known) learn(from known, needs []rules.Need) (known, bool) {
	learnt := false
	for name, fact := range from {
		before, ok := k[name]
		if ok && (before.Found != nil && !fact.Found.At.After(before.Found.At) || foundText(before.Value) == foundText(fact.Value)) {
			continue
		}
		if fact.Was = nil; ok {
			fact.Was = &before
		}
		k = k.without(needs, name)
		k[name], learnt = fact, true
	}
	return k, learnt
}

// lookAnew runs the rule of an open matter again with what was found out in others of the same event. A plain yes becomes
// the offer that it would have been at first, unless the person asked for a person; everything else stays with the officer,
// who sees what is known now. What an officer has just decided there is theirs: it is waited for.
func (r *Room) lookAnew(ctx context.Context, t *work.Try[work.None]) error {
	f, err := referrals.One(ctx, r.DB.Read(ctx), `where id = $1`, t.Ref)
	if err != nil {
		return fmt.Errorf("referral %s: %w", t.Ref, err)
	}
	s, known := r.Pack.Service(f.service)
	if !f.open || !known {
		return t.End(ctx, nil)
	}
	a, err := r.assessmentByID(ctx, r.DB.Read(ctx), f.assessment)
	if err != nil {
		return err
	}
	if drafted, err := r.Cases.Drafted(ctx, a.cased); err != nil {
		return err
	} else if drafted {
		return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			return t.Again(ctx, tx, max(cases.UndoFor, t.Pause()), errors.New("an officer has decided and can still take it back"))
		})
	}
	rule, day, err := r.ruleFor(s, f)
	if err != nil {
		return t.End(ctx, nil) // no rule holds on that day: the officer knows
	}
	learnt, err := r.foundBeside(ctx, r.DB.Read(ctx), a, rule)
	if err != nil {
		return err
	}
	isNew := false
	if f.facts, isNew = f.facts.learn(learnt, rule.Needs()); !isNew {
		return t.End(ctx, nil)
	}
	q := r.inquire(s, a.subject, "referral "+f.id, day, progress{Facts: f.facts})
	outcome, err := q.gather(ctx)
	if errors.Is(err, errNotOffered) {
		return t.End(ctx, nil)
	}
	if err != nil {
		return err
	}
	f.facts, f.missing = q.Facts, outcome.Missing
	offers, err := r.wouldOffer(ctx, f, finding{service: s, facts: q.Facts, day: q.day(), outcome: outcome})
	if err != nil {
		return err
	}
	return t.End(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := r.rewrite(ctx, tx, f); err != nil || !offers {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update services_referrals set open = $1, version = version + 1, ended_by = $2 where id = $3`, false, byRule, f.id); err != nil {
			return fmt.Errorf("end a referral: %w", err)
		}
		return r.conclude(ctx, tx, a, finding{service: s, facts: q.Facts, day: q.day(), outcome: outcome}, cases.Move{By: law.ByRule})
	})
}

// wouldOffer reports whether a finding makes an offer by rule, as the kind of the case lets it.
func (r *Room) wouldOffer(ctx context.Context, f storedReferral, found finding) (bool, error) {
	kind, _ := r.Pack.CaseKind(CaseKind)
	if status, _ := kind.Status(caseWithOfficer); !status.Lets(caseOffered, law.ByRule) {
		return false, nil
	}
	if f.offer != "" || found.outcome.Result != rules.Yes || found.person() == "" {
		return false, nil
	}
	unwanted, err := objected(ctx, r.DB.Read(ctx), found.person(), found.service.ID)
	if err != nil || unwanted {
		return false, err
	}
	until, err := r.offerEnds(found)
	return r.Now().Before(until), err
}

// learnt puts what officers found out in other matters of the event before the questions of an assessment.
func (r *Room) learnt(ctx context.Context, a assessment, s law.PublicService, facts known) (known, error) {
	if facts == nil {
		facts = known{}
	}
	rule, err := r.rules.on(s.Rule, facts.day(a.day))
	if err != nil {
		return facts, nil // of a day on which there was no such rule the inquiry says so
	}
	beside, err := r.foundBeside(ctx, r.DB.Read(ctx), a, rule)
	if err != nil {
		return facts, err
	}
	facts, _ = facts.learn(beside, rule.Needs())
	return facts, nil
}
