package participation

import (
	"context"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// publishing is what an officer lets everybody read.
type publishing struct {
	Number string
	Public
}

// Publish has an officer of the case put what somebody raised before everybody, in the words that the officer has read, with the
// answer when there is one. It can be done again, which replaces what stood there. Whoever raised it is told the first time.
//
// Problems: case-unknown, own-matter, voice-unknown; voice-private where whoever raised it did not agree.
func (r *Room) Publish(ctx context.Context, by act.Actor, number string, p Public) error {
	if _, err := r.Cases.Brief(ctx, by, number); err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		v, err := r.voice(ctx, tx, number)
		if err != nil {
			return err
		}
		if !v.Agreed {
			return problem.New(problem.Conflict, "voice-private")
		}
		_, err = tx.ExecContext(ctx, `update participation_voices set subject = $1, body = $2, answer = $3, officer = $4,
			published_at = case when published_at > 0 then published_at else $5 end where case_id = $6`, p.Subject, p.Body, p.Answer, by.Account, storage.Micros(r.Now()), v.Case)
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		if !v.Published.IsZero() {
			return nil
		}
		values := lang.Values{"number": v.Number}
		return r.Cases.Tell(ctx, tx, v.Case, cases.Telling{Occasion: "published", Subject: said().In("voice.published", values), Body: said().In("voice.published-body", values)})
	})
}

// Publishing is the act of Publish. It begins with what was raised, or with what is public already.
func (r *Room) Publishing() (act.Act, error) {
	return act.Def[publishing, bool]{
		Name: "voice.publish", Page: "/desk/cases/{number}/publish", Right: cases.RightToHandle(),
		Fields: []act.Field[publishing]{
			act.OfLine("number", func(in *publishing) *string { return &in.Number }, act.InPath(), act.Most(64)),
			act.OfLine("subject", func(in *publishing) *string { return &in.Subject }, act.Most(120)),
			act.OfText("body", func(in *publishing) *string { return &in.Body }, act.Most(4000), act.Optional()),
			act.OfText("answer", func(in *publishing) *string { return &in.Answer }, act.Most(4000), act.Optional()),
		},
		Begin: func(ctx context.Context, by act.Actor, in *publishing) error {
			c, err := r.Cases.Case(ctx, by, in.Number) // what was raised is read here, so it leaves a receipt
			if err != nil {
				return err
			}
			v, err := r.voice(ctx, r.DB.Read(ctx), in.Number)
			if err != nil {
				return err
			}
			if in.Public = v.Public; v.Published.IsZero() {
				raised, err := r.openRaised(v)
				if err != nil {
					return err
				}
				in.Subject, in.Body = raised.Subject, raised.Body
			}
			if in.Answer == "" && Answered(c) && len(c.Steps) > 0 {
				in.Answer = c.Steps[len(c.Steps)-1].Why
			}
			return nil
		},
		Do: func(ctx context.Context, by act.Actor, in publishing) (bool, error) {
			return true, r.Publish(ctx, by, in.Number, in.Public)
		},
	}.Act()
}

// Hide takes back that a voice may be public, by whoever raised it: at once, and with it what was published.
//
// Problem: voice-unknown.
func (r *Room) Hide(ctx context.Context, by act.Actor, number string) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		v, err := r.voiceOf(ctx, tx, by, number)
		if err != nil {
			return err
		}
		return hide(ctx, tx, v.Case)
	})
}

func hide(ctx context.Context, tx *storage.Tx, id string) error {
	_, err := tx.ExecContext(ctx, `update participation_voices set agreed = 0, published_at = 0, subject = '', body = '', answer = '' where case_id = $1`, id)
	if err != nil {
		return fmt.Errorf("hide: %w", err)
	}
	return nil
}

// Hiding is the act of Hide.
func (r *Room) Hiding() (act.Act, error) {
	return act.Def[voiceIn, bool]{
		Name: "voice.hide", Page: "/cases/{number}/hide", Right: act.SignedIn(), Fields: []act.Field[voiceIn]{voiceNumber()},
		Do: func(ctx context.Context, by act.Actor, in voiceIn) (bool, error) {
			return true, r.Hide(ctx, by, in.Number)
		},
	}.Act()
}

var newest = voices.List(
	storage.Down("published_at", func(v Voice) int64 { return storage.Micros(v.Published) }),
	storage.Down("case_id", func(v Voice) string { return v.Case }),
)

// Published lists what is public, the newest first; kind narrows it to one, empty for all.
func (r *Room) Published(ctx context.Context, kind string, after page.Key) (page.Page[Voice], error) {
	f := storage.Filter{Where: "published_at > 0"}
	if kind != "" {
		f = storage.Filter{Where: "published_at > 0 and kind = $1", Args: []any{kind}}
	}
	return newest.Page(ctx, r.DB.Read(ctx), f, after, page.Size)
}

// Seen is a public voice as everybody sees it.
type Seen struct {
	Voice
	Outline cases.Outline
	Count   int64 // of supports
	Mine    bool  // whoever looks raised it
	Given   bool  // whoever looks supports it
}

// See shows a public voice. One that is not public does not exist.
//
// Problem: voice-unknown.
func (r *Room) See(ctx context.Context, by act.Actor, number string) (s Seen, err error) {
	from := r.DB.Read(ctx)
	if s.Voice, err = r.voice(ctx, from, number); err != nil {
		return s, err
	}
	if s.Voice.Published.IsZero() {
		return Seen{}, unknown()
	}
	if s.Outline, err = r.Cases.Outline(ctx, number); err != nil {
		return s, err
	}
	if s.Count, err = supportsOf(ctx, from, s.Voice.Case); err != nil {
		return s, err
	}
	if person := by.Is(sector); person != "" {
		s.Mine = by.Bears(sector, s.Voice.Person)
		s.Given, err = given(ctx, from, s.Voice.Case, by)
	}
	return s, err
}

// Of is what the page of a case shows of the voice that it is: the voice, what was raised, and how it was rated.
type Of struct {
	Voice
	Stars int // 0 while nobody rated it
	Words string
}

// Of finds the voice of a case that somebody sees; found is false for a case that is none.
func (r *Room) Of(ctx context.Context, c cases.View) (of Of, found bool, err error) {
	from := r.DB.Read(ctx)
	if of.Voice, err = r.voice(ctx, from, c.Number); err != nil {
		if problem.HasCode(err, "voice-unknown") {
			return Of{}, false, nil
		}
		return of, false, err
	}
	of.Stars, of.Words, err = r.ratingOf(ctx, from, c.ID)
	return of, true, err
}
