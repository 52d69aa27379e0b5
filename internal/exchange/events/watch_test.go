package events

import (
	"net/http"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/testkit"
)

func who(role act.Role) act.Actor { return act.As("somebody", role) }

func TestOperatorsSeeAndAct(t *testing.T) {
	w := newWorld(t)
	w.city.Attempts = 1
	publish(t, w.state.Stream, birth("1", "80152"))
	if err := w.take(); err != nil {
		t.Fatal(err)
	}
	to := newReceiver(t)
	to.answer(func(string) int { return http.StatusInternalServerError })
	s := w.pushed(to)
	publish(t, w.city.Stream, births5(2, 3)...)
	stop := inBackground(t, w.city.Deliver)
	testkit.Eventually(t, "both are dead letters", func() bool { return w.seen(s).Dead == 2 })
	stop()
	o := testkit.Must[Overview](t)(w.city.Watch(t.Context(), who(identity.Auditor)))
	if len(o.Subscriptions) != 1 || len(o.Followed) != 1 || o.Followed[0].Taken != 1 || o.Followed[0].Provider != civilID || o.Followed[0].Number != 1 {
		t.Errorf("%+v", o)
	}
	letters, err := w.city.WatchDead(t.Context(), who(identity.Operator), s.ID, "")
	if err != nil || len(letters.Items) != 2 {
		t.Fatalf("%+v, %v", letters, err)
	}
	for name, act := range map[string]func(by act.Actor) error{
		"start": func(by act.Actor) error { return w.city.StartFor(t.Context(), by, s.ID) },
		"retry": func(by act.Actor) error {
			return w.city.RetryDeadFor(t.Context(), by, s.ID, letters.Items[0].ID)
		},
		"drop": func(by act.Actor) error {
			return w.city.DropDeadFor(t.Context(), by, s.ID, letters.Items[1].ID)
		},
	} {
		wantCode(t, act(who(identity.Auditor)), "not-allowed")
		if err := act(who(identity.Operator)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if seen := testkit.Must[Subscription](t)(w.city.WatchOne(t.Context(), who(identity.Operator), s.ID)); seen.Dead != 1 {
		t.Errorf("%+v", seen)
	}
	for code, by := range map[string]act.Actor{"not-allowed": who(identity.Officer), "sign-in-needed": {}} {
		_, err := w.city.Watch(t.Context(), by)
		wantCode(t, err, code)
		_, err = w.city.WatchDead(t.Context(), by, s.ID, "")
		wantCode(t, err, code)
	}
}
