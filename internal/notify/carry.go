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

func (c *Courier) send(connection *smtp.Client, p parcel) outcome {
	if p.to == "" {
		return outcome{Failed, NoAddress}
	}
	message, err := c.message(p)
	if err != nil {
		return outcome{Failed, BadMessage}
	}
	err = c.client.SendWithSMTPClient(connection, message)
	if err == nil || message.IsDelivered() { // after the server took it, the rest is farewell
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

// message is plain text. Its Message-ID follows from the id of the notice, so
// that a mailbox may recognise a message that comes twice.
func (c *Courier) message(p parcel) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := m.From(c.cfg.From); err != nil {
		return nil, err
	}
	if err := m.To(p.to); err != nil {
		return nil, err
	}
	m.Subject(p.subject.In(p.lang))
	m.SetDateWithValue(c.now())
	m.SetMessageIDWithValue(c.messageID(p.notice))
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answers by machines
	m.SetGenHeader("Content-Language", string(p.lang))
	m.SetBodyString(gomail.TypeTextPlain, p.body.In(p.lang)+"\n\n"+p.link+"\n")
	return m, nil
}

func (c *Courier) messageID(notice string) string {
	sum := sha256.Sum256([]byte(notice))
	domain := "localhost"
	if from, err := mail.ParseAddress(c.cfg.From); err == nil {
		_, domain, _ = strings.Cut(from.Address, "@")
	}
	return hex.EncodeToString(sum[:16]) + "@" + domain
}
