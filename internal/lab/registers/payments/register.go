package payments

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"dobosh/internal/kit/account"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations makes the tables of the register.
func Migrations() fs.FS { return migrations }

// Account says to which account a person is paid.
type Account struct {
	Person string // pseudonym in [registers.Sector]
	Number string // 18 digits
}

var accounts = storage.NewTable("payments_accounts",
	storage.Col("person", func(a *Account) *string { return &a.Person }),
	storage.Col("account", func(a *Account) *string { return &a.Number }),
)

// Grant is something that was granted to a person for a child.
type Grant struct {
	Person   string // pseudonym in [registers.Sector]
	Service  string // id of the public service
	Birth    string // reference in the civil register
	Decision string // id of the decision
}

// Register is the register of payments. It is safe for concurrent use.
type Register struct {
	db   *storage.DB
	desk registers.Desk
	now  clock.Now
}

// New returns the register on a database with its [Migrations].
func New(db *storage.DB, desk registers.Desk, now clock.Now) *Register {
	return &Register{db, desk, now}
}

// Account gives the account of a person, or the problem person-unknown.
func (r *Register) Account(ctx context.Context, person string) (string, error) {
	var account string
	err := r.db.Read(ctx).QueryRowContext(ctx, `select account from payments_accounts where person = $1`, person).Scan(&account)
	if errors.Is(err, storage.ErrNotFound) {
		return "", registers.UnknownPerson()
	}
	if err != nil {
		return "", fmt.Errorf("read account: %w", err)
	}
	return account, nil
}

// Granted reports whether a service was granted to a person for a birth. Of a
// person who was never paid this is known too: nothing was.
func (r *Register) Granted(ctx context.Context, person, service, birth string) (bool, error) {
	_, err := decision(ctx, r.db.Read(ctx), Grant{Person: person, Service: service, Birth: birth})
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Note notes a grant. Noting it again for the same decision changes nothing; for
// another decision it is the problem already-granted.
func (r *Register) Note(ctx context.Context, g Grant) error {
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into payments_grants (person, service, birth, decision, noted_at)
			values ($1, $2, $3, $4, $5) on conflict (person, service, birth) do nothing`,
			g.Person, g.Service, g.Birth, g.Decision, storage.Micros(r.now()))
		if err != nil {
			return fmt.Errorf("note grant: %w", err)
		}
		noted, err := decision(ctx, tx, g)
		if err == nil && noted != g.Decision {
			err = problem.New(problem.Conflict, "already-granted")
		}
		return err
	})
}

func decision(ctx context.Context, from storage.Reader, g Grant) (id string, err error) {
	err = from.QueryRowContext(ctx, `select decision from payments_grants where person = $1 and service = $2 and birth = $3`,
		g.Person, g.Service, g.Birth).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("read grant: %w", err)
	}
	return id, nil
}

// Put brings accounts, one a person, into the register or up to date. Each has to
// pass [account.Check].
func (r *Register) Put(ctx context.Context, all []Account) error {
	for _, a := range all {
		if err := account.Check(a.Number); err != nil {
			return fmt.Errorf("put accounts: %w", err)
		}
	}
	for batch := range slices.Chunk(all, registers.Batch) {
		if err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return accounts.Put(ctx, tx, "person", batch...) }); err != nil {
			return fmt.Errorf("put accounts: %w", err)
		}
	}
	return nil
}
