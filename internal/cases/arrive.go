package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
	"dobosh/internal/law"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/storage"
)

// Contacts knows whose an address is.
type Contacts interface {
	// Owners gives the pseudonyms of the one person who has confirmed an address; none where that is nobody, or several.
	Owners(ctx context.Context, address string) ([]string, error)
}

// Post brings what people write by mail into their cases: it is the [mailbox.Threads] of the
// house. The name of a thread is the id of its case.
type Post struct {
	Room     *Room
	Contacts Contacts // nil where nobody is known by their address
}

// Bounds of mail in cases.
const (
	maxWritten = 20_000 // characters of what somebody wrote; the original stays
	maxLine    = 300    // characters of a name, and of names in a line
)

// Letter is how a message that came by mail was written.
type Letter struct {
	Name    string `json:"name"`    // as the writer calls themselves; may be empty
	Address string `json:"address"` // from which it says to come
	Checked bool   `json:"checked"` // a server that we trust says that it does come from there
	Filed   bool   `json:"filed"`   // an officer said that it belongs here
	Cut     bool   `json:"cut"`     // the message is longer than what is shown
	Left    string `json:"left"`    // names of files that came with it and are in the original alone
}

// Keep implements mailbox.Threads.
func (p Post) Keep(ctx context.Context, name string, content io.Reader) (any, error) {
	kept, err := p.Room.Keep(ctx, name, content)
	if err != nil {
		return nil, err
	}
	return kept, nil
}

// Reply implements mailbox.Threads: what a party wrote is said in their case, and moves it as
// their answer on a page would.
//
// Problems: thread-unknown, also where the case is another's by now or was erased; thread-full.
func (p Post) Reply(ctx context.Context, tx *storage.Tx, thread string, m mailbox.Mail) error {
	r := p.Room
	c, err := r.caseWhere(ctx, tx, "id", thread)
	if problem.HasCode(err, "case-unknown") || err == nil && (!c.Reduced.IsZero() || m.Person != "" && !c.tells(m.Person)) {
		return problem.New(problem.NotFound, "thread-unknown").Because(err)
	}
	if err != nil {
		return err
	}
	var known int
	if err := tx.QueryRowContext(ctx, `select count(*) from cases_mail where mail = $1`, m.ID).Scan(&known); err != nil || known > 0 {
		return err
	}
	said, cut := text.Kept(m.Text, maxWritten)
	if said == "" {
		said, _ = text.Kept(m.Subject, maxLine)
	}
	letter := Letter{Name: lineOf(m.From.Name), Address: lineOf(m.From.Email), Checked: m.Checked, Filed: m.Assigned != "", Cut: cut}
	message, err := r.heard(ctx, tx, c, c.speaker(func(_, person string) bool { return m.Person != "" && person == m.Person }), said)
	if problem.HasCode(err, "case-full") {
		return problem.New(problem.Conflict, "thread-full").Because(err)
	}
	if err != nil {
		return err
	}
	var left []string
	for _, a := range m.Attachments {
		if kept, ok := a.Kept.(Kept); ok {
			err := r.Attach(ctx, tx, c.ID, WithParty, law.ByParty, "", kept)
			if err == nil {
				continue
			}
			if _, refused := errors.AsType[*problem.Problem](err); !refused {
				return err
			}
		}
		left = append(left, lineOf(a.Name))
	}
	letter.Left = lineOf(strings.Join(left, ", "))
	raw, err := json.Marshal(letter)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into cases_mail (mail, case_id, message, letter) values ($1, $2, $3, $4)`, m.ID, c.ID, message, r.Key.Seal(raw, []byte("letter "+message)))
	if err != nil {
		return fmt.Errorf("keep letter: %w", err)
	}
	return nil
}

// tells reports whether somebody is told of a case, and so may answer.
func (c Case) tells(person string) bool {
	return person == c.Person || slices.ContainsFunc(c.others, func(p Party) bool { return p.person == person })
}

// lineOf is a line of a mail, as far as it is text.
func lineOf(s string) string {
	kept, _ := text.Kept(s, maxLine)
	return kept
}

// Open implements mailbox.Threads.
func (p Post) Open(ctx context.Context, address string) (threads []string, err error) {
	if p.Contacts == nil {
		return nil, nil
	}
	persons, err := p.Contacts.Owners(ctx, address)
	if err != nil || len(persons) == 0 {
		return nil, err
	}
	// A case in which they are heard beside its person counts too: a mail may be about that one.
	f := storage.Among("person", persons...)
	open, err := rows.All(ctx, p.Room.DB.Read(ctx), fmt.Sprintf(`where ended_at = 0 and person <> '' and (%[1]s or id in (
		select case_id from cases_parties where %[1]s and (to_at = 0 or to_at > $%[2]d))) order by id desc limit 2`, f.Where, len(f.Args)+1), append(f.Args, storage.Micros(p.Room.Now()))...)
	if err != nil {
		return nil, fmt.Errorf("open cases of a person: %w", err)
	}
	for _, c := range open {
		threads = append(threads, c.ID)
	}
	return threads, nil
}

// Find implements mailbox.Threads.
func (p Post) Find(ctx context.Context, number string) (thread string, err error) {
	number, ok := id.ParseCode(number)
	if !ok {
		return "", problem.New(problem.NotFound, "thread-unknown")
	}
	c, err := p.Room.caseWhere(ctx, p.Room.DB.Read(ctx), "number", number)
	if problem.HasCode(err, "case-unknown") {
		return "", problem.New(problem.NotFound, "thread-unknown").Because(err)
	}
	return c.ID, err
}

// letters opens how the messages of a case that came by mail were written.
func (r *Room) letters(ctx context.Context, from storage.Reader, c Case, of []Message) error {
	found := map[string][]byte{}
	rows, err := from.QueryContext(ctx, `select message, letter from cases_mail where case_id = $1`, c.ID)
	_, err = storage.All(rows, err, func(scan storage.Scan) (message string, err error) {
		var sealed []byte
		err = scan(&message, &sealed)
		found[message] = sealed
		return message, err
	})
	if err != nil {
		return fmt.Errorf("letters of a case: %w", err)
	}
	for i := range of {
		sealed, ok := found[of[i].ID]
		if !ok {
			continue
		}
		raw, err := r.Key.Open(sealed, []byte("letter "+of[i].ID))
		if err != nil {
			return fmt.Errorf("letter %s: %w", of[i].ID, err)
		}
		of[i].Letter = new(Letter)
		if err := json.Unmarshal(raw, of[i].Letter); err != nil {
			return fmt.Errorf("letter %s: %w", of[i].ID, err)
		}
	}
	return nil
}

// Seen has an officer say that they have read what the party said, and that nothing more is to be
// done about it.
//
// Problems: case-unknown, own-matter; case-changed where the party has said more meanwhile.
func (r *Room) Seen(ctx context.Context, by act.Actor, number string, version int) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, number)
		if err != nil {
			return err
		}
		if c.UnreadAt.IsZero() {
			return nil
		}
		if version != c.Version {
			return problem.New(problem.Conflict, "case-changed")
		}
		c.UnreadAt, c.Version = time.Time{}, version+1
		return r.write(ctx, tx, c, version)
	})
}
