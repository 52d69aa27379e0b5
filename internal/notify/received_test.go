package notify

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// Whoever is signed in reads all that was sent to them, the newest first and page by page, with how far it has come;
// nothing of anybody else.
func TestWhatWasSentToAPerson(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		me := act.Actor{Account: "me", Persons: map[string]string{"family": person}}
		for i := range 5 {
			n := offer("o" + strconv.Itoa(i))
			if i == 3 {
				n.Serves = "c3"
			}
			r.send(n)
			r.clock.Advance(time.Minute)
		}
		other := offer("x")
		other.Person = "somebody-else"
		r.send(other)
		r.carryAll()
		if err := r.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			return r.Deliver(ctx, tx, "c3", civil.Of(r.clock.Now()), Opened, "")
		}); err != nil {
			t.Fatal(err)
		}
		r.send(offer("o5"))

		var ids []string
		for key, more := page.Key(""), true; more; more = key != "" {
			found, err := r.Received(t.Context(), me, key, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range found.Items {
				ids = append(ids, one.ID)
				switch {
				case one.ID == "o5" && one.State != Queued, one.ID != "o5" && (one.State != Sent || one.Sent.IsZero()), one.Channel != Email, (one.ID == "o3") == one.Day.IsZero():
					t.Errorf("%+v", one)
				}
			}
			key = found.Next
		}
		if got := strings.Join(ids, " "); got != "o5 o4 o3 o2 o1 o0" {
			t.Errorf("in this order: %s", got)
		}
		if _, err := r.Received(t.Context(), act.Actor{}, "", 2); !problem.HasCode(err, "sign-in-needed") {
			t.Errorf("nobody reads: %v", err)
		}
	})
}

// What was sent to one person is found by the index of persons, however much was sent to others.
func TestWhatWasSentIsFoundByAnIndex(t *testing.T) {
	r := newRig(t, testkit.Database(t, storage.SQLite)(work.Migrations(), Migrations()))
	plan, err := r.db.Read(t.Context()).QueryContext(t.Context(), `explain query plan select id from notify_notices where person in ($1, $2) order by created_at desc, id desc limit 11`, person, "other")
	steps, err := storage.All(plan, err, func(scan storage.Scan) (step string, err error) {
		var id, parent, unused int
		err = scan(&id, &parent, &unused, &step)
		return step, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(steps, "; "); !strings.Contains(all, "notify_notices_person") || strings.Contains(all, "SCAN notify_notices") {
		t.Errorf("it is found so: %s", all)
	}
}
