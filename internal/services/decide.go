package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// byRule stands in the record where no person decided.
const byRule = "rule"

// verdict is what is to be decided.
type verdict struct {
	offer   storedOffer
	service law.PublicService
	granted bool
	by      string
	reason  string // of a refusal
}

// draft is a decision that is written down and not yet made.
type draft struct {
	verdict
	content proof.Content
	sealed  []byte // canonical form of the content
}

// draft makes the rule say it again, with everything needed to check it, and
// makes sure that it says what was offered: the problem "offer-changed" says
// that it does not. It needs no transaction.
func (r *Room) draft(v verdict) (draft, error) {
	rule, err := r.rules.on(v.service.Rule, v.offer.day)
	if err != nil {
		return draft{}, err
	}
	record, outcome, err := rule.RecordJSON(v.offer.facts.values())
	if err != nil {
		return draft{}, fmt.Errorf("record of the rule: %w", err)
	}
	offered, err := v.offer.pays()
	if err != nil {
		return draft{}, err
	}
	if v.granted && (outcome.Result != rules.Yes || !paysTheSame(outcome.Plan, offered)) {
		return draft{}, problem.New(problem.Conflict, "offer-changed")
	}

	// Where each fact came from, in the order of the rule.
	receipts := []proof.Receipt{}
	for _, need := range rule.Needs() {
		if fact, ok := v.offer.facts[need.Fact]; ok && fact.Exchange != "" {
			receipts = append(receipts, proof.Receipt{Fact: need.Fact, Exchange: fact.Exchange, Register: fact.Register, Origin: fact.Origin, Index: fact.Index})
		}
	}

	now := r.Now()
	made := civil.Of(now)
	remedy, err := r.remedy(v.service, made)
	if err != nil {
		return draft{}, err
	}
	decision := proof.Decision{
		ID: id.New(), Code: id.Code(r.Prefix, made.Year()), Service: v.service.ID, Title: v.service.Title, Body: r.bodyTitle(),
		Person: v.offer.person, About: about(v.offer.facts), Outcome: rules.No, Affirms: []law.Statement{}, Remedy: remedy, MadeAt: now, By: v.by, Reason: v.reason,
	}
	if v.granted {
		decision.Outcome, decision.Plan = rules.Yes, outcome.Plan
		stated, err := affirmed(v.service, rule, v.offer.facts)
		if err != nil {
			return draft{}, err
		}
		decision.Affirms = append(decision.Affirms, stated...)
	}

	content := proof.Content{Decision: decision, Record: record, Receipts: receipts, Found: v.offer.facts.foundBy(rule.Needs())}
	sealed, err := content.Sealed()
	if err != nil {
		return draft{}, fmt.Errorf("content of the decision: %w", err)
	}
	return draft{verdict: v, content: content, sealed: sealed}, nil
}

// foundBy are the facts that officers found out or corrected, in the order of the rule, as a decision names them.
func (k known) foundBy(needs []rules.Need) (all []proof.Found) {
	for _, need := range needs {
		fact, ok := k[need.Fact]
		if !ok || fact.Found == nil {
			continue
		}
		f := proof.Found{Fact: need.Fact, By: fact.Found.By, At: fact.Found.At, Kind: string(fact.Found.Kind), Source: fact.Found.Source, Reason: fact.Found.Reason}
		if fact.Was != nil {
			f.Was = foundText(fact.Was.Value)
		}
		all = append(all, f)
	}
	return all
}

// paysTheSame reports whether two plans pay the same; their words may differ.
func paysTheSame(a, b rules.Plan) bool {
	return a.Once == b.Once && a.Monthly == b.Monthly && a.Last == b.Last && a.Months == b.Months && a.Total == b.Total
}

