package services

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
)

func forbidden() error { return problem.New(problem.Forbidden, "not-yours") }

// RightToDecide is that of officers, each for the public services of their scope: to
// see what is done under them, to decide what nobody else may, and to pay.
func RightToDecide() act.Right { return act.Only(identity.Officer) }

// freshFor is how long ago whoever releases money may have signed in.
const freshFor = 15 * time.Minute

// RightToRelease is that to let money go: another than who laid it out, who has just
// said who they are.
func RightToRelease() act.Right { return RightToDecide().WithFourEyes().Fresh(freshFor) }

// mayDecide returns nil for an officer of a public service.
func (r *Room) mayDecide(by act.Actor, service string) error {
	return RightToDecide().Check(by, r.matter(service))
}

// matter is what a grant has to cover so that it is for a public service.
func (r *Room) matter(service string) act.Scope {
	s, _ := r.Pack.Service(service)
	return act.Scope{Body: r.Member.String(), Service: service, Place: s.Area}
}

// within narrows a list to the public services of an officer by a condition with %s
// for their names. Who may decide in every one sees also what the pack no longer knows.
func (r *Room) within(by act.Actor, text string) (filter, error) {
	scopes, err := RightToDecide().Where(by)
	if err != nil || scopes.Cover(act.Scope{Body: r.Member.String()}) {
		return everything(), err
	}
	c := condition{text: text}
	for _, s := range r.Pack.Services() {
		if scopes.Cover(r.matter(s.ID)) {
			c.values = append(c.values, s.ID)
		}
	}
	return filter{c}, nil
}

// is reports whether the actor is the person of a matter.
func (r *Room) is(by act.Actor, service, person string) bool {
	s, ok := r.Pack.Service(service)
	return ok && by.Bears(s.Sector, person)
}

// personsOf are the actor's pseudonyms in the sectors of this node's public
// services, without repetition.
func (r *Room) personsOf(by act.Actor) (persons []string) {
	for _, s := range r.Pack.Services() {
		for _, person := range by.Names(s.Sector) {
			if !slices.Contains(persons, person) {
				persons = append(persons, person)
			}
		}
	}
	return persons
}

// subjectsOf names a person in the sector of receipts; nobody while the person
// is not known. A person who cannot be named there is an error, since a
// receipt that nobody can see is none.
func (r *Room) subjectsOf(sector, person string) ([]string, error) {
	if person == "" {
		return nil, nil
	}
	subject, err := r.Sectors.Translate(sector, exchange.ReceiptSector, person)
	if err != nil {
		return nil, fmt.Errorf("name the person of a receipt: %w", err)
	}
	return []string{subject}, nil
}

// concerns reports whether the matter of a person is the actor's own, which nobody
// decides. It is asked again whenever more becomes known of whom a matter is about.
func (r *Room) concerns(by act.Actor, service, person string) error {
	if r.is(by, service, person) {
		return problem.New(problem.Forbidden, "own-matter")
	}
	return nil
}

// acted makes an act of an officer durable in the journal, and who it was, before it
// holds.
func (r *Room) acted(ctx context.Context, by act.Actor, what, matter string) error {
	return r.actedOn(ctx, by, what, matter, nil)
}

// actedOn is acted with what the act was about.
func (r *Room) actedOn(ctx context.Context, by act.Actor, what, matter string, body []byte) error {
	meta, err := canonical.Marshal(map[string]string{"act": what, "asker": r.Member.String(), "holder": r.Member.String(), "role": exchange.RoleOfficer, "matter": matter, "officer": by.Account})
	if err != nil {
		return err
	}
	if _, err := r.Journal.Append(ctx, journal.Entry{Kind: "act", ID: id.New(), At: r.Now(), Meta: meta, Body: body}); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	return nil
}

// waits reports whether something about an offer waits for an officer, or was decided by
// this one: then it is their matter.
func (r *Room) waits(ctx context.Context, by act.Actor, offer string) (bool, error) {
	var n int
	err := r.DB.Read(ctx).QueryRowContext(ctx, `select count(*) from services_referrals f join services_offers o on f.assessment = o.assessment where o.id = $1 and (f.open = $2 or f.ended_by = $3)`, offer, true, by.Account).Scan(&n)
	return n > 0, err
}

// looked leaves a receipt that an officer saw a person's matter, and notes it where
// looks are watched over. Without the receipt nothing is shown.
func (r *Room) looked(ctx context.Context, by act.Actor, service, person, matter string, waits bool, seen ...string) error {
	s, err := r.service(service)
	if err != nil {
		return err
	}
	subjects, err := r.subjectsOf(s.Sector, person)
	if err != nil {
		return err
	}
	own := r.Member
	own.Subsystem = s.Subsystem
	meta, err := json.Marshal(journal.Receipt{
		Asker: own.String(), Role: exchange.RoleOfficer, Holder: own.String(), Act: exchange.ActRead,
		Purpose: s.Purpose, Provision: string(s.Provision), Matter: matter, Fields: seen,
	})
	if err != nil {
		return err
	}
	receipt, now := id.New(), r.Now()
	if _, err = r.Journal.Append(ctx, journal.Entry{Kind: "act", ID: receipt, At: now, Subjects: subjects, Meta: meta}); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	if r.Looks == nil || len(subjects) == 0 || strings.HasPrefix(by.Account, act.SystemPrefix) { // a program looks at nobody
		return nil
	}
	return r.Looks.Note(ctx, Look{receipt, by.Account, subjects[0], service, matter, now, waits, r.is(by, service, person)})
}
