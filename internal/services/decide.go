package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"dobosh/internal/identity"
	"dobosh/internal/kit/account"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
)

// byRule stands in the record where no person decided.
const byRule = "rule"

// remedyDays is how long an appeal may be lodged (ZUP 18/2016 art. 153: 15
// days from the day on which the party was told).
const remedyDays = 15

// verdict is what is to be decided.
type verdict struct {
	offer   storedOffer
	service law.PublicService
	granted bool
	by      string
}

// decide writes the decision of an offer, its first payments and the jobs
// that seal it and learn the account, and gives its id. It runs in the
// transaction that ends the offer, and the offer can have only one decision.
func (r *Room) decide(ctx context.Context, tx *storage.Tx, v verdict) (string, error) {
	content, plan, err := r.content(v)
	if err != nil {
		return "", err
	}
	raw, err := content.Canonical()
	if err != nil {
		return "", fmt.Errorf("content of the decision: %w", err)
	}
	d := content.Decision
	if _, err := tx.ExecContext(ctx, `INSERT INTO services_decisions (id, code, offer, service, person, granted, made_at, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		d.ID, d.Code, v.offer.id, v.service.ID, v.offer.person, v.granted, storage.Micros(d.MadeAt), string(raw)); err != nil {
		return "", fmt.Errorf("insert decision: %w", err)
	}
	state := OfferAccepted
	if !v.granted {
		state = OfferDeclined
	}
	if err := r.move(ctx, tx, v.offer, state); err != nil {
		return "", err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE services_offers SET decision = $1 WHERE id = $2`, d.ID, v.offer.id); err != nil {
		return "", err
	}
	if v.granted {
		if err := r.firstPayments(ctx, tx, d.ID, plan); err != nil {
			return "", err
		}
	}
	if err := r.addJob(ctx, tx, jobSeal, d.ID); err != nil {
		return "", err
	}
	return d.ID, r.publish(ctx, tx, "services.decision.made", d.ID, d.MadeAt)
}

// content makes the rule say it again, with everything needed to check it,
// and makes sure that it says what was offered.
func (r *Room) content(v verdict) (proof.Content, rules.Plan, error) {
	rule, err := r.rules.on(v.service.Rule, v.offer.day)
	if err != nil {
		return proof.Content{}, rules.Plan{}, err
	}
	record, outcome := rule.Record(v.offer.facts.values())
	if v.granted && (outcome.Result != rules.Yes || outcome.Plan.Total != v.offer.outcome.Plan.Total) {
		return proof.Content{}, rules.Plan{}, problem.New(problem.Conflict, "offer-changed")
	}
	raw, err := record.JSON()
	if err != nil {
		return proof.Content{}, rules.Plan{}, fmt.Errorf("record of the rule: %w", err)
	}
	now := r.Now()
	made := civil.Of(now)
	d := proof.Decision{
		ID: id.New(), Code: id.Code(r.Prefix, made.Year()), Service: v.service.ID, Title: v.service.Title, Body: r.bodyTitle(),
		Person: v.offer.person, About: about(v.offer.facts), Outcome: rules.No, Affirms: []law.Statement{}, Remedy: r.remedy(made), MadeAt: now, By: v.by,
	}
	if v.granted {
		d.Outcome, d.Plan = rules.Yes, outcome.Plan
		d.Affirms = append(d.Affirms, v.service.Affirms...)
	}
	return proof.Content{Decision: d, Record: raw, Receipts: receipts(v.offer.facts, rule.Needs())}, outcome.Plan, nil
}

// receipts lists where each fact came from, in the order of the rule.
func receipts(facts known, needs []rules.Need) []proof.Receipt {
	list := []proof.Receipt{}
	for _, need := range needs {
		if fact, ok := facts[need.Fact]; ok && fact.Exchange != "" {
			list = append(list, proof.Receipt{Fact: need.Fact, Exchange: fact.Exchange, Register: fact.Register, Origin: fact.Origin, Index: fact.Index})
		}
	}
	return list
}

func (r *Room) remedy(made civil.Day) lang.Text {
	last := made.AddDays(remedyDays)
	return lang.Text{
		"sr": "Ако се не слажете, можете да изјавите жалбу до " + lang.Day(last, lang.SrCyrl) + ", на шалтеру, поштом или овде, без таксе за ово право.",
		"en": "If you disagree, you may appeal until " + lang.Day(last, lang.En) + ", at the counter, by post or here.",
	}
}

// storedDecision is a row of services_decisions.
type storedDecision struct {
	id, code, offer, service, person, content string
	granted                                   bool
	index                                     int64 // in the journal; -1 while not sealed
}

const decisionColumns = `id, code, offer, service, person, granted, content, log_index`

func scanDecision(scan storage.Scan) (storedDecision, error) {
	var d storedDecision
	return d, scan(&d.id, &d.code, &d.offer, &d.service, &d.person, &d.granted, &d.content, &d.index)
}

func (r *Room) decisionWhere(ctx context.Context, where, arg string) (storedDecision, error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `SELECT `+decisionColumns+` FROM services_decisions WHERE `+where+` = $1`, arg)
	d, err := storage.One(rows, err, scanDecision)
	if errors.Is(err, storage.ErrNotFound) {
		return d, problem.New(problem.NotFound, "decision-unknown")
	}
	if err != nil {
		return d, fmt.Errorf("decision: %w", err)
	}
	return d, nil
}

