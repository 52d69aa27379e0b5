package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// Alarm is what the clock of a case has raised, for those who work on it.
type Alarm string

// The alarms, each louder than the one before.
const (
	NoAlarm   Alarm = ""
	Reminded  Alarm = "reminded"  // the end is near
	Passed    Alarm = "over"      // it came, and nothing was done
	Escalated Alarm = "escalated" // and still nothing: whoever stands above sees it
)

// mark is the job of an instant at which the clock of a case does something. It does nothing any more when the
// clock has got another one in the meantime.
type mark struct {
	Case string `json:"case"`
	At   int64  `json:"at"` // microseconds
}

const (
	// marksAtOnce bounds the cases of which one transaction tells.
	marksAtOnce = 200
	// clockAgain is how soon it is looked again whether the clock of the node is believed.
	clockAgain = 5 * time.Second
)

var errClock = errors.New("the clock is not confirmed: no term ends by it")

// moment is when a clock does something: a mark of the term, or its end.
type moment struct {
	law.Mark
	End bool
}

// momentsOf lists when a clock does something, in order. Of a year that the calendar lacks only the end is known.
func momentsOf(reading law.Reading) ([]moment, error) {
	marks, err := reading.Marks()
	if err != nil && !law.IsYearMissing(err) {
		return nil, err
	}
	moments := []moment{{law.Mark{At: reading.Until}, true}}
	for _, m := range marks {
		moments = append(moments, moment{Mark: m})
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return a.At.Compare(b.At) })
	return moments, nil
}

// await has the next mark of a case awaited, in the transaction that sets its clock.
func (r *Room) await(ctx context.Context, tx *storage.Tx, c Case) error {
	if r.marks == nil || c.mark == c.kept || c.mark == noTerm || c.Ended() {
		return nil
	}
	return r.marks.Add(ctx, tx, c.ID+"/"+strconv.FormatInt(c.mark, 10), mark{c.ID, c.mark}, work.At(storage.Instant(c.mark)))
}

// markOld works out the next mark of the cases that were written before clocks did anything.
func (r *Room) markOld(ctx context.Context) error {
	for {
		n := 0
		err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			old, err := rows.All(ctx, tx, `where mark = 0 and ended_at = 0 order by id limit `+strconv.Itoa(marksAtOnce))
			if err != nil {
				return err
			}
			n = len(old)
			for _, c := range old {
				if err := r.read(&c); err != nil {
					c.mark = noTerm // what cannot be counted now is counted when the case moves
				}
				if err := r.remark(ctx, tx, c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < marksAtOnce {
			return err
		}
	}
}

// remark writes what a clock has told and does next. It is no change that a form has to know of.
func (r *Room) remark(ctx context.Context, tx *storage.Tx, c Case) error {
	if _, err := tx.ExecContext(ctx, `update cases_cases set ends = $1, mark = $2, told = $3, alarm = $4 where id = $5`, c.ends, c.mark, c.told, string(c.Alarm), c.ID); err != nil {
		return fmt.Errorf("note what the clock did: %w", err)
	}
	return r.await(ctx, tx, c)
}

// strike does what is due by the clocks of some cases, in one transaction; where that fails, in one for each.
func (r *Room) strike(ctx context.Context, tries []*work.Try[mark]) error {
	err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for _, t := range tries {
			if err := r.strikeOne(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || ctx.Err() != nil {
		return nil
	}
	for _, t := range tries {
		err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return r.strikeOne(ctx, tx, t) })
		if err != nil && !errors.Is(err, work.ErrGone) {
			if err := t.Fail(ctx, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// strikeOne does what is due by the clock of a case. What was told about an end is not told again, whatever the
// clock of the node shows; the end itself waits until that is believed.
func (r *Room) strikeOne(ctx context.Context, tx *storage.Tx, t *work.Try[mark]) error {
	c, err := r.caseWhere(ctx, tx, "id", t.Job.Case)
	if problem.HasCode(err, "case-unknown") {
		return t.Done(ctx, tx) // it is no longer kept
	}
	if err != nil {
		return err
	}
	if c.Ended() || c.mark != t.Job.At {
		return t.Done(ctx, tx)
	}
	reading, whose, err := r.running(c)
	if err != nil {
		return err
	}
	if whose == "" {
		return t.Done(ctx, tx)
	}
	due, err := momentsOf(reading)
	if err != nil {
		return err
	}
	now := r.Now()
	due = slices.DeleteFunc(due, func(m moment) bool { return m.At.After(now) || storage.Micros(m.At) <= c.told })
	over := slices.ContainsFunc(due, func(m moment) bool { return m.End })
	if over && r.Sure != nil && !r.Sure() {
		return t.Again(ctx, tx, clockAgain, errClock)
	}
	if err := t.Done(ctx, tx); err != nil {
		return err
	}
	c.kept = 0 // no job stands for it any more
	if len(due) > 0 {
		last := due[len(due)-1]
		c.told = storage.Micros(last.At)
		switch {
		case !last.End && last.Ahead >= 0:
			c.Alarm = Reminded
			err = r.remind(ctx, tx, c, reading, whose)
		case !last.End || reading.Term.Then == law.Escalation:
			c.Alarm = Escalated
		default:
			c.Alarm = Passed
		}
		if err != nil {
			return err
		}
	}
	if over {
		moved, err := r.expire(ctx, tx, c, reading, whose)
		if err != nil || moved {
			return err
		}
	}
	if err := r.read(&c); err != nil {
		return err
	}
	return r.remark(ctx, tx, c)
}

// remind tells the person that they are waited for. An officer sees it in their queue.
func (r *Room) remind(ctx context.Context, tx *storage.Tx, c Case, reading law.Reading, whose law.Mover) error {
	if _, status, err := r.kindOf(c); err != nil || whose != law.ByParty && status.Phase != law.WaitingParty {
		return err
	}
	return r.inform(ctx, tx, c, "remind", notify.Normal, "mark-"+strconv.FormatInt(c.told, 10), lang.Values{"day": reading.Last})
}

// expire does what the law attaches to the end of a term in which nothing was done: the kind of the case says
// whither the clock moves it, or else silence is told to the person where it gives them a right. Cases of rooms
// with acts of their own are moved by those.
func (r *Room) expire(ctx context.Context, tx *storage.Tx, c Case, reading law.Reading, whose law.Mover) (moved bool, err error) {
	kind, status, err := r.kindOf(c)
	if err != nil {
		return false, err
	}
	if to, ok := status.Clocked(); ok && kind.Room == "" {
		if err := r.remark(ctx, tx, c); err != nil {
			return false, err
		}
		_, err := r.Move(ctx, tx, Move{Case: c.ID, To: to, By: law.ByClock})
		return true, err
	}
	if reading.Term.Then != law.Appeal || whose != law.ByOfficer {
		return false, nil
	}
	number, err := next(ctx, tx, "cases_steps", c.ID)
	if err != nil {
		return false, err
	}
	passed := c
	passed.EnteredAt = r.Now()
	if err := r.note(ctx, tx, passed, step{number: number, by: law.ByClock}); err != nil {
		return false, err
	}
	return false, r.inform(ctx, tx, c, "silence", notify.Normal, "mark-"+strconv.FormatInt(c.told, 10), lang.Values{"day": reading.Last})
}
