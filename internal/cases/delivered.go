package cases

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/storage"
)

// Deliveries knows how word of an outcome reached its party; [notify.Courier] does.
type Deliveries interface {
	Served(ctx context.Context, from storage.Reader, document string) (s notify.Served, known bool, err error)
	Deliver(ctx context.Context, tx *storage.Tx, document string, day civil.Day, how notify.How, account string) error
	Missing(ctx context.Context, after page.Key) (page.Page[notify.Served], error)
	Tried(ctx context.Context, from storage.Reader, notice string) ([]notify.Delivery, error)
}

// deemedTerm is the term of the pack after which what was sent to a person electronically counts as
// delivered, opened or not. A pack without it has no such rule.
const deemedTerm = "deemed-delivery"

// Deemed is how a document was delivered by the end of that term alone.
const Deemed notify.How = "deemed"

// Delivery is how the outcome of a case reached its party. Terms of remedies begin with its day.
type Delivery struct {
	Day   civil.Day  // none while it is not delivered
	How   notify.How // empty where the day is that of the outcome, as before deliveries were kept
	Sent  time.Time  // when word of it went; zero while it did not, or when it came back
	Lapse civil.Day  // on which it counts as delivered if nobody opens it; none where it does not
	By    law.Ref    // provision by which it does; empty where it does not
	// Unchecked says that nobody has compared that with the text of the law yet.
	Unchecked bool
	Fault     string            // why nobody could be reached: somebody has to see to it
	Tried     []notify.Delivery // on which channels word of it went, or was to go
}

// delivery says how the outcome of a case stands; nothing of a case that has none.
func (r *Room) delivery(ctx context.Context, from storage.Reader, c Case) (d Delivery, err error) {
	if c.Phase != law.Decided {
		return d, nil
	}
	if r.Deliveries == nil {
		return Delivery{Day: civil.Of(c.EndedAt)}, nil
	}
	s, known, err := r.Deliveries.Served(ctx, from, c.ID)
	if err != nil {
		return d, err
	}
	if !known {
		return Delivery{Day: civil.Of(c.EndedAt)}, nil
	}
	d = Delivery{Day: s.Day, How: s.How, Sent: s.Sent, Fault: s.Fault}
	if d.Tried, err = r.Deliveries.Tried(ctx, from, s.Notice); err != nil {
		return d, err
	}
	if s.Sent.IsZero() || s.Channel == notify.Letter {
		return d, nil
	}
	sent := civil.Of(s.Sent)
	reading, err := r.Pack.Read(law.Begun(deemedTerm, sent))
	if problem.HasCode(err, "term-not-in-force") {
		return d, nil
	}
	if err != nil {
		return d, fmt.Errorf("fiction of delivery: %w", err)
	}
	d.Lapse, d.By, d.Unchecked = reading.Last, reading.Term.Provision, !reading.Term.Verified
	if over := !r.Now().Before(reading.Until); over && (d.Day.IsZero() || d.Day.After(d.Lapse)) {
		d.Day, d.How = d.Lapse, Deemed
	}
	return d, nil
}

// saysDeemed adds to the word of an outcome when that counts as delivered though nobody opens it, and whether
// that was compared with the law.
func (r *Room) saysDeemed(body lang.Text) lang.Text {
	term, ok := r.Pack.Term(deemedTerm, civil.Of(r.Now()))
	if !ok || term.Days == 0 {
		return body
	}
	provision, _ := r.Pack.Provision(term.Provision)
	return body.Map(func(source lang.Tag, s string) string {
		s += "\n" + said().Say(source, "case.notice-deemed", "n", strconv.Itoa(term.Days), "provision", provision.Cite(source))
		if !term.Verified {
			s += " " + said().Say(source, "clock.unchecked")
		}
		return s
	})
}

// DeliveryOf says how the outcome of a case reached its party.
func (r *Room) DeliveryOf(ctx context.Context, id string) (Delivery, error) {
	from := r.DB.Read(ctx)
	c, err := r.caseWhere(ctx, from, "id", id)
	if err != nil {
		return Delivery{}, err
	}
	return r.delivery(ctx, from, c)
}

