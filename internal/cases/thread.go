package cases

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
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
	Role   PartyRole // of a party beside the first; empty for the first, and for officers

	sealed []byte
	cased  string
	author string
	party  int
}

var messages = storage.NewTable("cases_messages",
	storage.Col("id", func(m *Message) *string { return &m.ID }),
	storage.Col("case_id", func(m *Message) *string { return &m.cased }),
	storage.Col("thread", func(m *Message) *Thread { return &m.Thread }),
	storage.Col("by_whom", func(m *Message) *law.Mover { return &m.By }),
	storage.Col("account", func(m *Message) *string { return &m.author }),
	storage.Col("party", func(m *Message) *int { return &m.party }),
	storage.Col("said", func(m *Message) *[]byte { return &m.sealed }),
	storage.Time("at", func(m *Message) *time.Time { return &m.At }),
	storage.Time("read_at", func(m *Message) *time.Time { return &m.ReadAt }),
)

// Bounds of a thread, in messages.
const (
	maxMessages = 400 // that are shown together, the newest first
	maxHeard    = 200 // of the party in one case
)

// say adds a message to a thread of a case.
func (r *Room) say(ctx context.Context, tx *storage.Tx, c Case, thread Thread, by law.Mover, account, text string) error {
	_, err := r.message(ctx, tx, c, Message{Thread: thread, By: by, author: account}, text)
	return err
}

// message is say, and gives the id of the message.
//
// Problem: case-reduced.
func (r *Room) message(ctx context.Context, tx *storage.Tx, c Case, m Message, text string) (string, error) {
	if !c.Reduced.IsZero() {
		return "", problem.New(problem.Gone, "case-reduced")
	}
	m.ID, m.cased, m.At = id.New(), c.ID, r.Now()
	m.sealed = r.Key.Seal([]byte(text), []byte("message "+m.ID))
	if _, err := messages.Insert(ctx, tx, "", m); err != nil {
		return "", fmt.Errorf("say: %w", err)
	}
	return m.ID, nil
}

// Ask has an officer put a question to the party, which goes out when it can no longer be taken back: see [Draft]. Then
// the case waits for the answer in the status that its kind has for that, and its clock stands; the person is told that
// there is a question, and not which.
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
		to, err := r.waits(c)
		if err != nil {
			return err
		}
		_, err = r.PutDraft(ctx, tx, by, c.ID, version, Draft{To: to, Asked: text})
		return err
	})
}

// askNow puts the question of a draft to the party, in the transaction in which it comes to hold.
func (r *Room) askNow(ctx context.Context, tx *storage.Tx, c Case, d Draft) error {
	if err := r.say(ctx, tx, c, WithParty, law.ByOfficer, d.Account, d.Asked); err != nil {
		return err
	}
	if d.To == c.Status {
		return r.askMore(ctx, tx, d.Account, c)
	}
	_, err := r.Move(ctx, tx, Move{Case: c.ID, To: d.To, By: law.ByOfficer, Account: d.Account})
	return err
}

// askMore tells the party of a further question in a case that waits for them already.
func (r *Room) askMore(ctx context.Context, tx *storage.Tx, account string, c Case) error {
	_, status, err := r.kindOf(c)
	if err != nil {
		return err
	}
	was := c.Version
	c.Version, c.Draft = was+1, ""
	if err := r.write(ctx, tx, c, was); err != nil {
		return err
	}
	number, err := next(ctx, tx, "cases_steps", c.ID)
	if err != nil {
		return err
	}
	return r.enter(ctx, tx, c, status, step{number: number, by: law.ByOfficer, account: account})
}

