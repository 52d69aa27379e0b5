package participation_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	actbudget "dobosh/internal/act/budget"
	"dobosh/internal/cases"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/participation"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
	"dobosh/internal/work"
)

// rig is the room over a spine, and what it tells people.
type rig struct {
	*participation.Room
	t     testing.TB
	db    *storage.DB
	spine *cases.Room
	clock *clock.Manual
	pack  *law.Pack
	work  *work.Runner
	mu    sync.Mutex
	told  []notify.Notice // held by mu
}

func (r *rig) Send(_ context.Context, _ *storage.Tx, n notify.Notice) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, n)
	return nil
}

func (r *rig) SendAll(ctx context.Context, tx *storage.Tx, all ...notify.Notice) error {
	for _, n := range all {
		if err := r.Send(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

func (*rig) Looked(context.Context, act.Actor, cases.Case, ...string) error { return nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if !problem.HasCode(err, code) {
		t.Errorf("error %v, want the problem %q", err, code)
	}
}

func onBoth(t *testing.T, test func(t *testing.T, r *rig)) {
	for _, engine := range testkit.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, newRig(t, engine))
		})
	}
}

func newRig(t testing.TB, engine string) *rig {
	t.Helper()
	pack := laws.Serbia(t)
	r := &rig{t: t, pack: pack, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)),
		db: testkit.Database(t, engine)(work.Migrations(), actbudget.Migrations(), mailbox.Migrations(), cases.Migrations(), participation.Migrations())}
	secret := sha256.Sum256([]byte("voices"))
	key, err := seal.New(secret[:])
	must(t, err)
	member, err := registry.ParseID("RS-DEMO/GOV/ZRENJANIN")
	must(t, err)
	r.work = work.New(r.db, r.clock.Now, slog.New(slog.DiscardHandler), "city")
	r.spine = cases.New(cases.Config{
		Member: member, Prefix: "ZR", PublicURL: "https://city.example", Pack: pack, DB: r.db, Key: key, Notifier: r, Work: r.work, Now: r.clock.Now,
		Title: func(registry.ID) lang.Text { return lang.Text{"sr": "Град", "en": "City"} },
	})
	r.spine.WatchedBy(r)
	must(t, r.work.Begin(t.Context()))
	r.Room = participation.New(participation.Config{Pack: pack, DB: r.db, Cases: r.spine, Key: key, Now: r.clock.Now})
	return r
}

func person(name string) act.Actor {
	return act.Actor{Account: name, Name: name, Level: act.LevelContact, Persons: map[string]string{exchange.ReceiptSector: "p-" + name}}
}

func officer(name string) act.Actor {
	return act.Actor{Account: name, Name: name, Grants: []act.Grant{{Role: identity.Officer}}}
}

func (r *rig) kind(id string) law.CaseKind {
	r.t.Helper()
	k, ok := r.pack.CaseKind(id)
	if !ok {
		r.t.Fatalf("the pack has no kind %q", id)
	}
	return k
}

func lamp() act.Values {
	return act.Values{"subject": {"Не ради светиљка"}, "place": {"zr-01"}, "where": {"Главна 3"}, "public": {"yes"}}
}

func (r *rig) raised(by act.Actor, kind string, in act.Values) string {
	r.t.Helper()
	number, err := r.Raise(r.t.Context(), by, r.kind(kind), in)
	must(r.t, err)
	return number
}

// decide has an officer end a case; it holds at once.
func (r *rig) decide(by act.Actor, number, to, why string) {
	r.t.Helper()
	c, err := r.spine.Case(r.t.Context(), by, number)
	must(r.t, err)
	must(r.t, r.spine.Decide(r.t.Context(), by, number, c.Version, to, why))
	must(r.t, r.spine.SendNow(r.t.Context(), by, number))
	_, err = r.work.RunDue(r.t.Context())
	must(r.t, err)
}

