package services

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
)

// leaving is what the journal holds of a file that is released, so that a database that
// has lost its payments learns from it what went to the bank.
type leaving struct {
	File       string    `json:"file"`
	MadeAt     time.Time `json:"made_at"`
	PreparedBy string    `json:"prepared_by"`
	Payments   []leaves  `json:"payments"`
}

// leaves is one payment of it.
type leaves struct {
	Decision string `json:"decision"`
	Number   int    `json:"number"`
}

// leaving lists the payments of a file for the journal.
func (r *Room) leaving(ctx context.Context, f PaymentFile) ([]byte, error) {
	l := leaving{File: f.ID, MadeAt: f.MadeAt, PreparedBy: f.PreparedBy}
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select decision, number from services_payments where file = $1 order by id`, f.ID)
	l.Payments, err = storage.All(rows, err, func(scan storage.Scan) (p leaves, err error) { return p, scan(&p.Decision, &p.Number) })
	if err != nil {
		return nil, fmt.Errorf("payments of file %s: %w", f.ID, err)
	}
	return json.Marshal(l)
}

// releases are those that the journal of this node knows, read when the first is asked
// for. It belongs to the one start of a node that compares journal and database.
type releases struct {
	room  *Room
	read  bool
	of    map[leaves]released
	blind int64 // index of the last release that does not say what left; -1 for none
}

// released is how a payment left.
type released struct {
	leaving
	at time.Time
	by string
}

// adopt writes down what is known of the payments of a decision that came back, of which
// the first is due. Those that were released are. Where the journal cannot tell, since
// its releases of before do not say what left or other nodes on the same database may
// have released it, the first is uncertain, and so is held back.
func (p *releases) adopt(ctx context.Context, tx *storage.Tx, made proof.Decision, index int64) error {
	if err := p.find(ctx); err != nil {
		return err
	}
	left := 0
	for i, payment := range schedule(p.room.Pack, made) {
		was, known := p.of[leaves{made.ID, i + 1}]
		if !known {
			continue
		}
		left++
		if _, err := paymentFiles.Insert(ctx, tx, `on conflict (id) do nothing`, PaymentFile{ID: was.File, MadeAt: was.MadeAt, PreparedBy: was.PreparedBy, ReleasedAt: was.at, ReleasedBy: was.by}); err != nil {
			return fmt.Errorf("adopt file: %w", err)
		}
		if err := insertPayment(ctx, tx, made.ID, payment, PaymentReleased, ""); err != nil {
			return fmt.Errorf("adopt payment: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `update services_payments set state = $1, file = $2 where decision = $3 and number = $4`, PaymentReleased, was.File, made.ID, payment.Number); err != nil {
			return fmt.Errorf("adopt payment: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `update services_payment_files set count = count + 1, sum = sum + $1 where id = $2`, int64(payment.Amount), was.File); err != nil {
			return fmt.Errorf("adopt file: %w", err)
		}
	}
	if left == 0 && (p.blind > index || p.room.DB.Engine() != storage.SQLite) { // only such a database belongs to one node alone
		_, err := tx.ExecContext(ctx, `update services_payments set state = $1 where decision = $2`, PaymentUncertain, made.ID)
		return err
	}
	return nil
}

// find reads all releases of the journal.
func (p *releases) find(ctx context.Context) error {
	if p.read {
		return nil
	}
	p.of, p.blind = map[leaves]released{}, -1
	q := journal.Query{Kinds: []string{"act"}, Match: func(e journal.Entry) bool {
		var meta struct {
			Act string `json:"act"`
		}
		return json.Unmarshal(e.Meta, &meta) == nil && meta.Act == actRelease
	}}
	for {
		found, next, err := p.room.Journal.Search(ctx, q)
		if err != nil {
			return fmt.Errorf("find what was released: %w", err)
		}
		for _, l := range found {
			var meta struct {
				Officer string `json:"officer"`
			}
			was := released{at: l.Entry.At}
			if strict.Upto(len(l.Entry.Body)+1).Decode(l.Entry.Body, &was.leaving) != nil {
				p.blind = l.Index
				continue
			}
			_ = json.Unmarshal(l.Entry.Meta, &meta) // it was read before
			was.by = meta.Officer
			for _, payment := range was.Payments {
				p.of[payment] = was
			}
		}
		if q.After = next; next == 0 {
			p.read = true
			return nil
		}
	}
}

// fileKind marks, in the journal, what a payment file pays, before its content is given
// out. A database that is put back as it was before has the decisions and not the file:
// it pays nothing of it again.
const fileKind = "payment-file"

// leave makes what a file pays durable in the journal.
func (r *Room) leave(ctx context.Context, f PaymentFile) error {
	meta, err := json.Marshal(f)
	if err != nil {
		return err
	}
	body, err := r.leaving(ctx, f)
	if err != nil {
		return err
	}
	if _, err := r.Journal.Append(ctx, journal.Entry{Kind: fileKind, ID: f.ID, At: r.Now(), Meta: meta, Body: body}); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	return nil
}

// hasFile says whether all payments of a file that was taken are known to have left with
// it. Decisions that came back may have brought the file along for theirs alone.
func hasFile(ctx context.Context, from storage.Reader, l journal.Logged) (bool, error) {
	var paid leaving
	if err := strict.Upto(len(l.Entry.Body)+1).Decode(l.Entry.Body, &paid); err != nil {
		return false, fmt.Errorf("payments of file %s: %w", l.Entry.ID, err)
	}
	var n int
	err := from.QueryRowContext(ctx, `select count(*) from services_payments where file = $1 and state = $2`, l.Entry.ID, PaymentReleased).Scan(&n)
	return n == len(paid.Payments), err
}

// adoptFile writes a payment file again from the journal, and that its payments were
// released with it. Those of later months are added as they had become due.
func (r *Room) adoptFile(ctx context.Context, tx *storage.Tx, l journal.Logged) error {
	var f PaymentFile
	if err := json.Unmarshal(l.Entry.Meta, &f); err != nil {
		return fmt.Errorf("payment file %s: %w", l.Entry.ID, err)
	}
	var paid leaving
	if err := strict.Upto(len(l.Entry.Body)+1).Decode(l.Entry.Body, &paid); err != nil {
		return fmt.Errorf("payments of file %s: %w", f.ID, err)
	}
	if _, err := paymentFiles.Insert(ctx, tx, `on conflict (id) do update set released_at = excluded.released_at, released_by = excluded.released_by, count = excluded.count, sum = excluded.sum`, f); err != nil {
		return fmt.Errorf("adopt payment file: %w", err)
	}
	for _, p := range paid.Payments {
		if err := r.addUntil(ctx, tx, p); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update services_payments set state = $1, file = $2 where decision = $3 and number = $4`, PaymentReleased, f.ID, p.Decision, p.Number); err != nil {
			return fmt.Errorf("adopt payment: %w", err)
		}
	}
	return nil
}

