package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"strings"

	"dobosh/internal/notify/mailbox"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// carry sends parcels over one connection and tells what became of each. The
// error says that the server did not answer or went away: then the rest was not
// tried.
func (c *Courier) carry(ctx context.Context, parcels []parcel) ([]outcome, error) {
	outcomes := make([]outcome, len(parcels))
	connection, err := c.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return outcomes, fmt.Errorf("connect to the mail server: %w", err)
	}
	defer func() { _ = c.client.CloseWithSMTPClient(connection) }() // nothing is lost any more
	defer context.AfterFunc(ctx, func() { _ = connection.Close() })()
	for i, p := range parcels {
		outcomes[i] = c.send(connection, p)
		if outcomes[i].state == Failed {
			c.log.WarnContext(ctx, "a notice was not delivered", slog.String("notice", p.notice), slog.String("reason", outcomes[i].reason))
		}
		if outcomes[i].reason == NoServer {
			return outcomes, errors.New("the connection to the mail server broke")
		}
	}
	return outcomes, nil
}

// send sends one parcel as plain text. The Message-ID follows from the id of the
// notice, so that a mailbox may recognise a message that comes twice.
func (c *Courier) send(connection *smtp.Client, p parcel) outcome {
	if p.to == "" {
		return outcome{Failed, NoAddress}
	}
	from, err := mail.ParseAddress(c.cfg.From)
	if err != nil {
		return outcome{Failed, BadMessage}
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	sum := sha256.Sum256([]byte(p.notice))
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(m.From(c.cfg.From), m.To(p.to)); err != nil {
		return outcome{Failed, BadMessage}
	}
	m.Subject(p.subject.In(p.lang))
	m.SetDateWithValue(c.now())
	m.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@" + domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answers by machines
	m.SetGenHeader("Content-Language", string(p.lang))
	if c.answers != nil {
		h := c.answers.Headers(mailbox.Outgoing{Notice: p.notice})
		if err := errors.Join(m.EnvelopeFrom(h.ReturnPath), m.ReplyTo(h.ReplyTo)); err != nil {
			return outcome{Failed, BadMessage}
		}
		m.SetMessageIDWithValue(h.MessageID)
		for _, field := range h.Fields {
			m.SetGenHeader(gomail.Header(field.Name), field.Value)
		}
	}
	m.SetBodyString(gomail.TypeTextPlain, p.body.In(p.lang)+"\n\n"+p.link+"\n")

	err = c.client.SendWithSMTPClient(connection, m)
	if err == nil || m.IsDelivered() { // after the server took it, the rest is farewell
		return outcome{state: Sent}
	}
	reason, final := NoServer, false
	if e, ok := errors.AsType[*gomail.SendError](err); ok && e.ErrorCode() != 0 {
		reason, final = fmt.Sprintf("smtp-%d", e.ErrorCode()), e.ErrorCode() >= 500
	}
	if final || p.attempts >= c.cfg.Attempts {
		return outcome{Failed, reason}
	}
	return outcome{Queued, reason}
}
