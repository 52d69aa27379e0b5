package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// Reminders is what it took when the clocks of many cases did something at once: each reminded a party by mail.
type Reminders struct {
	Due    int     `json:"due"`
	ToldS  float64 `json:"told_s"`    // until the last was told, in the database
	SentS  float64 `json:"sent_s"`    // until the mail server had the last notice
	CPU    float64 `json:"cpu_ms"`    // of this process with the mail server in it, for one
	Create Latency `json:"create"`    // a case begun meanwhile
	Queue  Latency `json:"queue"`     // the queue of an officer meanwhile
	Case   Latency `json:"case_page"` // a case at the desk meanwhile
	Begun  int     `json:"begun"`     // cases, meanwhile
}

// remind has many reminders be due at once, and goes on with what people do meanwhile.
func (r *casesRig) remind(ctx context.Context, o CasesOptions, numbers []string) (result Reminders, err error) {
	result.Due = o.Reminders
	like, err := r.offered(ctx)
	if err != nil {
		return result, err
	}
	if err := r.waiting(ctx, like, o.Reminders); err != nil {
		return result, err
	}
	defer func() { // so that the same database can be used again
		for _, statement := range []string{`delete from cases_cases where id >= 'wait' and id < 'waiu'`, `delete from work_jobs where queue = 'cases.marks' and ref >= 'wait' and ref < 'waiu'`} {
			err = errors.Join(err, r.do(context.WithoutCancel(ctx), statement))
		}
	}()
	running, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() { r.runner.Run(running) })
	defer work.Wait()
	defer stop()

	busy, begun := cpuSoFar(), time.Now()
	var creates, queues, pages []time.Duration
	all := asks(numbers, "")
	queue, page := all[0], all[9]
	for result.SentS == 0 {
		took, err := r.begin(ctx, "event", len(creates))
		if err != nil {
			return result, err
		}
		creates = append(creates, took)
		for into, ask := range map[*[]time.Duration]ask{&queues: queue, &pages: page} {
			took, _, err := r.once(ctx, ask, len(*into))
			if err != nil {
				return result, err
			}
			*into = append(*into, took)
		}
		if result.ToldS == 0 {
			left := 0
			if err := r.db.Read(ctx).QueryRowContext(ctx, `select count(*) from (select 1 from work_jobs where queue = 'cases.marks' and due <= $1 limit 1) due`, storage.Micros(begun)).Scan(&left); err != nil {
				return result, err
			}
			if left == 0 {
				result.ToldS = round(time.Since(begun).Seconds())
			}
		}
		if int(r.mail.arrived.Load()) >= o.Reminders {
			result.SentS = round(time.Since(begun).Seconds())
		}
		if err := clock.Pause(ctx, 20*time.Millisecond); err != nil {
			return result, fmt.Errorf("%d of %d reminders arrived: %w", r.mail.arrived.Load(), o.Reminders, err)
		}
	}
	result.CPU = round(float64((cpuSoFar() - busy).Microseconds()) / 1000 / float64(o.Reminders))
	result.Create, result.Queue, result.Case, result.Begun = latency(creates), latency(queues), latency(pages), len(creates)
	reminded := 0
	if err := r.db.Read(ctx).QueryRowContext(ctx, `select count(*) from cases_cases where id >= 'wait' and id < 'waiu' and alarm = 'reminded'`).Scan(&reminded); err != nil {
		return result, err
	}
	if reminded != o.Reminders {
		return result, fmt.Errorf("%d of %d parties were reminded", reminded, o.Reminders)
	}
	return result, nil
}

// offered is a case that waits for its party, whose term ends in so few days that they are to be reminded.
func (r *casesRig) offered(ctx context.Context) (id string, err error) {
	err = r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, _, err := r.room.Open(ctx, tx, opening("event", -1))
		if err != nil {
			return err
		}
		id = c.ID
		birth := civil.Of(r.now).AddDays(19 - 365) // a year has passed in nineteen days; reminders are told twenty days ahead
		_, err = r.room.Move(ctx, tx, cases.Move{Case: id, To: "offered", By: law.ByRule, Person: personOf(1), Sector: "family", Answer: law.Begun("grant-offer", birth)})
		return err
	})
	return id, err
}

// begin begins a case, durably, and says how long that took.
func (r *casesRig) begin(ctx context.Context, how string, n int) (time.Duration, error) {
	begun := time.Now()
	err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, _, err := r.room.Open(ctx, tx, opening(how, n))
		return err
	})
	return time.Since(begun), err
}

// opening is what tells of a case: an event from a register, or a person on a page.
func opening(how string, n int) cases.Opening {
	if how == "page" {
		return cases.Opening{
			Kind: "appeal", About: "begun " + id.New(), Source: "form", Service: "newborn-grant", Occasion: fmt.Sprint("birth ", n), Person: fmt.Sprintf("person-%d", n%noticePersons), Sector: "family", Place: "80152", Channel: cases.ByPage,
			Said: "Нисам сагласна: пријава пребивалишта је поднета у року.",
		}
	}
	return cases.Opening{Kind: "application", About: "begun " + id.New(), Source: "event", Service: "newborn-grant", Occasion: fmt.Sprint("birth ", n), Sector: "family", Place: "80152", Channel: cases.ByEvent}
}
