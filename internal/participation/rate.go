package participation

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// rating is what somebody says of the answer.
type rating struct {
	Number string
	Stars  string
	Words  string
}

// Rate keeps what whoever raised something says of the answer: 1 for very bad to 5 for very good, and why. It can be changed.
//
// Problems: voice-unknown, voice-open while there is no answer.
func (r *Room) Rate(ctx context.Context, by act.Actor, number string, stars int, words string) error {
	v, c, err := r.answered(ctx, by, number)
	if err != nil {
		return err
	}
	if stars < 1 || stars > 5 {
		return problem.New(problem.Invalid, "form-incomplete").At("stars", "choice-missing")
	}
	var sealed []byte
	if words != "" {
		sealed = r.Key.Seal([]byte(words), []byte("rating "+v.Case))
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into participation_ratings (case_id, kind, stars, words, at) values ($1, $2, $3, $4, $5)
			on conflict (case_id) do update set stars = excluded.stars, words = excluded.words, at = excluded.at`, c.ID, v.Kind, stars, append([]byte{}, sealed...), storage.Micros(r.Now()))
		if err != nil {
			return fmt.Errorf("rate: %w", err)
		}
		return nil
	})
}

// answered finds what somebody raised and was answered.
func (r *Room) answered(ctx context.Context, by act.Actor, number string) (Voice, cases.View, error) {
	v, err := r.voiceOf(ctx, r.DB.Read(ctx), by, number)
	if err != nil {
		return v, cases.View{}, err
	}
	c, err := r.Cases.Case(ctx, by, number)
	if err == nil && !Answered(c) {
		err = problem.New(problem.Conflict, "voice-open")
	}
	return v, c, err
}

// Answered reports whether a case has an answer: not where its author took it back, nor where it goes on in another.
func Answered(c cases.View) bool { return c.Phase == law.Decided }

// Rating is the act of Rate.
func (r *Room) Rating() (act.Act, error) {
	return act.Def[rating, bool]{
		Name: "voice.rate", Page: "/cases/{number}/rate", Right: act.SignedIn(),
		Fields: []act.Field[rating]{
			act.OfLine("number", func(in *rating) *string { return &in.Number }, act.InPath(), act.Most(64)),
			act.OfChoice("stars", func(in *rating) *string { return &in.Stars }, act.Of("voice.stars-", "5", "4", "3", "2", "1")),
			act.OfText("words", func(in *rating) *string { return &in.Words }, act.Optional()),
		},
		Begin: func(ctx context.Context, by act.Actor, in *rating) error {
			_, _, err := r.answered(ctx, by, in.Number)
			return err
		},
		Do: func(ctx context.Context, by act.Actor, in rating) (bool, error) {
			return true, r.Rate(ctx, by, in.Number, int(in.Stars[0]-'0'), in.Words)
		},
	}.Act()
}

func (r *Room) ratingOf(ctx context.Context, from storage.Reader, id string) (stars int, words string, err error) {
	var sealed []byte
	err = from.QueryRowContext(ctx, `select stars, words from participation_ratings where case_id = $1`, id).Scan(&stars, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	if err != nil || len(sealed) == 0 {
		return stars, "", err
	}
	plain, err := r.Key.Open(sealed, []byte("rating "+id))
	return stars, string(plain), err
}

// fewest is of how many people's ratings an average is made at least: fewer would tell what one person said. lastRatings bounds
// of how many answers it is made: everybody reads it, and what was answered years ago says little of today.
const fewest, lastRatings = 10, 1000

// Satisfaction is how the last answers of a kind were rated, and how many these are; ok is false while fewer than ten people rated.
func (r *Room) Satisfaction(ctx context.Context, kind string) (mean float64, count int64, ok bool, err error) {
	var people int
	err = r.DB.Read(ctx).QueryRowContext(ctx, fmt.Sprintf(`select count(*), count(distinct v.person), coalesce(avg(r.stars * 1.0), 0)
		from (select case_id, stars from participation_ratings where kind = $1 order by at desc limit %d) r join participation_voices v on v.case_id = r.case_id`, lastRatings), kind).Scan(&count, &people, &mean)
	if err != nil || people < fewest {
		return 0, 0, false, err
	}
	return mean, count, true, nil
}

// again is what somebody is not content with.
type again struct{ Number, Text string }

// Again has an answer examined again, by somebody who did not give it: a case of its own that follows the first. Asked twice it
// is one.
//
// Problems: voice-unknown, voice-open, voice-final where the kind knows no re-examination.
func (r *Room) Again(ctx context.Context, by act.Actor, number, why string) (next string, err error) {
	v, c, err := r.answered(ctx, by, number)
	if err != nil {
		return "", err
	}
	if c.Kind.Again == "" {
		return "", problem.New(problem.Conflict, "voice-final")
	}
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		other, begun, err := r.Cases.Open(ctx, tx, cases.Opening{
			Kind: c.Kind.Again, About: v.Case, Whom: v.Person, Source: "page", Person: v.Person, Sector: sector, Unit: c.Unit, Place: v.Place, Channel: cases.ByPage, Follows: v.Case, Said: why,
		})
		if err != nil {
			return fmt.Errorf("examine again: %w", err)
		}
		if next = other.Number; begun {
			return nil
		}
		return r.Cases.Heard(ctx, tx, other.ID, why)
	})
	return next, err
}

// Reexamining is the act of Again.
func (r *Room) Reexamining() (act.Act, error) {
	return act.Def[again, string]{
		Name: "voice.again", Page: "/cases/{number}/again", Right: act.SignedIn(),
		Fields: []act.Field[again]{
			act.OfLine("number", func(in *again) *string { return &in.Number }, act.InPath(), act.Most(64)),
			act.OfText("text", func(in *again) *string { return &in.Text }, act.Most(4000)),
		},
		Begin: func(ctx context.Context, by act.Actor, in *again) error {
			_, _, err := r.answered(ctx, by, in.Number)
			return err
		},
		Do: func(ctx context.Context, by act.Actor, in again) (string, error) {
			return r.Again(ctx, by, in.Number, in.Text)
		},
	}.Act()
}
