package services

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/account"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/paymentfile"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// fileLimit bounds the payments of one file.
const fileLimit = 10_000

// accountUnknown is the problem of a register that knows no account.
const accountUnknown = "account-unknown"

// untilTomorrow is how long a register rests that answered and knows no account:
// every question leaves a trace that the person sees.
const untilTomorrow = 24 * time.Hour

// learnAccount asks for the account of a decision whose payments wait for it.
// Until the register tells one, they wait, and officers see it.
func (r *Room) learnAccount(ctx context.Context, t *work.Try[work.None]) error {
	d, err := r.decisionWhere(ctx, "id", t.Ref)
	if err != nil {
		return err
	}
	s, err := r.service(d.service)
	if err != nil {
		return err
	}
	o, err := r.storedOffer(ctx, r.DB.Read(ctx), d.offer)
	if err != nil {
		return err
	}
	rule, err := r.rules.on(s.Rule, o.day)
	if err != nil {
		return err
	}
	q := r.inquire(s, o.subject, "decision "+d.id, o.day, progress{Facts: o.facts})
	for _, need := range rule.AtAcceptance() {
		path, ok := q.path(need.Ask)
		if !ok || need.Fact != factAccount {
			continue
		}
		err := q.ask(ctx, rule, need, path)
		if problem.HasCode(err, accountUnknown) {
			return work.Rest(err, untilTomorrow)
		}
		if err != nil {
			return err
		}
	}
	number := q.Facts.text(factAccount)
	if err := account.Check(number); err != nil {
		return work.Rest(problem.New(problem.Conflict, accountUnknown).Because(err), untilTomorrow)
	}
	return t.End(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.ExecContext(ctx, `update services_payments set account = $1, state = $2 where decision = $3 and state = $4`, number, PaymentDue, d.id, PaymentWaiting); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `update services_payments set account = $1 where decision = $2 and account = ''`, number, d.id) // of those that came back from the journal
		return err
	})
}

// Payments lists payments in a state, or all where state is empty.
func (r *Room) Payments(ctx context.Context, by act.Actor, state PaymentState, after page.Key) (page.Page[Payment], error) {
	mine, err := r.within(by, `d.service in (%s)`)
	if err != nil {
		return page.Page[Payment]{}, err
	}
	list := listing[Payment, Payment]{
		rows: r.payments().List(storage.Down("p.id", func(p Payment) string { return p.ID })),
		view: func(_ context.Context, p Payment) (Payment, error) { return masked(p), nil },
	}
	return list.page(ctx, r.DB, inState(`p.state`, state).and(mine), after)
}

// payments gives the account unmasked, as the payment file needs it.
func (r *Room) payments() *storage.Table[Payment] {
	return storage.NewTable("services_payments p join services_decisions d on d.id = p.decision",
		storage.Col("p.id", func(p *Payment) *string { return &p.ID }),
		storage.Col("p.decision", func(p *Payment) *string { return &p.Decision }),
		storage.Col("p.number", func(p *Payment) *int { return &p.Number }),
		storage.Col("p.count", func(p *Payment) *int { return &p.Count }),
		storage.Col("p.amount", func(p *Payment) *money.Para { return &p.Amount }),
		storage.Col("p.account", func(p *Payment) *string { return &p.Account }),
		storage.Text("p.due", func(p *Payment) *civil.Day { return &p.Due }),
		storage.Col("p.state", func(p *Payment) *PaymentState { return &p.State }),
		storage.Col("p.file", func(p *Payment) *string { return &p.File }),
		storage.Col("d.code", func(p *Payment) *string { return &p.Code }),
		storage.Col("d.service", func(p *Payment) *string { return &p.service }),
	).Then(func(p *Payment) error {
		if s, ok := r.Pack.Service(p.service); ok {
			p.Title = s.Title
		}
		return nil
	})
}

// masked is a payment as it may be shown.
func masked(p Payment) Payment {
	if p.Account != "" {
		p.Account = account.Mask(p.Account)
	}
	return p
}

