package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"dobosh/internal/kit/lang"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/storage"
)

// Lane orders notices that wait.
type Lane int

// The lanes, the most urgent first.
const (
	Urgent Lane = 0
	Normal Lane = 1
	Bulk   Lane = 2
)

// Channel is a way to reach people.
type Channel string

// Email is the one channel so far.
const Email Channel = "email"

// Bounds of a notice. A subject is one line of a list on a phone; a text is a
// few sentences.
const (
	longestID      = 128
	longestPerson  = 64
	longestSubject = 200    // characters
	longestBody    = 10_000 // bytes
	longestLink    = 512
)

// Notice tells a person that something waits. Subject and Body hold the finished
// sentences in each language; they and Link must not hold personal facts, because
// mail is read by many.
type Notice struct {
	ID      string // chosen by the sender; the same id is sent once
	Person  string // pseudonym
	Lane    Lane
	Subject lang.Text
	Body    lang.Text
	Link    string // http or https; where to go
	Thread  string // where an answer by mail belongs; empty where nobody waits for one
}

// Check reports everything that is wrong with a notice.
func (n Notice) Check() error {
	var errs []error
	wrong := func(is bool, what string) {
		if is {
			errs = append(errs, errors.New(what))
		}
	}
	wrong(!short(n.ID, longestID), "the id is empty, too long or has control characters")
	wrong(!short(n.Person, longestPerson), "the person is empty, too long or has control characters")
	wrong(n.Thread != "" && !short(n.Thread, longestID), "the thread is too long or has control characters")
	wrong(n.Lane < Urgent || n.Lane > Bulk, "the lane is unknown")
	for _, tag := range lang.Tags() {
		subject, body := n.Subject.In(tag), n.Body.In(tag)
		wrong(!short(subject, 4*longestSubject) || utf8.RuneCountInString(subject) > longestSubject,
			"the subject is empty, too long or more than a line in "+string(tag))
		wrong(strings.TrimSpace(body) == "" || len(body) > longestBody || !utf8.ValidString(body),
			"the body is empty, too long or no text in "+string(tag))
	}
	u, err := url.Parse(n.Link)
	wrong(err != nil || !short(n.Link, longestLink) || strings.Contains(n.Link, " ") || u.Host == "" || u.Scheme != "http" && u.Scheme != "https",
		"the link is no http or https URL")
	return errors.Join(errs...)
}

// short says whether s has 1 to longest bytes and is one line of text.
func short(s string, longest int) bool {
	return s != "" && len(s) <= longest && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// Send writes the notice within the transaction of the caller, which must be one
// of the same database; it is carried once that committed. A notice with an id that was sent
// before does nothing, whatever else it says.
func (c *Courier) Send(ctx context.Context, tx *storage.Tx, n Notice) error {
	if err := n.Check(); err != nil {
		return fmt.Errorf("notice %.40q: %w", n.ID, err)
	}
	subject, err := json.Marshal(n.Subject)
	if err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	body, err := json.Marshal(n.Body)
	if err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	at := storage.Micros(c.now())
	result, err := tx.ExecContext(ctx,
		"insert into notify_notices (id, person, lane, subject, body, link, created_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing",
		n.ID, n.Person, int(n.Lane), string(subject), string(body), n.Link, at)
	if err != nil {
		return fmt.Errorf("write notice: %w", err)
	}
	if added, err := result.RowsAffected(); err != nil || added == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx,
		"insert into notify_deliveries (notice, channel, state, lane, due_at, created_at) values ($1, $2, $3, $4, $5, $5)",
		n.ID, string(Email), string(Queued), int(n.Lane), at)
	if err != nil {
		return fmt.Errorf("write delivery: %w", err)
	}
	if c.answers != nil {
		if err := c.answers.Sends(ctx, tx, mailbox.Outgoing{Notice: n.ID, Person: n.Person, Thread: n.Thread}); err != nil {
			return err
		}
	}
	return c.queue.Add(ctx, tx, n.ID+"/"+string(Email), delivery{n.ID, Email, n.Lane})
}