// addUntil makes sure that an instalment is there.
func (r *Room) addUntil(ctx context.Context, tx *storage.Tx, paid leaves) error {
	var there int
	var to string
	err := tx.QueryRowContext(ctx, `select count(*), coalesce(max(account), '') from services_payments where decision = $1`, paid.Decision).Scan(&there, &to)
	if err != nil || there >= paid.Number {
		return err
	}
	d, err := r.decisionWhere(ctx, "id", paid.Decision)
	if err != nil {
		return err
	}
	c, err := r.contentOf(ctx, d)
	if err != nil {
		return err
	}
	state := PaymentDue
	if to == "" {
		state = PaymentWaiting
	}
	all := schedule(r.Pack, c.Decision)
	for _, p := range all[there:min(paid.Number, len(all))] {
		if err := insertPayment(ctx, tx, d.id, p, state, to); err != nil {
			return err
		}
	}
	return nil
}

// Unpaid lets a payment be due again of which nobody here knew whether it had left, after
// somebody asked the bank. Who says so stands in the journal.
//
// Problems: those of [RightToRelease], payment-unknown.
func (r *Room) Unpaid(ctx context.Context, by act.Actor, payment string) error {
	if err := RightToRelease().Admit(by); err != nil {
		return err
	}
	mine, err := r.within(by, `d.service in (%s)`)
	if err != nil {
		return err
	}
	where, values := mine.and(r.notOf(by)).where(payment, PaymentUncertain)
	var n int
	if err := r.DB.Read(ctx).QueryRowContext(ctx, `select count(*) from services_payments p join services_decisions d on d.id = p.decision where p.id = $1 and p.state = $2 and `+where, values...).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return problem.New(problem.NotFound, "payment-unknown")
	}
	if err := r.acted(ctx, by, actUnpaid, payment); err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `update services_payments set state = case when account = '' then $1 else $2 end where id = $3 and state = $4`, PaymentWaiting, PaymentDue, payment, PaymentUncertain)
		return err
	})
}
