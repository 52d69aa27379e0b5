package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	// marksAtOnce bounds the marks that are taken together, strokesAtOnce those that one transaction does: others wait
	// for it. marksInStatement bounds those of which one statement tells.
	marksAtOnce, strokesAtOnce, marksInStatement = 200, 25, 25
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

// remarkAll is remark for many cases whose marks were done, at less cost.
func (r *Room) remarkAll(ctx context.Context, tx *storage.Tx, all []Case) error {
	var refs []string
	var marks []mark
	var due []time.Time
	for some := range slices.Chunk(all, marksInStatement) {
		var values []string
		var args []any
		for _, c := range some {
			at := len(args)
			args = append(args, c.ID, c.ends, c.mark, c.told, string(c.Alarm))
			values = append(values, fmt.Sprintf("(cast($%d as text), cast($%d as bigint), cast($%d as bigint), cast($%d as bigint), cast($%d as text))", at+1, at+2, at+3, at+4, at+5))
			if c.mark != noTerm {
				refs, marks, due = append(refs, c.ID+"/"+strconv.FormatInt(c.mark, 10)), append(marks, mark{c.ID, c.mark}), append(due, storage.Instant(c.mark))
			}
		}
		if _, err := tx.ExecContext(ctx, `with done(id, ends, mark, told, alarm) as (values `+strings.Join(values, ", ")+`)
			update cases_cases set ends = done.ends, mark = done.mark, told = done.told, alarm = done.alarm from done where cases_cases.id = done.id`, args...); err != nil {
			return fmt.Errorf("note what clocks did: %w", err)
		}
	}
	return r.marks.AddAllAt(ctx, tx, refs, marks, due)
}

