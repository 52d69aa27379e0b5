package services_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dobosh/internal/act"
	"dobosh/internal/kit/account"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/page"
	"dobosh/internal/paymentfile"
	"dobosh/internal/rules"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// The payments of a plan come to its total, and each has its month.
func TestSchedulePaysThePlan(t *testing.T) {
	pack := serbiaWith(t, "terms.yaml")
	banks, _ := pack.Calendar("serbia-banks")
	rapid.Check(t, func(t *rapid.T) {
		amount := func(name string) money.Para { return money.Para(rapid.Int64Range(0, 1e11).Draw(t, name)) }
		plan := rules.Plan{Once: amount("once"), Months: rapid.IntRange(0, 240).Draw(t, "months")}
		plan.Total = plan.Once
		if plan.Months > 0 {
			plan.Monthly, plan.Last = amount("monthly"), amount("last")
			plan.Total += plan.Monthly*money.Para(plan.Months-1) + plan.Last
		}
		from := today().AddDays(rapid.IntRange(0, 1500).Draw(t, "day"))
		var sum money.Para
		list := services.Schedule(pack, proof.Decision{Service: allowance, Plan: plan, MadeAt: from.Start()})
		for i, p := range list {
			sum += p.Amount
			month := from.AddMonths(i)
			if p.Number != i+1 || p.Count != len(list) || p.Due.Before(month) || month.DaysUntil(p.Due) > 9 {
				t.Fatalf("payment %d: %+v", i, p)
			}
			if _, off, err := banks.Off(p.Due); err == nil && off {
				t.Fatalf("payment %d is due on %s, on which no bank works", i, p.Due)
			}
		}
		if sum != plan.Total || len(list) != max(plan.Months, 1) {
			t.Fatalf("%d payments of %d, want %d", len(list), sum, plan.Total)
		}
	})
}

// accepted is a mother with a decision.
func (r *rig) accepted(service string, order int) (act.Actor, services.Decision) {
	r.t.Helper()
	mother, o := r.offeredOf(service, order)
	d, err := r.Accept(r.t.Context(), mother, o.ID, o.Version)
	must(r.t, err)
	r.work()
	return mother, d
}

func TestAccountIsLearnedLater(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		number := r.registers.accounts[mother.Is("family")]
		delete(r.registers.accounts, mother.Is("family"))
		d, err := r.Accept(t.Context(), mother, o.ID, o.Version)
		must(t, err)
		r.registers.questions()
		r.work()
		want(t, "questions", len(r.registers.questions()), 1)
		r.clock.Advance(23 * time.Hour)
		r.work()
		want(t, "questions in the same day, as each leaves a trace", len(r.registers.questions()), 0)
		want(t, "waiting", len(r.paymentsIn(services.PaymentWaiting)), 1)
		wantCode(t, second(r.PreparePayments(t.Context(), officer())), "nothing-due")
		r.registers.accounts[mother.Is("family")] = number
		r.clock.Advance(time.Hour)
		r.work()
		due := r.paymentsIn(services.PaymentDue)
		if len(due) != 1 || due[0].Account != account.Mask(number) || due[0].Decision != d.ID || due[0].Amount != money.Dinars(60_000) {
			t.Errorf("due %+v, want the payment to the account, masked", due)
		}
		r.clock.Advance(48 * time.Hour)
		want(t, "jobs left", r.work(), 0)
	})
}

func TestWrongAccountIsNone(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		r.registers.accounts[mother.Is("family")] = "160000000000000001"
		_, err := r.Accept(t.Context(), mother, o.ID, o.Version)
		must(t, err)
		r.work()
		want(t, "waiting", len(r.paymentsIn(services.PaymentWaiting)), 1)
	})
}

func TestInstalmentsBecomeDueMonthByMonth(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, d := r.accepted(allowance, 2)
		sum, paid := money.Para(0), 0
		for month := range 26 {
			r.clock.Set(today().AddMonths(month).AddDays(6).Start().Add(12 * time.Hour)) // whatever days off are before it
			f, err := r.PreparePayments(t.Context(), officer())
			if month >= 24 {
				wantCode(t, err, "nothing-due")
				continue
			}
			must(t, err)
			want(t, "payments of a month", f.Count, 1)
			paid, sum = paid+f.Count, sum+f.Sum
			wantCode(t, second(r.PreparePayments(t.Context(), officer())), "nothing-due")
		}
		want(t, "instalments", paid, 24)
		want(t, "sum", sum, money.Dinars(735_000))
		shown, err := r.Decision(t.Context(), mother, d.ID)
		must(t, err)
		want(t, "first, with the one-off", shown.Payments[0].Amount, money.Dinars(135_000+25_000))
		want(t, "last", shown.Payments[23].State, services.PaymentPrepared)
	})
}

func TestMonthsThatWereMissedComeTogether(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		_, _ = r.accepted(allowance, 2)
		r.clock.Set(today().AddMonths(3).Start().Add(12 * time.Hour))
		f, err := r.PreparePayments(t.Context(), officer())
		must(t, err)
		want(t, "payments", f.Count, 4)
		want(t, "sum", f.Sum, money.Dinars(135_000+4*25_000))
		must(t, r.ReleasePayments(t.Context(), colleague(), f.ID))
		raw, err := r.PaymentXML(t.Context(), officer(), f.ID)
		must(t, err)
		file, err := paymentfile.Read(bytes.NewReader(raw))
		must(t, err)
		want(t, "sum of the file", file.Sum(), f.Sum)
	})
}