// paymentsOf lays out all payments of a decision: those that exist with their
// state, the later ones as they will come.
func (r *Room) paymentsOf(ctx context.Context, d storedDecision, c proof.Content) ([]Payment, error) {
	if !d.granted {
		return nil, nil
	}
	existing, err := r.payments().All(ctx, r.DB.Read(ctx), `where p.decision = $1 order by p.number`, d.id)
	if err != nil {
		return nil, fmt.Errorf("payments of decision %s: %w", d.id, err)
	}
	all := schedule(r.Pack, c.Decision)
	for i := range all {
		all[i].Decision, all[i].Code, all[i].Title, all[i].State = d.id, d.code, c.Decision.Title, PaymentPlanned
	}
	for _, p := range existing {
		all[p.Number-1] = masked(p)
	}
	return all, nil
}

// What is done with money, as the journal names it.
const (
	actPrepare  = "payments-prepare"
	actRelease  = "payments-release"
	actDownload = "payments-download"
	actUnpaid   = "payment-unpaid"
)

// notOf leaves out what is paid to the actor: a colleague lays that out.
func (r *Room) notOf(by act.Actor) filter {
	persons := r.personsOf(by)
	if len(persons) == 0 {
		return everything()
	}
	c := among(`d.person`, persons)[0]
	c.text = `not (` + c.text + `)`
	return filter{c}
}

// PreparePayments puts every payment of the officer's public services that is due,
// and whose account is known, into a file that waits until another releases it. What is paid to the
// officer stays for a colleague. A problem "nothing-due" says that there is nothing else.
func (r *Room) PreparePayments(ctx context.Context, by act.Actor) (PaymentFile, error) {
	mine, err := r.within(by, `d.service in (%s)`)
	if err != nil {
		return PaymentFile{}, err
	}
	if err := r.addInstalments(ctx); err != nil {
		return PaymentFile{}, err
	}
	mine = mine.and(r.notOf(by))
	where, values := mine.where(PaymentDue)
	var due int
	if err := r.DB.Read(ctx).QueryRowContext(ctx, `select count(*) from (select 1 from services_payments p join services_decisions d on d.id = p.decision where p.state = $1 and `+where+` limit 1) as due`, values...).Scan(&due); err != nil {
		return PaymentFile{}, fmt.Errorf("find what is due: %w", err)
	}
	if due == 0 {
		return PaymentFile{}, problem.New(problem.Conflict, "nothing-due")
	}
	f := PaymentFile{ID: id.New(), MadeAt: r.Now(), PreparedBy: by.Account}
	if err := r.acted(ctx, by, actPrepare, f.ID); err != nil {
		return PaymentFile{}, err
	}
	where, values = mine.where(PaymentPrepared, f.ID, PaymentDue, fileLimit)
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		rows, err := tx.QueryContext(ctx, `update services_payments set state = $1, file = $2 where id in (
			select p.id from services_payments p join services_decisions d on d.id = p.decision where p.state = $3 and `+where+` order by p.id limit $4) returning amount`, values...)
		amounts, err := storage.All(rows, err, func(scan storage.Scan) (amount money.Para, err error) {
			return amount, scan(&amount)
		})
		if err != nil {
			return err
		}
		if len(amounts) == 0 {
			return problem.New(problem.Conflict, "nothing-due")
		}
		f.Count, f.Sum = len(amounts), 0
		for _, amount := range amounts {
			f.Sum += amount
		}
		_, err = paymentFiles.Insert(ctx, tx, "", f)
		return err
	})
	return f, err
}

