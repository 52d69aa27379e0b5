package mailbox

import (
	"context"
	"fmt"

	"dobosh/internal/storage"
)

// Outgoing is a notice that goes out as mail.
type Outgoing struct {
	Notice string // its id
	Person string // pseudonym
	Thread string // where an answer belongs; empty for none
	// Bulk is for mailings that nobody has to get: they can be ended by one tap. A notice
	// about a person's own matter is none.
	Bulk bool
}

// Headers are what the mail of a notice needs so that answers find their way.
type Headers struct {
	ReturnPath string // sender of the envelope: where bounces go
	ReplyTo    string
	MessageID  string // without brackets
	Fields     []Field
}

// Field is a line of a header.
type Field struct{ Name, Value string }

// Sends writes down, in the transaction of whoever sends it, that a notice goes out. One
// that went out before stays as it was.
func (m *Mailbox) Sends(ctx context.Context, tx *storage.Tx, o Outgoing) error {
	_, ref := m.tokens.of(o.Notice)
	_, err := tx.ExecContext(ctx, `insert into mailbox_sent (ref, notice, person, thread, sent_at) values ($1, $2, $3, $4, $5) on conflict (ref) do nothing`,
		ref, o.Notice, o.Person, o.Thread, storage.Micros(m.now()))
	if err != nil {
		return fmt.Errorf("write down what is sent: %w", err)
	}
	return nil
}

// Headers are those of a notice: always the same, however often it is sent.
func (m *Mailbox) Headers(o Outgoing) Headers {
	token, _ := m.tokens.of(o.Notice)
	h := Headers{
		ReturnPath: m.cfg.Bounce + m.cfg.Separator + token + "@" + m.cfg.Domain,
		ReplyTo:    m.cfg.Reply + m.cfg.Separator + token + "@" + m.cfg.Domain,
		MessageID:  token + "@" + m.cfg.Domain,
		Fields: []Field{
			{"Auto-Submitted", "auto-generated"},                        // RFC 3834: no answers by machines
			{"X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"}, // the same for those that do not know it
		},
	}
	if o.Bulk && m.cfg.Unsubscribe != "" {
		h.Fields = append(h.Fields, Field{"List-Unsubscribe", "<" + m.cfg.Unsubscribe + token + ">"}, Field{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}) // RFC 8058
	}
	return h
}

// Sent finds the notice that a token belongs to, such as that of whoever ends a mailing.
//
// Error: storage.ErrNotFound, also for a token that is none of ours.
func (m *Mailbox) Sent(ctx context.Context, token string) (Outgoing, error) {
	ref := m.tokens.ref(token)
	if ref == "" {
		return Outgoing{}, storage.ErrNotFound
	}
	return m.sent(ctx, ref)
}

func (m *Mailbox) sent(ctx context.Context, ref string) (o Outgoing, err error) {
	err = m.db.Read(ctx).QueryRowContext(ctx, `select notice, person, thread from mailbox_sent where ref = $1`, ref).Scan(&o.Notice, &o.Person, &o.Thread)
	return o, err
}
