package cases

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// Task is something that somebody of the body has to do before a case can be decided.
type Task struct {
	ID      string
	Number  string // of the case
	Unit    string // that does it; that of the case unless another was named
	Officer string // account of who does it; empty for whoever of the unit
	What    string
	Due     civil.Day // no day for none
	At      time.Time
	Done    time.Time // zero while it is open
	Word    string    // what came of it

	cased  string
	body   string
	what   []byte
	word   []byte
	madeBy string
	doneBy string
}

var tasks = storage.NewTable("cases_tasks",
	storage.Col("id", func(t *Task) *string { return &t.ID }),
	storage.Col("case_id", func(t *Task) *string { return &t.cased }),
	storage.Col("body", func(t *Task) *string { return &t.body }),
	storage.Col("unit", func(t *Task) *string { return &t.Unit }),
	storage.Col("officer", func(t *Task) *string { return &t.Officer }),
	storage.Col("what", func(t *Task) *[]byte { return &t.what }),
	storage.Text("due", func(t *Task) *civil.Day { return &t.Due }),
	storage.Time("at", func(t *Task) *time.Time { return &t.At }),
	storage.Col("made_by", func(t *Task) *string { return &t.madeBy }),
	storage.Time("done_at", func(t *Task) *time.Time { return &t.Done }),
	storage.Col("done_by", func(t *Task) *string { return &t.doneBy }),
	storage.Col("word", func(t *Task) *[]byte { return &t.word }),
)

// maxTasks bounds the open tasks of a case.
const maxTasks = 20

// TaskEntry is a task as an officer gives it.
type TaskEntry struct {
	Number string // of the case
	What   string
	Unit   string // empty for that of the case
	Due    civil.Day
}

// AddTask gives a task of an open case to a unit.
//
// Problems: case-unknown, own-matter, case-ended, tasks-many.
func (r *Room) AddTask(ctx context.Context, by act.Actor, in TaskEntry) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, in.Number)
		switch {
		case err != nil:
			return err
		case c.Ended():
			return problem.New(problem.Conflict, "case-ended")
		case c.Draft != "":
			return problem.New(problem.Conflict, "case-changed") // take back first what was decided
		case c.Tasks >= maxTasks:
			return problem.New(problem.Conflict, "tasks-many", "n", strconv.Itoa(maxTasks))
		}
		t := Task{ID: id.New(), cased: c.ID, body: c.Body, Unit: c.Unit, Due: in.Due, At: r.Now(), madeBy: by.Account}
		if in.Unit != "" {
			t.Unit = in.Unit
		}
		t.what = r.Key.Seal([]byte(in.What), []byte("task "+t.ID))
		if _, err := tasks.Insert(ctx, tx, "", t); err != nil {
			return fmt.Errorf("task: %w", err)
		}
		return countTasks(ctx, tx, c.ID)
	})
}

// Task gives a task to an officer who may do it.
//
// Problem: task-unknown.
func (r *Room) Task(ctx context.Context, by act.Actor, task string) (Task, error) {
	if _, err := RightToHandle().Where(by); err != nil {
		return Task{}, err
	}
	t, _, err := r.taskOf(ctx, r.DB.Read(ctx), by, task)
	return t, err
}

// EndTask says that a task is done, with a word on what came of it: by an officer who handles the case, or one
// of the unit that has the task.
//
// Problems: task-unknown, also for a task that is not theirs; task-done.
func (r *Room) EndTask(ctx context.Context, by act.Actor, task, word string) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		t, c, err := r.taskOf(ctx, tx, by, task)
		if err != nil {
			return err
		}
		if !t.Done.IsZero() {
			return problem.New(problem.Conflict, "task-done")
		}
		if _, err := tx.ExecContext(ctx, `update cases_tasks set done_at = $1, done_by = $2, word = $3 where id = $4`,
			storage.Micros(r.Now()), by.Account, r.Key.Seal([]byte(word), []byte("word "+t.ID)), t.ID); err != nil {
			return fmt.Errorf("end of a task: %w", err)
		}
		return countTasks(ctx, tx, c.ID)
	})
}

// taskOf finds a task for an officer who may do it.
func (r *Room) taskOf(ctx context.Context, from storage.Reader, by act.Actor, task string) (Task, Case, error) {
	none := problem.New(problem.NotFound, "task-unknown")
	t, err := tasks.One(ctx, from, `where id = $1`, task)
	if errors.Is(err, storage.ErrNotFound) {
		return t, Case{}, none
	}
	if err != nil {
		return t, Case{}, fmt.Errorf("task: %w", err)
	}
	c, err := r.caseWhere(ctx, from, "id", t.cased)
	if err != nil {
		return t, c, err
	}
	theirs := c
	theirs.Body, theirs.Unit = t.body, t.Unit
	if mayHandle(by, c) != nil && mayHandle(by, theirs) != nil {
		return t, c, none
	}
	return t, c, r.openTask(&t, c)
}

