package cases

import (
	"context"
	"fmt"
	"strings"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// what is counted of cases.
type what string

const (
	isOpen  what = "open"  // one more or one less, of all time
	hasCome what = "begun" // in a week
	hasGone what = "ended" // in a week, by status
	wasLate what = "late"  // of what ended
	tookFor what = "days"  // of what ended, by how many days it took
)

// count is one thing that is counted.
type count struct {
	week  string // empty for what is true of all time
	what  what
	value string
	n     int
}

// week names the week of a day by its Monday.
func week(day civil.Day) civil.Day { return day.AddDays(-(int(day.Weekday()) + 6) % 7) }

// counted appends what is counted of a case: rows that are added up later, so that nobody waits for a number.
func counted(ctx context.Context, tx *storage.Tx, c Case, of ...count) error {
	var values []string
	var args []any
	for _, each := range of {
		at := len(args)
		args = append(args, id.New(), each.week, c.Body, c.Unit, c.Service, c.Kind, c.Place, string(each.what), each.value, each.n)
		var marks []string
		for i := range 10 {
			marks = append(marks, fmt.Sprintf("$%d", at+i+1))
		}
		values = append(values, "("+strings.Join(marks, ", ")+")")
	}
	if _, err := tx.ExecContext(ctx, `insert into cases_counted (id, week, body, unit, service, kind, place, what, value, n) values `+strings.Join(values, ", "), args...); err != nil {
		return fmt.Errorf("count case: %w", err)
	}
	return nil
}

// countBegun counts a case that has begun.
func (r *Room) countBegun(ctx context.Context, tx *storage.Tx, c Case) error {
	return counted(ctx, tx, c, count{"", isOpen, "", 1}, count{week(civil.Of(c.OpenedAt)).String(), hasCome, "", 1})
}

// countEnded counts a case that has ended, and how long it took.
func (r *Room) countEnded(ctx context.Context, tx *storage.Tx, c Case) error {
	return counted(ctx, tx, c, r.gone(c, 1)...)
}

// gone is what is counted of a case that has ended: once more, or with n = -1 once less since that was undone.
func (r *Room) gone(c Case, n int) []count {
	in, days := week(civil.Of(c.EndedAt)).String(), civil.Of(c.OpenedAt).DaysUntil(civil.Of(c.EndedAt))
	all := []count{{"", isOpen, "", -n}, {in, hasGone, c.Status, n}, {in, tookFor, fmt.Sprintf("%04d", span(days)), n}}
	if c.Clock.Term != "" {
		if reading, err := r.Pack.Read(c.Clock); err == nil && reading.State(r.Now()) == law.Late {
			all = append(all, count{in, wasLate, "", n})
		}
	}
	return all
}

// countMoved counts that another unit has a case.
func (r *Room) countMoved(ctx context.Context, tx *storage.Tx, from, to Case) error {
	if from.Body == to.Body && from.Unit == to.Unit || from.Ended() {
		return nil
	}
	if err := counted(ctx, tx, from, count{"", isOpen, "", -1}); err != nil {
		return err
	}
	return counted(ctx, tx, to, count{"", isOpen, "", 1})
}

// span rounds days up so that few different numbers are kept: each by itself for two weeks, then by five, then by
// thirty, and everything longer than a year as one.
func span(days int) int {
	up := func(by int) int { return (days + by - 1) / by * by }
	switch {
	case days <= 14:
		return max(0, days)
	case days <= 60:
		return up(5)
	case days <= 360:
		return up(30)
	}
	return 390
}

const (
	foldEvery = time.Minute
	foldMost  = 5000
)

// sumColumns are what sums have beside their week and their number.
const sumColumns = `body, unit, service, kind, place, what, value`

// Fold adds what was counted to the sums, and once a day adds those of the last weeks up.
func (r *Room) Fold(ctx context.Context) error {
	for {
		n := 0
		err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			today := civil.Of(r.Now())
			since := overviewSince(today)
			if err := addUp(ctx, tx, today, since); err != nil {
				return err
			}
			var last string
			err := tx.QueryRowContext(ctx, `select count(*), coalesce(max(id), '') from (select id from cases_counted order by id limit $1) first`, foldMost).Scan(&n, &last)
			if err != nil || n == 0 {
				return err
			}
			if _, err := tx.ExecContext(ctx, `insert into cases_sums (week, `+sumColumns+`, n)
				select week, `+sumColumns+`, sum(n) from cases_counted where id <= $1 group by week, `+sumColumns+`
				on conflict (week, `+sumColumns+`) do update set n = cases_sums.n + excluded.n`, last); err != nil {
				return fmt.Errorf("fold what was counted of cases: %w", err)
			}
			if _, err := tx.ExecContext(ctx, `insert into cases_quarter (day, `+sumColumns+`, n)
				select cast($2 as text), `+sumColumns+`, sum(n) from cases_counted where id <= $1 and (week = '' or week >= $3) group by `+sumColumns+`
				on conflict (day, `+sumColumns+`) do update set n = cases_quarter.n + excluded.n`, last, today.String(), since.String()); err != nil {
				return fmt.Errorf("fold what was counted of cases lately: %w", err)
			}
			_, err = tx.ExecContext(ctx, `delete from cases_counted where id <= $1`, last)
			return err
		})
		if err != nil || n < foldMost {
			return err
		}
	}
}

// addUp adds the sums of the last weeks up, unless that was done today.
func addUp(ctx context.Context, tx *storage.Tx, today, since civil.Day) error {
	if done, err := isAddedUp(ctx, tx, today); err != nil || done {
		return err
	}
	if _, err := tx.ExecContext(ctx, `delete from cases_quarter`); err != nil {
		return fmt.Errorf("what was counted before: %w", err)
	}
	_, err := tx.ExecContext(ctx, `insert into cases_quarter (day, `+sumColumns+`, n)
		select cast($1 as text), `+sumColumns+`, sum(n) from cases_sums where week = '' or week >= $2 group by `+sumColumns, today.String(), since.String())
	if err != nil {
		return fmt.Errorf("add up what was counted of cases: %w", err)
	}
	return nil
}

// isAddedUp reports whether the sums of the last weeks are those of a day.
func isAddedUp(ctx context.Context, from storage.Reader, day civil.Day) (is bool, err error) {
	n := 0
	err = from.QueryRowContext(ctx, `select count(*) from (select 1 from cases_quarter where day = $1 limit 1) found`, day.String()).Scan(&n)
	return n > 0, err
}