// addInstalments turns the instalments that have become due since the last time
// into payments, one transaction for each decision. What is written already stays.
func (r *Room) addInstalments(ctx context.Context) error {
	today := civil.Of(r.Now())
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select p.decision, max(p.number), max(p.account) from services_payments p where p.account <> '' group by p.decision having max(p.number) < max(p.count)`)
	type running struct {
		decision, account string
		last              int
	}
	decisions, err := storage.All(rows, err, func(scan storage.Scan) (running, error) {
		var d running
		return d, scan(&d.decision, &d.last, &d.account)
	})
	if err != nil {
		return fmt.Errorf("instalments: %w", err)
	}
	for _, run := range decisions {
		d, err := r.decisionWhere(ctx, "id", run.decision)
		if err != nil {
			return err
		}
		c, err := r.contentOf(ctx, d)
		if err != nil {
			return err
		}
		later := schedule(r.Pack, c.Decision)[run.last:]
		err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			for _, p := range later {
				if p.Due.After(today) {
					return nil
				}
				if !p.counted {
					return fmt.Errorf("payment %d of decision %s: the pack does not say on which day after %s banks work", p.Number, d.id, p.Due)
				}
				if err := insertPayment(ctx, tx, d.id, p, PaymentDue, run.account); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ReleasePayments lets a file that another has prepared go to the bank. A second
// release of the same file changes nothing.
//
// Problems: those of [RightToRelease], four-eyes, own-matter, file-unknown.
func (r *Room) ReleasePayments(ctx context.Context, by act.Actor, file string) error {
	f, err := r.releasable(ctx, r.DB.Read(ctx), by, file)
	if err != nil || !f.ReleasedAt.IsZero() {
		return err
	}
	leaves, err := r.leaving(ctx, f)
	if err != nil {
		return err
	}
	if err := r.actedOn(ctx, by, actRelease, file, leaves); err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		f, err := r.releasable(ctx, tx, by, file)
		if err != nil || !f.ReleasedAt.IsZero() {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update services_payment_files set released_at = $1, released_by = $2 where id = $3`, storage.Micros(r.Now()), by.Account, file); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `update services_payments set state = $1 where file = $2`, PaymentReleased, file)
		return err
	})
}

// releasable gives a file to whoever may release it.
func (r *Room) releasable(ctx context.Context, from storage.Reader, by act.Actor, file string) (PaymentFile, error) {
	right := RightToRelease()
	if err := right.Admit(by); err != nil {
		return PaymentFile{}, err
	}
	f, err := r.paymentFileFor(ctx, from, by, file)
	if err != nil {
		return f, err
	}
	if err := right.Second(cmp.Or(f.PreparedBy, unnamed), by); err != nil {
		return f, err
	}
	own, values := r.notOf(by).where(file)
	var mine int
	err = from.QueryRowContext(ctx, `select count(*) from services_payments p join services_decisions d on d.id = p.decision where p.file = $1 and not (`+own+`)`, values...).Scan(&mine)
	if err == nil && mine > 0 {
		err = problem.New(problem.Forbidden, "own-matter")
	}
	return f, err
}

// unnamed stands for who prepared a file before that was noted.
const unnamed = "-"

var paymentFiles = storage.NewTable("services_payment_files",
	storage.Col("id", func(f *PaymentFile) *string { return &f.ID }),
	storage.Time("made_at", func(f *PaymentFile) *time.Time { return &f.MadeAt }),
	storage.Col("count", func(f *PaymentFile) *int { return &f.Count }),
	storage.Col("sum", func(f *PaymentFile) *money.Para { return &f.Sum }),
	storage.Time("released_at", func(f *PaymentFile) *time.Time { return &f.ReleasedAt }),
	storage.Col("released_by", func(f *PaymentFile) *string { return &f.ReleasedBy }),
	storage.Col("prepared_by", func(f *PaymentFile) *string { return &f.PreparedBy }),
)

// PaymentFile gives a file to an officer of every public service that is paid with it.
func (r *Room) PaymentFile(ctx context.Context, by act.Actor, file string) (PaymentFile, error) {
	return r.paymentFileFor(ctx, r.DB.Read(ctx), by, file)
}

