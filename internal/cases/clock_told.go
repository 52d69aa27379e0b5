package cases

import (
	"context"
	"fmt"
	"maps"

	"dobosh/internal/kit/lang"
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
	for _, n := range notices {
		if err := r.Notifier.Send(ctx, tx, n); err != nil {
			return fmt.Errorf("tell of the clock of case %s: %w", c.Number, err)
		}
	}
	return nil
}

// toldOf are the notices to the parties of a case about its clock, in the words of the room: what names the sentences, id
// the occasion. What others may read says where to look.
func (r *Room) toldOf(c Case, what string, lane notify.Lane, id string, more lang.Values) ([]notify.Notice, error) {
	if c.Person == "" || r.Notifier == nil {
		return nil, nil
	}
	body, err := registry.ParseID(c.Body)
	if err != nil {
		return nil, err
	}
	values := lang.Values{"body": r.Title(body), "number": c.Number, "phone": r.Phone}
	maps.Copy(values, more)
	notice := notify.Notice{
		ID: "case-" + c.ID + "-" + id, Person: c.Person, Lane: lane, Link: r.PublicURL + "/cases/" + c.Number,
		Subject: said().In("case.told."+what, values), Body: said().In("case.told."+what+"-body", values),
	}
	notice.Body = notice.Body.Map(func(source lang.Tag, s string) string {
		if r.Phone != "" {
			s += "\n" + said().In("case.notice-help", values).In(source)
		}
		return s
	})
	return c.toAll(notice), nil
}
