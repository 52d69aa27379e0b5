package cases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// sight is a case as somebody may see it, and which of its threads.
type sight struct {
	Case
	own     bool // whoever looks is its party
	guest   bool // of a unit that was asked
	threads []Thread
}

func (s sight) sees(t Thread) bool { return slices.Contains(s.threads, t) }

// sight finds a case for its party, or for an officer of its scope, who leaves a receipt first. To everybody
// else there is no such case, which is said as of a number that nobody has.
//
// Problems: sign-in-needed, case-unknown.
func (r *Room) sight(ctx context.Context, by act.Actor, number string) (sight, error) {
	if !by.Known() {
		return sight{}, problem.New(problem.Unauthenticated, "sign-in-needed")
	}
	c, err := r.caseWhere(ctx, r.DB.Read(ctx), "number", number)
	if err != nil {
		return sight{}, err
	}
	if c.isOf(by) {
		return sight{Case: c, own: true, threads: c.open(WithParty)}, nil
	}
	if mayHandle(by, c) == nil {
		return sight{Case: c, threads: c.open(WithParty, Bodies, Internal)}, r.looked(ctx, by, c)
	}
	asked, err := r.asked(ctx, by, c)
	if err != nil || !asked {
		return sight{}, cmp.Or(err, unknown())
	}
	return sight{Case: c, guest: true, threads: c.open(Bodies)}, r.looked(ctx, by, c)
}

// open adds the thread of everybody where the case is for everybody.
func (c Case) open(threads ...Thread) []Thread {
	if c.Visibility == law.Public {
		threads = append(threads, Everybody)
	}
	return threads
}

// looked leaves the receipt of a look at somebody's case, and of what was seen of it where that is named.
func (r *Room) looked(ctx context.Context, by act.Actor, c Case, seen ...string) error {
	if c.Person == "" {
		return nil
	}
	if r.looks == nil {
		return errors.New("nobody watches over looks at cases")
	}
	return r.looks.Looked(ctx, by, c, seen...)
}

// record reads what belongs to a case beside its messages. Of other cases a party sees those of which they are a party too.
func (r *Room) record(ctx context.Context, from storage.Reader, v *View, by act.Actor) (err error) {
	if v.Parties, err = partiesOf(ctx, from, v.ID); err != nil {
		return err
	}
	if v.Links, err = r.linksOf(ctx, from, v.ID); err != nil {
		return err
	}
	if v.Own {
		v.Parties = r.inForce(v.Parties)
		v.Links = slices.DeleteFunc(v.Links, func(l Linked) bool { return !l.isOf(by) })
		return nil
	}
	// What a case follows is the matter itself; of others an officer sees those of their scope.
	v.Links = slices.DeleteFunc(v.Links, func(l Linked) bool { return l.How != Follows && mayHandle(by, l.Case) != nil })
	for i, p := range v.Parties {
		mandate, err := r.Key.Open(p.mandate, p.place())
		if err != nil {
			return fmt.Errorf("mandate: %w", err)
		}
		v.Parties[i].Mandate = string(mandate)
	}
	v.Tasks, err = r.tasksOf(ctx, from, v.Case)
	return err
}
