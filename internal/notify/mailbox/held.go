package mailbox

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/notify/mailbox/letter"
	"dobosh/internal/storage"
)

// State is what became of a mail.
type State string

// The states.
const (
	Arrived   State = "arrived"   // not looked at yet
	Filed     State = "filed"     // in a thread
	Held      State = "held"      // a person says where it belongs
	Noted     State = "noted"     // nothing follows from it but what its kind says
	Dismissed State = "dismissed" // by a person
	Erased    State = "erased"    // with its thread; what it said can be opened no more
)

// Why a mail of a person is held. Those of other kinds are held by the sign of their kind.
const (
	NoThread    = "no-thread"    // nothing leads to one
	ManyThreads = "many-threads" // it leads to several
	Unchecked   = "unchecked"    // nothing leads to one, and nobody checked who the sender is
	ThreadGone  = "thread-gone"  // there is no such thread any more
	ThreadFull  = "thread-full"  // the thread takes no more
)

// mail is a row.
type mail struct {
	contents
	ID, Digest, Source string
	Size               int64
	Arrived            time.Time
	State              State
	Kind               letter.Kind
	Sign               string
	Thread, Said       string
	Settled            time.Time
	By                 string
	Kept               bool

	key, sealed []byte
	before      contents // in the columns of a release before
}

// Summary is what whoever decides reads of a mail.
type Summary struct {
	From    letter.Address `json:"from"`
	To      []string       `json:"to"`
	Subject string         `json:"subject"`
	Text    string         `json:"text"` // the beginning
	Files   []string       `json:"files"`
}

const longestSummary = 4000 // bytes of text

var mails = storage.NewTable("mailbox_mails",
	storage.Col("id", func(m *mail) *string { return &m.ID }),
	storage.Col("digest", func(m *mail) *string { return &m.Digest }),
	storage.Col("source", func(m *mail) *string { return &m.Source }),
	storage.JSON("envelope", func(m *mail) *Envelope { return &m.before.Envelope }),
	storage.Col("size", func(m *mail) *int64 { return &m.Size }),
	storage.Time("arrived_at", func(m *mail) *time.Time { return &m.Arrived }),
	storage.Col("state", func(m *mail) *State { return &m.State }),
	storage.Col("kind", func(m *mail) *letter.Kind { return &m.Kind }),
	storage.Col("sign", func(m *mail) *string { return &m.Sign }),
	storage.Col("thread", func(m *mail) *string { return &m.Thread }),
	storage.Col("said", func(m *mail) *string { return &m.Said }),
	storage.JSON("summary", func(m *mail) *Summary { return &m.before.Summary }),
	storage.Time("settled_at", func(m *mail) *time.Time { return &m.Settled }),
	storage.Col("settled_by", func(m *mail) *string { return &m.By }),
	storage.Col("reason", func(m *mail) *string { return &m.before.Reason }),
	storage.Flag("kept", func(m *mail) *bool { return &m.Kept }),
	storage.Col("key", func(m *mail) *[]byte { return &m.key }),
	storage.Col("sealed", func(m *mail) *[]byte { return &m.sealed }),
)

// Item is a mail as the people of the desk see it.
type Item struct {
	ID      string
	Source  string
	State   State
	Kind    letter.Kind
	Sign    string // a code: by what the kind was known, or why the mail is held
	Thread  string
	Size    int64 // bytes
	Arrived time.Time
	Settled time.Time // zero while it is held
	By      string    // the account that settled it; empty for nobody
	Reason  string
	Summary Summary // empty unless it is held
}

func (m mail) item() Item {
	return Item{m.ID, m.Source, m.State, m.Kind, m.Sign, m.Thread, m.Size, m.Arrived, m.Settled, m.By, m.Reason, m.Summary}
}

// List gives the mails in a state, those that have waited longest first. A size outside of
// 1 to 200 gives a page of the usual size.
func (m *Mailbox) List(ctx context.Context, state State, after page.Key, size int) (page.Page[Item], error) {
	oldest := storage.NewList("select "+mails.Columns()+" from mailbox_mails", func(scan storage.Scan) (Item, error) {
		row, err := mails.Scan(scan)
		if err == nil {
			err = m.open(&row)
		}
		return row.item(), err
	}, storage.Up("arrived_at", func(i Item) int64 { return storage.Micros(i.Arrived) }), storage.Up("id", func(i Item) string { return i.ID }))
	all, err := oldest.Page(ctx, m.db.Read(ctx), storage.Equal("state", string(state)), after, size)
	if err != nil {
		return all, fmt.Errorf("list mail: %w", err)
	}
	return all, nil
}

// Waiting is how much mail waits for a person.
type Waiting struct {
	Held   int
	Oldest time.Time // when the longest held one arrived; zero for none
}

// Waiting counts the mail that waits for a person.
func (m *Mailbox) Waiting(ctx context.Context) (w Waiting, err error) {
	var oldest int64
	err = m.db.Read(ctx).QueryRowContext(ctx, `select count(*), coalesce(min(arrived_at), 0) from mailbox_mails where state = 'held'`).Scan(&w.Held, &oldest)
	if err != nil {
		return w, fmt.Errorf("count held mail: %w", err)
	}
	if oldest > 0 {
		w.Oldest = storage.Instant(oldest)
	}
	return w, nil
}

// Find gives a mail.
//
// Problem: mail-unknown.
func (m *Mailbox) Find(ctx context.Context, id string) (Item, error) {
	row, err := m.find(ctx, m.db.Read(ctx), id)
	return row.item(), err
}

func (m *Mailbox) find(ctx context.Context, from storage.Reader, id string) (mail, error) {
	row, err := mails.One(ctx, from, "where id = $1", id)
	if errors.Is(err, storage.ErrNotFound) {
		return row, unknownMail()
	}
	if err != nil {
		return row, err
	}
	return row, m.open(&row)
}

func unknownMail() error { return problem.New(problem.NotFound, "mail-unknown") }

// Forget removes the originals of mail that was noted or dismissed long ago, and those that were erased; what a release
// before this one has kept as it came, it seals.
func (m *Mailbox) Forget(ctx context.Context) error {
	for {
		old, err := mails.All(ctx, m.db.Read(ctx), `where kept = 1 and (state in ('noted', 'dismissed') and settled_at < $1 or state = 'erased') order by id limit 100`, storage.Micros(m.now().Add(-m.cfg.Keep)))
		if err != nil {
			return err
		}
		if len(old) == 0 {
			break
		}
		places, args := make([]string, len(old)), make([]any, len(old))
		for i, row := range old {
			if err := errors.Join(m.store.Delete(ctx, sealedName(row.ID)), m.store.Delete(ctx, plainName(row.ID))); err != nil {
				return fmt.Errorf("forget mail: %w", err)
			}
			places[i], args[i] = "$"+strconv.Itoa(i+1), row.ID
		}
		err = m.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `update mailbox_mails set kept = 0, key = null, sealed = null, envelope = '', reason = '' where id in (`+strings.Join(places, ", ")+`)`, args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("forget mail: %w", err)
		}
	}
	for last := ""; ; {
		plain, err := mails.All(ctx, m.db.Read(ctx), `where kept = 1 and key is null and state <> 'erased' and id > $1 order by id limit 100`, last)
		if err != nil || len(plain) == 0 {
			return err
		}
		for _, row := range plain {
			if err := m.enclose(ctx, row); err != nil {
				return fmt.Errorf("seal mail %s: %w", row.ID, err)
			}
			last = row.ID
		}
	}
}
