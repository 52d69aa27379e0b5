package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// Officers knows who holds a role now, within which scopes.
type Officers interface {
	Holders(ctx context.Context, role act.Role) ([]act.Actor, error)
}

// Absence are days on which an officer is away and another sees to the cases that they have taken.
type Absence struct {
	ID       string
	Account  string
	Deputy   string // account
	From, To civil.Day
}

var absences = storage.NewTable("cases_absences",
	storage.Col("id", func(a *Absence) *string { return &a.ID }),
	storage.Col("account", func(a *Absence) *string { return &a.Account }),
	storage.Col("deputy", func(a *Absence) *string { return &a.Deputy }),
	storage.Text("from_day", func(a *Absence) *civil.Day { return &a.From }),
	storage.Text("to_day", func(a *Absence) *civil.Day { return &a.To }),
)

// Bounds of absences.
const (
	maxAway     = 400 // days of one
	maxAbsences = 50  // of an officer, that are not over
)

// handling lists the officers of this body; nobody where nobody knows them.
func (r *Room) handling(ctx context.Context) ([]act.Actor, error) {
	if r.Officers == nil {
		return nil, nil
	}
	return r.Officers.Holders(ctx, identity.Officer)
}

// Deputies lists the officers who may see to the cases of another: those whose scopes cover theirs.
func (r *Room) Deputies(ctx context.Context, by act.Actor) (may []act.Actor, err error) {
	scopes, err := RightToHandle().Where(by)
	if err != nil {
		return nil, err
	}
	all, err := r.handling(ctx)
	for _, other := range all {
		theirs, err := RightToHandle().Where(other)
		if other.Account != by.Account && err == nil && !slices.ContainsFunc(scopes, func(s act.Scope) bool { return !theirs.Cover(s) }) {
			may = append(may, other)
		}
	}
	return may, err
}

// Leave notes that an officer is away, and who sees to their cases: somebody whose scope covers theirs and who is here.
//
// Problems: absence-days, deputy-scope, deputy-away, absences-many.
func (r *Room) Leave(ctx context.Context, by act.Actor, a Absence) error {
	today := civil.Of(r.Now())
	if a.From.IsZero() || a.To.Before(a.From) || a.To.Before(today) || a.From.AddDays(maxAway).Before(a.To) {
		return problem.New(problem.Invalid, "absence-days").At("to", "absence-days")
	}
	may, err := r.Deputies(ctx, by)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(may, func(other act.Actor) bool { return other.Account == a.Deputy }) {
		return problem.New(problem.Invalid, "deputy-scope").At("deputy", "deputy-scope")
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := absences.One(ctx, tx, `where account = $1 and undone_at = 0 and from_day <= $2 and to_day >= $3 limit 1`, a.Deputy, a.To.String(), a.From.String())
		if err == nil {
			return problem.New(problem.Invalid, "deputy-away").At("deputy", "deputy-away")
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		var n int
		if err := tx.QueryRowContext(ctx, `select count(*) from cases_absences where account = $1 and undone_at = 0 and to_day >= $2`, by.Account, today.String()).Scan(&n); err != nil {
			return err
		}
		if n >= maxAbsences {
			return problem.New(problem.Conflict, "absences-many", "n", strconv.Itoa(maxAbsences))
		}
		_, err = tx.ExecContext(ctx, `insert into cases_absences (id, account, deputy, from_day, to_day, at) values ($1, $2, $3, $4, $5, $6)`,
			id.New(), by.Account, a.Deputy, a.From.String(), a.To.String(), storage.Micros(r.Now()))
		return err
	})
}

// Back ends an absence of the officer's own, from today on.
//
// Problem: absence-unknown.
func (r *Room) Back(ctx context.Context, by act.Actor, absence string) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		done, err := tx.ExecContext(ctx, `update cases_absences set undone_at = $1 where id = $2 and account = $3 and undone_at = 0`, storage.Micros(r.Now()), absence, by.Account)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return problem.New(problem.NotFound, "absence-unknown").Because(err)
		}
		return nil
	})
}

