package cases

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// Thread is between whom messages of a case go.
type Thread string

// The threads.
const (
	WithParty Thread = "party"    // the person and the body
	Internal  Thread = "internal" // officers of the body
	Bodies    Thread = "bodies"   // the body that answers for the case and the units that it asks
	Everybody Thread = "public"   // whoever sees the case, where its visibility is public
)

// Message is what was said in a case.
type Message struct {
	ID     string
	Thread Thread
	By     law.Mover // party or officer
	Said   string
	At     time.Time
	ReadAt time.Time // zero until the other side has seen it
	Letter *Letter   // how it was written, where it came by mail

	sealed []byte
	cased  string
	author string
}

var messages = storage.NewTable("cases_messages",
	storage.Col("id", func(m *Message) *string { return &m.ID }),
	storage.Col("case_id", func(m *Message) *string { return &m.cased }),
	storage.Col("thread", func(m *Message) *Thread { return &m.Thread }),
	storage.Col("by_whom", func(m *Message) *law.Mover { return &m.By }),
	storage.Col("account", func(m *Message) *string { return &m.author }),
	storage.Col("said", func(m *Message) *[]byte { return &m.sealed }),
	storage.Time("at", func(m *Message) *time.Time { return &m.At }),
	storage.Time("read_at", func(m *Message) *time.Time { return &m.ReadAt }),
)

// Bounds of a thread, in messages.
const (
	maxMessages = 400 // that are shown, the newest
	maxHeard    = 200 // of the party in one case
)

// say adds a message to a thread of a case.
func (r *Room) say(ctx context.Context, tx *storage.Tx, c Case, thread Thread, by law.Mover, account, text string) error {
	_, err := r.message(ctx, tx, c, thread, by, account, text)
	return err
}

// message is say, and gives the id of the message.
//
// Problem: case-reduced.
func (r *Room) message(ctx context.Context, tx *storage.Tx, c Case, thread Thread, by law.Mover, account, text string) (string, error) {
	if !c.Reduced.IsZero() {
		return "", problem.New(problem.Gone, "case-reduced")
	}
	m := Message{ID: id.New(), cased: c.ID, Thread: thread, By: by, author: account, At: r.Now()}
	m.sealed = r.Key.Seal([]byte(text), []byte("message "+m.ID))
	if _, err := messages.Insert(ctx, tx, "", m); err != nil {
		return "", fmt.Errorf("say: %w", err)
	}
	return m.ID, nil
}

// Ask has an officer put a question to the party. The case waits for the answer in the status
// that its kind has for that, and its clock stands; the person is told that there is a question,
// and not which.
//
// Problems: case-nobody where no person is known, case-move where the kind does not wait for answers,
// case-changed, case-unknown, own-matter.
func (r *Room) Ask(ctx context.Context, by act.Actor, number string, version int, text string) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, number)
		if err != nil {
			return err
		}
		if c.Person == "" {
			return problem.New(problem.Conflict, "case-nobody", "number", c.Number)
		}
		if c.Draft != "" {
			return problem.New(problem.Conflict, "case-changed") // take back first what was decided
		}
		if err := r.say(ctx, tx, c, WithParty, law.ByOfficer, by.Account, text); err != nil {
			return err
		}
		to, err := r.waits(c)
		if err != nil {
			return err
		}
		if to == c.Status {
			return r.askMore(ctx, tx, by, c, version)
		}
		_, err = r.Move(ctx, tx, Move{Case: c.ID, Version: version, To: to, By: law.ByOfficer, Account: by.Account})
		return err
	})
}

// askMore tells the party of a further question in a case that waits for them already.
func (r *Room) askMore(ctx context.Context, tx *storage.Tx, by act.Actor, c Case, version int) error {
	if version != 0 && version != c.Version {
		return problem.New(problem.Conflict, "case-changed")
	}
	_, status, err := r.kindOf(c)
	if err != nil {
		return err
	}
	was := c.Version
	c.Version, c.UnreadAt = was+1, time.Time{}
	if err := r.write(ctx, tx, c, was); err != nil {
		return err
	}
	number, err := next(ctx, tx, "cases_steps", c.ID)
	if err != nil {
		return err
	}
	return r.enter(ctx, tx, c, status, step{number: number, by: law.ByOfficer, account: by.Account})
}