func TestPaymentsGoOutOnce(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for range 3 {
			r.accepted(grant, 1)
		}
		files, errs := make([]services.PaymentFile, 4), make([]error, 4)
		var officers sync.WaitGroup
		for i := range files {
			officers.Go(func() { files[i], errs[i] = r.PreparePayments(t.Context(), officer()) })
		}
		officers.Wait()
		count, sum := 0, money.Para(0)
		for i, f := range files {
			if errs[i] != nil {
				wantCode(t, errs[i], "nothing-due")
				continue
			}
			count, sum = count+f.Count, sum+f.Sum
		}
		want(t, "payments prepared", count, 3)
		want(t, "sum", sum, money.Dinars(180_000))
		f := all(t, func(after page.Key) (page.Page[services.PaymentFile], error) {
			return r.PaymentFiles(t.Context(), officer(), after)
		})[0]
		wantCode(t, second(r.PaymentXML(t.Context(), officer(), f.ID)), "file-not-released")
		for range 4 {
			officers.Go(func() {
				if err := r.ReleasePayments(t.Context(), colleague(), f.ID); err != nil {
					t.Error(err)
				}
			})
		}
		officers.Wait()
		r.clock.Advance(time.Hour)
		must(t, r.ReleasePayments(t.Context(), colleague(), f.ID))
		released := all(t, func(after page.Key) (page.Page[services.PaymentFile], error) {
			return r.PaymentFiles(t.Context(), officer(), after)
		})[0]
		if !released.ReleasedAt.Equal(r.clock.Now().Add(-time.Hour)) || released.ReleasedBy != "vera" {
			t.Errorf("released %+v, want the first release", released)
		}
		raw, err := r.PaymentXML(t.Context(), officer(), f.ID)
		must(t, err)
		file, err := paymentfile.Read(bytes.NewReader(raw))
		must(t, err)
		want(t, "transfers", len(file.Transfers), f.Count)
		want(t, "execution", file.Execution, today().AddDays(1))
		for _, transfer := range file.Transfers {
			must(t, account.Check(transfer.Account))
		}
		want(t, "payments released", len(r.paymentsIn(services.PaymentReleased)), f.Count)
		wantCode(t, r.ReleasePayments(t.Context(), colleague(), "nothing"), "file-unknown")
		wantCode(t, second(r.PaymentXML(t.Context(), officer(), "nothing")), "file-unknown")
	})
}

// Check characters of codes may be signs that a payment file must not have.
func TestEveryCodeIsAReference(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for i, check := range []string{"*", "~", "$", "=", "U", "0"} {
			_, d := r.accepted(grant, 1)
			must(t, r.cfg.DB.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
				return second(tx.ExecContext(ctx, `update services_decisions set code = $1 where id = $2`, fmt.Sprintf("ZR-2026-7KQ4-M9P%d-%s", i, check), d.ID))
			}))
		}
		f, err := r.PreparePayments(t.Context(), officer())
		must(t, err)
		must(t, r.ReleasePayments(t.Context(), colleague(), f.ID))
		raw, err := r.PaymentXML(t.Context(), officer(), f.ID)
		must(t, err)
		file, err := paymentfile.Read(bytes.NewReader(raw))
		must(t, err)
		want(t, "first reference", file.Transfers[0].EndToEnd, "ZR-2026-7KQ4-M9P0")
	})
}

func TestDecisionAtMidnightPaysThatDay(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offeredOf(allowance, 2)
		r.clock.Set(civil.Date(2027, 1, 31).Start()) // months without such a day end on their last; banks do not work on Sundays
		d, err := r.Accept(t.Context(), mother, o.ID, o.Version)
		must(t, err)
		want(t, "first", d.Payments[0].Due, civil.Date(2027, 2, 1))
		want(t, "second", d.Payments[1].Due, civil.Date(2027, 3, 1))
		want(t, "third", d.Payments[2].Due, civil.Date(2027, 3, 31))
	})
}

// A bank pays on a day on which banks work: what is released on a Friday, or on the eve of a holiday, is paid after it.
func TestABankIsAskedForADayOnWhichItWorks(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for released, execution := range map[civil.Day]civil.Day{
			civil.Date(2026, 11, 27): civil.Date(2026, 11, 30), // a Friday
			civil.Date(2026, 12, 31): civil.Date(2027, 1, 4),   // the eve of a holiday on Friday
		} {
			r.accepted(grant, 1)
			r.clock.Set(released.At(10 * 60))
			f, err := r.PreparePayments(t.Context(), officer())
			must(t, err)
			must(t, r.ReleasePayments(t.Context(), colleague(), f.ID))
			raw, err := r.PaymentXML(t.Context(), officer(), f.ID)
			must(t, err)
			file, err := paymentfile.Read(bytes.NewReader(raw))
			must(t, err)
			want(t, "execution of what was released on "+released.String(), file.Execution, execution)
			r.clock.Set(civil.Date(2026, 11, 23).At(10 * 60))
		}
	})
}
