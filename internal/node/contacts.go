package node

import (
	"context"
	"errors"

	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/notify"
	"dobosh/internal/storage"
)

// codes carries the codes by which people show that a contact is theirs.
type codes struct {
	courier *notify.Courier
	link    string // where the portal is
}

// Address implements [identity.Post].
func (codes) Address(typed string) (identity.Channel, string, error) {
	to, err := notify.Deliverable(typed)
	return identity.Email, to, err
}

// Carry implements [identity.Post]. A message that no server will take is done with.
func (c codes) Carry(ctx context.Context, l identity.Letter) error {
	err := c.courier.AtOnce(ctx, notify.Channel(l.Channel), notify.Parcel{
		Notice: l.ID, To: l.To, Lang: l.Lang, Subject: l.Subject.In(l.Lang), Text: l.Body.In(l.Lang), Link: c.link,
	})
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
	if channel != identity.Email {
		return nil
	}
	for _, person := range persons {
		if err := a.courier.WriteAddress(ctx, tx, notify.Address{Person: person, Channel: notify.Email, To: to, Lang: tag}); err != nil {
			return err
		}
	}
	return nil
}