// paymentFileFor gives a file to an officer of every public service that is paid with it.
func (r *Room) paymentFileFor(ctx context.Context, from storage.Reader, by act.Actor, file string) (PaymentFile, error) {
	mine, err := r.within(by, `d.service in (%s)`)
	if err != nil {
		return PaymentFile{}, err
	}
	f, err := paymentFiles.One(ctx, from, `where id = $1`, file)
	if errors.Is(err, storage.ErrNotFound) {
		return PaymentFile{}, problem.New(problem.NotFound, "file-unknown")
	}
	if err != nil {
		return PaymentFile{}, err
	}
	where, values := mine.where(file)
	var foreign int
	err = from.QueryRowContext(ctx, `select count(*) from services_payments p join services_decisions d on d.id = p.decision where p.file = $1 and not (`+where+`)`, values...).Scan(&foreign)
	if err == nil && foreign > 0 {
		err = problem.New(problem.Forbidden, "not-allowed")
	}
	return f, err
}

// PaymentFiles lists the files of the officer's public services, the newest first.
func (r *Room) PaymentFiles(ctx context.Context, by act.Actor, after page.Key) (page.Page[PaymentFile], error) {
	mine, err := r.within(by, `not exists (select 1 from services_payments p join services_decisions d on d.id = p.decision
		where p.file = services_payment_files.id and d.service not in (%s))`)
	if err != nil {
		return page.Page[PaymentFile]{}, err
	}
	list := listing[PaymentFile, PaymentFile]{
		rows: paymentFiles.List(storage.Down("id", func(f PaymentFile) string { return f.ID })),
		view: func(_ context.Context, f PaymentFile) (PaymentFile, error) { return f, nil },
	}
	return list.page(ctx, r.DB, mine, after)
}

// PaymentXML gives a released file as ISO 20022 pain.001 for the bank. It names
// those who are paid by the code of their decision: the bank needs the account, and
// nobody on the way needs the name.
func (r *Room) PaymentXML(ctx context.Context, by act.Actor, file string) ([]byte, error) {
	f, err := r.paymentFileFor(ctx, r.DB.Read(ctx), by, file)
	if err != nil {
		return nil, err
	}
	if f.ReleasedAt.IsZero() {
		return nil, problem.New(problem.Conflict, "file-not-released")
	}
	if err := r.acted(ctx, by, actDownload, file); err != nil {
		return nil, err
	}
	payments, err := r.payments().All(ctx, r.DB.Read(ctx), `where p.file = $1 order by p.id`, file)
	if err != nil {
		return nil, fmt.Errorf("payments of file %s: %w", file, err)
	}
	execution, err := r.bankDay(payments, civil.Of(f.ReleasedAt).AddDays(1))
	if err != nil {
		return nil, err
	}
	if err := r.leave(ctx, f); err != nil {
		return nil, err
	}
	order := paymentfile.File{
		ID: f.ID, MadeAt: f.MadeAt.Truncate(time.Second), Debtor: r.bodyTitle().In(lang.SrLatn), DebtorAccount: r.Account, Execution: execution,
	}
	for _, p := range payments {
		order.Transfers = append(order.Transfers, paymentfile.Transfer{
			ID: p.ID, EndToEnd: reference(p.Code), Creditor: reference(p.Code), Account: p.Account, Amount: p.Amount,
			Purpose: p.Title.In(lang.SrLatn) + fmt.Sprintf(" %d/%d", p.Number, p.Count),
		})
	}
	var out bytes.Buffer
	err = paymentfile.Write(&out, order)
	return out.Bytes(), err
}

// bankDay is the first day from one on, on which banks do what the payments of a file ask for: by the terms of their
// public services, the latest of them.
func (r *Room) bankDay(payments []Payment, from civil.Day) (civil.Day, error) {
	latest := from
	for _, p := range payments {
		s, ok := r.Pack.Service(p.service)
		if !ok {
			continue // the pack no longer has it, and what was decided is paid
		}
		days, err := r.Pack.Due(s.Pay, from, 1)
		if err != nil {
			return latest, err
		}
		if !days[0].Known {
			return latest, problem.New(problem.Unavailable, "calendar-year-missing", "calendar", s.Pay, "year", strconv.Itoa(from.Year()))
		}
		if days[0].Day.After(latest) {
			latest = days[0].Day
		}
	}
	return latest, nil
}

// reference is the code of a decision as banks carry it: without its check
// character, which may be one that they refuse.
func reference(code string) string { return code[:max(strings.LastIndexByte(code, '-'), 0)] }
