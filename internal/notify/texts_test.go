package notify

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/notify/sms"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// operator is a gateway that answers as the test says.
type operator struct {
	answer error
	sent   []sms.Message // of which one is on its way at a time
}

func (o *operator) Send(_ context.Context, m sms.Message) error {
	if o.answer == nil {
		o.sent = append(o.sent, m)
	}
	return o.answer
}

func onPhones(t *testing.T, test func(t *testing.T, r *rig, o *operator)) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r, o := newRig(t, open(work.Migrations(), Migrations())), &operator{}
		r.runner = work.New(r.db, r.clock.Now, r.log, "phones")
		var err error
		if r.Courier, err = New(r.config(), r.db, r.runner, r.clock.Now, r.log); err != nil {
			t.Fatal(err)
		}
		r.ByPhone(o, 4, "023 561 000")
		if err := r.runner.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		test(t, r, o)
	})
}

func (r *rig) number(to string, tag lang.Tag) {
	r.t.Helper()
	if err := r.SetAddress(r.t.Context(), Address{person, SMS, to, tag}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) prefers(p Preference) {
	r.t.Helper()
	if err := r.db.Write(r.t.Context(), func(ctx context.Context, tx *storage.Tx) error { return r.Prefer(ctx, tx, []string{person}, p) }); err != nil {
		r.t.Fatal(err)
	}
}

// matter is a notice as cases send it.
func matter(id string) Notice {
	n := offer(id)
	n.Link = "https://zrenjanin.example/cases/ZR-2026-7KQ4-M9PD-X"
	n.Subject = lang.Text{"sr": "Град Зрењанин: чека вас понуда, предмет ZR-2026-7KQ4-M9PD-X", "en": "City of Zrenjanin: an offer is waiting for you, case ZR-2026-7KQ4-M9PD-X"}
	return n
}

// A text names who writes, the matter, where to see what to do and whom to call, in the script of the person
// and as far as they chose.
func TestATextOnAPhone(t *testing.T) {
	onPhones(t, func(t *testing.T, r *rig, o *operator) {
		r.number("+381641234567", lang.SrLatn)
		r.send(matter("mail first"))
		r.carryAll()
		if len(o.sent) != 0 || len(r.sent()) != 1 {
			t.Fatalf("who chose nothing got %d texts and %d mails", len(o.sent), len(r.sent()))
		}
		r.prefers(Preference{SMS, Matter, lang.SrLatn, true})
		r.send(matter("2"))
		r.carryAll()
		r.prefers(Preference{SMS, Matter, lang.En, true})
		r.send(matter("3"))
		r.carryAll()
		r.prefers(Preference{SMS, Nothing, lang.SrCyrl, true})
		r.send(matter("4"))
		r.carryAll()
		var texts []string
		for _, m := range o.sent {
			if m.To != "+381641234567" {
				t.Errorf("to %s", m.To)
			}
			texts = append(texts, m.Text)
		}
		want := []string{
			"Grad Zrenjanin: čeka vas ponuda, predmet ZR-2026-7KQ4-M9PD-X. Šta treba da uradite: https://zrenjanin.example/cases/ZR-2026-7KQ4-M9PD-X Pitanja: 023 561 000",
			"City of Zrenjanin: an offer is waiting for you, case ZR-2026-7KQ4-M9PD-X. What to do: https://zrenjanin.example/cases/ZR-2026-7KQ4-M9PD-X Questions: 023 561 000",
			"Град Зрењанин: имате нову поруку. Шта треба да урадите: https://zrenjanin.example/ Питања: 023 561 000",
		}
		if !slices.Equal(texts, want) {
			t.Errorf("%q", texts)
		}
		for i, parts := range []int{3, 1, 2} {
			if _, n := sms.Measure(want[i]); n != parts {
				t.Errorf("%q takes %d parts", want[i], n)
			}
		}
	})
}

// What does not fit loses the number to call first, then the page, and never its subject.
func TestALongTextIsShortened(t *testing.T) {
	c := &Courier{}
	p := Parcel{Lang: lang.En, Link: "https://city.example/cases/" + strings.Repeat("x", 60), Subject: strings.Repeat("a", 100)}
	for parts, want := range map[int]string{
		3: strings.Repeat("a", 100) + ". What to do: " + p.Link + " Questions: 1",
		1: strings.Repeat("a", 100) + ". What to do: https://city.example",
	} {
		if got := (texts{c, nil, parts, "1"}).short(p); got != want {
			t.Errorf("%d: %q", parts, got)
		}
	}
	p.Subject = strings.Repeat("ш", 200)
	if got := (texts{c, nil, 1, "1"}).short(p); got != p.Subject {
		t.Errorf("%q", got)
	}
}

// What a gateway refuses goes on by mail, what it has no time for waits as long as it says, and while it is
// away nothing is lost and nothing counts as tried.
func TestAGatewayThatDoesNotTakeATextOver(t *testing.T) {
	onPhones(t, func(t *testing.T, r *rig, o *operator) {
		r.number("+381641234567", lang.En)
		r.prefers(Preference{SMS, Matter, lang.En, true})
		o.answer = &sms.Later{Reason: "sms-429", After: 10 * time.Minute}
		r.send(matter("1"))
		r.carryAll()
		if d := r.only(); d.State != Queued || d.Reason != "sms-429" || !d.Due.Equal(r.clock.Now().Add(10*time.Minute)) {
			t.Errorf("busy: %+v", d)
		}
		o.answer = nil
		r.clock.Advance(9 * time.Minute)
		r.carryAll()
		if len(o.sent) != 0 {
			t.Error("it was asked before its time")
		}
		r.clock.Advance(time.Minute)
		r.carryAll()
		if d := r.only(); d.State != Sent || len(o.sent) != 1 {
			t.Errorf("after that: %+v", d)
		}

		o.answer = errors.New("away")
		r.send(matter("2"))
		if _, err := r.runner.RunDue(t.Context()); err == nil {
			t.Error("nobody hears that the gateway is away")
		}
		all, err := r.Deliveries(t.Context(), "", 1)
		if err != nil || all.Items[0].State != Queued || all.Items[0].Attempts != 0 {
			t.Errorf("away: %+v %v", all.Items, err)
		}
		o.answer = &sms.Refused{Reason: "sms-400"}
		r.clock.Advance(time.Hour)
		r.carryAll()
		r.carryAll()
		if mails := r.sent(); len(mails) != 1 {
			t.Errorf("refused, and %d mails", len(mails))
		}
		all, err = r.Deliveries(t.Context(), "", 0)
		if err != nil || !slices.ContainsFunc(all.Items, func(d Delivery) bool { return d.Channel == SMS && d.State == Failed && d.Reason == "sms-400" }) {
			t.Errorf("%+v %v", all.Items, err)
		}
	})
}

// A mailing has to be ended by one tap, which no text can.
func TestNoMailingGoesToAPhone(t *testing.T) {
	onPhones(t, func(t *testing.T, r *rig, o *operator) {
		r.number("+381641234567", lang.En)
		r.prefers(Preference{SMS, Matter, lang.En, true})
		n := matter("1")
		n.Lane = Bulk
		r.send(n)
		r.carryAll()
		if len(o.sent) != 0 || len(r.sent()) != 1 {
			t.Errorf("%d texts, %d mails", len(o.sent), len(r.sent()))
		}
	})
}

func TestOnlyNumbersAreKeptForPhones(t *testing.T) {
	onPhones(t, func(t *testing.T, r *rig, o *operator) {
		for _, bad := range []string{"064 123 4567", "0641234567", "ana@b.example", "+381 64 1234567x"} {
			if err := r.SetAddress(t.Context(), Address{person, SMS, bad, lang.En}); !problem.HasCode(err, "address-invalid") {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if err := r.AtOnce(t.Context(), SMS, Parcel{Notice: "code", To: "+381641234567", Lang: lang.En, Short: "City: your code is 1234 5678."}); err != nil || o.sent[0].Text != "City: your code is 1234 5678." {
			t.Errorf("%+v %v", o.sent, err)
		}
	})
}
