package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// How cases belong together by an act of an officer.
const (
	Duplicate  LinkKind = "duplicate"  // of the same matter, told of by somebody else: each keeps its own clock and answer
	Merged     LinkKind = "merged"     // ended here, goes on there, for the same parties
	Split      LinkKind = "split"      // begun out of the other
	CausedBy   LinkKind = "caused-by"  // the other is why there is this one
	Implements LinkKind = "implements" // does what was decided in the other
)

// LinkKinds lists those that an officer makes.
func LinkKinds() []LinkKind { return []LinkKind{Duplicate, Merged, CausedBy, Implements} }

// Linked is another case and how it belongs to this one.
type Linked struct {
	Case
	How    LinkKind
	Beyond bool // the other points here: this one is the original, the cause, the one that goes on
}

// ties are the links of cases, read with the case at the other end.
type tie struct {
	from, to string
	kind     LinkKind
	before   string
}

var ties = storage.NewTable("cases_links",
	storage.Col("case_id", func(t *tie) *string { return &t.from }),
	storage.Col("other", func(t *tie) *string { return &t.to }),
	storage.Col("kind", func(t *tie) *LinkKind { return &t.kind }),
	storage.Col("before", func(t *tie) *string { return &t.before }),
)

// linksOf lists the links of a case that hold.
func (r *Room) linksOf(ctx context.Context, from storage.Reader, id string) (all []Linked, err error) {
	found, err := ties.All(ctx, from, `where (case_id = $1 or other = $1) and undone_at = 0 order by at, case_id, other limit 40`, id)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	for _, t := range found {
		l := Linked{How: t.kind, Beyond: t.from != id}
		at := t.to
		if l.Beyond {
			at = t.from
		}
		if l.Case, err = r.caseWhere(ctx, from, "id", at); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

// was is what a case goes back to when its merging is undone.
type was struct {
	Status  string    `json:"status"`
	Clock   law.Clock `json:"clock"`
	Answer  law.Clock `json:"answer"`
	Officer string    `json:"officer"`
}

// Joining is how an officer says that two cases belong together.
type Joining struct {
	Number string
	How    LinkKind
	Other  string // number
	Why    string
}

// Join links a case to another. A merged case ends in the status that its kind has for that, and its parties are told
// which case goes on; nothing of it moves, and both show the other. Only what is of the same parties is merged: what
// somebody else told of is a duplicate, and keeps its clock and its answer.
//
// Problems: case-unknown for either, own-matter, link-self, link-circle, link-parties for cases of different parties,
// link-kind where the kind has no status for what was merged, case-ended, case-changed.
func (r *Room) Join(ctx context.Context, by act.Actor, in Joining) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, in.Number)
		if err != nil {
			return err
		}
		other, err := r.handled(ctx, tx, by, in.Other)
		switch {
		case err != nil:
			return err
		case c.ID == other.ID:
			return problem.New(problem.Invalid, "form-incomplete").At("other", "link-self")
		}
		circle, err := r.leads(ctx, tx, in.How, other.ID, c.ID)
		if err != nil {
			return err
		}
		if circle {
			return problem.New(problem.Invalid, "form-incomplete").At("other", "link-circle")
		}
		before := ""
		if in.How == Merged {
			if before, err = r.merge(ctx, tx, by, c, other, in.Why); err != nil {
				return err
			}
		}
		return r.tie(ctx, tx, by, tie{c.ID, other.ID, in.How, before})
	})
}

// tie writes a link, also one that was undone before.
func (r *Room) tie(ctx context.Context, tx *storage.Tx, by act.Actor, t tie) error {
	_, err := tx.ExecContext(ctx, `insert into cases_links (case_id, other, kind, at, account, before) values ($1, $2, $3, $4, $5, $6)
		on conflict (case_id, other, kind) do update set at = excluded.at, account = excluded.account, before = excluded.before, undone_at = 0, undone_by = ''`,
		t.from, t.to, string(t.kind), storage.Micros(r.Now()), by.Account, t.before)
	if err != nil {
		return fmt.Errorf("link cases: %w", err)
	}
	return nil
}

// maxChain bounds how many links of a kind follow each other.
const maxChain = 100

// leads reports whether links of a kind lead from one case to another; so does a chain that is too long to be followed.
func (r *Room) leads(ctx context.Context, from storage.Reader, how LinkKind, one, to string) (bool, error) {
	reached := []string{one}
	for i := 0; i < len(reached); i++ {
		if reached[i] == to || len(reached) > maxChain {
			return true, nil
		}
		next, err := ties.All(ctx, from, `where case_id = $1 and kind = $2 and undone_at = 0 order by other limit $3`, reached[i], string(how), maxChain)
		if err != nil {
			return false, fmt.Errorf("links: %w", err)
		}
		for _, t := range next {
			if !slices.Contains(reached, t.to) {
				reached = append(reached, t.to)
			}
		}
	}
	return false, nil
}

