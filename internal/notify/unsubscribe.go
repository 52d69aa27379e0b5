package notify

import (
	"context"
	"encoding/base64"

	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/storage"
)

// UnsubscribePath is where a mailing is ended, without signing in: the token at its end says
// whose it is, and to nobody else.
const UnsubscribePath = "/unsubscribe/"

// EndedAt has mailings say where they are ended by one tap: on the portal at an address, by a
// token under the key, which all nodes of the member share. It is called before anything is sent.
func (c *Courier) EndedAt(portal string, key *seal.Sealer) { c.portal, c.key = portal, key }

// unsubscribe is where the mailing is ended to which a parcel belongs; empty for other parcels.
func (c *Courier) unsubscribe(p Parcel) string {
	if !p.Bulk || c.key == nil || c.portal == "" {
		return ""
	}
	return c.portal + UnsubscribePath + base64.RawURLEncoding.EncodeToString(c.key.Seal([]byte(p.Person), []byte(UnsubscribePath)))
}

// Unsubscribe ends mailings for whoever has got the token.
//
// Problem: unsubscribe-unknown.
func (c *Courier) Unsubscribe(ctx context.Context, token string) error {
	person, err := c.subscriber(token)
	if err != nil {
		return err
	}
	return c.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return c.NoMailings(ctx, tx, person) })
}

func (c *Courier) subscriber(token string) (string, error) {
	unknown := problem.New(problem.NotFound, "unsubscribe-unknown")
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || c.key == nil {
		return "", unknown
	}
	person, err := c.key.Open(sealed, []byte(UnsubscribePath))
	if err != nil {
		return "", unknown
	}
	return string(person), nil
}
