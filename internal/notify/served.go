package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

// Served is how a document with whose delivery a term begins reached its person.
type Served struct {
	Document string
	Notice   string
	Channel  Channel   // on which the word of it went; empty until it did
	Sent     time.Time // zero until then, and again when it came back
	Fault    string    // why nobody was reached; empty while that may still happen
	Day      civil.Day // of delivery; none until it is known
	How      How
}

// How is the way in which a document was delivered.
type How string

// The ways.
const (
	Opened    How = "opened"    // the person read it on the portal
	Handed    How = "handed"    // somebody gave it to the person, who signed for it
	Collected How = "collected" // the person took it from the post or the counter
)

var served = storage.NewTable("notify_served",
	storage.Col("document", func(s *Served) *string { return &s.Document }),
	storage.Col("notice", func(s *Served) *string { return &s.Notice }),
	storage.Col("channel", func(s *Served) *Channel { return &s.Channel }),
	storage.Time("sent_at", func(s *Served) *time.Time { return &s.Sent }),
	storage.Col("fault", func(s *Served) *string { return &s.Fault }),
	storage.Text("day", func(s *Served) *civil.Day { return &s.Day }),
	storage.Col("how", func(s *Served) *How { return &s.How }),
)

// Served says how the delivery of a document stands; known is false where nobody was told
// of one.
func (c *Courier) Served(ctx context.Context, from storage.Reader, document string) (s Served, known bool, err error) {
	s, err = served.One(ctx, from, `where document = $1`, document)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return s, false, nil
	case err != nil:
		return s, false, fmt.Errorf("delivery of a document: %w", err)
	}
	return s, true, nil
}

// Deliver writes down that a document has reached its person on a day; what was written down
// before stands. The account is that of the officer who says so, empty where the person read it.
func (c *Courier) Deliver(ctx context.Context, tx *storage.Tx, document string, day civil.Day, how How, account string) error {
	_, err := tx.ExecContext(ctx, `update notify_served set day = $1, how = $2, account = $3 where document = $4 and day = ''`, day.String(), string(how), account, document)
	if err != nil {
		return fmt.Errorf("write down a delivery: %w", err)
	}
	if how != Handed && how != Collected {
		return nil
	}
	s, known, err := c.Served(ctx, tx, document)
	if err != nil || !known {
		return err
	}
	return c.letterCame(ctx, tx, s.Notice, day, how, account)
}

// missing are the documents of which nobody could be told, in no order that people know.
var missing = served.List(storage.Up("document", func(s Served) string { return s.Document }))

// Missing lists the documents that reached nobody.
func (c *Courier) Missing(ctx context.Context, after page.Key) (page.Page[Served], error) {
	found, err := missing.Page(ctx, c.db.Read(ctx), storage.Filter{Where: "day = '' and fault <> ''"}, after, page.Size)
	if err != nil {
		return found, fmt.Errorf("documents that reached nobody: %w", err)
	}
	return found, nil
}

// serves begins the delivery of the document that a notice tells of.
func (c *Courier) serves(ctx context.Context, tx *storage.Tx, n Notice, l leg) error {
	_, err := tx.ExecContext(ctx, `insert into notify_served (document, person, notice, fault) values ($1, $2, $3, $4) on conflict (document) do nothing`, n.Serves, n.Person, n.ID, l.fault)
	if err != nil {
		return fmt.Errorf("begin the delivery of a document: %w", err)
	}
	return nil
}

// went notes that word of documents left the house, for those of the notices that tell of one.
func (c *Courier) went(ctx context.Context, tx *storage.Tx, channel Channel, notices []string) error {
	among := storage.Among("notice", notices...)
	n := len(among.Args)
	_, err := tx.ExecContext(ctx, fmt.Sprintf(`update notify_served set channel = $%d, sent_at = $%d, fault = '' where day = '' and `, n+1, n+2)+among.Where,
		append(among.Args, string(channel), storage.Micros(c.now()))...)
	return err
}

// wentBack notes that word of the documents of a notice reached nobody: a fault where no way is left.
func (c *Courier) wentBack(ctx context.Context, tx *storage.Tx, n Notice, fault string) error {
	_, err := tx.ExecContext(ctx, `update notify_served set channel = '', sent_at = 0, fault = $1 where notice = $2 and day = ''`, fault, n.ID)
	return err
}
