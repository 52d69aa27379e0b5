package receipts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/exchange"
	"dobosh/internal/kit/civil"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
)

// requestKind is the kind of case of a person who asks for a right over their own data.
const requestKind = "data-request"

// The outcomes of that kind in which what was asked is done.
const (
	requestFulfilled = "fulfilled"
	requestInPart    = "in-part"
)

// rightToRequest is that of people who are surely who they say: what a body holds about somebody is given to
// nobody else.
func rightToRequest() act.Right { return act.SignedIn().AtLevel(act.LevelEID) }

// Request takes what a person asks about the data that this body holds of them, and gives the number of its case.
// The same right on the same day is one case: sent again, it adds what is said.
//
// Problem: not-yours.
func (s *System) Request(ctx context.Context, by act.Actor, right, why string) (number string, err error) {
	person := by.Is(exchange.ReceiptSector)
	if person == "" {
		return "", notYours()
	}
	before, err := s.begunBefore(ctx, by)
	if err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, begun, err := s.Cases.Open(ctx, tx, cases.Opening{
			Kind: requestKind, About: right + " " + civil.Of(s.Now()).String(), Whom: person, Source: "page",
			Person: person, Sector: exchange.ReceiptSector, Channel: cases.ByPage, Said: s.asks(right) + "\n" + why + before,
		})
		if err != nil {
			return fmt.Errorf("open data request: %w", err)
		}
		number = c.Number
		if !begun {
			return s.Cases.Heard(ctx, tx, c.ID, why)
		}
		if _, err := requests.Insert(ctx, tx, `on conflict do nothing`, request{cased: c.ID, number: number, person: person, aliases: strings.Join(by.Aliases[exchange.ReceiptSector], " "), asked: right, at: s.Now()}); err != nil {
			return fmt.Errorf("note data request: %w", err)
		}
		if s.todo == nil || !copies(right) {
			return nil
		}
		return s.todo.Add(ctx, tx, c.ID+"/"+doCopy, todo{c.ID, doCopy}) // all in it is their own: nobody has to agree first
	})
	return number, err
}

// begunBefore names, for the officer who answers, the newest cases that a person began under a contact before it was joined to them: what the body holds of
// them lies under another name there.
func (s *System) begunBefore(ctx context.Context, by act.Actor) (string, error) {
	own, err := s.Cases.Own(ctx, by, "")
	if err != nil {
		return "", err
	}
	var numbers []string
	for _, c := range own.Items {
		if c.Person != by.Is(c.Sector) && slices.Contains(by.Aliases[c.Sector], c.Person) {
			numbers = append(numbers, c.Number)
		}
	}
	if len(numbers) == 0 {
		return "", nil
	}
	return "\n" + said().Text("request.before")["sr"] + " " + strings.Join(numbers, ", "), nil
}

// asks says a right as the form does.
func (s *System) asks(right string) string {
	form, _ := s.Pack.Form(requestKind)
	for _, field := range form.Fields {
		for _, option := range field.Options {
			if option.Value == right {
				return option.Says["sr"]
			}
		}
	}
	return right
}

// Requesting is the act with which a person asks. What it asks for is the form of the pack.
func (s *System) Requesting() (act.Act, error) {
	form, ok := s.Pack.Form(requestKind)
	if !ok {
		return act.Act{}, fmt.Errorf("the pack has no form %q", requestKind)
	}
	asked, err := rules.FormFields(form)
	if err != nil {
		return act.Act{}, err
	}
	return act.Def[act.Values, string]{
		Name: "data.request", Page: "/looks/request", Right: rightToRequest(), Fields: asked,
		Do: func(ctx context.Context, by act.Actor, in act.Values) (string, error) {
			return s.Request(ctx, by, in.One("right"), in.One("why"))
		},
	}.Act()
}
