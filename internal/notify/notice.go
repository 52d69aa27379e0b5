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

// The lanes, the most urgent first. Bulk is for mailings that nobody has to get: they can be
// ended by one tap, so they go by mail only.
const (
	Urgent Lane = 0
	Normal Lane = 1
	Bulk   Lane = 2
)

// Channel is a way to reach people.
type Channel string

// The channels, in the order in which they are tried where a person chose none.
const (
	Email  Channel = "email"
	SMS    Channel = "sms"
	Letter Channel = "letter"
)

// Channels lists the channels.
func Channels() []Channel { return []Channel{Email, SMS, Letter} }

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
// mail is read by many. The subject names who writes and which matter it is: a phone shows
// nothing else.
type Notice struct {
	ID      string // chosen by the sender; the same id is sent once
	Person  string // pseudonym
	Lane    Lane
	Subject lang.Text
	Body    lang.Text
	Link    string // http or https; where to go
	Thread  string // where an answer by mail belongs; empty where nobody waits for one
	Serves  string // document with whose delivery a term begins; empty for none
	Event   string // names, without telling it, what others are told of at about the same time: one message says all of it; empty for none
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
	wrong(n.Serves != "" && !short(n.Serves, longestID), "the document is too long or has control characters")
	wrong(n.Event != "" && !short(n.Event, longestID), "the event is too long or has control characters")
	wrong(n.Lane < Urgent || n.Lane > Bulk, "the lane is unknown")
	wrong(n.Serves != "" && n.Lane == Bulk, "a mailing delivers no document")
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
	return c.SendAll(ctx, tx, n)
}

// MostAtOnce bounds the notices of one SendAll: others wait for the transaction that writes
// them, and the urgent among those.
const MostAtOnce = 500

// SendAll is Send for up to [MostAtOnce] notices together, at less cost.
func (c *Courier) SendAll(ctx context.Context, tx *storage.Tx, notices ...Notice) error {
	if len(notices) > MostAtOnce {
		return fmt.Errorf("%d notices in one transaction, more than %d", len(notices), MostAtOnce)
	}
	persons := make([]string, len(notices))
	for i, n := range notices {
		if err := n.Check(); err != nil {
			return fmt.Errorf("notice %.40q: %w", n.ID, err)
		}
		persons[i] = n.Person
	}
	written, err := c.write(ctx, tx, notices)
	if err != nil {
		return err
	}
	notices = notices[:0:0]
	for _, n := range written {
		if n.Event == "" {
			notices = append(notices, n)
		} else if err := c.gather(ctx, tx, n); err != nil {
			return err
		}
	}
	if len(notices) == 0 {
		return nil
	}
	routes, err := c.routesOf(ctx, tx, persons)
	if err != nil {
		return err
	}
	legs := make([]leg, len(notices))
	for i, n := range notices {
		legs[i] = routes[n.Person].first(n)
		if n.Serves == "" {
			continue
		}
		if err := c.serves(ctx, tx, n, legs[i]); err != nil {
			return err
		}
	}
	return c.dispatch(ctx, tx, legs)
}

// write writes notices and gives those that are new.
func (c *Courier) write(ctx context.Context, tx *storage.Tx, notices []Notice) (added []Notice, err error) {
	at := storage.Micros(c.now())
	new := map[string]bool{}
	err = insertAll(ctx, tx, `insert into notify_notices (id, person, lane, subject, body, link, serves, created_at) values `, ` on conflict (id) do nothing returning id`, notices,
		func(n Notice) ([]any, error) {
			subject, err := json.Marshal(n.Subject)
			if err != nil {
				return nil, err
			}
			body, err := json.Marshal(n.Body)
			return []any{n.ID, n.Person, int(n.Lane), string(subject), string(body), n.Link, n.Serves, at}, err
		}, new)
	if err != nil {
		return nil, fmt.Errorf("write notices: %w", err)
	}
	for _, n := range notices {
		if new[n.ID] {
			added, new[n.ID] = append(added, n), false
		}
	}
	return added, nil
}

// leg is the way of a notice on one channel.
type leg struct {
	notice  Notice
	channel Channel
	fault   string // why it does not even begin; empty where it does
}

// dispatch writes the deliveries of legs and puts those that can begin into the queues of
// their channels.
func (c *Courier) dispatch(ctx context.Context, tx *storage.Tx, legs []leg) error {
	at := storage.Micros(c.now())
	err := insertAll(ctx, tx, `insert into notify_deliveries (notice, channel, state, lane, reason, due_at, created_at) values `, ` on conflict (notice, channel) do nothing`, legs,
		func(l leg) ([]any, error) {
			state := Queued
			if l.fault != "" {
				state = Failed
			}
			return []any{l.notice.ID, string(l.channel), string(state), int(l.notice.Lane), l.fault, at, at}, nil
		}, nil)
	if err != nil {
		return fmt.Errorf("write deliveries: %w", err)
	}
	refs, jobs := map[Channel][]string{}, map[Channel][]delivery{}
	for _, l := range legs {
		if l.fault != "" {
			continue
		}
		refs[l.channel] = append(refs[l.channel], l.notice.ID+"/"+string(l.channel))
		jobs[l.channel] = append(jobs[l.channel], delivery{l.notice.ID, l.channel, l.notice.Lane})
		if l.channel == Email && c.answers != nil {
			if err := c.answers.Sends(ctx, tx, mailbox.Outgoing{Notice: l.notice.ID, Person: l.notice.Person, Thread: l.notice.Thread}); err != nil {
				return err
			}
		}
	}
	for channel := range jobs {
		if err := c.carried[channel].queue.AddAll(ctx, tx, refs[channel], jobs[channel]); err != nil {
			return err
		}
	}
	return nil
}

// insertAll writes rows with as few statements as is good for both engines, and notes the
// first column of what each gives back.
func insertAll[T any](ctx context.Context, tx *storage.Tx, head, tail string, rows []T, of func(T) ([]any, error), back map[string]bool) error {
	const most = 50 // rows in a statement
	for at := 0; at < len(rows); at += most {
		var args []any
		var places []string
		for _, row := range rows[at:min(at+most, len(rows))] {
			values, err := of(row)
			if err != nil {
				return err
			}
			marks := make([]string, len(values))
			for i := range values {
				marks[i] = fmt.Sprintf("$%d", len(args)+i+1)
			}
			args = append(args, values...)
			places = append(places, "("+strings.Join(marks, ", ")+")")
		}
		statement := head + strings.Join(places, ", ") + tail
		if back == nil {
			if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
				return err
			}
			continue
		}
		found, err := tx.QueryContext(ctx, statement, args...)
		_, err = storage.All(found, err, func(scan storage.Scan) (id string, err error) {
			err = scan(&id)
			back[id] = true
			return id, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
