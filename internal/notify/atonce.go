package notify

import (
	"context"
	"errors"
	"fmt"
)

// ErrRefused says that a message will not be taken however often it is tried.
var ErrRefused = errors.New("the message was refused")

// Deliverable gives an e-mail address that somebody typed in the form in which it is kept.
// Its errors do not repeat it.
func Deliverable(typed string) (string, error) { return deliverable(typed) }

// AtOnce carries one message now, to an address that may be nobody's yet. It lies in no table:
// what it says only its reader is to know. Whoever called tries again after an error, which
// says that it has not left.
func (c *Courier) AtOnce(ctx context.Context, channel Channel, p Parcel) error {
	by, ok := c.carried[channel]
	if !ok {
		return fmt.Errorf("%w: nothing goes on the channel %.20q", ErrRefused, channel)
	}
	outcomes, err := by.Carry(ctx, []Parcel{p})
	switch {
	case err != nil:
		return err
	case outcomes[0].State == Sent:
		return nil
	case outcomes[0].State == Failed:
		return fmt.Errorf("%w: %s", ErrRefused, outcomes[0].Reason)
	}
	return fmt.Errorf("the message waits: %s", outcomes[0].Reason)
}