// receives reports whether somebody is the person of a case or acts for them.
func (c Case) receives(by act.Actor) bool {
	return by.Bears(c.Sector, c.Person) || slices.ContainsFunc(c.others, func(p Party) bool { return p.Role != Interested && by.Bears(p.sector, p.person) })
}

// Opened writes down that the party reads the outcome of a case, which delivers it.
func (r *Room) Opened(ctx context.Context, by act.Actor, id string) error {
	from := r.DB.Read(ctx)
	c, err := r.caseWhere(ctx, from, "id", id)
	if err != nil || r.Deliveries == nil || c.Phase != law.Decided || !c.receives(by) {
		return err
	}
	s, known, err := r.Deliveries.Served(ctx, from, c.ID)
	if err != nil || !known || !s.Day.IsZero() {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return r.Deliveries.Deliver(ctx, tx, c.ID, civil.Of(r.Now()), notify.Opened, "")
	})
}

// Missed is a case whose outcome reached nobody, and how that was tried.
type Missed struct {
	Case
	Delivery Delivery
}

// Undelivered lists what was decided in an officer's scopes and reached nobody.
func (r *Room) Undelivered(ctx context.Context, by act.Actor, after page.Key) (page.Page[Missed], error) {
	if _, err := RightToHandle().Where(by); err != nil || r.Deliveries == nil {
		return page.Page[Missed]{}, err
	}
	missing, err := r.Deliveries.Missing(ctx, after)
	if err != nil {
		return page.Page[Missed]{}, err
	}
	found := page.Page[Missed]{Next: missing.Next}
	for _, s := range missing.Items {
		c, err := r.caseWhere(ctx, r.DB.Read(ctx), "id", s.Document)
		if err != nil {
			return found, err
		}
		if mayHandle(by, c) == nil {
			c.Person = ""
			d, err := r.delivery(ctx, r.DB.Read(ctx), c)
			if err != nil {
				return found, err
			}
			found.Items = append(found.Items, Missed{c, d})
		}
	}
	return found, nil
}

// handing is what an officer says of a document that was delivered outside of the portal.
type handing struct {
	Number string
	Day    civil.Day
	How    notify.How
}

// Handing is how an officer writes down on which day the party got an outcome by post or at the
// counter: the day on the slip that came back.
//
// Problems: case-unknown, own-matter; delivery-known where the day is written down; delivery-day for one
// before the outcome or ahead.
func (r *Room) Handing() (act.Act, error) {
	return act.Def[handing, bool]{
		Name: "case.delivered", Page: "/desk/cases/{number}/delivered", Right: RightToHandle(),
		Fields: []act.Field[handing]{
			act.OfLine("number", func(in *handing) *string { return &in.Number }, act.InPath(), act.Most(64)),
			act.OfDay("day", func(in *handing) *civil.Day { return &in.Day }),
			act.OfChoice("how", func(in *handing) *notify.How { return &in.How }, act.Of("case.delivered.how.", notify.Handed, notify.Collected)),
		},
		Do: func(ctx context.Context, by act.Actor, in handing) (bool, error) { return true, r.handed(ctx, by, in) },
	}.Act()
}

func (r *Room) handed(ctx context.Context, by act.Actor, in handing) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, in.Number)
		if err != nil {
			return err
		}
		d, err := r.delivery(ctx, tx, c)
		if err != nil {
			return err
		}
		if r.Deliveries == nil || c.Phase != law.Decided || !d.Day.IsZero() {
			return problem.New(problem.Conflict, "delivery-known")
		}
		if in.Day.Before(civil.Of(c.EndedAt)) || in.Day.After(civil.Of(r.Now())) {
			return problem.New(problem.Invalid, "delivery-day").At("day", "delivery-day")
		}
		return r.Deliveries.Deliver(ctx, tx, c.ID, in.Day, in.How, by.Account)
	})
}
