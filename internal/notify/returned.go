package notify

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"dobosh/internal/notify/mailbox"
	"dobosh/internal/notify/mailbox/letter"
	"dobosh/internal/storage"
)

// Answers is the room that takes what comes back: answers of people, and bounces.
type Answers interface {
	// Sends writes down, in the transaction, that a notice goes out.
	Sends(ctx context.Context, tx *storage.Tx, o mailbox.Outgoing) error
	// Headers are those by which what comes back finds its notice.
	Headers(o mailbox.Outgoing) mailbox.Headers
}

// TakeAnswers has notices go out so that they can be answered. It is called before
// anything is sent.
func (c *Courier) TakeAnswers(a Answers) { c.answers = a }

// Reasons for what came back begin so, and end in the status of RFC 3463 or "unknown".
const (
	ReturnedPrefix = "returned-"   // it did not arrive, and will not
	NowhereTo      = "no-mailbox-" // the same, since the address is none, or is one no more
	DelayedPrefix  = "delayed-"    // it did not arrive yet; the delivery stays sent
)

// Returned implements mailbox.Deliveries: a notice that came back is failed, one that is
// late says so. A failed one goes on to the next channel of its person; an address at which there
// is nobody is not tried again. What comes back of a notice that is not sent changes nothing.
func (c *Courier) Returned(ctx context.Context, tx *storage.Tx, notice string, r mailbox.Return) error {
	state, reason := Sent, DelayedPrefix
	switch {
	case r.Kind == letter.Bounce && r.Hard:
		state, reason = Failed, NowhereTo
	case r.Kind == letter.Bounce && r.Final:
		state, reason = Failed, ReturnedPrefix
	case r.Kind != letter.Bounce && r.Kind != letter.Delay: // a complaint changes no delivery
		return nil
	}
	reason += cmp.Or(r.Status, "unknown")
	result, err := tx.ExecContext(ctx, `update notify_deliveries set state = $1, reason = $2 where notice = $3 and channel = $4 and state = 'sent'`, string(state), reason, notice, string(Email))
	if err != nil {
		return fmt.Errorf("write down what came back: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 || state != Failed {
		return err
	}
	if strings.HasPrefix(reason, NowhereTo) {
		_, err := tx.ExecContext(ctx, `update notify_addresses set gone_at = $1 where channel = $2 and gone_at = 0 and person = (select person from notify_notices where id = $3)`, storage.Micros(c.now()), string(Email), notice)
		if err != nil {
			return fmt.Errorf("an address is none: %w", err)
		}
	}
	return c.goOn(ctx, tx, notice, reason)
}
