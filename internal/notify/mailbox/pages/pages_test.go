package pages

import (
	"context"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/notify/mailbox/letter"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

// box is a mailbox with some mail.
type box []mailbox.Item

func (b box) List(_ context.Context, state mailbox.State, _ page.Key, _ int) (found page.Page[mailbox.Item], _ error) {
	for _, m := range b {
		if m.State == state {
			found.Items = append(found.Items, m)
		}
	}
	return found, nil
}

func (b box) Find(_ context.Context, id string) (mailbox.Item, error) {
	for _, m := range b {
		if m.ID == id {
			return m, nil
		}
	}
	return mailbox.Item{}, problem.New(problem.NotFound, "mail-unknown")
}

func (b box) Waiting(context.Context) (mailbox.Waiting, error) { return mailbox.Waiting{Held: 2}, nil }

func TestEveryPageInEveryLanguage(t *testing.T) {
	said, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	mail := box{
		{ID: "held", State: mailbox.Held, Kind: letter.Person, Sign: mailbox.NoThread, Arrived: pages.Now, Summary: mailbox.Summary{From: letter.Address{Name: "Ана", Email: "ana@b.example"}, Subject: "Питање", Text: "Добар дан", Files: []string{"izvod.pdf"}}},
		{ID: "bare", State: mailbox.Held, Kind: letter.Spam, Sign: "spam", Arrived: pages.Now},
		{ID: "dismissed", State: mailbox.Dismissed, Kind: letter.Person, Arrived: pages.Now, Settled: pages.Now, Reason: "Реклама."},
	}
	h := pages.Open(t, pages.Config(said), New(Deps{Mailbox: mail, Matter: act.Scope{Body: "RS-DEMO/GOV/ZRENJANIN"}}))
	expected := []pages.Expected{
		{Who: "officer", Path: "/desk/mail", Status: 200}, {Who: "officer", Path: "/desk/mail?state=noted", Status: 200}, {Who: "officer", Path: "/desk/mail?state=dismissed", Status: 200},
		{Who: "officer", Path: "/desk/mail/held", Status: 200}, {Who: "officer", Path: "/desk/mail/bare", Status: 200}, {Who: "officer", Path: "/desk/mail/dismissed", Status: 200},
		{Who: "officer", Path: "/desk/mail/none", Status: 404}, {Path: "/desk/mail", Status: 401}, {Who: "mother", Path: "/desk/mail", Status: 403}, {Who: "mother", Path: "/desk/mail/held", Status: 403},
	}
	pages.Walk(t, h, expected)
	pages.Small(t, h, expected)
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/mail"}, 200, "Питање", "ana@b.example", "2 поруке чекају")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/mail/held"}, 200, "Добар дан", "izvod.pdf", "Не одговара ни на једно обавештење, а")
}
