package cases_test

import (
	"context"
	"io/fs"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/mailsink"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// post is a room whose notices go out by mail.
type post struct {
	*rig
	courier *notify.Courier
	sink    *mailsink.Sink
	runner  *work.Runner
}

func newPost(t testing.TB, engine string) *post {
	t.Helper()
	p := &post{rig: newRig(t, engine)}
	p.db = testkit.Database(t, engine)(append([]fs.FS{cases.Migrations()}, mailbox.Migrations(), work.Migrations(), notify.Migrations())...)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p.sink, err = mailsink.Start(listener, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { _ = p.sink.Close() })
	p.runner = work.New(p.db, p.clock.Now, slog.New(slog.DiscardHandler), "one")
	p.courier, err = notify.New(notify.Config{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, From: "Град <grad@city.example>", TLS: notify.Plain}, p.db, p.runner, p.clock.Now, slog.New(slog.DiscardHandler))
	must(t, err)
	must(t, p.runner.Begin(t.Context()))
	cfg := p.Config
	cfg.DB, cfg.Work, cfg.Notifier, cfg.Deliveries = p.db, nil, p.courier, p.courier
	p.Room = cases.New(cfg)
	p.WatchedBy(p.rig)
	return p
}

// refused is a case that was refused just now.
func (p *post) refused(about string) cases.Case {
	p.t.Helper()
	c, _ := p.open(about, "event of "+about)
	_, err := p.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: "p-1", Sector: "family"})
	must(p.t, err)
	c, err = p.move(cases.Move{Case: c.ID, To: "refused", By: law.ByOfficer, Account: "another", Why: "зато"})
	must(p.t, err)
	_, err = p.runner.RunDue(p.t.Context())
	must(p.t, err)
	return c
}

func (p *post) seen(by act.Actor, c cases.Case) cases.Delivery {
	p.t.Helper()
	v, err := p.Case(p.t.Context(), by, c.Number)
	must(p.t, err)
	return v.Delivery
}

// The day on which an outcome reaches its party is known to both sides: when the party opens it, when
// the time for that is over, or when the slip of a letter comes back.
func TestTheDayOfDelivery(t *testing.T) {
	testkit.OnBoth(t, newPost, func(t *testing.T, p *post) {
		must(t, p.courier.SetAddress(t.Context(), notify.Address{Person: "p-1", Channel: notify.Email, To: "milica@example.org", Lang: lang.SrCyrl}))
		today := civil.Of(p.clock.Now())
		opened, left := p.refused("birth-1"), p.refused("birth-2")
		if d := p.seen(officer(), opened); !d.Sent.Equal(p.clock.Now()) || d.Lapse != today.AddDays(15) || !d.Day.IsZero() || d.Fault != "" || len(d.Tried) != 1 || d.Tried[0].State != notify.Sent {
			t.Errorf("delivery that nobody opened: %+v", d)
		}
		p.clock.Advance(24 * time.Hour)
		want(t, "delivered to whoever reads it", p.seen(mother(), opened).Day, today.AddDays(1))
		p.clock.Advance(24 * time.Hour)
		if d := p.seen(officer(), opened); d.Day != today.AddDays(1) || d.How != notify.Opened {
			t.Errorf("the officer sees %+v", d)
		}
		p.clock.Advance(30 * 24 * time.Hour)
		for _, by := range []act.Actor{officer(), mother(), officer()} { // reading it later changes nothing
			if d := p.seen(by, left); d.Day != today.AddDays(15) || d.How != "deemed" {
				t.Errorf("nobody opened it, and %s sees %+v", by.Account, d)
			}
		}
		handed := act.FromValues(map[string][]string{"day": {"2026-12-25"}, "how": {"handed"}})
		handing, err := p.Handing()
		must(t, err)
		_, err = handing.Do(t.Context(), officer(), handed.With(map[string]string{"number": left.Number}))
		wantCode(t, err, "delivery-known")

		must(t, p.courier.SetAddress(t.Context(), notify.Address{Person: "p-1", Channel: notify.Email}))
		lost := p.refused("birth-3")
		if d := p.seen(officer(), lost); d.Fault != notify.NoAddress || !d.Day.IsZero() {
			t.Errorf("nobody was told, and the officer sees %+v", d)
		}
		found, err := p.Undelivered(t.Context(), officer(), "")
		must(t, err)
		if len(found.Items) != 1 || found.Items[0].Number != lost.Number || found.Items[0].Person != "" || len(found.Items[0].Delivery.Tried) != 1 || found.Items[0].Delivery.Tried[0].Reason != notify.NoAddress {
			t.Errorf("undelivered: %+v", found.Items)
		}
		_, err = handing.Do(t.Context(), officer(), handed.With(map[string]string{"number": lost.Number}))
		must(t, err)
		_, err = handing.Do(t.Context(), officer(), act.FromValues(map[string][]string{"day": {"2027-12-25"}, "how": {"handed"}}).With(map[string]string{"number": p.refused("birth-4").Number}))
		wantCode(t, err, "delivery-day")
		if d := p.seen(mother(), lost); d.Day != civil.Date(2026, 12, 25) || d.How != notify.Handed {
			t.Errorf("the slip says otherwise: %+v", d)
		}
	})
}

// What two services bring a mother at the birth of one child is one mail, though one is offered and the other is
// with an officer; the outcome of each is told for itself, with the rule by which it counts as delivered.
func TestTwoServicesOfOneBirthAreOneMail(t *testing.T) {
	testkit.OnBoth(t, newPost, func(t *testing.T, p *post) {
		must(t, p.courier.SetAddress(t.Context(), notify.Address{Person: "p-1", Channel: notify.Email, To: "milica@example.org", Lang: lang.En}))
		var both []cases.Case
		for service, to := range map[string]cases.Move{"newborn-grant": {To: "offered", Answer: law.Begun("grant-offer", civil.Date(2026, 11, 23))}, "parental-allowance": {To: "with-officer"}} {
			must(t, p.write(func(ctx context.Context, tx *storage.Tx) error {
				c, _, err := p.Open(ctx, tx, cases.Opening{Kind: "application", About: service, Source: service, Service: service, Occasion: "one birth", Person: "p-1", Sector: "family", Channel: cases.ByEvent})
				both = append(both, c)
				return err
			}))
			to.Case, to.By = both[len(both)-1].ID, law.ByRule
			_, err := p.move(to)
			must(t, err)
			p.clock.Advance(5 * time.Second)
			_, err = p.runner.RunDue(t.Context())
			must(t, err)
		}
		want(t, "mails before the wait is over", len(p.sink.Messages()), 0)
		p.clock.Advance(time.Minute)
		_, err := p.runner.RunDue(t.Context())
		must(t, err)
		mails := p.sink.Messages()
		if len(mails) != 1 || !strings.Contains(mails[0].Text, both[0].Number) || !strings.Contains(mails[0].Text, both[1].Number) {
			t.Fatalf("%d mails: %+v", len(mails), mails)
		}
		refused := p.refused("birth-9")
		p.clock.Advance(time.Minute)
		_, err = p.runner.RunDue(t.Context())
		must(t, err)
		for _, m := range p.sink.Messages()[1:] {
			if strings.Contains(m.Text, "an officer is looking") {
				continue // how that case began
			}
			if !strings.Contains(m.Text, refused.Number) || !strings.Contains(m.Text, "counts as delivered 15 days after the message") || !strings.Contains(m.Text, "not yet been checked") {
				t.Errorf("the outcome: %s", m.Text)
			}
		}
		want(t, "mails", len(p.sink.Messages()), 3)
	})
}
