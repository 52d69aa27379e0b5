package cases

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/page"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// View is a case as somebody who may see it sees it.
type View struct {
	Case
	Kind     law.CaseKind
	Status   law.CaseStatus
	Reading  law.Reading // of the clock; zero where there is none
	Steps    []Step
	Messages []Message
	Earlier  page.Key // of the messages before those; empty where these are all
	Files    []Attachment
	Custody  []Custody
	Beside   []Case // others of the same occasion
	Links    []Linked
	Parties  []Party
	Tasks    []Task      // for officers who handle the case
	Own      bool        // whoever looks is its party
	Guest    bool        // whoever looks is of a unit that was asked: no more than that thread is shown
	Whose    law.Mover   // the clock that runs: that of the body (officer) or of the party; nobody's where none runs
	Running  law.Reading // of that clock
	Silent   bool        // the term has ended in a silence with which the party need not put up
	Delivery Delivery    // of the outcome, which a look of the party delivers; nothing before there is one
	Drafts   []Draft     // what officers decided, and what became of it; for officers
}

// Step is what was done with a case.
type Step struct {
	At      time.Time
	By      law.Mover
	Account string // of an officer; only for those who may handle the case
	Status  string
	Why     string // in words; of what is no outcome only for those who may handle the case
}

// Case shows a case to its party, or to an officer of its scope, who leaves a receipt first.
// To everybody else there is no such case.
//
// Problems: sign-in-needed, case-unknown, own-matter.
func (r *Room) Case(ctx context.Context, by act.Actor, number string) (View, error) {
	from := r.DB.Read(ctx)
	seen, err := r.sight(ctx, by, number)
	if err != nil {
		return View{}, err
	}
	c := seen.Case
	v := View{Case: c, Own: seen.own, Guest: seen.guest}
	if v.Own {
		if err := r.Opened(ctx, by, c.ID); err != nil {
			return View{}, err
		}
		if err := r.Known(ctx, by, c.ID); err != nil {
			return View{}, err
		}
	}
	if !v.Guest {
		if v.Delivery, err = r.delivery(ctx, from, c); err != nil {
			return View{}, err
		}
	}
	if v.Kind, v.Status, err = r.kindOf(c); err != nil {
		return View{}, err
	}
	if err := r.timed(&v); err != nil {
		return View{}, err
	}
	if v.Messages, v.Earlier, err = r.thread(ctx, from, c, "", seen.threads...); err != nil {
		return View{}, err
	}
	if v.Files, err = r.files(ctx, from, c, seen.threads...); err != nil {
		return View{}, err
	}
	if seen.guest {
		v.Person = ""
		return v, nil
	}
	if err := r.record(ctx, from, &v, by); err != nil {
		return View{}, err
	}
	if v.Custody, err = custodies.All(ctx, from, `where case_id = $1 order by number`, c.ID); err != nil {
		return View{}, fmt.Errorf("custody: %w", err)
	}
	if v.Steps, err = r.steps(ctx, from, v); err != nil {
		return View{}, err
	}
	if !v.Own {
		if v.Drafts, err = r.draftsOf(ctx, from, c); err != nil {
			return View{}, fmt.Errorf("drafts: %w", err)
		}
	}
	if c.Occasion != "" && c.Person != "" {
		var same []Case
		same, err = rows.All(ctx, from, `where occasion <> '' and person <> '' and occasion = $1 and person = $2 and id <> $3 order by id limit 20`, c.Occasion, c.Person, c.ID)
		for _, other := range same {
			if v.Own && !by.Bears(other.Sector, other.Person) || !v.Own && mayHandle(by, other) != nil {
				continue
			}
			if !slices.ContainsFunc(v.Links, func(l Linked) bool { return l.ID == other.ID }) {
				v.Beside = append(v.Beside, other)
			}
		}
	}
	return v, err
}

// Told is a case as a list shows it to its party: with its clock, and without what was said in it. It reads nothing.
func (r *Room) Told(c Case) (v View, err error) {
	v = View{Case: c, Own: true}
	if v.Kind, v.Status, err = r.kindOf(c); err != nil {
		return v, err
	}
	return v, r.timed(&v)
}

// timed fills in how the clock of a case stands.
func (r *Room) timed(v *View) (err error) {
	if v.Clock.Term != "" {
		if v.Reading, err = r.Pack.Read(v.Clock); err != nil {
			return err
		}
	}
	v.Silent = r.silent(v.Case, v.Kind)
	v.Running, v.Whose, err = r.running(v.Case)
	return err
}

func (r *Room) steps(ctx context.Context, from storage.Reader, v View) ([]Step, error) {
	c := v.Case
	rows, err := from.QueryContext(ctx, `select number, at, by_whom, account, status, why from cases_steps where case_id = $1 order by number limit 200`, c.ID)
	return storage.All(rows, err, func(scan storage.Scan) (s Step, err error) {
		var number int
		var at int64
		var sealed []byte
		if err := scan(&number, &at, &s.By, &s.Account, &s.Status, &sealed); err != nil {
			return s, err
		}
		if v.Own {
			s.Account = ""
		}
		s.At = storage.Instant(at)
		if status, _ := v.Kind.Status(s.Status); len(sealed) > 0 && (!v.Own || status.Phase.Ended()) {
			said, err := r.Key.Open(sealed, []byte("step "+c.ID+" "+strconv.Itoa(number)))
			if err != nil {
				return s, fmt.Errorf("step of case %s: %w", c.Number, err)
			}
			s.Why = string(said)
		}
		return s, nil
	})
}
