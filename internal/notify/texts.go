package notify

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"dobosh/internal/notify/sms"
)

// texts is the channel of phones.
type texts struct {
	*Courier
	sender sms.Sender
	parts  int    // that a text may take
	phone  string // where a person answers; empty for nowhere
}

// ByPhone has notices go to phones as well, in a few parts each, with the number at which somebody
// of the institution answers. It is called before the work of the node begins.
func (c *Courier) ByPhone(sender sms.Sender, parts int, phone string) {
	c.Add(SMS, texts{c, sender, parts, phone})
}

// textsAtOnce is how many texts are on their way at a time.
const textsAtOnce = 4

// Carry implements [Carrier].
func (t texts) Carry(ctx context.Context, parcels []Parcel) ([]Outcome, error) {
	outcomes := make([]Outcome, len(parcels))
	errs := make([]error, min(textsAtOnce, len(parcels)))
	until := time.Now().Add(Turn)
	var carrying sync.WaitGroup
	for n := range errs {
		carrying.Go(func() {
			for i := n; i < len(parcels) && (i == n || time.Now().Before(until)); i += len(errs) {
				if outcomes[i], errs[n] = t.send(ctx, parcels[i]); errs[n] != nil {
					return
				}
			}
		})
	}
	carrying.Wait()
	return outcomes, errors.Join(errs...)
}

func (t texts) send(ctx context.Context, p Parcel) (Outcome, error) {
	if p.To == "" {
		return Outcome{State: Failed, Reason: NoAddress}, nil
	}
	err := t.sender.Send(ctx, sms.Message{ID: p.Notice, To: p.To, Text: t.short(p)})
	if refused, ok := errors.AsType[*sms.Refused](err); ok {
		return Outcome{State: Failed, Reason: refused.Reason}, nil
	}
	if later, ok := errors.AsType[*sms.Later](err); ok {
		return Outcome{State: Queued, Reason: later.Reason, After: later.After}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{State: Sent}, nil
}

// short is what a phone shows of a parcel: who writes and about which matter, as its subject says,
// where it stands what is to be done, and the number of somebody to ask. What makes it longer than
// wanted is left out from the end; the subject never is.
func (t texts) short(p Parcel) string {
	if p.Short != "" {
		return sms.Fit(p.Short)
	}
	said := strings.TrimRight(p.Subject, ". ")
	ways := []string{words().Say(p.Lang, "notice.sms", "subject", said, "link", p.Link)}
	if t.phone != "" {
		ways = append([]string{words().Say(p.Lang, "notice.sms-phone", "text", ways[0], "phone", t.phone)}, ways...)
	}
	if u, err := url.Parse(p.Link); err == nil {
		ways = append(ways, words().Say(p.Lang, "notice.sms", "subject", said, "link", u.Scheme+"://"+u.Host))
	}
	for _, way := range ways {
		if way = sms.Fit(way); t.fits(way) {
			return way
		}
	}
	return sms.Fit(said)
}

func (t texts) fits(text string) bool {
	_, parts := sms.Measure(text)
	return parts <= t.parts
}
