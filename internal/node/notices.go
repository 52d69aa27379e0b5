package node

import (
	"context"

	"dobosh/internal/keys"
	"dobosh/internal/kit/seal"
	"dobosh/internal/notify"
	noticepages "dobosh/internal/notify/pages"
	"dobosh/internal/portal"
)

// openNotices opens what a courier needs beside the mail server: the way to phones, the key by which
// mailings are ended, and the pages on which people choose.
func (n *Node) openNotices(ctx context.Context, courier *notify.Courier, shared keys.Keys) (Brings, error) {
	secret, err := shared.Key(ctx, "notices")
	if err != nil {
		return Brings{}, err
	}
	key, err := seal.New(secret)
	if err != nil {
		return Brings{}, err
	}
	courier.EndedAt(n.PublicURL, key)
	if n.SMS != nil {
		sender, err := n.SMS.Open(n.now)
		if err != nil {
			return Brings{}, err
		}
		courier.ByPhone(sender, n.SMS.Most(), n.Help.Phone)
	}
	pages, err := noticepages.New(courier)
	return Brings{Pages: []portal.Room{pages}}, err
}
