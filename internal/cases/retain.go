package cases

import (
	"context"
	"fmt"

	"dobosh/internal/law"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/storage"
)

// reducedAtOnce bounds how many cases of a kind a round reduces in one transaction.
const reducedAtOnce = 100

// Retain erases the content of cases whose kind keeps them no longer: what was said, why, the files, who the parties
// were. What stays is what an archive needs: number, kind, service, statuses with their days, who answered for the case. It
// is undone by nobody, so it is for a node whose clock others confirm. A case whose outcome is still disputed waits.
func (r *Room) Retain(ctx context.Context) error {
	for _, kind := range r.Pack.CaseKinds() {
		for {
			n, err := r.retain(ctx, kind)
			if err != nil {
				return fmt.Errorf("cases of kind %s: %w", kind.ID, err)
			}
			if n < reducedAtOnce {
				break
			}
		}
	}
	return nil
}

func (r *Room) retain(ctx context.Context, kind law.CaseKind) (n int, err error) {
	over := storage.Micros(r.Now().AddDate(-kind.Retention, 0, 0))
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		all, err := rows.All(ctx, tx, `where kind = $1 and ended_at > 0 and reduced_at = 0 and ended_at < $2 and not exists (
			select 1 from cases_links l join cases_cases o on o.id = l.case_id where l.other = cases_cases.id and l.kind = $3 and o.ended_at = 0) order by ended_at, id limit $4`,
			kind.ID, over, string(Follows), reducedAtOnce)
		if err != nil {
			return err
		}
		n = len(all)
		for _, c := range all {
			if err := r.reduce(ctx, tx, c); err != nil {
				return fmt.Errorf("case %s: %w", c.Number, err)
			}
		}
		return nil
	})
	return n, err
}

// reduce leaves of a case what an archive needs. The content of its files goes with their keys now; what is left of them in the
// store is removed as a stray. What came by mail goes with the keys of the mails.
func (r *Room) reduce(ctx context.Context, tx *storage.Tx, c Case) error {
	now := storage.Micros(r.Now())
	for _, beside := range r.leaves {
		if err := beside(ctx, tx, c); err != nil {
			return err
		}
	}
	if err := mailbox.Erase(ctx, tx, c.ID); err != nil {
		return err
	}
	for _, s := range []struct {
		text string
		args []any
	}{
		{`delete from cases_messages where case_id = $1`, []any{c.ID}},
		{`delete from cases_mail where case_id = $1`, []any{c.ID}},
		{`delete from cases_heard where case_id = $1`, []any{c.ID}},
		{`delete from cases_parties where case_id = $1`, []any{c.ID}},
		{`delete from cases_named where case_id = $1`, []any{c.ID}},
		{`delete from cases_name_pairs where case_id = $1`, []any{c.ID}},
		{`delete from cases_tasks where case_id = $1`, []any{c.ID}},
		{`update cases_steps set why = null where case_id = $1`, []any{c.ID}},
		{`update cases_drafts set why = null, given = null, said = null, asked = null where case_id = $1`, []any{c.ID}},
		{`update cases_links set before = '' where case_id = $1`, []any{c.ID}},
		{`update cases_files set name = $1, key = $1, erased_at = $2 where case_id = $3 and erased_at = 0`, []any{[]byte{}, now, c.ID}},
		{`update cases_cases set person = '', sector = '', occasion = '', officer = '', tasks = 0, reduced_at = $1, version = version + 1 where id = $2`, []any{now, c.ID}},
	} {
		if _, err := tx.ExecContext(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// Reduces erases what another room keeps beside a case, in the transaction in which the content of the case goes.
type Reduces func(ctx context.Context, tx *storage.Tx, c Case) error

// ReducedBy has what a room keeps beside cases go with their content. It is called before anything is served.
func (r *Room) ReducedBy(beside Reduces) { r.leaves = append(r.leaves, beside) }
