package cases

import (
	"context"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/storage"
)

// Copies gives a person's cases one after the other, with what was said, decided and added in them as the person may
// see it, for a copy of what is kept about them. It is no reading: nothing is delivered by it.
func (r *Room) Copies(ctx context.Context, by act.Actor, each func(View) error) error {
	for after := page.Key(""); ; {
		found, err := r.Own(ctx, by, after)
		if err != nil {
			return err
		}
		for _, c := range found.Items {
			v, err := r.copied(ctx, c)
			if err == nil {
				err = each(v)
			}
			if err != nil {
				return fmt.Errorf("copy of case %s: %w", c.Number, err)
			}
		}
		if after = found.Next; after == "" {
			return nil
		}
	}
}

func (r *Room) copied(ctx context.Context, c Case) (v View, err error) {
	if v, err = r.Told(c); err != nil {
		return v, err
	}
	from := r.DB.Read(ctx)
	for after := page.Key(""); ; {
		some, earlier, err := r.thread(ctx, from, c, after, WithParty, Everybody)
		if err != nil {
			return v, err
		}
		if v.Messages, after = append(some, v.Messages...), earlier; after == "" {
			break
		}
	}
	if v.Files, err = r.files(ctx, from, c, WithParty, Everybody); err != nil {
		return v, err
	}
	v.Steps, err = r.steps(ctx, from, v)
	return v, err
}

// RetainOwn erases the content of those cases of a person whose kinds keep them no longer, within the transaction of
// the caller, instead of waiting for [Room.Retain], and gives those whose content stays.
func (r *Room) RetainOwn(ctx context.Context, tx *storage.Tx, by act.Actor) (kept []Case, err error) {
	all, err := rows.All(ctx, tx, `where `+r.ownCases(by).Where+` order by id`, r.ownCases(by).Args...)
	if err != nil {
		return nil, fmt.Errorf("cases of a person: %w", err)
	}
	for _, c := range all {
		kind, _, err := r.kindOf(c)
		if err != nil {
			return nil, err
		}
		if !c.Ended() || c.EndedAt.AddDate(kind.Retention, 0, 0).After(r.Now()) || r.disputed(ctx, tx, c) {
			kept = append(kept, c)
			continue
		}
		if err := r.reduce(ctx, tx, c); err != nil {
			return nil, fmt.Errorf("case %s: %w", c.Number, err)
		}
	}
	return kept, nil
}

// disputed reports whether a case that is open follows from another: its content is needed then.
func (r *Room) disputed(ctx context.Context, from storage.Reader, c Case) bool {
	var n int
	err := from.QueryRowContext(ctx, `select count(*) from cases_links l join cases_cases o on o.id = l.case_id where l.other = $1 and l.kind = $2 and o.ended_at = 0`, c.ID, string(Follows)).Scan(&n)
	return err != nil || n > 0
}

// Inform says something to the party of a case within the transaction of the caller: in its thread, where there is
// something to say, and by a notice whose sentences stand under "case.told." and what. It is told once a day.
func (r *Room) Inform(ctx context.Context, tx *storage.Tx, id, what, said string, more lang.Values) error {
	c, err := r.caseWhere(ctx, tx, "id", id)
	if err != nil {
		return err
	}
	if said != "" && c.Reduced.IsZero() {
		if err := r.say(ctx, tx, c, WithParty, law.ByRule, "", said); err != nil {
			return err
		}
	}
	return r.inform(ctx, tx, c, what, notify.Normal, what+"-"+civil.Of(r.Now()).String(), more)
}

// Ends is told of the outcome of a case, in the transaction in which it comes.
type Ends func(ctx context.Context, tx *storage.Tx, c Case) error

// EndedBy has what follows from outcomes of a kind begin. It is called before anything is served.
func (r *Room) EndedBy(kind string, e Ends) { r.ends[kind] = e }
