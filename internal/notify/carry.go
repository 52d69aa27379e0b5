package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"sync"
	"time"

	"dobosh/internal/notify/mailbox"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// How many connections carry a batch at once, and how many messages are worth one.
const (
	connections   = 4
	perConnection = 10
)

// carry sends parcels over a few connections and tells what became of each. The error says
// that the server did not answer or went away: then the rest was not tried.
func (c *Courier) carry(ctx context.Context, parcels []Parcel) ([]Outcome, error) {
	outcomes := make([]Outcome, len(parcels))
	errs := make([]error, min(connections, (len(parcels)+perConnection-1)/perConnection))
	until := time.Now().Add(Turn)
	var carrying sync.WaitGroup
	for n := range errs {
		carrying.Go(func() { errs[n] = c.carrySome(ctx, parcels, outcomes, n, len(errs), until) })
	}
	carrying.Wait()
	return outcomes, errors.Join(errs...)
}

// carrySome sends each step-th parcel over one connection, until its turn ends.
func (c *Courier) carrySome(ctx context.Context, parcels []Parcel, outcomes []Outcome, from, step int, until time.Time) error {
	connection, err := c.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("connect to the mail server: %w", err)
	}
	defer func() { _ = c.client.CloseWithSMTPClient(connection) }() // nothing is lost any more
	defer context.AfterFunc(ctx, func() { _ = connection.Close() })()
	for i := from; i < len(parcels); i += step {
		if i > from && time.Now().After(until) {
			return nil
		}
		outcomes[i] = c.send(connection, parcels[i])
		if outcomes[i].Reason == NoServer {
			return errors.New("the connection to the mail server broke")
		}
	}
	return nil
}

// send sends one parcel as plain text. The Message-ID follows from the id of the
// notice, so that a mailbox may recognise a message that comes twice.
func (c *Courier) send(connection *smtp.Client, p Parcel) Outcome {
	if p.To == "" {
		return Outcome{State: Failed, Reason: NoAddress}
	}
	from, err := mail.ParseAddress(c.cfg.From)
	if err != nil {
		return Outcome{State: Failed, Reason: BadMessage}
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	sum := sha256.Sum256([]byte(p.Notice))
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(m.From(c.cfg.From), m.To(p.To)); err != nil {
		return Outcome{State: Failed, Reason: BadMessage}
	}
	m.Subject(p.Subject)
	m.SetDateWithValue(c.now())
	m.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@" + domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answers by machines
	m.SetGenHeader("Content-Language", string(p.Lang))
	if c.answers != nil {
		h := c.answers.Headers(mailbox.Outgoing{Notice: p.Notice})
		if err := errors.Join(m.EnvelopeFrom(h.ReturnPath), m.ReplyTo(h.ReplyTo)); err != nil {
			return Outcome{State: Failed, Reason: BadMessage}
		}
		m.SetMessageIDWithValue(h.MessageID)
		for _, field := range h.Fields {
			m.SetGenHeader(gomail.Header(field.Name), field.Value)
		}
	}
	text := p.Text + "\n\n" + p.Link + "\n"
	if out := c.unsubscribe(p); out != "" { // RFC 8058: the program of who reads it ends the mailing by POST
		m.SetGenHeader("List-Unsubscribe", "<"+out+">")
		m.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
		text += "\n" + words().Say(p.Lang, "notice.end", "link", out) + "\n"
	}
	m.SetBodyString(gomail.TypeTextPlain, text)
	err = c.client.SendWithSMTPClient(connection, m)
	if err == nil || m.IsDelivered() { // after the server took it, the rest is farewell
		return Outcome{State: Sent}
	}
	if e, ok := errors.AsType[*gomail.SendError](err); ok && e.ErrorCode() != 0 {
		o := Outcome{State: Queued, Reason: fmt.Sprintf("smtp-%d", e.ErrorCode())}
		if e.ErrorCode() >= 500 {
			o.State = Failed
		}
		return o
	}
	return Outcome{State: Queued, Reason: NoServer}
}
