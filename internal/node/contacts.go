package node

import (
	"context"
	"errors"
	"strings"

	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/notify"
	"dobosh/internal/notify/sms"
	"dobosh/internal/storage"
)

// codes carries the codes by which people show that a contact is theirs.
type codes struct {
	courier *notify.Courier
	texts   *sms.Config // nil where nothing goes to phones
	link    string      // where the portal is
}

// Address implements [identity.Post].
func (c codes) Address(typed string) (identity.Channel, string, error) {
	if c.texts != nil && !strings.Contains(typed, "@") {
		to, err := c.texts.Number(typed)
		return identity.SMS, to, err
	}
	to, err := notify.Deliverable(typed)
	return identity.Email, to, err
}

// Carry implements [identity.Post]. A message that no server will take is done with.
func (c codes) Carry(ctx context.Context, l identity.Letter) error {
	p := notify.Parcel{Notice: l.ID, To: l.To, Lang: l.Lang, Subject: l.Subject.In(l.Lang), Text: l.Body.In(l.Lang), Link: c.link}
	if l.Channel == identity.SMS {
		p.Short = p.Text
	}
	err := c.courier.AtOnce(ctx, notify.Channel(l.Channel), p)
	if errors.Is(err, notify.ErrRefused) {
		return nil
	}
	return err
}

// addresses tells the courier where people said that they are reached.
type addresses struct{ courier *notify.Courier }

// Reach implements [identity.Book]: also under the name that people have in receipts, since their questions
// why somebody looked are cases under it.
func (a addresses) Reach(ctx context.Context, tx *storage.Tx, persons map[string]string, channel identity.Channel, to string, tag lang.Tag) error {
	for _, person := range persons {
		if err := a.courier.WriteAddress(ctx, tx, notify.Address{Person: person, Channel: notify.Channel(channel), To: to, Lang: tag}); err != nil {
			return err
		}
	}
	return nil
}
