package cases

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// NextPage leads an officer who has settled one case to the next.
const NextPage = "/desk/cases/next"

// Wanted narrows an officer's queue.
type Wanted struct {
	Phase   law.Phase // empty for all that have no outcome
	Kind    string    // empty for all
	Service string    // empty for all
	Waits   bool      // those that wait for the body: received or in handling
	Mine    bool      // those that the officer has taken, or somebody for whom they stand in today
	Free    bool      // those that nobody has taken
	Unread  bool      // those in which something that the party said waits to be read, also ended ones
	Second  bool      // those in which another officer's decision waits for this one
	Ended   bool      // those that have an outcome, the newest first, instead of the open ones
	Status  string    // of the kind; empty for all
}

// queue is the order of an officer's work: the nearest clock first, and those without one
// after them.
var queue = rows.List(
	storage.Up("due", func(c Case) int64 { return c.due }),
	storage.Up("id", func(c Case) string { return c.ID }),
)

// lately is the order of cases that have an outcome.
var lately = rows.List(
	storage.Down("ended_at", func(c Case) int64 { return micros(c.EndedAt) }),
	storage.Down("id", func(c Case) string { return c.ID }),
)

// within narrows a list to the scopes of an officer.
func within(by act.Actor) (storage.Filter, error) { return scoped(RightToHandle(), by) }

// scoped narrows a list to the scopes that somebody has under a right.
func scoped(right act.Right, by act.Actor) (storage.Filter, error) {
	scopes, err := right.Where(by)
	if err != nil {
		return storage.Filter{}, err
	}
	var f storage.Filter
	var any []string
	for _, s := range scopes {
		var each []string
		for _, c := range []struct{ column, value string }{{"body", s.Body}, {"unit", s.Unit}, {"service", s.Service}, {"kind", s.Kind}, {"place", s.Place}} {
			if c.value != "" {
				each = append(each, equal{c.column, c.value}.text())
			}
		}
		if len(each) == 0 {
			return storage.Filter{}, nil
		}
		any = append(any, strings.Join(each, " and "))
	}
	f.Where = "(" + strings.Join(any, " or ") + ")"
	return f, nil
}

// and adds a condition with one %s for the place of its value.
func and(f *storage.Filter, condition string, value any) {
	f.Args = append(f.Args, value)
	condition = fmt.Sprintf(condition, fmt.Sprintf("$%d", len(f.Args)))
	if f.Where != "" {
		condition = f.Where + " and " + condition
	}
	f.Where = condition
}

// filter is what an officer wants of the cases of their scopes.
func (r *Room) filter(ctx context.Context, by act.Actor, w Wanted) (storage.Filter, error) {
	f, err := within(by)
	if err != nil {
		return f, err
	}
	if f.Where != "" {
		f.Where += " and "
	}
	open := "ended_at = 0" // in so many words: see 0688_found.sql
	switch {
	case w.Unread:
		open = "unread_at > 0"
	case w.Ended:
		open = "ended_at > 0"
	}
	f.Where += open
	for _, is := range []equal{{"phase", string(w.Phase)}, {"kind", w.Kind}, {"service", w.Service}, {"status", w.Status}} {
		if is.value != "" {
			f.Where += " and " + is.text()
		}
	}
	if w.Waits {
		f.Where += " and draft = '' and (" + equal{"phase", string(law.Received)}.text() + " or " + equal{"phase", string(law.InHandling)}.text() + ")"
	}
	switch {
	case w.Mine:
		mine, err := r.mine(ctx, r.DB.Read(ctx), by)
		if err != nil {
			return f, err
		}
		places := make([]string, len(mine))
		for i, account := range mine {
			f.Args = append(f.Args, account)
			places[i] = fmt.Sprintf("$%d", len(f.Args))
		}
		f.Where += " and officer in (" + strings.Join(places, ", ") + ")"
	case w.Free:
		f.Where += " and officer = ''"
	case w.Second:
		f.Where += " and " + equal{"draft", string(ForSecond)}.text()
		and(&f, "officer <> %s", by.Account)
	}
	return f, nil
}

// Queue lists the cases of an officer's scopes that they want. It names nobody: whom a case is of says its
// page, which leaves a receipt.
func (r *Room) Queue(ctx context.Context, by act.Actor, w Wanted, after page.Key) (page.Page[Case], error) {
	f, err := r.filter(ctx, by, w)
	if err != nil {
		return page.Page[Case]{}, err
	}
	order := queue
	if w.Ended {
		order = lately
	}
	found, err := order.Page(ctx, r.DB.Read(ctx), f, after, page.Size)
	if err != nil {
		return found, fmt.Errorf("queue: %w", err)
	}
	return page.Map(found, func(c Case) (Case, error) {
		c.Person = ""
		return c, nil
	})
}

// Next is the number of the case that an officer should see to: the nearest clock of those they have taken, then
// of those that nobody has, then of those in which something waits to be read;
// empty for none.
func (r *Room) Next(ctx context.Context, by act.Actor) (string, error) {
	for _, wish := range []Wanted{{Waits: true, Mine: true}, {Waits: true, Free: true}, {Unread: true, Mine: true}, {Unread: true, Free: true}} {
		f, err := r.filter(ctx, by, wish)
		if err != nil {
			return "", err
		}
		c, err := rows.One(ctx, r.DB.Read(ctx), `where `+f.Where+` order by due, id limit 1`, f.Args...)
		if err == nil {
			return c.Number, nil
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return "", fmt.Errorf("next case: %w", err)
		}
	}
	return "", nil
}

// Brief is a case of an officer's scopes as lists show it.
func (r *Room) Brief(ctx context.Context, by act.Actor, number string) (Case, error) {
	c, err := r.caseWhere(ctx, r.DB.Read(ctx), "number", number)
	if err == nil {
		err = mayHandle(by, c)
	}
	if err != nil {
		return Case{}, err
	}
	c.Person = ""
	return c, nil
}

// Count says how many open cases an officer's wish finds, up to most.
func (r *Room) Count(ctx context.Context, by act.Actor, w Wanted, most int) (n int, err error) {
	f, err := r.filter(ctx, by, w)
	if err != nil {
		return 0, err
	}
	err = r.DB.Read(ctx).QueryRowContext(ctx, fmt.Sprintf(`select count(*) from (select 1 from cases_cases where %s limit %d) found`, f.Where, most), f.Args...).Scan(&n)
	return n, err
}

var newest = rows.List(storage.Down("id", func(c Case) string { return c.ID }))

// Own lists a person's cases, the newest first.
func (r *Room) Own(ctx context.Context, by act.Actor, after page.Key) (page.Page[Case], error) {
	if !by.Known() {
		return page.Page[Case]{}, problem.New(problem.Unauthenticated, "sign-in-needed")
	}
	found, err := newest.Page(ctx, r.DB.Read(ctx), r.ownCases(by), after, page.Size)
	if err != nil {
		return found, fmt.Errorf("cases of a person: %w", err)
	}
	return found, nil
}
