package cases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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
func (r *Room) within(by act.Actor) (storage.Filter, error) { return r.scoped(RightToHandle(), by) }

// scoped narrows a list to the scopes that somebody has under a right. Lists go along something else: their person, their
// clock.
func (r *Room) scoped(right act.Right, by act.Actor) (storage.Filter, error) {
	scopes, err := right.Where(by)
	if err != nil {
		return storage.Filter{}, err
	}
	var any []string
	for _, s := range scopes {
		bounds := boundsOf(s)
		if len(bounds) == 0 {
			return storage.Filter{}, nil
		}
		each := make([]string, len(bounds))
		for i, bound := range bounds {
			each[i] = r.beside(bound)
		}
		any = append(any, strings.Join(each, " and "))
	}
	return storage.Filter{Where: "(" + strings.Join(any, " or ") + ")"}, nil
}

// boundsOf are the conditions of a scope; none for everything.
func boundsOf(s act.Scope) (all []equal) {
	for _, c := range []equal{{"body", s.Body}, {"unit", s.Unit}, {"service", s.Service}, {"kind", s.Kind}, {"place", s.Place}} {
		if c.value != "" {
			all = append(all, c)
		}
	}
	return all
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

// walks are the columns along which there is an index of the cases of a list, in its order.
func (w Wanted) walks() []string {
	switch {
	case w.Unread:
		return nil
	case w.Ended:
		return []string{"unit", "service", "kind", "place"} // by age, of all
	}
	return []string{"unit", "service", "kind", "place", "phase", "officer"}
}

// walkMost bounds how many cases are counted to find out along what to go. Of what has ended so many are put in order at
// once, and what is less rare is found soon among the newest.
const walkMost = 2000

// filters are what an officer wants of the cases of each of their scopes; all have the same values. One condition of each is
// that along which the list goes, the rarest. What has ended comes in its order from another index where none is rare; only
// to be counted it needs no order.
func (r *Room) filters(ctx context.Context, by act.Actor, w Wanted, ordered bool) (all []storage.Filter, err error) {
	scopes, err := RightToHandle().Where(by)
	if err != nil {
		return nil, err
	}
	from := r.DB.Read(ctx)
	var wish storage.Filter
	var wished []equal
	for _, is := range []equal{{"phase", string(w.Phase)}, {"kind", w.Kind}, {"service", w.Service}, {"status", w.Status}} {
		if is.value != "" {
			wished = append(wished, is)
		}
	}
	state := "ended_at = 0" // in so many words: see 0688_found.sql
	switch {
	case w.Unread:
		state = "unread_at > 0"
	case w.Ended:
		state = "ended_at > 0"
	}
	if w.Waits {
		wish.Where = "draft = '' and (" + r.beside(equal{"phase", string(law.Received)}) + " or " + r.beside(equal{"phase", string(law.InHandling)}) + ")"
	}
	walks := w.walks()
	switch {
	case w.Mine:
		mine, err := r.mine(ctx, from, by)
		if err != nil {
			return nil, err
		}
		places := make([]string, len(mine))
		for i, account := range mine {
			wish.Args = append(wish.Args, account)
			places[i] = fmt.Sprintf("$%d", len(wish.Args))
		}
		if wish.Where != "" {
			wish.Where += " and "
		}
		wish.Where += "officer in (" + strings.Join(places, ", ") + ")"
		walks = nil // somebody has taken few
	case w.Free:
		wished = append(wished, equal{"officer", ""})
	case w.Second:
		state += " and draft <> '' and " + equal{"draft", string(ForSecond)}.text() // the index of drafts
		and(&wish, "officer <> %s", by.Account)
		walks = nil
	}
	for _, scope := range scopes {
		bounds := append(boundsOf(scope), wished...)
		along, err := rarestOf(ctx, from, bounds, walks, w.Ended, w.Ended && ordered)
		if err != nil {
			return nil, fmt.Errorf("along what a list goes: %w", err)
		}
		f := storage.Filter{Where: state, Args: wish.Args}
		for i, is := range bounds {
			if i == along {
				f.Where += " and " + is.text()
			} else {
				f.Where += " and " + r.beside(is)
			}
		}
		if wish.Where != "" {
			f.Where += " and " + wish.Where
		}
		all = append(all, f)
	}
	return all, nil
}

// rarestOf is the condition that fewest cases fulfil, of those with an index; -1 for none, and where only a rare one will do.
func rarestOf(ctx context.Context, from storage.Reader, of []equal, walks []string, ended, onlyRare bool) (along int, err error) {
	along = -1
	least, candidates := walkMost, 0
	for _, is := range of {
		if slices.Contains(walks, is.column) {
			candidates++
		}
	}
	for i, is := range of {
		if !slices.Contains(walks, is.column) {
			continue
		}
		if candidates == 1 && !onlyRare {
			return i, nil
		}
		open := "ended_at = 0 and "
		if ended {
			open = ""
		}
		n := 0
		if err := from.QueryRowContext(ctx, fmt.Sprintf(`select count(*) from (select 1 from cases_cases where %s%s limit %d) counted`, open, is.text(), walkMost)).Scan(&n); err != nil {
			return -1, err
		}
		if n < least || along < 0 && !onlyRare {
			along, least = i, n
		}
	}
	return along, nil
}

// Queue lists the cases of an officer's scopes that they want. It names nobody: whom a case is of says its
// page, which leaves a receipt.
func (r *Room) Queue(ctx context.Context, by act.Actor, w Wanted, after page.Key) (found page.Page[Case], err error) {
	filters, err := r.filters(ctx, by, w, true)
	if err != nil {
		return found, err
	}
	order, before := queue, func(a, b Case) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.ID, b.ID)) }
	if w.Ended {
		order, before = lately, func(a, b Case) int { return cmp.Or(b.EndedAt.Compare(a.EndedAt), cmp.Compare(b.ID, a.ID)) }
	}
	var pages []page.Page[Case]
	for _, f := range filters {
		some, err := order.Page(ctx, r.DB.Read(ctx), f, after, page.Size)
		if err != nil {
			return found, fmt.Errorf("queue: %w", err)
		}
		pages = append(pages, some)
	}
	return page.Map(order.Merge(pages, before, page.Size), func(c Case) (Case, error) {
		c.Person = ""
		return c, nil
	})
}

