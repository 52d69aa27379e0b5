package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

const (
	casesBody = "RS-DEMO/GOV/ZRENJANIN"
	// busyPerson has many cases: each casesBetween-th.
	busyPerson   = 77
	casesBetween = 5000
	// tenYears is the age of the oldest case.
	tenYears = 3650 * 24 * time.Hour
)

// personOf is the pseudonym of one of those who are loaded, as [filled] names them.
func personOf(i int) string { return fmt.Sprintf("bench0000%d", 10_000_000_000_000_000+i) }

// caseOf is the id of a case that is loaded: before all that are made from now on.
func caseOf(i int) string { return fmt.Sprintf("000000000%d", 10_000_000_000_000_000+i) }

// load fills the database unless it has as many cases. They are written by SQL and not by the room, which would take
// an hour: rows like those that the room makes, of ten years, of 22 places, two services and appeals, to persons
// with two or three each; eight of a hundred are open. What one wants to know of a case that the room makes
// says the case that is begun in the end.
func (r *casesRig) load(ctx context.Context, o CasesOptions) (bool, error) {
	var there int
	if err := r.db.Read(ctx).QueryRowContext(ctx, `select count(*) from cases_cases`).Scan(&there); err != nil || there >= o.Cases {
		return false, err
	}
	indexes, err := r.indexes(ctx) // are made again in the end, which is faster
	if err != nil {
		return false, err
	}
	for name := range indexes {
		if err := r.do(ctx, "drop index "+name); err != nil {
			return false, err
		}
	}
	const atOnce = 50_000
	for from := there; from < o.Cases; from += atOnce {
		for _, statement := range r.filled(from, min(from+atOnce, o.Cases), o.Cases) {
			if err := r.do(ctx, statement); err != nil {
				return false, err
			}
		}
		_, _ = fmt.Fprintf(o.Log, "%d cases\n", min(from+atOnce, o.Cases))
	}
	for _, definition := range indexes {
		if err := r.do(ctx, definition); err != nil {
			return false, err
		}
	}
	for _, step := range []func() error{
		func() error { return r.settle(ctx, o) }, // counting needs to know what is where
		func() error { return r.count(ctx, o.Cases) }, func() error { return r.name(ctx, o.Cases) }, func() error { return r.known(ctx, o.Cases) },
		func() error { return r.settle(ctx, o) },
	} {
		if err := step(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// namesakes is how many people of one name look at a case of theirs.
const namesakes = 300

// known has some people look at the case that has their number, all under one name.
func (r *casesRig) known(ctx context.Context, all int) error {
	for i := range min(namesakes, all/10) {
		var person string
		if err := r.db.Read(ctx).QueryRowContext(ctx, `select person from cases_cases where id = $1`, caseOf(i)).Scan(&person); err != nil {
			return err
		}
		who := act.Actor{Account: person, Name: "Ана Петровић", Persons: map[string]string{"family": person}}
		if err := r.room.Known(ctx, who, caseOf(i)); err != nil {
			return err
		}
	}
	return nil
}

func (r *casesRig) do(ctx context.Context, statement string, args ...any) error {
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if r.db.Engine() == storage.Postgres {
			if _, err := tx.ExecContext(ctx, `set local statement_timeout = 0`); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	})
}

// settle does what a server of PostgreSQL does by itself some minutes later. SQLite does nothing by itself.
func (r *casesRig) settle(ctx context.Context, o CasesOptions) (err error) {
	if o.Engine != Postgres {
		return nil
	}
	server, err := sql.Open("pgx", r.url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	for _, statement := range []string{"vacuum analyze", "checkpoint"} {
		if _, err := server.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// indexes are the statements that make the indexes of cases, by name, without those that a table cannot be without.
func (r *casesRig) indexes(ctx context.Context) (map[string]string, error) {
	text := `select name, sql from sqlite_master where type = 'index' and tbl_name = 'cases_cases' and sql is not null`
	if r.db.Engine() == storage.Postgres {
		text = `select indexname, indexdef from pg_indexes where tablename = 'cases_cases' and indexdef not like '%UNIQUE%'`
	}
	indexes := map[string]string{}
	rows, err := r.db.Read(ctx).QueryContext(ctx, text)
	_, err = storage.All(rows, err, func(scan storage.Scan) (name string, err error) {
		var made string
		err = scan(&name, &made)
		indexes[name] = made
		return name, err
	})
	return indexes, err
}

// filled are the statements that write the cases from one number to another, the oldest first. What is by chance elsewhere is
// made of the number, so that both engines have the same.
func (r *casesRig) filled(from, to, all int) []string {
	var statuses []string
	for _, kind := range []string{"application", "appeal"} {
		of, _ := r.pack.CaseKind(kind)
		several := map[bool][]law.CaseStatus{}
		for _, s := range of.Statuses {
			several[!s.Phase.Ended()] = append(several[!s.Phase.Ended()], s)
		}
		for open, some := range several {
			for n, s := range some {
				statuses = append(statuses, fmt.Sprintf("('%s', %d, %d, %d, '%s', '%s')", kind, flag(open), n, len(some), s.ID, s.Phase))
			}
		}
	}
	now := storage.Micros(r.now)
	begin := func(kind string) string {
		of, _ := r.pack.CaseKind(kind)
		return of.Begins().ID
	}
	day := (24 * time.Hour).Microseconds()
	loaded := fmt.Sprintf(`from cases_cases where id >= '%s' and id < '%s'`, caseOf(from), caseOf(to))
	return []string{
		fmt.Sprintf(`insert into cases_cases (id, number, kind, matter, service, occasion, person, sector, status, phase, visibility, body, unit, officer, place, channel, opened_at, entered_at, ended_at, clock, due, alarm, mark, version)
			with recursive n(i) as (select cast(%d as bigint) union all select i + 1 from n where i < %d),
			chance as (select i, (i + 11) * 48271 %% 2147483647 * 69621 %% 2147483647 as a, (i + 101) * 16807 %% 2147483647 * 39373 %% 2147483647 as b, (i + 1009) * 742938 %% 2147483647 * 48271 %% 2147483647 as c from n),
			known as (select i, cast(10000000000000000 + i as text) as name, a, b, c, case when a %% 100 < 3 then 'appeal' else 'application' end as kind, case when b %% 100 < 8 then 1 else 0 end as open, a / 1000 %% 22 as one, b / 1000 %% 22 as two, %d + cast(%d * (i * 1.0 / %d) as bigint) as at from chance),
			statuses(kind, open, nth, many, status, phase) as (values %s)
			select '000000000' || name, 'ZR-' || name, known.kind, '%047d' || name, case when b / 100 %% 10 < 4 then 'parental-allowance' else 'newborn-grant' end, '%047d' || cast(10000000000000000 + i / 2 as text),
				'bench0000' || cast(10000000000000000 + case when i %% %d = %d then %d else c %% %d end as text), 'family', status, phase, '%s', '%s',
				case when known.kind = 'appeal' and a / 100 %% 3 = 0 then 'second-instance' else '' end,
				case when known.open = 1 and c / 7 %% 3 = 0 then 'officer-' || cast(c / 21 %% 40 as text) else '' end,
				case when c / 3 %% 4 = 0 then '80152' when one < two then 'zr-' || substr(cast(101 + one as text), 2) else 'zr-' || substr(cast(101 + two as text), 2) end,
				'event', at, at, case when known.open = 1 then 0 else at + (1 + a / 13 %% 60) * %d end, '',
				case when known.open = 1 and phase = 'in-handling' then %d + (c / 11 %% 60 - 3) * %d else %d end,
				case when known.open = 1 and phase = 'in-handling' and c / 11 %% 60 < 3 then 'over' else '' end, %d, 3
			from known join statuses on statuses.kind = known.kind and statuses.open = known.open and statuses.nth = c / 5 %% statuses.many`,
			from, to-1, now-tenYears.Microseconds(), tenYears.Microseconds(), all, strings.Join(statuses, ", "), 0, 0, casesBetween, busyPerson, busyPerson, all*2/5, law.Parties, casesBody, day, now, day, int64(1)<<62, int64(1)<<62),
		`insert into cases_steps (case_id, number, at, by_whom, status) select id, 1, opened_at, 'rule', case when kind = 'appeal' then '` + begin("appeal") + `' else '` + begin("application") + `' end ` + loaded,
		`insert into cases_steps (case_id, number, at, by_whom, status) select id, 2, opened_at, 'rule', status ` + loaded,
		`insert into cases_custody (case_id, number, body, unit, at) select id, 1, body, unit, opened_at ` + loaded,
		`insert into cases_heard (case_id, source, at) select id, matter, opened_at ` + loaded,
	}
}

func flag(is bool) int {
	if is {
		return 1
	}
	return 0
}

// count adds up what the room would have counted, week by week.
func (r *casesRig) count(ctx context.Context, all int) error {
	const into = `insert into cases_sums (week, body, unit, service, kind, place, what, value, n) select `
	const by = `body, unit, service, kind, place`
	if err := r.do(ctx, into+`'', `+by+`, 'open', '', count(*) from cases_cases where ended_at = 0 group by `+by); err != nil {
		return err
	}
	perDay := float64(all) / tenYears.Hours() * 24
	first := civil.Of(r.now.Add(-tenYears))
	monday := first.AddDays(-(int(first.Weekday()) + 6) % 7)
	for ; monday.Start().Before(r.now); monday = monday.AddDays(7) {
		from, to := monday.Start(), monday.AddDays(7).Start()
		// The cases of a week lie together by their ids; a few days more on each side, as the fraction is rounded.
		at := func(t time.Time, more float64) string {
			return caseOf(max(0, int((t.Sub(r.now.Add(-tenYears)).Hours()/24+more)*perDay)))
		}
		for _, counted := range []struct{ what, value, where string }{
			{"begun", `''`, `id >= $2 and id < $3 and opened_at >= $4 and opened_at < $5`},
			{"ended", `status`, `$2 < $3 and ended_at > 0 and ended_at >= $4 and ended_at < $5`},
			{"days", `case when days <= 14 then substr(cast(10000 + days as text), 2) when days <= 60 then substr(cast(10000 + (days + 4) / 5 * 5 as text), 2) else '0390' end`, `$2 < $3 and ended_at > 0 and ended_at >= $4 and ended_at < $5`},
		} {
			err := r.do(ctx, into+`cast($1 as text), `+by+`, '`+counted.what+`', value, count(*) from (select `+by+`, `+counted.value+` as value from (select `+by+`, status, (ended_at - opened_at) / `+fmt.Sprint((24*time.Hour).Microseconds())+` as days from cases_cases where `+counted.where+`) found) counted group by `+by+`, value`,
				monday.String(), at(from, -2), at(to, 2), storage.Micros(from), storage.Micros(to))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// named is how many cases have a number as the room makes it; the others' would take longer to make than all the rest.
const named = 2000

// name gives cases of all years such a number.
func (r *casesRig) name(ctx context.Context, all int) error {
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for n := range min(named, all) {
			at := r.now.Add(-time.Duration(float64(tenYears) * float64(n) / named))
			if _, err := tx.ExecContext(ctx, `update cases_cases set number = $1 where id = $2`, id.Code("ZR", at.Year()), caseOf(all-1-n*(all/min(named, all)))); err != nil {
				return err
			}
		}
		return nil
	})
}

// numbers are those of cases from all years.
func (r *casesRig) numbers(ctx context.Context, of CasesOptions) ([]string, error) {
	var numbers []string
	for n := range min(named, of.Cases, of.Times) {
		number := ""
		if err := r.db.Read(ctx).QueryRowContext(ctx, `select number from cases_cases where id = $1`, caseOf(of.Cases-1-n*(of.Cases/min(named, of.Cases)))).Scan(&number); err != nil {
			return nil, err
		}
		numbers = append(numbers, number)
	}
	return numbers, nil
}

// ownNumber is a case of whoever has many.
func (r *casesRig) ownNumber(ctx context.Context) (number string, err error) {
	err = r.db.Read(ctx).QueryRowContext(ctx, `select number from cases_cases where person <> '' and person = $1 order by id desc limit 1`, personOf(busyPerson)).Scan(&number)
	return number, err
}

// columnsCopied are the columns that one case has like another one of which it is made.
const columnsCopied = `kind, service, sector, status, phase, visibility, body, unit, officer, place, channel, opened_at, entered_at, ended_at, clock, due, version, unread_at, answer, ends, mark, told, alarm`

// waiting makes cases that wait for their parties like one that the room made, and puts what their clocks do into the queue.
func (r *casesRig) waiting(ctx context.Context, like string, many int) error {
	first := storage.Micros(time.Now()) // a notice is sent once: those of a run before were others
	series := fmt.Sprintf(`with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n where i < %d) `, many)
	err := r.do(ctx, `insert into cases_cases (id, number, matter, occasion, person, `+columnsCopied+`) `+series+
		fmt.Sprintf(`select 'wait' || cast(%d + i as text), 'ZR-W-' || cast(%d + i as text), 'waiting ' || cast(%d + i as text), 'waiting ' || cast(%d + i as text), `, first, first, first, first)+`'person-' || cast(i % `+fmt.Sprint(noticePersons)+` as text), `+columnsCopied+` from cases_cases cross join n where id = $1`, like)
	if err != nil {
		return err
	}
	now := storage.Micros(time.Now())
	return r.do(ctx, `insert into work_jobs (queue, ref, job, line, lane, place, added, due, put)
		select 'cases.marks', id || '/' || cast(mark as text), '{"case":"' || id || '","at":' || cast(mark as text) || '}', '', 0, cast($1 as bigint), cast($1 as bigint), mark, 0 from cases_cases where id >= 'wait' and id < 'waiu'`, now)
}