// merge ends a case that goes on in another, and says what it was.
func (r *Room) merge(ctx context.Context, tx *storage.Tx, by act.Actor, c, other Case, why string) (string, error) {
	kind, _, err := r.kindOf(c)
	if err != nil {
		return "", err
	}
	to, ok := kind.Merged()
	switch {
	case !ok:
		return "", problem.New(problem.Conflict, "link-kind")
	case c.Ended() || other.Ended():
		return "", problem.New(problem.Conflict, "case-ended")
	case c.Draft != "":
		return "", problem.New(problem.Conflict, "case-changed") // take back first what was decided
	case !c.heardIn(other):
		return "", problem.New(problem.Conflict, "link-parties")
	}
	if err := r.endTasks(ctx, tx, c, Move{Account: by.Account}); err != nil {
		return "", err
	}
	before, err := json.Marshal(was{c.Status, c.Clock, c.Answer, c.Officer})
	if err != nil {
		return "", err
	}
	stood := c
	c.Answer = law.Clock{}
	return string(before), r.enterBy(ctx, tx, &c, stood, kind, to, step{by: law.ByOfficer, account: by.Account, why: why, other: other.Number})
}

// heardIn reports whether everybody who is heard in a case is heard in another.
func (c Case) heardIn(other Case) bool {
	in := func(sector, person string) bool {
		return other.Sector == sector && other.Person == person || slices.ContainsFunc(other.others, func(p Party) bool { return p.sector == sector && p.person == person })
	}
	return c.Person != "" && in(c.Sector, c.Person) && !slices.ContainsFunc(c.others, func(p Party) bool { return !in(p.sector, p.person) })
}

// enterBy brings a case into a status by an act of an officer that is no move of its kind. before is the case as it stood.
func (r *Room) enterBy(ctx context.Context, tx *storage.Tx, c *Case, before Case, kind law.CaseKind, to law.CaseStatus, by step) (err error) {
	version := c.Version
	c.EndedAt = time.Time{}
	if err := r.wind(c, kind, to, c.Answer); err != nil {
		return err
	}
	c.Status, c.Phase, c.EnteredAt, c.Version = to.ID, to.Phase, r.Now(), version+1
	if to.Phase.Ended() {
		c.EndedAt, c.mark, c.Alarm = r.Now(), noTerm, ""
	}
	if err := r.write(ctx, tx, *c, version); err != nil {
		return err
	}
	if err := r.countAgain(ctx, tx, before, *c); err != nil {
		return err
	}
	if by.number, err = next(ctx, tx, "cases_steps", c.ID); err != nil {
		return err
	}
	return r.enter(ctx, tx, *c, to, by)
}

// countAgain counts a case that has ended by an act that can be undone, or is open again since it was.
func (r *Room) countAgain(ctx context.Context, tx *storage.Tx, before, c Case) error {
	switch {
	case c.Ended() && !before.Ended():
		return r.countEnded(ctx, tx, c)
	case before.Ended() && !c.Ended():
		return counted(ctx, tx, before, r.gone(before, -1)...)
	}
	return nil
}

// Part undoes a link. A case that was merged is again what it was, with the clock that it had, and its parties are told.
//
// Problems: case-unknown, own-matter, link-unknown, case-reduced.
func (r *Room) Part(ctx context.Context, by act.Actor, in Joining) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, in.Number)
		if err != nil {
			return err
		}
		other, err := r.caseWhere(ctx, tx, "number", in.Other)
		if err != nil {
			return err
		}
		t, err := ties.One(ctx, tx, `where case_id = $1 and other = $2 and kind = $3 and undone_at = 0`, c.ID, other.ID, string(in.How))
		if errors.Is(err, storage.ErrNotFound) || in.How == Follows {
			return problem.New(problem.NotFound, "link-unknown")
		}
		if err != nil {
			return fmt.Errorf("links: %w", err)
		}
		if !c.Reduced.IsZero() {
			return problem.New(problem.Gone, "case-reduced")
		}
		if _, err := tx.ExecContext(ctx, `update cases_links set undone_at = $1, undone_by = $2 where case_id = $3 and other = $4 and kind = $5`,
			storage.Micros(r.Now()), by.Account, t.from, t.to, string(t.kind)); err != nil {
			return fmt.Errorf("undo link: %w", err)
		}
		if t.kind != Merged {
			return nil
		}
		return r.unmerge(ctx, tx, by, c, t)
	})
}