// Away lists the absences of an officer that are not over.
func (r *Room) Away(ctx context.Context, by act.Actor) ([]Absence, error) {
	return absences.All(ctx, r.DB.Read(ctx), `where account = $1 and undone_at = 0 and to_day >= $2 order by from_day, id limit $3`, by.Account, civil.Of(r.Now()).String(), maxAbsences)
}

// Covering lists the absences of today in which an officer sees to the cases of others.
func (r *Room) Covering(ctx context.Context, by act.Actor) ([]Absence, error) {
	return r.coverings(ctx, r.DB.Read(ctx), by)
}

func (r *Room) coverings(ctx context.Context, from storage.Reader, by act.Actor) ([]Absence, error) {
	today := civil.Of(r.Now()).String()
	return absences.All(ctx, from, `where deputy = $1 and undone_at = 0 and from_day <= $2 and to_day >= $2 order by id limit 100`, by.Account, today)
}

// mine are the accounts whose cases are an officer's to see to today, their own first.
func (r *Room) mine(ctx context.Context, from storage.Reader, by act.Actor) ([]string, error) {
	all := []string{by.Account}
	covered, err := r.coverings(ctx, from, by)
	for _, a := range covered {
		if !slices.Contains(all, a.Account) {
			all = append(all, a.Account)
		}
	}
	return all, err
}

// FreeOrphans puts the cases back of officers who no longer hold the role for them, and of those who are away
// and whose deputy does not or is away too: whatever becomes of an account, no case stays where nobody sees to it.
func (r *Room) FreeOrphans(ctx context.Context) error {
	all, err := r.handling(ctx)
	if err != nil || len(all) == 0 { // a body whose officers nobody knows has not lost them
		return err
	}
	handles := func(account string, c Case) bool {
		return slices.ContainsFunc(all, func(o act.Actor) bool { return o.Account == account && RightToHandle().Check(o, c.scope()) == nil })
	}
	today := civil.Of(r.Now()).String()
	deputies := map[string][]string{} // by the account of who is away
	for after, n := "", absencesAtOnce; n == absencesAtOnce; {
		some, err := absences.All(ctx, r.DB.Read(ctx), `where undone_at = 0 and from_day <= $1 and to_day >= $1 and id > $2 order by id limit $3`, today, after, absencesAtOnce)
		if err != nil {
			return err
		}
		n = len(some)
		for _, a := range some {
			after, deputies[a.Account] = a.ID, append(deputies[a.Account], a.Deputy)
		}
	}
	seenTo := func(c Case) bool {
		if deputies[c.Officer] == nil {
			return true
		}
		return slices.ContainsFunc(deputies[c.Officer], func(d string) bool { return deputies[d] == nil && handles(d, c) })
	}
	for after, n := "", orphansAtOnce; n == orphansAtOnce; {
		taken, err := rows.All(ctx, r.DB.Read(ctx), `where ended_at = 0 and officer <> '' and id > $1 order by id limit $2`, after, orphansAtOnce)
		if err != nil {
			return err
		}
		if n = len(taken); n > 0 {
			after = taken[n-1].ID
		}
		for _, c := range taken {
			if handles(c.Officer, c) && seenTo(c) {
				continue
			}
			err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
				was := c.Version
				c.Officer, c.Version = "", was+1
				return r.write(ctx, tx, c, was)
			})
			if problem.HasCode(err, "case-changed") {
				continue // somebody sees to it right now
			}
			if err != nil {
				return fmt.Errorf("put case %s back: %w", c.Number, err)
			}
		}
	}
	return nil
}

// Bounds of what is looked at together.
const (
	orphansAtOnce  = 500 // cases
	absencesAtOnce = 500
)

// Named are the names of officers by their accounts; of one who no longer handles cases the account itself.
func (r *Room) Named(ctx context.Context, accounts ...string) (map[string]string, error) {
	names := make(map[string]string, len(accounts))
	all, err := r.handling(ctx)
	for _, account := range accounts {
		names[account] = account
		for _, o := range all {
			if o.Account == account && o.Name != "" {
				names[account] = o.Name
			}
		}
	}
	return names, err
}
