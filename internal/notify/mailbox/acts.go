package mailbox

import (
	"context"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// settling is what the acts on a held mail ask for, each a part of it.
type settling struct{ Mail, Number, Reason string }

// Bounds of what is typed.
const (
	longestNumber = 64
	longestReason = 2000
)

// Acts are what people do with mail that is held: say to which case it belongs, or
// dismiss it with a reason.
func (m *Mailbox) Acts(right act.Right, matter act.Scope) ([]act.Act, error) {
	settles := func(name, page string, field act.Field[settling], do func(ctx context.Context, by act.Actor, in settling) error) func() (act.Act, error) {
		return act.Def[settling, work.None]{
			Name: name, Page: page, Right: right,
			Fields: []act.Field[settling]{act.OfCode("mail", func(in *settling) *string { return &in.Mail }, act.InPath()), field},
			Begin: func(ctx context.Context, by act.Actor, in *settling) error {
				if err := right.Check(by, matter); err != nil {
					return err
				}
				_, err := m.held(ctx, in.Mail)
				return err
			},
			Do: func(ctx context.Context, by act.Actor, in settling) (work.None, error) {
				if err := right.Check(by, matter); err != nil {
					return work.None{}, err
				}
				return work.None{}, do(ctx, by, in)
			},
		}.Act
	}
	return act.All(
		settles("mail.assign", "/desk/mail/{mail}/assign",
			act.OfLine("number", func(in *settling) *string { return &in.Number }, act.Most(longestNumber), act.Says("mail.number"), act.Missing("number-needed")),
			func(ctx context.Context, by act.Actor, in settling) error {
				return m.Assign(ctx, in.Mail, in.Number, by.Account)
			}),
		settles("mail.dismiss", "/desk/mail/{mail}/dismiss",
			act.OfText("reason", func(in *settling) *string { return &in.Reason }, act.Most(longestReason), act.Says("mail.why"), act.Missing("reason-needed")),
			func(ctx context.Context, by act.Actor, in settling) error {
				return m.Dismiss(ctx, in.Mail, in.Reason, by.Account)
			}),
	)
}

// held finds a mail that waits for a person.
//
// Problems: mail-unknown, mail-settled.
func (m *Mailbox) held(ctx context.Context, id string) (mail, error) {
	row, err := m.find(ctx, m.db.Read(ctx), id)
	if err == nil && row.State != Held {
		err = problem.New(problem.Conflict, "mail-settled")
	}
	return row, err
}

// Assign files a mail in the thread of the case with a number, because somebody says so.
//
// Problems: mail-unknown, mail-settled; thread-unknown or thread-full at the field "number".
func (m *Mailbox) Assign(ctx context.Context, id, number, by string) error {
	row, err := m.held(ctx, id)
	if err != nil {
		return err
	}
	refused := func(err error) error {
		for _, code := range []string{"thread-unknown", "thread-full"} {
			if problem.HasCode(err, code) {
				return problem.New(problem.Invalid, "form-incomplete").At("number", code).Because(err)
			}
		}
		return err
	}
	thread, err := m.threads.Find(ctx, number)
	if err != nil {
		return refused(err)
	}
	l, err := m.read(ctx, row, nil)
	if err != nil {
		return err
	}
	mail, err := m.mail(ctx, row, l)
	if err != nil {
		return err
	}
	mail.Assigned = by
	row.State, row.Thread, row.By, row.Settled = Filed, thread, by, m.now()
	return m.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := m.reply(ctx, tx, &row, l, mail); err != nil {
			return refused(err)
		}
		return m.put(ctx, tx, row, Held)
	})
}

// Dismiss says that nothing follows from a mail.
//
// Problems: mail-unknown, mail-settled.
func (m *Mailbox) Dismiss(ctx context.Context, id, reason, by string) error {
	row, err := m.held(ctx, id)
	if err != nil {
		return err
	}
	row.State, row.Reason, row.By, row.Settled = Dismissed, reason, by, m.now()
	return m.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return m.put(ctx, tx, row, Held) })
}