// waits finds the status in which a case waits for an answer of its party.
func (r *Room) waits(c Case) (string, error) {
	kind, status, err := r.kindOf(c)
	if err != nil {
		return "", err
	}
	for _, s := range kind.Statuses {
		if s.Answered != "" && (s.ID == c.Status || status.Lets(s.ID, law.ByOfficer)) {
			return s.ID, nil
		}
	}
	return "", problem.New(problem.Conflict, "case-move", "number", c.Number)
}

// Answer takes what the party says in a case. Where the case waited for it, it goes back to
// the officer. After an outcome it reaches whoever answers for the case all the same.
func (r *Room) Answer(ctx context.Context, by act.Actor, number, text string) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.caseWhere(ctx, tx, "number", number)
		if err != nil {
			return err
		}
		if !c.isOf(by) {
			return unknown()
		}
		return r.Heard(ctx, tx, c.ID, text)
	})
}

// Heard takes what the party of a case said, on whatever channel, within the transaction of
// the caller.
//
// Problem: case-full, where they have said as much as one case takes.
func (r *Room) Heard(ctx context.Context, tx *storage.Tx, id, text string) error {
	c, err := r.caseWhere(ctx, tx, "id", id)
	if err != nil {
		return err
	}
	_, err = r.heard(ctx, tx, c, text)
	return err
}

// heard adds to a case what its party said, and gives the id of the message. Until an officer
// has read it the case stands among those with something to read, also where it has ended; and
// whoever was about to decide without it is told that the case has changed.
func (r *Room) heard(ctx context.Context, tx *storage.Tx, c Case, text string) (message string, err error) {
	var before int
	if err := tx.QueryRowContext(ctx, `select count(*) from cases_messages where case_id = $1 and by_whom = $2`, c.ID, string(law.ByParty)).Scan(&before); err != nil {
		return "", err
	}
	if before >= maxHeard {
		return "", problem.New(problem.Conflict, "case-full", "number", c.Number, "n", strconv.Itoa(maxHeard))
	}
	if message, err = r.message(ctx, tx, c, WithParty, law.ByParty, "", text); err != nil {
		return "", err
	}
	if err := r.unread(ctx, tx, &c); err != nil {
		return "", err
	}
	_, status, err := r.kindOf(c)
	if err != nil || status.Answered == "" || c.Draft == Sealing {
		return message, err
	}
	_, err = r.Move(ctx, tx, Move{Case: c.ID, To: status.Answered, By: law.ByParty})
	return message, err
}

// unread notes that a party has brought something which no officer has read. What was decided without it, and
// does not hold yet, does not come to hold.
func (r *Room) unread(ctx context.Context, tx *storage.Tx, c *Case) error {
	if c.Draft != Sealing {
		if err := r.overtake(ctx, tx, c, law.ByParty); err != nil {
			return err
		}
	}
	was := c.Version
	c.Version = was + 1
	if c.UnreadAt.IsZero() {
		c.UnreadAt = r.Now()
	}
	return r.write(ctx, tx, *c, was)
}

// thread opens the newest messages of some threads, the oldest of them first.
func (r *Room) thread(ctx context.Context, from storage.Reader, c Case, threads ...Thread) ([]Message, error) {
	f := storage.Among("thread", threads...)
	all, err := messages.All(ctx, from, fmt.Sprintf(`where %s and case_id = $%d order by id desc limit %d`, f.Where, len(f.Args)+1, maxMessages), append(f.Args, c.ID)...)
	if err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	slices.Reverse(all)
	for i := range all {
		said, err := r.Key.Open(all[i].sealed, []byte("message "+all[i].ID))
		if err != nil {
			return nil, fmt.Errorf("message %s: %w", all[i].ID, err)
		}
		all[i].Said = string(said)
	}
	return all, r.letters(ctx, from, c, all)
}
