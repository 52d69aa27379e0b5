package services

import (
	"context"
	"errors"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// CaseKind is the kind of the cases of public services in a pack.
const CaseKind = "application"

// The statuses of that kind to which this room brings a case.
const (
	caseOffered     = "offered"
	caseWithOfficer = "with-officer"
	caseGranted     = "granted"
	caseRefused     = "refused"
	caseDeclined    = "declined"
	caseNotWanted   = "not-wanted"
	caseLapsed      = "lapsed"
	caseNobody      = "nobody"
	caseNotOffered  = "not-offered"
)

// hasKinds returns an error when the pack lacks what this room does with cases: a pack of an operator's own
// may be older than the program.
func (r *Room) hasKinds() error {
	kind, ok := r.Pack.CaseKind(CaseKind)
	if !ok {
		return fmt.Errorf("the pack has no kind of case %q (cases/%s.yaml)", CaseKind, CaseKind)
	}
	for _, status := range []string{caseOffered, caseWithOfficer, caseGranted, caseRefused, caseDeclined, caseNotWanted, caseLapsed, caseNobody, caseNotOffered} {
		if _, ok := kind.Status(status); !ok {
			return fmt.Errorf("the kind of case %q in the pack has no status %q", CaseKind, status)
		}
	}
	return nil
}

// opening is what an event tells a public service of a matter: the service, and what the
// event is about, whatever the number of the event.
func (r *Room) opening(s law.PublicService, subject, source string) cases.Opening {
	return cases.Opening{
		Kind: CaseKind, About: s.ID + " " + subject, Source: source, Service: s.ID, Occasion: s.Event + " " + subject,
		Sector: s.Sector, Place: s.Area, Channel: cases.ByEvent,
	}
}

// caseOf finds the case of an assessment; none for those of before.
func (r *Room) caseOf(ctx context.Context, from storage.Reader, assessment string) (id string, err error) {
	err = from.QueryRowContext(ctx, `select case_id from services_assessments where id = $1`, assessment).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("case of assessment %s: %w", assessment, err)
	}
	return id, nil
}

// moved brings the case of an assessment to where the matter has come, in the transaction in
// which it came there.
func (r *Room) moved(ctx context.Context, tx *storage.Tx, assessment string, m cases.Move) error {
	id, err := r.caseOf(ctx, tx, assessment)
	if err != nil || id == "" {
		return err
	}
	m.Case = id
	_, err = r.Cases.Move(ctx, tx, m)
	return err
}

// heardBefore finds the assessment of a matter that stands, and its case.
func heardBefore(ctx context.Context, from storage.Reader, s law.PublicService, subject string) (stands bool, id string, err error) {
	err = from.QueryRowContext(ctx, `select case_id from services_assessments where subject = $1 and service = $2 limit 1`, subject, s.ID).Scan(&id)
	if errors.Is(err, storage.ErrNotFound) {
		return false, "", nil
	}
	return err == nil, id, err
}

// Looked implements cases.Looks: a look at a case is a look at what the public service knows
// of the person.
func (r *Room) Looked(ctx context.Context, by act.Actor, c cases.Case, seen ...string) error {
	return r.looked(ctx, by, c.Service, c.Person, "case "+c.Number, !c.Ended() || c.Officer == by.Account, seen...)
}

// Matter is where the things of a case are in this room; each empty where there is none.
type Matter struct {
	Offer    string
	Decision string
	Referral string // open
}

// MatterOf finds what belongs to a case, for whoever may see the case.
func (r *Room) MatterOf(ctx context.Context, id string) (m Matter, err error) {
	err = r.DB.Read(ctx).QueryRowContext(ctx, `select coalesce(o.id, ''), coalesce(o.decision, ''), coalesce((select f.id from services_referrals f where f.assessment = a.id and f.open limit 1), '')
		from services_assessments a left join services_offers o on o.assessment = a.id where a.case_id = $1`, id).Scan(&m.Offer, &m.Decision, &m.Referral)
	if errors.Is(err, storage.ErrNotFound) {
		return m, nil
	}
	return m, err
}

// lapseMost bounds the offers that lapse in one transaction.
const lapseMost = 100

// LapseOffers ends the open offers whose term is over, unless the clock may be wrong, and
// tells whose they were.
func (r *Room) LapseOffers(ctx context.Context) error {
	if r.Sure != nil && !r.Sure() {
		return work.NotYet(errClock, lapseAgain)
	}
	for {
		n := 0
		err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			late, err := offers.All(ctx, tx, `where state = $1 and until <= $2 order by until limit $3`, OfferOpen, storage.Micros(r.Now()), lapseMost)
			if err != nil {
				return fmt.Errorf("find offers whose term is over: %w", err)
			}
			n = len(late)
			for _, o := range late {
				if err := r.move(ctx, tx, o, OfferLapsed); err != nil {
					return err
				}
				if err := r.moved(ctx, tx, o.assessment, cases.Move{To: caseLapsed, By: law.ByClock}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < lapseMost {
			return err
		}
	}
}
