package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/strict"
	"dobosh/internal/rules"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
)

// matterKind marks, in the journal, what a decision was made on: the entry follows
// that of the decision.
const matterKind = "matter"

// matter ties a decision to what led to it, so that a database that has lost both
// gets them back from the journal and the event, should it come again, leads to
// nothing new.
type matter struct {
	Event      string    `json:"event"`
	Day        civil.Day `json:"day"` // of the event
	Subject    string    `json:"subject"`
	Assessment string    `json:"assessment"`
	Offer      string    `json:"offer"`
}

// matterOf is the entry that follows that of a decision.
func (r *Room) matterOf(ctx context.Context, d storedDecision, decided journal.Entry) (journal.Entry, error) {
	m := matter{Offer: d.offer}
	var day string
	err := r.DB.Read(ctx).QueryRowContext(ctx, `select a.event, a.day, a.subject, a.id from services_offers o join services_assessments a on a.id = o.assessment where o.id = $1`, d.offer).
		Scan(&m.Event, &day, &m.Subject, &m.Assessment)
	if err == nil {
		m.Day, err = civil.Parse(day)
	}
	if err != nil {
		return journal.Entry{}, fmt.Errorf("matter of decision %s: %w", d.id, err)
	}
	meta, err := json.Marshal(m)
	return journal.Entry{Kind: matterKind, ID: d.id, At: decided.At, Subjects: decided.Subjects, Meta: meta}, err
}

// Keeps is what the room has in its tables of entries of the journal. A decision is
// a row before it is an entry, and so is a payment file that was taken, so an entry
// without a row says that rows were lost.
func (r *Room) Keeps() []journal.Kept {
	paid := &releases{room: r}
	return []journal.Kept{
		{
			Kind: decisionKind,
			Has: func(ctx context.Context, from storage.Reader, l journal.Logged) (bool, error) {
				return hasDecision(ctx, from, l.Entry.ID)
			},
			Adopt: func(ctx context.Context, tx *storage.Tx, l journal.Logged) error { return r.adopt(ctx, tx, l, paid) },
		},
		{
			Kind:  fileKind,
			Has:   hasFile,
			Adopt: r.adoptFile,
		},
	}
}

func hasDecision(ctx context.Context, from storage.Reader, decision string) (bool, error) {
	var n int
	err := from.QueryRowContext(ctx, `select count(*) from services_decisions where id = $1`, decision).Scan(&n)
	return n > 0, err
}

