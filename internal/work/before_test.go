package work_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"dobosh/internal/bus"
	"dobosh/internal/contracts"
	"dobosh/internal/exchange/events"
	"dobosh/internal/notify"
	"dobosh/internal/services"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// What waited in the tables of the rooms before there was one queue is carried
// over: nothing is lost, nothing is doubled, and text keeps its every character.
func TestWhatWaitedBefore(t *testing.T) {
	rooms := []fs.FS{bus.Migrations(), services.Migrations(), contracts.Migrations(), notify.Migrations(), events.Migrations()}
	before := fstest.MapFS{}
	for _, room := range rooms {
		files, err := fs.Glob(room, "migrations/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := fs.ReadFile(room, file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), "work_jobs") {
				before[file] = &fstest.MapFile{Data: text}
			}
		}
	}
	const body = "a \"note\" with \\ and\n\n— a signature ћ'\n"
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		db := open(before)
		err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			for _, s := range []struct {
				statement string
				args      []any
			}{
				{`insert into services_work (kind, ref, next_try, tries, owner) values ('assess', 'a1', 50, 3, ''), ('seal', 'd1', 900000000, 1, 'city')`, nil},
				{`insert into bus_dead (consumer, event_id, event, reason, attempts, at) values ('services', 'src#1', '{"id":"1"}', 'broken', 20, 70)`, nil},
				{`insert into registry_errands (id, kind, proposal, n, peer, body, due, tries, fault, given) values ('p/2', 'letter', 'p', 2, 'RS/GOV/X', $1, 5, 4, 'node-away', 3), ('p/1', 'letter', 'p', 1, 'RS/GOV/X', $1, 5, 4, '', 2), ('end/c', 'end', '', 0, '', $1, 5, 0, '', 4)`, []any{body}},
				{`insert into notify_notices (id, person, lane, subject, body, link, created_at) values ('n"1', 'p', 2, '{}', '{}', 'https://x.example', 9), ('n2', 'p', 0, '{}', '{}', 'https://x.example', 9)`, nil},
				{`insert into notify_deliveries (notice, channel, state, lane, attempts, due_at, created_at, claim) values ('n"1', 'email', 'queued', 2, 5, 11, 9, ''), ('n2', 'email', 'sent', 0, 1, 9, 9, '')`, nil},
				{`insert into exchange_dead (subscription, event_id, event, reason, attempts, at, due) values ('s', 'evt_1', '{"id":"7"}', 'webhook-refused', 4, 80, 0), ('s', 'evt_2', '{"id":"8"}', 'webhook-refused', 4, 81, 1)`, nil},
			} {
				if _, err := tx.ExecContext(ctx, s.statement, s.args...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}

		db = open(append(rooms, work.Migrations())...)
		type row struct {
			line             string
			lane, tries      int
			due, place, dead int64
			owner, job       string
		}
		rows, err := db.Read(t.Context()).QueryContext(t.Context(), `select queue, ref, line, lane, tries, due, place, dead, owner, job from work_jobs order by queue, ref`)
		got := map[string]row{}
		if _, err = storage.All(rows, err, func(scan storage.Scan) (r row, err error) {
			var queue, ref string
			err = scan(&queue, &ref, &r.line, &r.lane, &r.tries, &r.due, &r.place, &r.dead, &r.owner, &r.job)
			got[queue+" "+ref] = r
			return r, err
		}); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]row{
			"services.assess a1":     {tries: 3, due: 50, place: 50},
			"services.seal d1":       {tries: 1, due: 1, place: 900000000}, // whoever had claimed it is gone
			"services.hear src#1":    {tries: 20, due: 70, place: 70, dead: 70},
			"contracts.carry p/1":    {line: "p", tries: 4, due: 5, place: 1},
			"contracts.carry p/2":    {line: "p", tries: 4, due: 5, place: 2},
			"contracts.carry end/c":  {due: 5},
			`notify.mail n"1/email`:  {lane: 2, tries: 5, due: 11, place: 9},
			"events.letters s/evt_1": {line: "s", tries: 4, due: 80, place: 80, dead: 80},
			"events.letters s/evt_2": {line: "s", tries: 4, due: 81, place: 81},
		} {
			found := got[name]
			var job map[string]any
			if err := json.Unmarshal([]byte(found.job), &job); err != nil {
				t.Errorf("%s: %v in %q", name, err, found.job)
			}
			if strings.HasPrefix(name, "contracts") && job["body"] != body {
				t.Errorf("%s: body %q", name, job["body"])
			}
			if strings.HasPrefix(name, "notify") && job["notice"] != `n"1` {
				t.Errorf("%s: %v", name, job)
			}
			if found.job = ""; found != want {
				t.Errorf("%s: %+v, want %+v", name, found, want)
			}
			delete(got, name)
		}
		if len(got) > 0 {
			t.Errorf("more than that waits: %v", got)
		}
	})
}