// strike does what is due by the clocks of some cases, some in a transaction; where that fails, in one for each.
func (r *Room) strike(ctx context.Context, tries []*work.Try[mark]) error {
	for some := range slices.Chunk(tries, strokesAtOnce) {
		err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return r.strikeAll(ctx, tx, some) })
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			continue
		}
		for _, t := range some {
			err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return r.strikeOne(ctx, tx, t) })
			if err != nil && !errors.Is(err, work.ErrGone) {
				if err := t.Fail(ctx, err); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// stroke is what the clock of a case does at one of its marks.
type stroke struct {
	Case    // as it is afterwards, without its next mark
	reading law.Reading
	whose   law.Mover
	reminds bool // somebody of what is near
	over    bool // the end has come
}

// strokeOf works out what is due by the clock of a case: nothing where the mark is not that of the clock that it has now.
// What was told about an end is not told again, whatever the clock of the node shows.
func (r *Room) strokeOf(c Case, at int64) (s stroke, due bool, err error) {
	if c.Ended() || c.mark != at {
		return s, false, nil
	}
	s.Case = c
	if s.reading, s.whose, err = r.running(c); err != nil || s.whose == "" {
		return s, false, err
	}
	moments, err := momentsOf(s.reading)
	if err != nil {
		return s, false, err
	}
	now := r.Now()
	moments = slices.DeleteFunc(moments, func(m moment) bool { return m.At.After(now) || storage.Micros(m.At) <= c.told })
	s.over = slices.ContainsFunc(moments, func(m moment) bool { return m.End })
	s.kept = 0 // no job stands for it any more
	if len(moments) > 0 {
		last := moments[len(moments)-1]
		s.told = storage.Micros(last.At)
		switch {
		case !last.End && last.Ahead >= 0:
			s.Alarm, s.reminds = Reminded, true
		case !last.End || s.reading.Term.Then == law.Escalation:
			s.Alarm = Escalated
		default:
			s.Alarm = Passed
		}
	}
	return s, true, nil
}

// strikeAll does what is due by the clocks of some cases within a transaction: most remind somebody, which is written for
// all together.
func (r *Room) strikeAll(ctx context.Context, tx *storage.Tx, tries []*work.Try[mark]) error {
	found, err := r.marked(ctx, tx, tries)
	if err != nil {
		return err
	}
	var plain []*work.Try[mark]
	strokes := map[string]stroke{}
	for _, t := range tries {
		s, _, err := r.strokeOf(found[t.Job.Case], t.Job.At)
		switch {
		case err != nil:
			return err
		case s.over:
			if err := r.strikeOne(ctx, tx, t); err != nil {
				return err
			}
			continue
		}
		plain, strokes[t.Ref] = append(plain, t), s
	}
	ours, err := r.marks.DoneAll(ctx, tx, plain)
	if err != nil {
		return err
	}
	var notices []notify.Notice
	var done []Case
	for _, t := range plain {
		s := strokes[t.Ref]
		if !ours[t.Ref] || s.whose == "" {
			continue
		}
		some, err := r.reminders(s)
		if err != nil {
			return err
		}
		if err := r.read(&s.Case); err != nil {
			return err
		}
		notices, done = append(notices, some...), append(done, s.Case)
	}
	for some := range slices.Chunk(notices, notify.MostAtOnce) {
		if err := r.Notifier.SendAll(ctx, tx, some...); err != nil {
			return fmt.Errorf("remind: %w", err)
		}
	}
	return r.remarkAll(ctx, tx, done)
}

// marked reads the cases of some marks with their parties; the zero case for one that is no longer kept.
func (r *Room) marked(ctx context.Context, tx *storage.Tx, tries []*work.Try[mark]) (map[string]Case, error) {
	found := map[string]Case{}
	for some := range slices.Chunk(tries, marksInStatement) {
		ids := make([]string, len(some))
		for i, t := range some {
			ids[i] = t.Job.Case
		}
		in := storage.Among("id", ids...)
		all, err := rows.All(ctx, tx, `where `+in.Where, in.Args...)
		if err != nil {
			return nil, fmt.Errorf("cases whose clocks strike: %w", err)
		}
		for _, c := range all {
			found[c.ID] = c
		}
		in = storage.Among("case_id", ids...)
		others, err := parties.All(ctx, tx, `where `+in.Where+` order by case_id, number`, in.Args...)
		if err != nil {
			return nil, fmt.Errorf("parties: %w", err)
		}
		for _, p := range r.inForce(others) {
			c := found[p.cased]
			c.others = append(c.others, p)
			found[p.cased] = c
		}
	}
	return found, nil
}

// strikeOne does what is due by the clock of a case. The end itself waits until the clock of the node is believed.
func (r *Room) strikeOne(ctx context.Context, tx *storage.Tx, t *work.Try[mark]) error {
	c, err := r.caseWhere(ctx, tx, "id", t.Job.Case)
	if problem.HasCode(err, "case-unknown") {
		return t.Done(ctx, tx) // it is no longer kept
	}
	if err != nil {
		return err
	}
	s, due, err := r.strokeOf(c, t.Job.At)
	switch {
	case err != nil:
		return err
	case !due:
		return t.Done(ctx, tx)
	case s.over && r.Sure != nil && !r.Sure():
		return t.Again(ctx, tx, clockAgain, errClock)
	}
	if err := t.Done(ctx, tx); err != nil {
		return err
	}
	reminders, err := r.reminders(s)
	if err != nil {
		return err
	}
	for _, n := range reminders {
		if err := r.Notifier.Send(ctx, tx, n); err != nil {
			return fmt.Errorf("tell of the clock of case %s: %w", c.Number, err)
		}
	}
	c = s.Case
	if s.over {
		moved, err := r.expire(ctx, tx, c, s.reading, s.whose)
		if err != nil || moved {
			return err
		}
	}
	if err := r.read(&c); err != nil {
		return err
	}
	return r.remark(ctx, tx, c)
}

// reminders are what the person is told who is waited for. An officer sees it in their queue.
func (r *Room) reminders(s stroke) ([]notify.Notice, error) {
	if !s.reminds {
		return nil, nil
	}
	if _, status, err := r.kindOf(s.Case); err != nil || s.whose != law.ByParty && status.Phase != law.WaitingParty {
		return nil, err
	}
	return r.toldOf(s.Case, "remind", notify.Normal, "mark-"+strconv.FormatInt(s.told, 10), lang.Values{"day": s.reading.Last})
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