// adopt writes a decision again from the journal: the assessment and the offer that
// it ended, and its payments, as far as the journal knows them. The same decision again
// changes nothing.
func (r *Room) adopt(ctx context.Context, tx *storage.Tx, l journal.Logged, paid *releases) error {
	if has, err := hasDecision(ctx, tx, l.Entry.ID); err != nil || has {
		return err
	}
	var c proof.Content
	if err := json.Unmarshal(l.Entry.Body, &c); err != nil {
		return fmt.Errorf("content of decision %s: %w", l.Entry.ID, err)
	}
	var record rules.Record
	if err := json.Unmarshal(c.Record, &record); err != nil {
		return fmt.Errorf("record of decision %s: %w", l.Entry.ID, err)
	}
	m, err := r.matterBehind(ctx, l)
	if err != nil {
		return err
	}
	s, err := r.service(c.Decision.Service)
	if err != nil {
		return err
	}

	// The assessment, which keeps the event from being taken in again, and the offer, ended.
	made := c.Decision
	granted, state, status := made.Outcome == rules.Yes, OfferAccepted, caseGranted
	if !granted {
		state, status = OfferRefused, caseRefused
	}
	opening := r.opening(s, m.Subject, m.Event)
	opening.Person = made.Person
	cased, err := r.Cases.Restore(ctx, tx, opening, status, made.MadeAt)
	if err != nil {
		return fmt.Errorf("adopt case: %w", err)
	}
	if _, err := assessments.Insert(ctx, tx, `on conflict (event, service) do nothing`, assessment{
		Assessment: Assessment{ID: m.Assessment, Service: s.ID, Event: m.Event, State: AssessmentOffered, Since: made.MadeAt}, subject: m.Subject, day: m.Day, cased: cased.ID,
	}); err != nil {
		return fmt.Errorf("adopt assessment: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `update services_assessments set state = $1, waits = '', progress = '' where event = $2 and service = $3`, AssessmentOffered, m.Event, s.ID); err != nil {
		return fmt.Errorf("adopt assessment: %w", err)
	}
	outcome, err := jsonText(record.Outcome)
	if err != nil {
		return err
	}
	o := storedOffer{
		id: m.Offer, assessment: m.Assessment, service: s.ID, person: made.Person, state: state, version: 1, day: record.Day, subject: m.Subject,
		facts: factsOf(record, c), outcome: outcome, madeAt: made.MadeAt, until: made.MadeAt,
	}
	fresh, err := offers.Insert(ctx, tx, `on conflict (assessment) do nothing`, o)
	if err != nil {
		return fmt.Errorf("adopt offer: %w", err)
	}
	if fresh > 0 { // who follows offers may never have heard of it
		if err := r.publish(ctx, tx, OfferMade, m.Offer, made.MadeAt); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `update services_offers set state = $1, version = version + 1, decision = $2 where assessment = $3`, state, made.ID, m.Assessment); err != nil {
		return fmt.Errorf("adopt offer: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `update services_referrals set open = $1, version = version + 1, ended_by = $2 where assessment = $3 and open = $4`, false, made.By, m.Assessment, true); err != nil {
		return fmt.Errorf("adopt referral: %w", err)
	}

	// The decision, which is sealed, and what follows from it.
	if _, err := decisions.Insert(ctx, tx, "", storedDecision{
		id: made.ID, code: made.Code, offer: m.Offer, service: s.ID, person: made.Person, granted: granted, madeAt: made.MadeAt, index: l.Index, log: r.Journal.Origin(),
	}); err != nil {
		return fmt.Errorf("adopt decision: %w", err)
	}
	if err := r.follows(ctx, tx, made, l.Entry.Body, granted); err != nil || !granted {
		return err
	}
	return paid.adopt(ctx, tx, made, l.Index)
}

// matterBehind reads what the decision in an entry was made on. A decision of before
// matters were journaled has names of its own for what is not known.
func (r *Room) matterBehind(ctx context.Context, l journal.Logged) (matter, error) {
	next, _, err := r.Journal.Read(ctx, l.Index+1)
	if errors.Is(err, journal.ErrNotFound) || err == nil && (next.Kind != matterKind || next.ID != l.Entry.ID) {
		id := l.Entry.ID
		return matter{Event: "of " + id, Day: civil.Of(l.Entry.At), Subject: id, Assessment: id, Offer: id}, nil
	}
	if err != nil {
		return matter{}, fmt.Errorf("matter of decision %s: %w", l.Entry.ID, err)
	}
	var m matter
	err = strict.Upto(journal.MaxMeta).AllowUnknown().Decode(next.Meta, &m)
	return m, err
}

// factsOf are the facts of a record, each with the exchange that brought it, or the officer who found it out.
func factsOf(record rules.Record, c proof.Content) known {
	facts := known{}
	for name, value := range record.Facts {
		facts[name] = knownFact{Value: value}
	}
	for _, from := range c.Receipts {
		if fact, ok := facts[from.Fact]; ok {
			fact.Exchange, fact.Register, fact.Origin, fact.Index = from.Exchange, from.Register, from.Origin, from.Index
			facts[from.Fact] = fact
		}
	}
	for _, f := range c.Found {
		if fact, ok := facts[f.Fact]; ok {
			fact.Found = &found{By: f.By, At: f.At, Kind: SourceKind(f.Kind), Source: f.Source, Reason: f.Reason}
			if f.Was != "" {
				fact.Was = &knownFact{Value: f.Was}
			}
			facts[f.Fact] = fact
		}
	}
	return facts
}