// unmerge brings a case back to what it was before it was merged. Its clock went on all the time.
func (r *Room) unmerge(ctx context.Context, tx *storage.Tx, by act.Actor, c Case, t tie) error {
	var before was
	if err := json.Unmarshal([]byte(t.before), &before); err != nil {
		return fmt.Errorf("link of case %s: %w", c.Number, err)
	}
	kind, _, err := r.kindOf(c)
	if err != nil {
		return err
	}
	to, ok := kind.Status(before.Status)
	if merged, there := kind.Merged(); !ok || !there || c.Status != merged.ID { // it has gone on since
		return problem.New(problem.Conflict, "case-move", "number", c.Number)
	}
	merged := c
	c.Clock, c.Answer, c.Officer = before.Clock, before.Answer, before.Officer
	return r.enterBy(ctx, tx, &c, merged, kind, to, step{by: law.ByOfficer, account: by.Account})
}

// maxSplits bounds how many cases are begun out of one.
const maxSplits = 10

// Parting is a part of a matter that is to be a case of its own.
type Parting struct {
	Number string
	Kind   string // of the new case
	What   string // which part, in words: the party and the officers read it
}

// SplitOff begins a case out of another, for the same parties, with the same body that answers for it and, where it is of the
// same kind, under the same clock: what was asked earlier is not late twice.
//
// Problems: case-unknown, own-matter, case-ended, link-kind for a kind that a room moves by acts of its own or that more
// people see, splits-many.
func (r *Room) SplitOff(ctx context.Context, by act.Actor, in Parting) (number string, err error) {
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, in.Number)
		if err != nil {
			return err
		}
		var n int
		if err := tx.QueryRowContext(ctx, `select count(*) from cases_links where other = $1 and kind = $2`, c.ID, string(Split)).Scan(&n); err != nil {
			return fmt.Errorf("links: %w", err)
		}
		kind, ok := r.Pack.CaseKind(in.Kind)
		switch {
		case c.Ended():
			return problem.New(problem.Conflict, "case-ended")
		case !ok || kind.Room != "" || kind.Visibility.Wider(c.Visibility):
			return problem.New(problem.Conflict, "link-kind")
		case n >= maxSplits:
			return problem.New(problem.Conflict, "splits-many", "n", strconv.Itoa(maxSplits))
		}
		part, _, err := r.Open(ctx, tx, Opening{
			Kind: in.Kind, About: "split " + c.ID + " " + strconv.Itoa(n+1), Source: "split " + c.ID, Service: c.Service, Person: c.Person, Sector: c.Sector,
			Unit: c.Unit, Place: c.Place, Channel: c.Channel,
		})
		if err != nil {
			return err
		}
		number = part.Number
		if err := r.inherit(ctx, tx, part, c); err != nil {
			return err
		}
		if err := r.say(ctx, tx, part, WithParty, law.ByOfficer, by.Account, in.What); err != nil {
			return err
		}
		return r.tie(ctx, tx, by, tie{part.ID, c.ID, Split, ""})
	})
	return number, err
}

// inherit gives a part what the whole has: its body and officer, its clock and its parties.
func (r *Room) inherit(ctx context.Context, tx *storage.Tx, part, whole Case) error {
	moved, version, before := part.Body != whole.Body, part.Version, part
	part.Body, part.Officer, part.Occasion, part.Version = whole.Body, whole.Officer, whole.Occasion, version+1
	if part.Clock.Term != "" && part.Clock.Term == whole.Clock.Term {
		part.Clock = whole.Clock
		if err := r.read(&part); err != nil {
			return err
		}
	}
	if err := r.write(ctx, tx, part, version); err != nil {
		return err
	}
	if err := r.countMoved(ctx, tx, before, part); err != nil {
		return err
	}
	if moved {
		if err := r.custody(ctx, tx, part, string(Split)); err != nil {
			return err
		}
	}
	for i, p := range whole.others {
		mandate, err := r.Key.Open(p.mandate, p.place())
		if err != nil {
			return fmt.Errorf("mandate: %w", err)
		}
		p.cased, p.Number = part.ID, i+1
		p.mandate = r.Key.Seal(mandate, p.place())
		if _, err := parties.Insert(ctx, tx, "", p); err != nil {
			return fmt.Errorf("party: %w", err)
		}
	}
	return nil
}