// openTask reads what a task says.
func (r *Room) openTask(t *Task, c Case) error {
	t.Number = c.Number
	what, err := r.Key.Open(t.what, []byte("task "+t.ID))
	if err == nil && len(t.word) > 0 {
		var word []byte
		word, err = r.Key.Open(t.word, []byte("word "+t.ID))
		t.Word = string(word)
	}
	if err != nil {
		return fmt.Errorf("task %s: %w", t.ID, err)
	}
	t.What = string(what)
	return nil
}

// countTasks writes down how many tasks of a case are open, for its queue.
func countTasks(ctx context.Context, tx *storage.Tx, id string) error {
	if _, err := tx.ExecContext(ctx, `update cases_cases set tasks = (select count(*) from cases_tasks where case_id = $1 and done_at = 0) where id = $1`, id); err != nil {
		return fmt.Errorf("tasks of a case: %w", err)
	}
	return nil
}

// endTasks holds an outcome against the open tasks: an officer does not decide while something has to be done.
// What the party, a rule or the clock ends takes its tasks along: nobody's right waits for them.
func (r *Room) endTasks(ctx context.Context, tx *storage.Tx, c Case, m Move) error {
	if c.Tasks == 0 {
		return nil
	}
	if m.Account != "" {
		return openTasksLeft(c)
	}
	if _, err := tx.ExecContext(ctx, `update cases_tasks set done_at = $1 where case_id = $2 and done_at = 0`, storage.Micros(r.Now()), c.ID); err != nil {
		return fmt.Errorf("tasks of an ended case: %w", err)
	}
	return countTasks(ctx, tx, c.ID)
}

// openTasksLeft refuses a decision in a case that has tasks to be done.
func openTasksLeft(c Case) error {
	return problem.New(problem.Conflict, "case-tasks", "n", strconv.Itoa(c.Tasks))
}

// tasksOf lists the tasks of a case, the oldest first.
func (r *Room) tasksOf(ctx context.Context, from storage.Reader, c Case) ([]Task, error) {
	all, err := tasks.All(ctx, from, `where case_id = $1 order by id limit 200`, c.ID)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	for i := range all {
		if err := r.openTask(&all[i], c); err != nil {
			return nil, err
		}
	}
	return all, nil
}

var openTasks = tasks.List(
	storage.Up("due", func(t Task) string { return t.Due.String() }),
	storage.Up("id", func(t Task) string { return t.ID }),
)

// Tasks lists the open tasks of the units of an officer, the nearest day first, those without a day before them.
// What a task says is read on its own page.
func (r *Room) Tasks(ctx context.Context, by act.Actor, after page.Key) (page.Page[Task], error) {
	scopes, err := RightToHandle().Where(by)
	if err != nil {
		return page.Page[Task]{}, err
	}
	f := storage.Filter{Where: "done_at = 0"}
	mine := ""
	for _, s := range scopes {
		one := "1 = 1"
		for _, c := range []struct{ column, value string }{{"body", s.Body}, {"unit", s.Unit}} {
			if c.value != "" {
				f.Args = append(f.Args, c.value)
				one += fmt.Sprintf(" and %s = $%d", c.column, len(f.Args))
			}
		}
		for _, c := range []struct{ column, value string }{{"service", s.Service}, {"kind", s.Kind}, {"place", s.Place}} {
			if c.value != "" {
				f.Args = append(f.Args, c.value)
				one += fmt.Sprintf(" and exists (select 1 from cases_cases c where c.id = cases_tasks.case_id and c.%s = $%d)", c.column, len(f.Args))
			}
		}
		if mine != "" {
			mine += " or "
		}
		mine += one
	}
	f.Where += " and (" + mine + ")"
	found, err := openTasks.Page(ctx, r.DB.Read(ctx), f, after, page.Size)
	if err != nil {
		return found, fmt.Errorf("tasks: %w", err)
	}
	for i := range found.Items {
		t := &found.Items[i]
		c, err := r.caseWhere(ctx, r.DB.Read(ctx), "id", t.cased)
		if err != nil {
			return found, err
		}
		t.Number = c.Number
	}
	return found, nil
}
