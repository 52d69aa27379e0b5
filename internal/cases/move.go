package cases

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// Move brings a case into another status.
type Move struct {
	Case    string // id
	Version int    // that whoever moves it has seen; 0 for whatever it has
	To      string
	By      law.Mover
	Account string    // of an officer
	Why     string    // in words; kept sealed
	Person  string    // pseudonym, when it has become known
	Sector  string    // of the person
	Answer  law.Clock // of the term in which the person answers there; none where they have none
}

// step is a row of cases_steps.
type step struct {
	number  int
	by      law.Mover
	why     string
	account string
	other   string // number of the case that goes on
}

// Move brings a case into another status, within the transaction of the caller, and tells
// the person. A case that is there already is not moved again.
//
// Problems: case-unknown; case-changed for another version; case-move for what its kind does not let
// this mover do; case-nobody for an outcome of which nobody can be told.
func (r *Room) Move(ctx context.Context, tx *storage.Tx, m Move) (Case, error) {
	c, err := r.caseWhere(ctx, tx, "id", m.Case)
	if err != nil || c.Status == m.To {
		return c, err
	}
	if m.Version != 0 && m.Version != c.Version {
		return c, problem.New(problem.Conflict, "case-changed")
	}
	kind, from, err := r.kindOf(c)
	if err != nil {
		return c, err
	}
	to, ok := kind.Status(m.To)
	if !ok || !from.Lets(m.To, m.By) {
		return c, problem.New(problem.Conflict, "case-move", "number", c.Number)
	}
	if to.Phase.Ended() {
		if err := r.endTasks(ctx, tx, c, m); err != nil {
			return c, err
		}
	}
	sealing := c.Draft == Sealing
	if err := r.overtake(ctx, tx, &c, m.By); err != nil {
		return c, err
	}
	was, now, before := c.Version, r.Now(), c
	if err := r.wind(&c, kind, to, m.Answer); err != nil {
		return c, err
	}
	c.Status, c.Phase, c.EnteredAt, c.Version = to.ID, to.Phase, now, was+1
	if m.Person != "" {
		c.Person, c.Sector = m.Person, m.Sector
	}
	if to.Phase.Ended() {
		c.EndedAt, c.mark, c.Alarm = now, noTerm, ""
	}
	if m.By == law.ByOfficer && !sealing { // what was said since the officer decided is still to be read
		c.UnreadAt = time.Time{}
	}
	if to.Unit != "" && to.Unit != c.Unit {
		c.Unit, c.Officer = to.Unit, ""
		if err := r.custody(ctx, tx, c, to.ID); err != nil {
			return c, err
		}
	}
	if err := r.write(ctx, tx, c, was); err != nil {
		return c, err
	}
	if err := r.countMoved(ctx, tx, before, c); err != nil {
		return c, err
	}
	if c.Ended() && !before.Ended() {
		if err := r.countEnded(ctx, tx, c); err != nil {
			return c, err
		}
	}
	number, err := next(ctx, tx, "cases_steps", c.ID)
	if err != nil {
		return c, err
	}
	if err := r.enter(ctx, tx, c, to, step{number: number, by: m.By, why: m.Why, account: m.Account}); err != nil {
		return c, err
	}
	if ends := r.ends[c.Kind]; ends != nil && c.Ended() && !before.Ended() {
		return c, ends(ctx, tx, c)
	}
	return c, nil
}

// write writes what may change of a case that had a version.
func (r *Room) write(ctx context.Context, tx *storage.Tx, c Case, was int) error {
	clock, err := clockText(c.Clock)
	if err != nil {
		return err
	}
	answer, err := clockText(c.Answer)
	if err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, `update cases_cases set person = $1, sector = $2, status = $3, phase = $4, visibility = $5, body = $6, unit = $7, officer = $8,
		entered_at = $9, ended_at = $10, clock = $11, due = $12, version = $13, answer = $14, ends = $15, mark = $16, told = $17, alarm = $18, unread_at = $19, draft = $20
		where id = $21 and version = $22`,
		c.Person, c.Sector, c.Status, string(c.Phase), string(c.Visibility), c.Body, c.Unit, c.Officer,
		storage.Micros(c.EnteredAt), micros(c.EndedAt), clock, c.due, c.Version, answer, c.ends, c.mark, c.told, string(c.Alarm), micros(c.UnreadAt), string(c.Draft), c.ID, was)
	if err != nil {
		return fmt.Errorf("write case: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return problem.New(problem.Conflict, "case-changed").Because(err)
	}
	return r.await(ctx, tx, c)
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return storage.Micros(t)
}