// AskedBeside are the numbers of the cases of the same event in which the party is asked something already, for an officer
// who is about to ask: nobody is asked twice for one fact. It says nothing of the person.
func (r *Room) AskedBeside(ctx context.Context, by act.Actor, number string) (numbers []string, err error) {
	from := r.DB.Read(ctx)
	c, err := r.handled(ctx, from, by, number)
	if err != nil || c.Occasion == "" || c.Person == "" {
		return nil, err
	}
	same, err := rows.All(ctx, from, `where occasion <> '' and person <> '' and occasion = $1 and person = $2 and id <> $3 and ended_at = 0 order by id limit 20`, c.Occasion, c.Person, c.ID)
	if err != nil {
		return nil, fmt.Errorf("cases of the same event: %w", err)
	}
	for _, other := range same {
		if _, status, err := r.kindOf(other); err == nil && status.Answered != "" && mayHandle(by, other) == nil {
			numbers = append(numbers, other.Number)
		}
	}
	return numbers, nil
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
		_, err = r.heard(ctx, tx, c, c.speaker(func(sector, person string) bool { return by.Bears(sector, person) }), text)
		return err
	})
}

// speaker is the number of the party of whom something holds; 0 for the first.
func (c Case) speaker(is func(sector, person string) bool) int {
	if is(c.Sector, c.Person) {
		return 0
	}
	for _, p := range c.others {
		if is(p.sector, p.person) {
			return p.Number
		}
	}
	return 0
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
	_, err = r.heard(ctx, tx, c, 0, text)
	return err
}

// heard adds to a case what one of its parties said, and gives the id of the message. Until an officer
// has read it the case stands among those with something to read, also where it has ended; and
// whoever was about to decide without it is told that the case has changed.
func (r *Room) heard(ctx context.Context, tx *storage.Tx, c Case, party int, text string) (message string, err error) {
	var before int
	if err := tx.QueryRowContext(ctx, `select count(*) from cases_messages where case_id = $1 and by_whom = $2`, c.ID, string(law.ByParty)).Scan(&before); err != nil {
		return "", err
	}
	if before >= maxHeard {
		return "", problem.New(problem.Conflict, "case-full", "number", c.Number, "n", strconv.Itoa(maxHeard))
	}
	if message, err = r.message(ctx, tx, c, Message{Thread: WithParty, By: law.ByParty, party: party}, text); err != nil {
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

// thread opens the newest messages of some threads behind a key, the oldest of them first, and says where the earlier ones
// go on.
func (r *Room) thread(ctx context.Context, from storage.Reader, c Case, after page.Key, threads ...Thread) ([]Message, page.Key, error) {
	f := storage.Among("thread", threads...)
	and(&f, "case_id = %s", c.ID)
	if key := after.Columns(1); key != nil {
		and(&f, "id < %s", key[0])
	}
	some, err := messages.All(ctx, from, fmt.Sprintf(`where %s order by id desc limit %d`, f.Where, maxMessages+1), f.Args...)
	if err != nil {
		return nil, "", fmt.Errorf("messages: %w", err)
	}
	found := page.Of(some, maxMessages, func(m Message) page.Key { return page.KeyOf(m.ID) })
	parties, err := partiesOf(ctx, from, c.ID)
	if err != nil {
		return nil, "", err
	}
	all := found.Items
	slices.Reverse(all)
	for i := range all {
		said, err := r.Key.Open(all[i].sealed, []byte("message "+all[i].ID))
		if err != nil {
			return nil, "", fmt.Errorf("message %s: %w", all[i].ID, err)
		}
		all[i].Said = string(said)
		for _, p := range parties {
			if all[i].party == p.Number {
				all[i].Role = p.Role
			}
		}
	}
	return all, found.Next, r.letters(ctx, from, c, all)
}

// Earlier gives the messages of a case behind those that its page shows, to whoever may see the case.
//
// Problems: those of Case.
func (r *Room) Earlier(ctx context.Context, by act.Actor, number string, after page.Key) (found page.Page[Message], err error) {
	seen, err := r.sight(ctx, by, number)
	if err != nil {
		return found, err
	}
	found.Items, found.Next, err = r.thread(ctx, r.DB.Read(ctx), seen.Case, after, seen.threads...)
	return found, err
}
