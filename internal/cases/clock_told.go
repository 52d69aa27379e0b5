package cases

import (
	"context"
	"fmt"
	"maps"

	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// inform tells the person what happened to the clock of their case.
func (r *Room) inform(ctx context.Context, tx *storage.Tx, c Case, what string, lane notify.Lane, id string, more lang.Values) error {
	notices, err := r.toldOf(c, what, lane, id, more)
	if err != nil {
		return err
	}
	return r.sendAll(ctx, tx, c, notices)
}

func (r *Room) sendAll(ctx context.Context, tx *storage.Tx, c Case, notices []notify.Notice) error {
	for _, n := range notices {
		if err := r.Notifier.Send(ctx, tx, n); err != nil {
			return fmt.Errorf("tell about case %s: %w", c.Number, err)
		}
	}
	return nil
}

// toldOf are the notices to the parties of a case about its clock, in the words of the room: what names the sentences, id
// the occasion. What others may read says where to look.
func (r *Room) toldOf(c Case, what string, lane notify.Lane, id string, more lang.Values) ([]notify.Notice, error) {
	body, err := registry.ParseID(c.Body)
	if err != nil {
		return nil, err
	}
	values := lang.Values{"body": r.Title(body), "number": c.Number}
	maps.Copy(values, more)
	text := said().In("case.told."+what+"-body", values)
	if _, dated := more["day"]; dated && r.unchecked(c) {
		text = text.Map(func(source lang.Tag, s string) string { return s + "\n" + said().In("clock.unchecked", nil).In(source) })
	}
	return r.noticesOf(c, lane, id, said().In("case.told."+what, values), text), nil
}

// noticesOf are those to the parties of a case, with the telephone of the body under what is said; none where nobody is known.
func (r *Room) noticesOf(c Case, lane notify.Lane, id string, subject, body lang.Text) []notify.Notice {
	if c.Person == "" || r.Notifier == nil {
		return nil
	}
	notice := notify.Notice{ID: "case-" + c.ID + "-" + id, Person: c.Person, Lane: lane, Link: r.PublicURL + "/cases/" + c.Number, Subject: subject}
	notice.Body = body.Map(func(source lang.Tag, s string) string {
		if r.Phone != "" {
			s += "\n" + said().In("case.notice-help", lang.Values{"phone": r.Phone}).In(source)
		}
		return s
	})
	return c.toAll(notice)
}

// Telling is what another room has to say about a case.
type Telling struct {
	Occasion      string // what is told of once: the same occasion sends no second notice
	Subject, Body lang.Text
	Within        string // what officers read in the case; empty for nothing
}

// Tell sends what another room has to say about a case to its parties, and marks the case as one in which something new waits
// to be read, within the transaction of the caller.
//
// Problem: case-unknown.
func (r *Room) Tell(ctx context.Context, tx *storage.Tx, id string, t Telling) error {
	c, err := r.caseWhere(ctx, tx, "id", id)
	if err != nil {
		return err
	}
	if t.Within != "" {
		if err := r.say(ctx, tx, c, Internal, law.ByRule, "", t.Within); err != nil {
			return err
		}
		if err := r.unread(ctx, tx, &c); err != nil {
			return err
		}
	}
	return r.sendAll(ctx, tx, c, r.noticesOf(c, notify.Normal, t.Occasion, t.Subject, t.Body))
}