// A dark lamp is reported, published, supported, repaired, rated badly and examined again by somebody else.
func TestAReportFromTheLampToTheReexamination(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		ctx, mira, desk := t.Context(), person("mira"), officer("nada")
		number := r.raised(mira, "report", lamp())
		if again := r.raised(mira, "report", lamp()); again != number {
			t.Errorf("sent twice it is the case %s as well as %s", again, number)
		}
		c, err := r.spine.Case(ctx, mira, number)
		must(t, err)
		if c.Reading.Last.IsZero() || len(c.Messages) != 1 || !strings.Contains(c.Messages[0].Said, "Главна 3") || strings.Contains(c.Messages[0].Said, "yes") {
			t.Errorf("the case has the clock until %s and the messages %+v", c.Reading.Last, c.Messages)
		}

		// Nothing is public before an officer published it.
		_, err = r.See(ctx, act.Actor{}, number)
		wantCode(t, err, "voice-unknown")
		wantCode(t, r.Support(ctx, person("ana"), number), "voice-unknown")
		must(t, r.Publish(ctx, desk, number, participation.Public{Subject: "Не ради светиљка у Главној"}))
		wantCode(t, r.Publish(ctx, mira, number, participation.Public{Subject: "x"}), "not-allowed")
		seen, err := r.See(ctx, act.Actor{}, number)
		must(t, err)
		if seen.Subject != "Не ради светиљка у Главној" || seen.Body != "" || seen.Count != 0 {
			t.Errorf("everybody sees %+v", seen)
		}

		must(t, r.Support(ctx, person("ana"), number))
		must(t, r.Support(ctx, person("ana"), number))
		wantCode(t, r.Support(ctx, mira, number), "voice-own")
		wantCode(t, r.Support(ctx, act.Actor{}, number), "sign-in-needed")
		seen, err = r.See(ctx, person("ana"), number)
		must(t, err)
		if seen.Count != 1 || seen.Supports != 1 || !seen.Given {
			t.Errorf("after two supports of one person: %+v", seen)
		}

		wantCode(t, r.Rate(ctx, mira, number, 1, ""), "voice-open")
		r.decide(desk, number, "repaired", "Замењена је сијалица.")
		wantCode(t, r.Support(ctx, person("iva"), number), "voice-ended")
		wantCode(t, r.Rate(ctx, person("ana"), number, 1, ""), "voice-unknown")
		must(t, r.Rate(ctx, mira, number, 1, "И даље је мрак."))
		must(t, r.Rate(ctx, mira, number, 2, "И даље је мрак."))
		of, found, err := r.Of(ctx, cases.View{Case: cases.Case{ID: seen.Case, Number: number}})
		must(t, err)
		if !found || of.Stars != 2 || of.Words != "И даље је мрак." {
			t.Errorf("the rating is %+v", of)
		}
		if _, _, ok, err := r.Satisfaction(ctx, "report"); err != nil || ok {
			t.Errorf("the average of one rating is told: %v", err)
		}

		next, err := r.Again(ctx, mira, number, "И даље је мрак.")
		must(t, err)
		if twice, err := r.Again(ctx, mira, number, "И даље је мрак."); err != nil || twice != next || next == number {
			t.Errorf("examined again twice: %s and %s, %v", next, twice, err)
		}
		view, err := r.spine.Case(ctx, desk, next)
		must(t, err)
		wantCode(t, r.spine.Decide(ctx, desk, next, view.Version, "kept", "Ради."), "case-decided-before")
		r.decide(officer("petar"), next, "changed", "Сијалица је поново замењена.")

		// What is taken back disappears at once.
		must(t, r.Hide(ctx, mira, number))
		_, err = r.See(ctx, mira, number)
		wantCode(t, err, "voice-unknown")
		wantCode(t, r.Publish(ctx, desk, number, participation.Public{Subject: "x"}), "voice-private")
	})
}

// A threshold obliges once, however many come at the same instant.
func TestAThresholdObligesOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		number := r.raised(person("mira"), "proposal", act.Values{"subject": {"Клупе у парку"}, "text": {"Код школе."}, "public": {"yes"}})
		must(t, r.Publish(t.Context(), officer("nada"), number, participation.Public{Subject: "Клупе у парку"}))
		before := len(r.told)
		var group sync.WaitGroup
		for i := range 24 {
			group.Go(func() {
				if err := r.Support(t.Context(), person(fmt.Sprint("ana", i%12)), number); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		seen, err := r.See(t.Context(), act.Actor{}, number)
		must(t, err)
		if seen.Count != 12 || seen.Supports != 12 {
			t.Errorf("twelve people twice are %d rows, counted as %d", seen.Count, seen.Supports)
		}
		told := r.told[before:]
		if len(told) != 1 || !strings.Contains(told[0].Subject["en"], "At least 10") {
			t.Errorf("of the threshold was told %+v", told)
		}
		c, err := r.spine.Case(t.Context(), officer("nada"), number)
		must(t, err)
		if c.UnreadAt.IsZero() {
			t.Error("the body is not told")
		}
	})
}

// Who has supported something under a contact, and joins it to an electronic identity, has supported it: once.
func TestJoiningAContactGivesNoSecondSupport(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		number := r.raised(person("mira"), "proposal", act.Values{"subject": {"Клупе у парку"}, "text": {"Код школе."}, "public": {"yes"}})
		must(t, r.Publish(t.Context(), officer("nada"), number, participation.Public{Subject: "Клупе у парку"}))
		must(t, r.Support(t.Context(), person("contact"), number))
		joined := person("ana")
		joined.Aliases = map[string][]string{exchange.ReceiptSector: {"p-contact"}}
		must(t, r.Support(t.Context(), joined, number))
		seen, err := r.See(t.Context(), joined, number)
		must(t, err)
		if seen.Count != 1 || seen.Supports != 1 || !seen.Given {
			t.Errorf("one person under two names: %+v", seen)
		}
		must(t, r.Support(t.Context(), person("vera"), number))
		if seen, err = r.See(t.Context(), person("vera"), number); err != nil || seen.Count != 2 {
			t.Errorf("another too: %+v, %v", seen, err)
		}
		joined.Aliases, joined.Persons = nil, nil
		if seen, err = r.See(t.Context(), joined, number); err != nil || seen.Given {
			t.Errorf("nobody here supports it: %+v, %v", seen, err)
		}
	})
}

// Who is not reached by any contact raises nothing: there is no way to answer.
func TestWhoCannotBeAnsweredRaisesNothing(t *testing.T) {
	r := newRig(t, "sqlite")
	nobody := person("mira")
	nobody.Level = act.LevelNone
	_, err := r.Raise(t.Context(), nobody, r.kind("report"), lamp())
	wantCode(t, err, "level-too-low")
	_, err = r.Raise(t.Context(), act.Actor{}, r.kind("report"), lamp())
	wantCode(t, err, "sign-in-needed")
}

// A person raises many things in a row, and not any number.
func TestRaisingHasABudget(t *testing.T) {
	r := newRig(t, "sqlite")
	var err error
	for i := 0; err == nil && i < 100; i++ {
		in := lamp()
		in["where"] = []string{fmt.Sprint("Главна ", i)}
		_, err = r.Raise(t.Context(), person("mira"), r.kind("report"), in)
	}
	wantCode(t, err, "too-often")
}
