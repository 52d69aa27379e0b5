package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"dobosh/internal/cases"
	"dobosh/internal/kit/id"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

const casesBody = "RS-DEMO/GOV/ZRENJANIN"

// personOf is the pseudonym of one of those who are loaded.
func personOf(i int) string { return fmt.Sprintf("bench%021d", i) }

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
	chance := rand.New(rand.NewPCG(10, 2026))
	const inStatement, inTransaction = 250, 10_000
	for from := there; from < o.Cases; from += inTransaction {
		err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			for some := from; some < min(from+inTransaction, o.Cases); some += inStatement {
				if err := r.fill(ctx, tx, chance, some, min(some+inStatement, o.Cases), o.Cases); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return false, err
		}
		if from%100_000 == 0 {
			_, _ = fmt.Fprintf(o.Log, "%d cases\n", from)
		}
	}
	for _, definition := range indexes {
		if err := r.do(ctx, definition); err != nil {
			return false, err
		}
	}
	if o.Engine == Postgres {
		return true, r.do(ctx, "analyze") // as the server does by itself some minutes later
	}
	return true, nil
}

func (r *casesRig) do(ctx context.Context, statement string) error {
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if r.db.Engine() == storage.Postgres {
			if _, err := tx.ExecContext(ctx, `set local statement_timeout = 0`); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, statement)
		return err
	})
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

// table is rows of a table that are written together.
type table struct {
	name, columns string
	rows          []string
	args          []any
}

func (t *table) add(values ...any) {
	places := make([]string, len(values))
	for i := range values {
		places[i] = fmt.Sprintf("$%d", len(t.args)+i+1)
	}
	t.rows, t.args = append(t.rows, "("+strings.Join(places, ", ")+")"), append(t.args, values...)
}

// fill writes some cases, the oldest first.
func (r *casesRig) fill(ctx context.Context, tx *storage.Tx, chance *rand.Rand, from, to, all int) error {
	rows := &table{name: "cases_cases", columns: "id, number, kind, matter, service, occasion, person, sector, status, phase, visibility, body, unit, officer, place, channel, opened_at, entered_at, ended_at, clock, due, version"}
	steps := &table{name: "cases_steps", columns: "case_id, number, at, by_whom, status"}
	custody := &table{name: "cases_custody", columns: "case_id, number, body, unit, at"}
	heard := &table{name: "cases_heard", columns: "case_id, source, at"}
	const year = 365 * 24 * time.Hour
	for i := from; i < to; i++ {
		at := r.now.Add(-10*year + time.Duration(float64(10*year)*float64(i)/float64(all)))
		one := fmt.Sprintf("0%025d", i) // before what is made from now on
		kind, service, unit, officer, ended, due := "application", "newborn-grant", "", "", int64(0), int64(1)<<62
		if chance.IntN(10) < 4 {
			service = "parental-allowance"
		}
		if chance.IntN(100) < 3 {
			if kind = "appeal"; chance.IntN(3) == 0 {
				unit = "second-instance"
			}
		}
		of, _ := r.pack.CaseKind(kind)
		open := chance.IntN(100) < 8
		status := of.Statuses[chance.IntN(len(of.Statuses))]
		for status.Phase.Ended() == open {
			status = of.Statuses[chance.IntN(len(of.Statuses))]
		}
		if open {
			if status.Phase == law.InHandling {
				due = storage.Micros(r.now.Add(time.Duration(chance.IntN(60*24)) * time.Hour))
			}
			if chance.IntN(3) == 0 {
				officer = fmt.Sprintf("officer-%d", chance.IntN(40))
			}
		} else {
			ended = storage.Micros(at.Add(20 * 24 * time.Hour))
		}
		place := "80152"
		if chance.IntN(4) > 0 {
			place = fmt.Sprintf("zr-%02d", 1+min(chance.IntN(22), chance.IntN(22))) // some are small
		}
		rows.add(one, id.Code("ZR", at.Year()), kind, fmt.Sprintf("%064d", i), service, fmt.Sprintf("%064d", i/2), personOf(chance.IntN(all*2/5)), "family", status.ID, string(status.Phase), string(law.Parties), casesBody, unit, officer, place,
			string(cases.ByEvent), storage.Micros(at), storage.Micros(at), ended, "", due, 3)
		for number, id := range []string{of.Begins().ID, status.ID} {
			steps.add(one, number+1, storage.Micros(at), string(law.ByRule), id)
		}
		custody.add(one, 1, casesBody, unit, storage.Micros(at))
		heard.add(one, fmt.Sprintf("%064d", i), storage.Micros(at))
	}
	for _, t := range []*table{rows, steps, custody, heard} {
		if _, err := tx.ExecContext(ctx, "insert into "+t.name+" ("+t.columns+") values "+strings.Join(t.rows, ", "), t.args...); err != nil {
			return err
		}
	}
	return nil
}

// numbers are those of cases from all years.
func (r *casesRig) numbers(ctx context.Context, most int) ([]string, error) {
	rows, err := r.db.Read(ctx).QueryContext(ctx, `select number from cases_cases order by matter desc limit $1`, most)
	return storage.All(rows, err, func(scan storage.Scan) (number string, err error) { return number, scan(&number) })
}
