package participation

import (
	"context"
	"fmt"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

// Erase erases all that is kept beside a case, in the transaction in which the content of the case goes: what was raised and
// published, who supported it, and how its answer was rated.
func (r *Room) Erase(ctx context.Context, tx *storage.Tx, c cases.Case) error {
	for _, table := range []string{"participation_supports", "participation_reached", "participation_ratings", "participation_voices"} {
		if _, err := tx.ExecContext(ctx, `delete from `+table+` where case_id = $1`, c.ID); err != nil {
			return fmt.Errorf("erase voice: %w", err)
		}
	}
	return nil
}

// Forget erases what a person asks to have erased and no law keeps: what of their voices is public, their ratings, and their
// supports, which are no longer counted. What they raised stays as long as its case. It is for the transaction of the caller.
func (r *Room) Forget(ctx context.Context, tx *storage.Tx, by act.Actor) error {
	names := by.Names(sector)
	if len(names) == 0 {
		return nil
	}
	f := storage.Among("person", names...)
	for _, text := range []string{
		`update participation_voices set agreed = 0, published_at = 0, subject = '', body = '', answer = '' where ` + f.Where,
		`delete from participation_ratings where case_id in (select case_id from participation_voices where ` + f.Where + `)`,
		`update participation_voices set supports = supports - (select count(*) from participation_supports s where s.case_id = participation_voices.case_id and s.` + f.Where + `)
			where case_id in (select case_id from participation_supports where ` + f.Where + `)`,
		`delete from participation_supports where ` + f.Where,
	} {
		if _, err := tx.ExecContext(ctx, text, f.Args...); err != nil {
			return fmt.Errorf("forget voices: %w", err)
		}
	}
	return nil
}

// Kept is what is kept of a voice about whoever raised it.
type Kept struct {
	Of
	Raised Raised
}

var ofPerson = voices.List(storage.Up("case_id", func(v Voice) string { return v.Case }))

// Own lists what somebody raised, for a copy of what is kept about them.
func (r *Room) Own(ctx context.Context, by act.Actor, after page.Key) (own page.Page[Kept], err error) {
	from := r.DB.Read(ctx)
	found, err := ofPerson.Page(ctx, from, storage.Among("person", by.Names(sector)...), after, page.Size)
	if err != nil {
		return own, fmt.Errorf("voices of a person: %w", err)
	}
	for _, v := range found.Items {
		one := Kept{Of: Of{Voice: v}}
		if one.Raised, err = r.openRaised(v); err != nil {
			return own, err
		}
		if one.Stars, one.Words, err = r.ratingOf(ctx, from, v.Case); err != nil {
			return own, err
		}
		own.Items = append(own.Items, one)
	}
	own.Next = found.Next
	return own, nil
}

// Supported is a voice that somebody supports.
type Supported struct {
	Case    string // id
	Number  string
	Subject string // as published; empty while it is not public
	At      time.Time
}

var supported = storage.NewList(`select s.case_id, v.number, v.subject, s.at from participation_supports s join participation_voices v on v.case_id = s.case_id`,
	func(scan storage.Scan) (s Supported, err error) {
		var at int64
		err = scan(&s.Case, &s.Number, &s.Subject, &at)
		s.At = storage.Instant(at)
		return s, err
	}, storage.Up("s.case_id", func(s Supported) string { return s.Case }))

// Supports lists what somebody supports, for a copy of what is kept about them.
func (r *Room) Supports(ctx context.Context, by act.Actor, after page.Key) (page.Page[Supported], error) {
	return supported.Page(ctx, r.DB.Read(ctx), storage.Among("s.person", by.Names(sector)...), after, page.Size)
}