// enact writes a decision, its first payments and the job that learns the account. It
// runs in the transaction that ends the offer, and the
// offer can have only one decision.
func (r *Room) enact(ctx context.Context, tx *storage.Tx, d draft) error {
	made := d.content.Decision
	to := OfferAccepted
	if !d.granted {
		to = OfferRefused
	}
	ended, err := changed(tx.ExecContext(ctx, `update services_offers set state = $1, decision = $2, version = version + 1 where id = $3 and version = $4 and state = $5`,
		to, made.ID, d.offer.id, d.offer.version, d.offer.state))
	if err != nil {
		return fmt.Errorf("end the offer: %w", err)
	}
	if !ended {
		return problem.New(problem.Conflict, "offer-changed")
	}
	if d.granted && d.by != byRule { // what an officer granted need not be what was offered
		facts, err := jsonText(d.offer.facts)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update services_offers set known = $1, outcome = $2, day = $3 where id = $4`, facts, d.offer.outcome, d.offer.day.String(), d.offer.id); err != nil {
			return fmt.Errorf("what was granted: %w", err)
		}
	}
	if _, err := decisions.Insert(ctx, tx, "", d.stored()); err != nil {
		return fmt.Errorf("insert decision: %w", err)
	}
	m := cases.Move{To: caseGranted, By: law.ByParty, Person: d.offer.person, Sector: d.service.Sector}
	if d.by != byRule {
		m.By, m.Account, m.Why = law.ByOfficer, d.by, d.reason
	}
	if !d.granted {
		m.To = caseRefused
	}
	if err := r.moved(ctx, tx, d.offer.assessment, m); err != nil {
		return err
	}
	return r.follows(ctx, tx, made, d.sealed, d.granted)
}

// follows keeps what follows from a decision, whether it is made now or taken up from the
// journal: its content, the first payment with the job that learns the account, the event.
func (r *Room) follows(ctx context.Context, tx *storage.Tx, made proof.Decision, content []byte, granted bool) error {
	if err := r.keep(ctx, tx, made.ID, content); err != nil {
		return err
	}
	if granted {
		// The one-off and the first month are due at once; later months become payments when they are due.
		first := schedule(r.Pack, made)[0]
		if err := insertPayment(ctx, tx, made.ID, first, PaymentWaiting, ""); err != nil {
			return err
		}
		if err := r.later.account.Add(ctx, tx, made.ID, work.None{}); err != nil {
			return err
		}
	}
	return r.publish(ctx, tx, "services.decision.made", made.ID, made.MadeAt)
}

// stored is the row of the decision before it is sealed.
func (d draft) stored() storedDecision {
	made := d.content.Decision
	return storedDecision{id: made.ID, code: made.Code, offer: d.offer.id, service: d.service.ID, person: d.offer.person, granted: d.granted, madeAt: made.MadeAt, index: -1}
}

// remedy says how to appeal, for how long after the delivery and by which provision. Which day
// is the last, say the pages, which know the day of delivery.
func (r *Room) remedy(s law.PublicService, told civil.Day) (lang.Text, error) {
	term, err := r.Pack.Read(law.Begun(s.Appeal, told))
	if err != nil {
		return nil, fmt.Errorf("term of the appeal of %s: %w", s.ID, err)
	}
	cite := r.cite(term.Term.Provision)
	if days, unit := term.Term.Length(); unit == law.Days {
		return said().In("decision.remedy.within", lang.Values{"n": days, "cite": cite}), nil
	}
	return said().In("decision.remedy.by", lang.Values{"day": term.Last, "cite": cite}), nil
}

// opened writes down that its party reads a decision, which delivers it.
func (r *Room) opened(ctx context.Context, by act.Actor, d storedDecision) error {
	id, err := r.caseOfOffer(ctx, d.offer)
	if err != nil || id == "" {
		return err
	}
	return r.Cases.Opened(ctx, by, id)
}

// storedDecision is a row of services_decisions.
type storedDecision struct {
	id, code, offer, service, person string
	content                          string // of rows of before that are not sealed; see keep
	granted                          bool
	madeAt                           time.Time
	index                            int64  // in the journal; -1 while not sealed
	log                              string // name of that journal; empty for the one of the only node of before
	stamp                            []byte // of the entry; nil for rows of before
}

var decisions = storage.NewTable("services_decisions",
	storage.Col("id", func(d *storedDecision) *string { return &d.id }),
	storage.Col("code", func(d *storedDecision) *string { return &d.code }),
	storage.Col("offer", func(d *storedDecision) *string { return &d.offer }),
	storage.Col("service", func(d *storedDecision) *string { return &d.service }),
	storage.Col("person", func(d *storedDecision) *string { return &d.person }),
	storage.Col("granted", func(d *storedDecision) *bool { return &d.granted }),
	storage.Time("made_at", func(d *storedDecision) *time.Time { return &d.madeAt }),
	storage.Col("content", func(d *storedDecision) *string { return &d.content }),
	storage.Col("log_index", func(d *storedDecision) *int64 { return &d.index }),
	storage.Col("log", func(d *storedDecision) *string { return &d.log }),
	storage.Col("stamp", func(d *storedDecision) *[]byte { return &d.stamp }),
)

func (r *Room) decisionWhere(ctx context.Context, where, arg string) (storedDecision, error) {
	d, err := decisions.One(ctx, r.DB.Read(ctx), `where `+where+` = $1`, arg)
	if errors.Is(err, storage.ErrNotFound) {
		return d, problem.New(problem.NotFound, "decision-unknown")
	}
	if err != nil {
		return d, fmt.Errorf("decision: %w", err)
	}
	return d, nil
}

// Decision shows a decision to its person, or to an officer, who leaves a
// receipt.
func (r *Room) Decision(ctx context.Context, by act.Actor, id string) (Decision, error) {
	d, err := r.decisionFor(ctx, by, id)
	if err != nil {
		return Decision{}, err
	}
	view, err := r.decision(ctx, d)
	if err != nil {
		return view, err
	}
	if view.Delivered, view.AppealUntil, err = r.appealUntil(ctx, d); err != nil {
		return view, err
	}
	view.Unchecked = r.unchecked(d)
	return view, nil
}

// unchecked reports whether nobody has compared the term of an appeal with the text of the law yet.
func (r *Room) unchecked(d storedDecision) bool {
	s, _ := r.Pack.Service(d.service)
	term, _ := r.Pack.Term(s.Appeal, civil.Of(d.madeAt))
	return !term.Verified
}

func (r *Room) decisionFor(ctx context.Context, by act.Actor, id string) (storedDecision, error) {
	d, err := r.decisionWhere(ctx, "id", id)
	switch {
	case err != nil:
		return d, err
	case r.is(by, d.service, d.person):
		return d, r.opened(ctx, by, d)
	case r.mayDecide(by, d.service) == nil:
		waits, err := r.waits(ctx, by, d.offer)
		if err != nil {
			return d, err
		}
		return d, r.looked(ctx, by, d.service, d.person, "decision "+d.id, waits)
	}
	return storedDecision{}, problem.New(problem.NotFound, "decision-unknown")
}

func (r *Room) decision(ctx context.Context, d storedDecision) (Decision, error) {
	c, err := r.contentOf(ctx, d)
	if err != nil {
		return Decision{}, err
	}
	var record struct { // of the whole record, what is shown; who doubts it verifies the file
		Outcome rules.Outcome `json:"outcome"`
	}
	if err := json.Unmarshal(c.Record, &record); err != nil {
		return Decision{}, fmt.Errorf("record of decision %s: %w", d.id, err)
	}
	payments, err := r.paymentsOf(ctx, d, c)
	if err != nil {
		return Decision{}, err
	}
	sources := known{} // for naming who said so
	for _, receipt := range c.Receipts {
		sources[receipt.Fact] = knownFact{Exchange: receipt.Exchange, Register: receipt.Register}
	}
	for _, f := range c.Found {
		sources[f.Fact] = knownFact{Found: &found{By: f.By, At: f.At, Kind: SourceKind(f.Kind), Source: f.Source, Reason: f.Reason}}
	}
	s, _ := r.Pack.Service(d.service)
	view := Decision{
		ID: d.id, Code: d.code, Offer: d.offer, Service: d.service, Title: c.Decision.Title, Body: c.Decision.Body, Person: d.person,
		About: c.Decision.About, Granted: d.granted, By: c.Decision.By, Plan: c.Decision.Plan, Affirms: c.Decision.Affirms, Remedy: c.Decision.Remedy,
		MadeAt: c.Decision.MadeAt, Sealed: d.index >= 0, Payments: payments, Reasons: append(r.reasons(record.Outcome, sources), r.foundReasons(s, sources)...),
	}
	if why := c.Decision.Reason; why != "" {
		view.Reasons = append(view.Reasons, Reason{Says: lang.Text{"sr": why, "en": why}, Result: rules.No}) // in the language in which it was written
	}
	return view, nil
}

// Decisions lists the person's own decisions, the newest first.
func (r *Room) Decisions(ctx context.Context, by act.Actor, after page.Key) (page.Page[Decision], error) {
	persons := r.personsOf(by)
	if len(persons) == 0 {
		return page.Page[Decision]{}, forbidden()
	}
	return r.decisions(r.decision).page(ctx, r.DB, among(`person`, persons), after)
}

// AllDecisions lists all decisions for officers. Whom they are for is said
// only on the page of one decision, which leaves a receipt.
func (r *Room) AllDecisions(ctx context.Context, by act.Actor, after page.Key) (page.Page[Decision], error) {
	mine, err := r.within(by, `service in (%s)`)
	if err != nil {
		return page.Page[Decision]{}, err
	}
	nameless := func(ctx context.Context, d storedDecision) (Decision, error) {
		view, err := r.decision(ctx, d)
		view.Person, view.About, view.Reasons, view.Payments = "", nil, nil, nil
		return view, err
	}
	return r.decisions(nameless).page(ctx, r.DB, mine, after)
}

func (r *Room) decisions(view func(context.Context, storedDecision) (Decision, error)) listing[storedDecision, Decision] {
	return listing[storedDecision, Decision]{
		rows: decisions.List(storage.Down("id", func(d storedDecision) string { return d.id })), view: view,
	}
}

// schedule lays the plan of a decision out in payments from its day, each on a day
// on which banks work: what is paid at once goes with the first month.
func schedule(pack *law.Pack, d proof.Decision) []Payment {
	plan, from := d.Plan, civil.Of(d.MadeAt)
	count := max(plan.Months, 1)
	payments := make([]Payment, count)
	for i := range payments {
		payments[i] = Payment{Number: i + 1, Count: count, Due: from.AddMonths(i), Amount: plan.Monthly}
	}
	if s, ok := pack.Service(d.Service); ok {
		days, err := pack.Due(s.Pay, from, count)
		for i := range days {
			payments[i].Due, payments[i].counted = days[i].Day, err == nil && days[i].Known
		}
	}
	payments[count-1].Amount = plan.Last
	if plan.Months == 0 {
		payments[0].Amount = 0
	}
	payments[0].Amount += plan.Once
	return payments
}

func insertPayment(ctx context.Context, tx *storage.Tx, decision string, p Payment, state PaymentState, to string) error {
	_, err := tx.ExecContext(ctx, `insert into services_payments (id, decision, number, count, amount, account, due, state) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (decision, number) do nothing`,
		id.New(), decision, p.Number, p.Count, int64(p.Amount), to, p.Due.String(), state)
	return err
}
