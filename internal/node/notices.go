package node

import (
	"context"
	"errors"
	"fmt"
	"io"

	"dobosh/internal/act"
	"dobosh/internal/keys"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/seal"
	"dobosh/internal/notify"
	noticepages "dobosh/internal/notify/pages"
	"dobosh/internal/notify/post"
	sheets "dobosh/internal/papers"
)

// openNotices opens what a courier needs beside the mail server: the ways to phones and onto paper, the key by
// which mailings are ended, what stands on every letter, and the pages on which people choose and officers say what became of letters.
func (n *Node) openNotices(ctx context.Context, courier *notify.Courier, shared keys.Keys, mark func(lang.Tag) string) (Brings, error) {
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
	var brings Brings
	if n.Letters != nil {
		outbox, err := post.Open(*n.Letters, printed(n.Letters.Sender, mark), n.now)
		if err != nil {
			return Brings{}, err
		}
		courier.ByPost(outbox, n.Letters.Advice)
		desk, err := noticepages.ForPost(courier, act.Scope{Body: n.Member.String()})
		if err != nil {
			return Brings{}, err
		}
		brings.Pages = append(brings.Pages, desk)
	}
	pages, err := noticepages.New(courier)
	brings.Pages = append(brings.Pages, pages)
	return brings, err
}

// printed sets letters on paper, each with what stands on every sheet.
func printed(sender lang.Text, mark func(lang.Tag) string) post.Print {
	return func(w io.Writer, l post.Letter) (int, error) {
		n, err := sheets.RenderLetter(w, sheets.Letter{
			Sender: sender.In(l.Lang), To: l.To, Subject: l.Subject, Text: l.Text, URL: l.Link, Number: l.Number, Day: l.At, Notice: mark(l.Lang),
		}, l.Lang)
		for _, lasting := range []error{sheets.ErrAddress, sheets.ErrTooLong, sheets.ErrIncomplete} {
			if errors.Is(err, lasting) {
				return 0, fmt.Errorf("%w: %w", post.ErrUnprintable, err)
			}
		}
		return n, err
	}
}
