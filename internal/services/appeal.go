package services

import (
	"context"
	"errors"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
)

// appealKind is the kind of the cases of appeals in a pack.
const appealKind = "appeal"

// Appeal takes the appeal of a party against a decision, and gives the number of its case. One decision has
// one appeal of its party: sent again, it adds what it says to the case that stands. An appeal that comes
// after its term is taken too; whether it is admitted, somebody decides.
//
// Problem: decision-unknown.
func (r *Room) Appeal(ctx context.Context, by act.Actor, decision, why string) (number string, err error) {
	d, err := r.decisionWhere(ctx, "id", decision)
	if err != nil {
		return "", err
	}
	if !r.is(by, d.service, d.person) {
		return "", problem.New(problem.NotFound, "decision-unknown")
	}
	s, err := r.service(d.service)
	if err != nil {
		return "", err
	}
	o, err := r.storedOffer(ctx, r.DB.Read(ctx), d.offer)
	if err != nil {
		return "", err
	}
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		against, err := r.caseOf(ctx, tx, o.assessment)
		if err != nil {
			return err
		}
		opening := cases.Opening{
			Kind: appealKind, About: "decision " + d.id, Source: "page", Service: s.ID, Occasion: s.Event + " " + o.subject,
			Person: d.person, Sector: s.Sector, Place: s.Area, Channel: cases.ByPage, Follows: against, Said: why,
		}
		c, begun, err := r.Cases.Open(ctx, tx, opening)
		if err != nil {
			return fmt.Errorf("open appeal: %w", err)
		}
		number = c.Number
		if !begun {
			return r.Cases.Heard(ctx, tx, c.ID, why)
		}
		return nil
	})
	return number, err
}

// delivered is the day on which a decision was delivered, with which the terms of remedies begin; none while
// it is not. One of before there were cases counts from the day on which it was made.
func (r *Room) delivered(ctx context.Context, d storedDecision) (civil.Day, error) {
	id, err := r.caseOfOffer(ctx, d.offer)
	if err != nil || id == "" {
		return civil.Of(d.madeAt), err
	}
	how, err := r.Cases.DeliveryOf(ctx, id)
	return how.Day, err
}

// caseOfOffer is the case to which an offer belongs; none for those of before.
func (r *Room) caseOfOffer(ctx context.Context, offer string) (id string, err error) {
	err = r.DB.Read(ctx).QueryRowContext(ctx, `select a.case_id from services_offers o join services_assessments a on a.id = o.assessment where o.id = $1`, offer).Scan(&id)
	if errors.Is(err, storage.ErrNotFound) {
		return "", nil
	}
	return id, err
}

// AppealUntil is the last day on which an appeal against a decision is in time, for its party; none
// while it is not delivered and the term has not begun.
func (r *Room) AppealUntil(ctx context.Context, by act.Actor, decision string) (last civil.Day, late, unchecked bool, err error) {
	d, err := r.decisionWhere(ctx, "id", decision)
	if err != nil {
		return last, false, false, err
	}
	if !r.is(by, d.service, d.person) {
		return last, false, false, problem.New(problem.NotFound, "decision-unknown")
	}
	_, last, err = r.appealUntil(ctx, d)
	return last, err == nil && !last.IsZero() && civil.Of(r.Now()).After(last), r.unchecked(d), err
}

// appealUntil is the day on which a decision was delivered and the last on which an appeal is in time; none
// while it is not delivered.
func (r *Room) appealUntil(ctx context.Context, d storedDecision) (delivered, last civil.Day, err error) {
	s, err := r.service(d.service)
	if err != nil {
		return delivered, last, err
	}
	if delivered, err = r.delivered(ctx, d); err != nil || delivered.IsZero() {
		return delivered, last, err
	}
	term, err := r.Pack.Read(law.Begun(s.Appeal, delivered))
	if err != nil {
		return delivered, last, fmt.Errorf("term of the appeal of %s: %w", s.ID, err)
	}
	return delivered, term.Last, nil
}

// Appealing is the act with which a party appeals. What it asks is the form of the pack with which such a
// case is begun; the field "why" is what the appeal says.
func (r *Room) Appealing() (act.Act, error) {
	kind, _ := r.Pack.CaseKind(appealKind)
	form, ok := r.Pack.Form(kind.Raise)
	if !ok {
		return act.Act{}, fmt.Errorf("the pack has no form with which a case of kind %q is begun", appealKind)
	}
	asked, err := rules.FormFields(form)
	if err != nil {
		return act.Act{}, err
	}
	decision, err := act.OfValue("decision", act.Code, act.InPath())
	if err != nil {
		return act.Act{}, err
	}
	return act.Def[act.Values, string]{
		Name: "appeal.make", Page: "/decisions/{decision}/appeal", Right: act.SignedIn(),
		Fields: append([]act.Field[act.Values]{decision}, asked...),
		Do: func(ctx context.Context, by act.Actor, in act.Values) (string, error) {
			return r.Appeal(ctx, by, in.One("decision"), in.One("why"))
		},
	}.Act()
}
