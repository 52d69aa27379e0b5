package notify

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// Content is how much of a notice leaves the house.
type Content string

// The contents, the least first.
const (
	Nothing Content = "nothing" // that something waits, and where
	Matter  Content = "matter"  // which matter it is, and what to do
)

// Contents lists how much a person can choose.
func Contents() []Content { return []Content{Nothing, Matter} }

// Preference is what a person chose about how word reaches them.
type Preference struct {
	Channel Channel // that is taken first, where there is an address on it
	Content Content
	Lang    lang.Tag
	Bulk    bool // mailings that nobody has to get are wanted
}

// Preference gives what persons chose who are one, under each of their pseudonyms; who chose
// nothing has the first channel, the matter, and mailings. Mailings that they ended under one are ended.
func (c *Courier) Preference(ctx context.Context, from storage.Reader, persons []string, otherwise lang.Tag) (Preference, error) {
	p := Preference{Channel: Email, Content: Matter, Lang: otherwise, Bulk: true}
	if len(persons) == 0 {
		return p, nil
	}
	among := storage.Among("person", persons...)
	err := from.QueryRowContext(ctx, `select channel, content, bulk from notify_preferences where `+among.Where+` order by bulk, person limit 1`, among.Args...).Scan(&p.Channel, &p.Content, &p.Bulk)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return p, fmt.Errorf("preference: %w", err)
	}
	err = from.QueryRowContext(ctx, `select lang from notify_addresses where `+among.Where+` order by person, channel limit 1`, among.Args...).Scan(&p.Lang)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return p, fmt.Errorf("preference: %w", err)
	}
	return p, nil
}

// Prefer writes down what a person chose, under each of their pseudonyms.
//
// Problems: preference-unknown, at the field.
func (c *Courier) Prefer(ctx context.Context, tx *storage.Tx, persons []string, p Preference) error {
	wrong := func(field string) error {
		return problem.New(problem.Invalid, "preference-unknown").At(field, "preference-unknown")
	}
	switch tag, ok := lang.Parse(string(p.Lang)); {
	case c.carried[p.Channel] == nil:
		return wrong("channel")
	case !slices.Contains(Contents(), p.Content):
		return wrong("content")
	case !ok || tag != p.Lang:
		return wrong("lang")
	}
	for _, person := range persons {
		if _, err := tx.ExecContext(ctx, `insert into notify_preferences (person, channel, content, bulk) values ($1, $2, $3, $4)
			on conflict (person) do update set channel = excluded.channel, content = excluded.content, bulk = excluded.bulk`,
			person, string(p.Channel), string(p.Content), p.Bulk); err != nil {
			return fmt.Errorf("write preference: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `update notify_addresses set lang = $1 where person = $2`, string(p.Lang), person); err != nil {
			return fmt.Errorf("write preference: %w", err)
		}
	}
	return nil
}

// NoMailings writes down that a person wants none; what else they chose stands.
func (c *Courier) NoMailings(ctx context.Context, tx *storage.Tx, person string) error {
	_, err := tx.ExecContext(ctx, `insert into notify_preferences (person, channel, content, bulk) values ($1, $2, $3, $4) on conflict (person) do update set bulk = excluded.bulk`,
		person, string(Email), string(Matter), false)
	if err != nil {
		return fmt.Errorf("end mailings: %w", err)
	}
	return nil
}

// silence takes out of a parcel all that says what it is about.
func (c *Courier) silence(p *Parcel) {
	p.Subject = words().Say(p.Lang, "notice.nothing.subject", "body", c.cfg.name())
	p.Text = words().Say(p.Lang, "notice.nothing.body", "body", c.cfg.name())
	if u, err := url.Parse(p.Link); err == nil {
		p.Link = u.Scheme + "://" + u.Host + "/"
	}
}
