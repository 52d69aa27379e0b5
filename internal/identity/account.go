package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

// strangerKept is how long an account without a role is remembered after it tried
// to sign in.
const strangerKept = 30 * 24 * time.Hour

// Account is one to which an administrator may give roles: it signed in or tried to,
// and is no resident or holds a role.
type Account struct {
	Subject string
	Name    string // as the identity provider says it
	SeenAt  time.Time
}

// remember keeps an account that signed in or tried to.
func (id *Identity) remember(ctx context.Context, known facts) error {
	return id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into identity_accounts (issuer, account, name, seen_at) values ($1, $2, $3, $4)
			on conflict (issuer, account) do update set name = excluded.name, seen_at = excluded.seen_at`,
			id.cfg.Issuer, known.Account, known.Name, storage.Micros(id.now()))
		if err != nil {
			return fmt.Errorf("remember account: %w", err)
		}
		return nil
	})
}

// Account is what is known of one to which roles can be given: its subject alone when
// it never came here.
//
// Problems: those of [act.Right.Check].
func (id *Identity) Account(ctx context.Context, by act.Actor, subject string) (Account, error) {
	a := Account{Subject: subject}
	if _, err := id.rightToGive().Where(by); err != nil {
		return a, err
	}
	if !plain(subject, maxAccount) {
		return a, nil
	}
	var seen int64
	err := id.db.Read(ctx).QueryRowContext(ctx, `select name, seen_at from identity_accounts where issuer = $1 and account = $2`,
		id.cfg.Issuer, subject).Scan(&a.Name, &seen)
	if err != nil {
		if errors.Is(err, storage.ErrNotFound) {
			return a, nil
		}
		return a, fmt.Errorf("find account: %w", err)
	}
	a.SeenAt = storage.Instant(seen)
	return a, nil
}

// Accounts lists the accounts to which roles can be given, by name.
//
// Problems: those of [act.Right.Check].
func (id *Identity) Accounts(ctx context.Context, by act.Actor, after page.Key) (page.Page[Account], error) {
	if _, err := id.rightToGive().Where(by); err != nil {
		return page.Page[Account]{}, err
	}
	name, subject := "", ""
	if columns := after.Columns(2); columns != nil {
		name, subject = columns[0], columns[1]
	}
	rows, err := id.db.Read(ctx).QueryContext(ctx, `select account, name, seen_at from identity_accounts
		where issuer = $1 and (name > $2 or name = $2 and account > $3) order by name, account limit $4`,
		id.cfg.Issuer, name, subject, page.Size+1)
	found, err := storage.All(rows, err, func(scan storage.Scan) (a Account, err error) {
		var seen int64
		err = scan(&a.Subject, &a.Name, &seen)
		a.SeenAt = storage.Instant(seen)
		return a, err
	})
	if err != nil {
		return page.Page[Account]{}, fmt.Errorf("list accounts: %w", err)
	}
	return page.Of(found, page.Size, func(a Account) page.Key { return page.KeyOf(a.Name, a.Subject) }), nil
}
