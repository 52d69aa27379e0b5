package cases

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/notify"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// PartyRole is what somebody is in a case beside its first party, who began it or whom it is about.
type PartyRole string

// The roles.
const (
	Guardian       PartyRole = "guardian"       // by law or by a decision
	Representative PartyRole = "representative" // by a power of attorney
	Interested     PartyRole = "interested"     // whose own right the outcome touches
)

// Party is somebody who is heard in a case and told of it. [Case.Person] is the first; these are the others.
type Party struct {
	Number  int
	Role    PartyRole
	Mandate string // on what it rests, in words
	From    time.Time
	To      time.Time // from then on the person sees and does nothing more; zero for no end

	cased   string
	person  string
	sector  string
	mandate []byte
	addedBy string
	endedBy string
}

// at reports whether a mandate holds at an instant.
func (p Party) at(now time.Time) bool {
	return !now.Before(p.From) && (p.To.IsZero() || now.Before(p.To))
}

var parties = storage.NewTable("cases_parties",
	storage.Col("case_id", func(p *Party) *string { return &p.cased }),
	storage.Col("number", func(p *Party) *int { return &p.Number }),
	storage.Col("person", func(p *Party) *string { return &p.person }),
	storage.Col("sector", func(p *Party) *string { return &p.sector }),
	storage.Col("role", func(p *Party) *PartyRole { return &p.Role }),
	storage.Col("mandate", func(p *Party) *[]byte { return &p.mandate }),
	storage.Time("from_at", func(p *Party) *time.Time { return &p.From }),
	storage.Time("to_at", func(p *Party) *time.Time { return &p.To }),
	storage.Col("added_by", func(p *Party) *string { return &p.addedBy }),
	storage.Col("ended_by", func(p *Party) *string { return &p.endedBy }),
)

// maxParties bounds who is in a case beside its first party.
const maxParties = 20

// isOf reports whether somebody is a party of a case now.
func (c Case) isOf(by act.Actor) bool {
	return by.Bears(c.Sector, c.Person) || slices.ContainsFunc(c.others, func(p Party) bool { return by.Bears(p.sector, p.person) })
}

// partiesOf reads those who are in a case beside its first party, also those whose mandate has ended.
func partiesOf(ctx context.Context, from storage.Reader, id string) ([]Party, error) {
	all, err := parties.All(ctx, from, `where case_id = $1 order by number limit $2`, id, maxParties)
	if err != nil {
		return nil, fmt.Errorf("parties: %w", err)
	}
	return all, nil
}

// inForce keeps those whose mandate holds.
func (r *Room) inForce(all []Party) []Party {
	now := r.Now()
	return slices.DeleteFunc(slices.Clone(all), func(p Party) bool { return !p.at(now) })
}

// ownCases narrows a list to the cases in which somebody is a party now.
func (r *Room) ownCases(by act.Actor) storage.Filter {
	f := storage.Among("person", personsOf(by)...)
	f.Where += " and person <> ''" // as the index of persons has it
	if len(f.Args) == 0 {
		return f
	}
	now := len(f.Args) + 1
	f.Where = fmt.Sprintf(`id in (select id from cases_cases where %s union select case_id from cases_parties where %s and from_at <= $%d and (to_at = 0 or to_at > $%d))`, f.Where, f.Where, now, now)
	f.Args = append(f.Args, storage.Micros(r.Now()))
	return f
}

// PartyEntry is somebody whom an officer brings into a case.
type PartyEntry struct {
	Number  string // of the case
	Person  string // national number
	Role    PartyRole
	Mandate string    // on what it rests
	Until   civil.Day // last day of the mandate; no day for no end
}

