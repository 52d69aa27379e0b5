package cases

import (
	"context"
	"fmt"

	"dobosh/internal/storage"
)

// LinkKind is how one case is to another.
type LinkKind string

// Follows is an appeal against what was decided in the other, or an objection to it.
const Follows LinkKind = "follows"

func (r *Room) link(ctx context.Context, tx *storage.Tx, from string, kind LinkKind, to string) error {
	_, err := tx.ExecContext(ctx, `insert into cases_links (case_id, other, kind, at) values ($1, $2, $3, $4) on conflict (case_id, other, kind) do nothing`, from, to, string(kind), storage.Micros(r.Now()))
	if err != nil {
		return fmt.Errorf("link cases: %w", err)
	}
	return nil
}

// decidedBefore reports whether an account decided in a case that this one follows: nobody decides on
// an appeal against what they decided.
func decidedBefore(ctx context.Context, from storage.Reader, id, account string) (bool, error) {
	var n int
	err := from.QueryRowContext(ctx, `select count(*) from cases_links l where l.case_id = $1 and l.kind = $2 and (
		exists (select 1 from cases_steps s where s.case_id = l.other and s.account = $3) or exists (select 1 from cases_drafts d where d.case_id = l.other and d.second = $3 and d.state = 'held'))`, id, string(Follows), account).Scan(&n)
	return n > 0, err
}
