package notify

import (
	"context"
	"fmt"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// Received is something that was sent to a person, and how far it has come. It is whole here, whatever they chose
// for what leaves the house.
type Received struct {
	ID      string
	At      time.Time
	Subject lang.Text
	Body    lang.Text
	Link    string
	Serves  string // document with whose delivery a term begins; empty for none
	Channel Channel
	State   State // of the way that got farthest
	Reason  string
	Sent    time.Time // zero unless sent
	Day     civil.Day // on which the document was delivered; none until that is known
}

var received = storage.NewTable("notify_notices",
	storage.Col("id", func(r *Received) *string { return &r.ID }),
	storage.Time("created_at", func(r *Received) *time.Time { return &r.At }),
	storage.JSON("subject", func(r *Received) *lang.Text { return &r.Subject }),
	storage.JSON("body", func(r *Received) *lang.Text { return &r.Body }),
	storage.Col("link", func(r *Received) *string { return &r.Link }),
	storage.Col("serves", func(r *Received) *string { return &r.Serves }),
)

var latest = received.List(
	storage.Down("created_at", func(r Received) int64 { return storage.Micros(r.At) }),
	storage.Down("id", func(r Received) string { return r.ID }),
)

// Received lists what was sent to whoever is signed in, under each of their pseudonyms, the newest first.
//
// Problem: sign-in-needed.
func (c *Courier) Received(ctx context.Context, by act.Actor, after page.Key, size int) (page.Page[Received], error) {
	if !by.Known() {
		return page.Page[Received]{}, problem.New(problem.Unauthenticated, "sign-in-needed")
	}
	from := c.db.Read(ctx)
	own := storage.Among("person", pseudonyms(by)...)
	own.Where = "gathered_in = '' and " + own.Where
	found, err := latest.Page(ctx, from, own, after, size)
	if err != nil {
		return found, fmt.Errorf("what was sent to a person: %w", err)
	}
	at, ids := map[string]*Received{}, []string{}
	for i := range found.Items {
		at[found.Items[i].ID], ids = &found.Items[i], append(ids, found.Items[i].ID)
	}
	ways := storage.Among("d.notice", ids...)
	all, err := deliveries.All(ctx, from, `where `+ways.Where, ways.Args...)
	if err != nil {
		return found, fmt.Errorf("ways of what was sent: %w", err)
	}
	for _, d := range all {
		if r := at[d.Notice]; r.State == "" || farther(d.State, r.State) {
			r.Channel, r.State, r.Reason, r.Sent = d.Channel, d.State, d.Reason, d.Sent
		}
	}
	for i := range found.Items {
		if r := &found.Items[i]; r.State == "" { // it waits for what belongs to it
			r.Channel, r.State = Email, Queued
		}
	}
	papers := storage.Among("notice", ids...)
	delivered, err := served.All(ctx, from, `where `+papers.Where, papers.Args...)
	if err != nil {
		return found, fmt.Errorf("delivery of documents: %w", err)
	}
	for _, s := range delivered {
		at[s.Notice].Day = s.Day
	}
	return found, nil
}

// farther reports whether one state is nearer to the person than another.
func farther(a, b State) bool {
	rank := map[State]int{Failed: 0, Returned: 0, Queued: 1, Sent: 2, Delivered: 3, StateCollected: 3}
	return rank[a] > rank[b]
}

// Known is what this room keeps of how whoever is signed in is reached.
func (c *Courier) Known(ctx context.Context, by act.Actor) (Preference, []Address, error) {
	p, err := c.Preference(ctx, c.db.Read(ctx), pseudonyms(by), lang.SrCyrl)
	if err != nil {
		return p, nil, err
	}
	all, err := c.Addresses(ctx, by)
	return p, all, err
}

// Forget erases where a person is reached and what they chose about it, within the transaction of the caller. What was
// sent stays with the matters that it was about.
func (c *Courier) Forget(ctx context.Context, tx *storage.Tx, by act.Actor) error {
	for _, table := range []string{"notify_addresses", "notify_preferences"} {
		among := storage.Among("person", pseudonyms(by)...)
		if _, err := tx.ExecContext(ctx, `delete from `+table+` where `+among.Where, among.Args...); err != nil {
			return fmt.Errorf("forget how a person is reached: %w", err)
		}
	}
	return nil
}