// AddParty brings somebody into a case, who is told. From now on they see it, are told of it and speak in it.
//
// Problems: case-unknown, own-matter also where the officer would bring in themselves, case-nobody where it is
// not known whose case it is, party-twice, parties-many.
func (r *Room) AddParty(ctx context.Context, by act.Actor, in PartyEntry) error {
	number, err := jmbg.Parse(in.Person)
	if err != nil {
		return problem.New(problem.Invalid, "form-incomplete").At("person", "number-form").Because(err)
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, in.Number)
		if err != nil {
			return err
		}
		if c.Person == "" || r.Pseudonyms == nil {
			return problem.New(problem.Conflict, "case-nobody", "number", c.Number)
		}
		person, err := r.Pseudonyms.Pseudonym(c.Sector, number)
		if err != nil {
			return fmt.Errorf("party: %w", err)
		}
		all, err := partiesOf(ctx, tx, c.ID)
		switch {
		case err != nil:
			return err
		case by.Bears(c.Sector, person):
			return problem.New(problem.Forbidden, "own-matter")
		case person == c.Person || slices.ContainsFunc(r.inForce(all), func(p Party) bool { return p.person == person }):
			return problem.New(problem.Invalid, "form-incomplete").At("person", "party-twice")
		case len(all) >= maxParties:
			return problem.New(problem.Conflict, "parties-many", "n", strconv.Itoa(maxParties))
		}
		p := Party{cased: c.ID, Number: len(all) + 1, person: person, sector: c.Sector, Role: in.Role, From: r.Now(), addedBy: by.Account}
		if !in.Until.IsZero() {
			p.To = in.Until.AddDays(1).Start()
		}
		p.mandate = r.Key.Seal([]byte(in.Mandate), p.place())
		if _, err := parties.Insert(ctx, tx, "", p); err != nil {
			return fmt.Errorf("party: %w", err)
		}
		return r.tellParty(ctx, tx, c, p, "case.party-notice")
	})
}

func (p Party) place() []byte { return []byte("mandate " + p.cased + " " + strconv.Itoa(p.Number)) }

// EndParty ends a mandate now. The person is told, and sees and does nothing more; what they did stands.
//
// Problems: case-unknown, own-matter, party-unknown.
func (r *Room) EndParty(ctx context.Context, by act.Actor, number string, party int) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, number)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(c.others, func(p Party) bool { return p.Number == party })
		if i < 0 {
			return problem.New(problem.NotFound, "party-unknown")
		}
		if _, err := tx.ExecContext(ctx, `update cases_parties set to_at = $1, ended_by = $2 where case_id = $3 and number = $4`, storage.Micros(r.Now()), by.Account, c.ID, party); err != nil {
			return fmt.Errorf("end of a mandate: %w", err)
		}
		return r.tellParty(ctx, tx, c, c.others[i], "case.party-ended")
	})
}

// tellParty tells one of the parties what concerns them alone. what is where its sentences stand.
func (r *Room) tellParty(ctx context.Context, tx *storage.Tx, c Case, p Party, what string) error {
	if r.Notifier == nil {
		return nil
	}
	body, err := registry.ParseID(c.Body)
	if err != nil {
		return err
	}
	values := lang.Values{"body": r.Title(body), "number": c.Number}
	n := notify.Notice{
		ID: what + "-" + c.ID + "-" + strconv.Itoa(p.Number), Person: p.person, Link: r.PublicURL + "/cases/" + c.Number,
		Subject: said().In(what+"-subject", values), Body: said().In(what+"-body", values),
	}
	if err := r.Notifier.Send(ctx, tx, n); err != nil {
		return fmt.Errorf("tell a party of case %s: %w", c.Number, err)
	}
	return nil
}

// toAll is a notice for each party of a case. Only the first, to its person, begins a delivery.
func (c Case) toAll(n notify.Notice) []notify.Notice {
	all := []notify.Notice{n}
	for _, p := range c.others {
		other := n
		other.ID, other.Person, other.Serves = n.ID+"-"+digest(p.person)[:16], p.person, "" // cases of one occasion share n.ID
		all = append(all, other)
	}
	return all
}
