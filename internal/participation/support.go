package participation

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// voiceIn is an act that needs no more than which voice.
type voiceIn struct{ Number string }

func voiceNumber() act.Field[voiceIn] {
	return act.OfLine("number", func(in *voiceIn) *string { return &in.Number }, act.InPath(), act.Most(64))
}

// Support adds somebody to those who support a voice. A second time changes nothing, and the answer is the same. Who reaches a
// threshold with it has the person and the body told, once.
//
// Problems: sign-in-needed, level-too-low, too-often, voice-unknown, voice-own, voice-ended.
func (r *Room) Support(ctx context.Context, by act.Actor, number string) error {
	if err := rightToRaise().Check(by, act.Scope{}); err != nil {
		return err
	}
	v, err := r.voice(ctx, r.DB.Read(ctx), number)
	if err != nil {
		return err
	}
	person := by.Is(sector)
	switch {
	case v.Published.IsZero() || person == "":
		return unknown()
	case by.Bears(sector, v.Person):
		return problem.New(problem.Conflict, "voice-own")
	}
	if outline, err := r.Cases.Outline(ctx, number); err != nil {
		return err
	} else if !outline.EndedAt.IsZero() {
		return problem.New(problem.Conflict, "voice-ended")
	}
	if err := r.supports.Spend(ctx, person); err != nil {
		return err
	}

	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if given, err := given(ctx, tx, v.Case, by); err != nil || given {
			return err
		}
		added, err := tx.ExecContext(ctx, `insert into participation_supports (case_id, person, at) values ($1, $2, $3) on conflict (case_id, person) do nothing`, v.Case, person, storage.Micros(r.Now()))
		if err != nil {
			return fmt.Errorf("support: %w", err)
		}
		if n, err := added.RowsAffected(); err != nil || n == 0 {
			return err
		}
		// The row of the voice is held from here on, so that of two supports at once one sees the other.
		var count int64
		err = tx.QueryRowContext(ctx, `update participation_voices set supports = supports + 1 where case_id = $1 and published_at > 0 returning supports`, v.Case).Scan(&count)
		if errors.Is(err, storage.ErrNotFound) {
			return unknown() // taken back meanwhile
		}
		if err != nil {
			return fmt.Errorf("count supports: %w", err)
		}
		return r.reach(ctx, tx, v, count)
	})
}

// given reports whether somebody supports a voice, also under a contact that was joined to them since.
func given(ctx context.Context, from storage.Reader, voice string, by act.Actor) (is bool, err error) {
	f := storage.Among("person", by.Names(sector)...)
	err = from.QueryRowContext(ctx, fmt.Sprintf(`select count(*) > 0 from participation_supports where %s and case_id = $%d`, f.Where, len(f.Args)+1), append(f.Args, voice)...).Scan(&is)
	if err != nil {
		return false, fmt.Errorf("who supports: %w", err)
	}
	return is, nil
}

// reach has the body and the person told of a threshold that this many supports have just reached.
func (r *Room) reach(ctx context.Context, tx *storage.Tx, v Voice, count int64) error {
	kind, _ := r.Pack.CaseKind(v.Kind)
	for _, t := range kind.Thresholds {
		if count < int64(t.Supports) {
			return nil
		}
		first, err := tx.ExecContext(ctx, `insert into participation_reached (case_id, supports, at) values ($1, $2, $3) on conflict (case_id, supports) do nothing`, v.Case, t.Supports, storage.Micros(r.Now()))
		if err != nil {
			return fmt.Errorf("threshold: %w", err)
		}
		if n, err := first.RowsAffected(); err != nil || n == 0 {
			if err != nil {
				return err
			}
			continue
		}
		values := lang.Values{"n": t.Supports, "number": v.Number, "obliges": t.Title}
		err = r.Cases.Tell(ctx, tx, v.Case, cases.Telling{
			Occasion: "supports-" + strconv.Itoa(t.Supports), Subject: said().In("voice.reached", values), Body: said().In("voice.reached-body", values),
			Within: said().In("voice.reached-within", values).In(lang.SrCyrl),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Supporting is the act of Support.
func (r *Room) Supporting() (act.Act, error) {
	return act.Def[voiceIn, bool]{
		Name: "voice.support", Page: "/voices/{number}/support", Right: rightToRaise(), Fields: []act.Field[voiceIn]{voiceNumber()},
		Do: func(ctx context.Context, by act.Actor, in voiceIn) (bool, error) {
			return true, r.Support(ctx, by, in.Number)
		},
	}.Act()
}

// supportsOf counts the supports of a voice.
func supportsOf(ctx context.Context, from storage.Reader, id string) (n int64, err error) {
	err = from.QueryRowContext(ctx, `select count(*) from participation_supports where case_id = $1`, id).Scan(&n)
	return n, err
}

// Next is the first threshold that a number of supports has not reached; not ok where there is none.
func Next(kind law.CaseKind, supports int64) (t law.Threshold, ok bool) {
	for _, t := range kind.Thresholds {
		if supports < int64(t.Supports) {
			return t, true
		}
	}
	return law.Threshold{}, false
}