// next is the number of the next row of a case in a table of rows that are only added.
func next(ctx context.Context, tx *storage.Tx, table, id string) (n int, err error) {
	err = tx.QueryRowContext(ctx, `select coalesce(max(number), 0) + 1 from `+table+` where case_id = $1`, id).Scan(&n)
	return n, err
}

// note writes down that a case came into its status.
func (r *Room) note(ctx context.Context, tx *storage.Tx, c Case, by step) error {
	var why []byte
	if by.why != "" {
		why = r.Key.Seal([]byte(by.why), []byte("step "+c.ID+" "+strconv.Itoa(by.number)))
	}
	_, err := tx.ExecContext(ctx, `insert into cases_steps (case_id, number, at, by_whom, account, status, why) values ($1, $2, $3, $4, $5, $6, $7)`,
		c.ID, by.number, storage.Micros(c.EnteredAt), string(by.by), by.account, c.Status, why)
	if err != nil {
		return fmt.Errorf("note step: %w", err)
	}
	return nil
}

// enter notes that a case came into a status, and tells the person.
func (r *Room) enter(ctx context.Context, tx *storage.Tx, c Case, s law.CaseStatus, by step) error {
	if err := r.note(ctx, tx, c, by); err != nil {
		return err
	}
	switch {
	case s.Notice == nil:
		return nil
	case c.Person == "" && s.Phase.Ended():
		return problem.New(problem.Conflict, "case-nobody", "number", c.Number)
	case c.Person == "" || r.Notifier == nil:
		return nil
	}
	return r.tell(ctx, tx, c, *s.Notice, by)
}

// tell sends the notice of a status. What others may read says where to look, and not what
// is there.
func (r *Room) tell(ctx context.Context, tx *storage.Tx, c Case, n law.CaseNotice, by step) error {
	day := c.AnswerBy()
	if day.IsZero() {
		day = c.Last()
	}
	body, err := registry.ParseID(c.Body)
	if err != nil {
		return err
	}
	values := lang.Values{"body": r.Title(body), "number": c.Number, "day": day, "phone": r.Phone, "other": by.other}
	notice := notify.Notice{
		ID: "case-" + c.ID + "-" + strconv.Itoa(by.number), Event: r.eventOf(c, by), Person: c.Person, Thread: c.ID, Link: r.PublicURL + "/cases/" + c.Number,
		Subject: fill(n.Subject, values), Body: fill(n.Body, values),
	}
	if c.Phase == law.Decided { // the term of a remedy begins when it arrives
		notice.Serves = c.ID
		notice.Body = r.saysDeemed(notice.Body)
	}
	add := func(key string) {
		more := said().In(key, values)
		notice.Body = notice.Body.Map(func(source lang.Tag, s string) string { return s + "\n" + more.In(source) })
	}
	if n.Names("day") && r.unchecked(c) {
		add("clock.unchecked")
	}
	if r.ByMail {
		add("case.notice-answer")
	}
	if r.Phone != "" {
		add("case.notice-help")
	}
	for _, n := range c.toAll(notice) {
		if err := r.Notifier.Send(ctx, tx, n); err != nil {
			return fmt.Errorf("tell of case %s: %w", c.Number, err)
		}
	}
	return nil
}

// unchecked reports whether nobody has compared the term by whose end people are told a day with the text of the law yet.
func (r *Room) unchecked(c Case) bool {
	clock := c.Clock
	if !c.AnswerBy().IsZero() {
		clock = c.Answer
	}
	if clock.Term == "" {
		return false
	}
	reading, err := r.Pack.Read(clock)
	return err == nil && !reading.Term.Verified
}

// eventOf names what somebody is told of together. What follows by rule from one occasion for a person is one
// message, however many cases it is about. An outcome, and what an officer or the person did, is told for itself.
func (r *Room) eventOf(c Case, by step) string {
	if c.Occasion == "" || c.Phase.Ended() || by.by != law.ByRule {
		return ""
	}
	return digest("event", c.Occasion)
}

// fill puts values into a text of the pack, in each language that it has.
func fill(text lang.Text, values lang.Values) lang.Text {
	return text.Map(func(source lang.Tag, s string) string { return lang.FillWith(s, values, source) })
}