// Next is the number of the case that an officer should see to: the nearest clock of those they have taken, then
// of those that nobody has, then of those in which something waits to be read;
// empty for none.
func (r *Room) Next(ctx context.Context, by act.Actor) (string, error) {
	for _, wish := range []Wanted{{Waits: true, Mine: true}, {Waits: true, Free: true}, {Unread: true, Mine: true}, {Unread: true, Free: true}} {
		filters, err := r.filters(ctx, by, wish, true)
		if err != nil {
			return "", err
		}
		var first *Case
		for _, f := range filters {
			c, err := rows.One(ctx, r.DB.Read(ctx), `where `+f.Where+` order by due, id limit 1`, f.Args...)
			if errors.Is(err, storage.ErrNotFound) {
				continue
			}
			if err != nil {
				return "", fmt.Errorf("next case: %w", err)
			}
			if first == nil || cmp.Or(cmp.Compare(c.due, first.due), cmp.Compare(c.ID, first.ID)) < 0 {
				first = &c
			}
		}
		if first != nil {
			return first.Number, nil
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
	filters, err := r.filters(ctx, by, w, false)
	if err != nil || len(filters) == 0 {
		return 0, err
	}
	each := make([]string, len(filters))
	for i, f := range filters {
		each[i] = fmt.Sprintf(`select id from (select id from cases_cases where %s limit %d) of_scope`, f.Where, most)
	}
	err = r.DB.Read(ctx).QueryRowContext(ctx, `select count(*) from (`+strings.Join(each, " union ")+`) found`, filters[0].Args...).Scan(&n)
	return min(n, most), err
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