// contentOf reads the sealed content from the journal, or, until it is
// sealed, from the row.
func (r *Room) contentOf(ctx context.Context, d storedDecision) (proof.Content, error) {
	raw := []byte(d.content)
	if d.index >= 0 {
		entry, _, err := r.Journal.Read(ctx, d.index)
		if err != nil {
			return proof.Content{}, fmt.Errorf("sealed decision: %w", err)
		}
		raw = entry.Body
	}
	var c proof.Content
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("content of decision %s: %w", d.id, err)
	}
	return c, nil
}

// Decision shows a decision to its person, or to an officer, who leaves a
// receipt.
func (r *Room) Decision(ctx context.Context, by identity.Actor, id string) (Decision, error) {
	d, err := r.decisionFor(ctx, by, id)
	if err != nil {
		return Decision{}, err
	}
	return r.decision(ctx, d)
}

func (r *Room) decisionFor(ctx context.Context, by identity.Actor, id string) (storedDecision, error) {
	d, err := r.decisionWhere(ctx, "id", id)
	switch {
	case err != nil:
		return d, err
	case r.is(by, d.service, d.person):
		return d, nil
	case officer(by):
		return d, r.looked(ctx, by, d.service, d.person, "decision "+d.id)
	}
	return storedDecision{}, problem.New(problem.NotFound, "decision-unknown")
}

func (r *Room) decision(ctx context.Context, d storedDecision) (Decision, error) {
	c, err := r.contentOf(ctx, d)
	if err != nil {
		return Decision{}, err
	}
	record, err := rules.ParseRecord(c.Record)
	if err != nil {
		return Decision{}, fmt.Errorf("record of decision %s: %w", d.id, err)
	}
	payments, err := r.paymentsOf(ctx, d, c)
	if err != nil {
		return Decision{}, err
	}
	view := Decision{
		ID: d.id, Code: d.code, Offer: d.offer, Service: d.service, Title: c.Decision.Title, Body: c.Decision.Body, Person: d.person,
		About: c.Decision.About, Granted: d.granted, By: c.Decision.By, Plan: c.Decision.Plan, Affirms: c.Decision.Affirms, Remedy: c.Decision.Remedy,
		MadeAt: c.Decision.MadeAt, Sealed: d.index >= 0, Payments: payments, Reasons: r.reasons(record.Outcome, sourced(c.Receipts)),
	}
	return view, nil
}

// sourced gives the facts of receipts, for naming who said so.
func sourced(receipts []proof.Receipt) known {
	facts := known{}
	for _, receipt := range receipts {
		facts[receipt.Fact] = knownFact{Exchange: receipt.Exchange, Register: receipt.Register}
	}
	return facts
}

// Decisions lists the person's own decisions, the newest first.
func (r *Room) Decisions(ctx context.Context, by identity.Actor, after page.Key) (page.Page[Decision], error) {
	persons := r.personsOf(by)
	if len(persons) == 0 {
		return page.Page[Decision]{}, forbidden()
	}
	return r.decisionsWhere(ctx, `person = $1`, persons[0], after)
}

// AllDecisions lists all decisions for officers.
func (r *Room) AllDecisions(ctx context.Context, by identity.Actor, after page.Key) (page.Page[Decision], error) {
	if !officer(by) {
		return page.Page[Decision]{}, forbidden()
	}
	return r.decisionsWhere(ctx, `$1 = ''`, "", after)
}

func (r *Room) decisionsWhere(ctx context.Context, where, arg string, after page.Key) (page.Page[Decision], error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `SELECT `+decisionColumns+` FROM services_decisions WHERE `+where+` AND id < $2 ORDER BY id DESC LIMIT $3`, arg, before(after), page.Size+1)
	found, err := storage.All(rows, err, scanDecision)
	if err != nil {
		return page.Page[Decision]{}, fmt.Errorf("list decisions: %w", err)
	}
	views := make([]Decision, len(found))
	for i, d := range found {
		if views[i], err = r.decision(ctx, d); err != nil {
			return page.Page[Decision]{}, err
		}
	}
	return page.Of(views, page.Size, func(d Decision) page.Key { return page.KeyOf(d.ID) }), nil
}

// firstPayments writes what is due at once: the one-off and the first month.
// Later months become payments when they are due.
func (r *Room) firstPayments(ctx context.Context, tx *storage.Tx, decision string, plan rules.Plan) error {
	for _, p := range schedule(plan, civil.Of(r.Now())) {
		if p.Due.After(civil.Of(r.Now())) {
			break
		}
		if err := insertPayment(ctx, tx, decision, p, PaymentWaiting, ""); err != nil {
			return err
		}
	}
	return r.addJob(ctx, tx, jobAccount, decision)
}

// schedule lays a plan out in payments from the day of the decision: what is
// paid at once goes with the first month.
func schedule(plan rules.Plan, from civil.Day) []Payment {
	count := max(plan.Months, 1)
	payments := make([]Payment, count)
	for i := range payments {
		payments[i] = Payment{Number: i + 1, Count: count, Due: from.AddMonths(i), Amount: monthly(plan, i)}
	}
	payments[0].Amount += plan.Once
	return payments
}

func monthly(plan rules.Plan, i int) money.Para {
	switch {
	case plan.Months == 0:
		return 0
	case i == plan.Months-1:
		return plan.Last
	}
	return plan.Monthly
}

func insertPayment(ctx context.Context, tx *storage.Tx, decision string, p Payment, state PaymentState, to string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO services_payments (id, decision, number, count, amount, account, due, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (decision, number) DO NOTHING`,
		id.New(), decision, p.Number, p.Count, int64(p.Amount), to, p.Due.String(), state)
	return err
}

func mask(number string) string {
	if number == "" {
		return ""
	}
	return account.Mask(number)
}
