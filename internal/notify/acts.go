package notify

import (
	"context"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// The names of the acts.
const (
	ActChoose = "notice.choose"
	ActEnd    = "notice.unsubscribe"
)

// PreferencePage is where people choose how word reaches them.
const PreferencePage = "/me/notices"

// ending is what a link at the end of a mailing says.
type ending struct{ Token string }

// Acts are what people do about the notices that they get.
func (c *Courier) Acts() ([]act.Act, error) {
	acts, err := act.All(
		act.Def[Preference, bool]{
			Name: ActChoose, Page: PreferencePage, Right: act.SignedIn(),
			Fields: []act.Field[Preference]{
				act.OfChoice("channel", func(p *Preference) *Channel { return &p.Channel }, act.From(c.offered)),
				act.OfChoice("content", func(p *Preference) *Content { return &p.Content }, act.Of("notice.content.", Contents()...)),
				act.OfChoice("lang", func(p *Preference) *lang.Tag { return &p.Lang }, act.Of("notice.lang.", lang.Tags()...)),
				act.OfYesNo("bulk", func(p *Preference) *bool { return &p.Bulk }),
			},
			Begin: func(ctx context.Context, by act.Actor, p *Preference) (err error) {
				*p, err = c.Preference(ctx, c.db.Read(ctx), pseudonyms(by), p.Lang)
				return err
			},
			Do: func(ctx context.Context, by act.Actor, p Preference) (bool, error) {
				return true, c.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return c.Prefer(ctx, tx, pseudonyms(by), p) })
			},
		}.Act,
		act.Def[ending, bool]{
			Name: ActEnd, Page: UnsubscribePath + "{token}", Right: act.Anyone(),
			Fields: []act.Field[ending]{act.OfLine("token", func(e *ending) *string { return &e.Token }, act.InPath(), act.Most(200))},
			Begin: func(_ context.Context, _ act.Actor, e *ending) error {
				_, err := c.subscriber(e.Token)
				return err
			},
			Do: func(ctx context.Context, _ act.Actor, e ending) (bool, error) {
				return true, c.Unsubscribe(ctx, e.Token)
			},
		}.Act,
	)
	if err != nil || c.carried[Letter] == nil {
		return acts, err
	}
	where, err := c.AddressAct()
	return append(acts, where), err
}

// offered are the channels on which this node sends, in the order of all.
func (c *Courier) offered(context.Context) (offered []act.Option) {
	for _, channel := range Channels() {
		if c.carried[channel] != nil {
			offered = append(offered, act.Option{Value: string(channel), Label: "notice.channel." + string(channel)})
		}
	}
	return offered
}

// pseudonyms are those of whoever is signed in, of old and now, always in the same order.
func pseudonyms(by act.Actor) (persons []string) {
	for sector := range by.Persons {
		persons = append(persons, by.Names(sector)...)
	}
	slices.Sort(persons)
	return slices.Compact(persons)
}

// Addresses lists where whoever is signed in can be reached, one for each channel that they have.
func (c *Courier) Addresses(ctx context.Context, by act.Actor) (all []Address, err error) {
	for _, channel := range Channels() {
		for _, person := range pseudonyms(by) {
			a, err := c.Address(ctx, person, channel)
			if problem.HasCode(err, "address-unknown") {
				continue
			}
			if err != nil {
				return nil, err
			}
			all = append(all, a)
			break
		}
	}
	return all, nil
}
