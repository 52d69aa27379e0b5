package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/journal"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
	"dobosh/internal/storage"
)

// Journal keeps the receipts of giving and taking roles.
type Journal interface {
	Append(ctx context.Context, e journal.Entry) (journal.Stamp, error)
}

// Grant is a role that an account was given, and what became of it.
type Grant struct {
	ID      string
	Account string // subject at the identity provider
	Name    string // of the account, as far as it was seen; empty for what was just given
	act.Grant
	GivenBy     string // account, or "configuration"
	GivenAt     time.Time
	ConfirmedBy string    // the second pair of eyes, or who gave it where one is enough
	ConfirmedAt time.Time // zero while it waits for the second pair
	TakenBy     string
	TakenAt     time.Time // zero while it is not taken
}

// Configuration gives the first administrators their role.
const Configuration = "configuration"

const (
	maxAccount = 255 // bytes of a subject: OpenID Connect Core 1.0, section 2
	maxScope   = 128 // bytes of one part of a scope
	maxGrants  = 100 // in force for one account
)

// rightToGive is that of giving and taking roles, for the scope of the administrator:
// who gives roles for one service cannot give them for another, or for all.
func (id *Identity) rightToGive() act.Right {
	right := act.Only(Administrator)
	if id.cfg.FourEyes {
		right = right.WithFourEyes()
	}
	return right
}

// freshFor is how long ago whoever changes a role may have signed in.
const freshFor = 5 * time.Minute

// rightToChange is that of giving and taking itself: whoever finds the screen of an
// administrator does not make themselves one.
func (id *Identity) rightToChange() act.Right { return id.rightToGive().Fresh(freshFor) }

// Give gives an account a role, in force at once when From is zero. It is journaled before it is kept, and sessions that are open
// have it with their next request. Where the configuration demands four eyes it waits for [Identity.Confirm].
//
// Problems: those of [act.Right.Check], grant-form (with the fields), grant-own, grant-known, journal-away.
func (id *Identity) Give(ctx context.Context, by act.Actor, account string, g act.Grant) (Grant, error) {
	now := id.now().UTC()
	if g.From.IsZero() {
		g.From = now
	}
	if err := checkGrant(account, g, now); err != nil {
		return Grant{}, err
	}
	if err := id.rightToChange().Check(by, g.Scope); err != nil {
		return Grant{}, err
	}
	if by.Account == account {
		return Grant{}, problem.New(problem.Forbidden, "grant-own")
	}
	given := newGrant(account, g, by.Account, now)
	if !id.rightToGive().FourEyes {
		given.ConfirmedBy, given.ConfirmedAt = by.Account, now
	}
	return given, id.change(ctx, "role-give", by.Account, given, func(ctx context.Context, from storage.Reader) error {
		return id.notKnown(ctx, from, given)
	}, func(ctx context.Context, tx *storage.Tx) error { return id.insert(ctx, tx, given) })
}

func newGrant(account string, g act.Grant, by string, now time.Time) Grant {
	return Grant{ID: newMatter(), Account: account, Grant: g, GivenBy: by, GivenAt: now}
}

// newMatter names what a receipt is about.
func newMatter() string { return id.New() }

// checkGrant says everything that is wrong with what should be given.
func checkGrant(account string, g act.Grant, now time.Time) error {
	wrong := problem.New(problem.Invalid, "grant-form")
	if account == "" || !plain(account, maxAccount) {
		wrong.At("account", "grant-account")
	}
	if !slices.Contains(Given(), g.Role) {
		wrong.At("role", "grant-role")
	}
	for name, part := range map[string]string{"body": g.Scope.Body, "unit": g.Scope.Unit, "service": g.Scope.Service, "kind": g.Scope.Kind, "place": g.Scope.Place} {
		if !plain(part, maxScope) {
			wrong.At(name, "grant-scope")
		}
	}
	if !g.To.IsZero() && (!g.To.After(g.From) || !g.To.After(now)) {
		wrong.At("to", "grant-period")
	}
	if len(wrong.Fields) > 0 {
		return wrong
	}
	return nil
}

// plain reports whether text is short and without signs that nobody sees.
func plain(written string, most int) bool {
	_, err := text.Line(written, most)
	return written == "" || err == nil && len(written) <= most
}

// Confirm is the second pair of eyes: the grant is in force from now on, as far as its dates say so.
//
// Problems: those of [act.Right.Check], grant-unknown, grant-over, grant-confirmed, four-eyes, grant-own, journal-away.
func (id *Identity) Confirm(ctx context.Context, by act.Actor, grant string) error {
	g, err := id.Grant(ctx, by, grant)
	if err == nil {
		err = id.rightToChange().Check(by, g.Scope)
	}
	if err != nil {
		return err
	}
	if by.Account == g.Account {
		return problem.New(problem.Forbidden, "grant-own")
	}
	if err := id.rightToGive().Second(g.GivenBy, by); err != nil {
		return err
	}
	return id.change(ctx, "role-confirm", by.Account, g, func(ctx context.Context, from storage.Reader) error {
		if g, err = id.untaken(ctx, from, grant); err == nil && !g.ConfirmedAt.IsZero() {
			err = problem.New(problem.Conflict, "grant-confirmed")
		}
		return err
	}, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `update identity_grants set confirmed_by = $1, confirmed_at = $2 where id = $3`,
			by.Account, storage.Micros(id.now()), grant)
		return err
	})
}

// Take takes a role away, from sessions that are open too. Someone must stay who can give roles: the last administrator whose
// role has neither a scope nor an end keeps it.
//
// Problems: those of [act.Right.Check], grant-unknown, grant-over, last-administrator, journal-away.
func (id *Identity) Take(ctx context.Context, by act.Actor, grant string) error {
	g, err := id.Grant(ctx, by, grant)
	if err == nil {
		err = id.rightToChange().Check(by, g.Scope)
	}
	if err != nil {
		return err
	}
	return id.change(ctx, "role-take", by.Account, g, func(ctx context.Context, from storage.Reader) error {
		if g, err = id.untaken(ctx, from, grant); err != nil {
			return err
		}
		if !g.keeps(id.now()) {
			return nil
		}
		others, err := id.keepers(ctx, from, grant)
		if err == nil && others == 0 {
			err = problem.New(problem.Conflict, "last-administrator")
		}
		return err
	}, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `update identity_grants set taken_by = $1, taken_at = $2 where id = $3`,
			by.Account, storage.Micros(id.now()), grant)
		return err
	})
}

// Grant finds a grant for somebody who may give and take such ones.
//
// Problems: those of [act.Right.Check], grant-unknown.
func (id *Identity) Grant(ctx context.Context, by act.Actor, grant string) (Grant, error) {
	if _, err := id.rightToGive().Where(by); err != nil {
		return Grant{}, err
	}
	g, err := id.grant(ctx, id.db.Read(ctx), grant)
	if err != nil {
		return g, err
	}
	return g, id.rightToGive().Check(by, g.Scope)
}

// untaken finds a grant that nobody has taken yet.
func (id *Identity) untaken(ctx context.Context, from storage.Reader, grant string) (Grant, error) {
	g, err := id.grant(ctx, from, grant)
	if err == nil && !g.TakenAt.IsZero() {
		err = problem.New(problem.Conflict, "grant-over")
	}
	return g, err
}

// keeps reports whether the grant is one of those of which one must stay.
func (g Grant) keeps(now time.Time) bool {
	return g.Role == Administrator && g.Scope == (act.Scope{}) && g.To.IsZero() && g.At(now) && !g.ConfirmedAt.IsZero() && g.TakenAt.IsZero()
}

// keepers counts the grants in force that can give every role and do not end, but one.
func (id *Identity) keepers(ctx context.Context, from storage.Reader, but string) (n int, err error) {
	err = from.QueryRowContext(ctx, `select count(*) from identity_grants where issuer = $1 and role = $2 and id <> $3
		and body = '' and unit = '' and service = '' and kind = '' and place = ''
		and to_at = 0 and from_at <= $4 and confirmed_at > 0 and taken_at = 0`,
		id.cfg.Issuer, string(Administrator), but, storage.Micros(id.now())).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count administrators: %w", err)
	}
	return n, nil
}

// notKnown refuses a second grant of the same role with the same scope for a time that the first has.
func (id *Identity) notKnown(ctx context.Context, from storage.Reader, g Grant) error {
	var n int
	err := from.QueryRowContext(ctx, `select count(*) from identity_grants where issuer = $1 and account = $2 and role = $3
		and body = $4 and unit = $5 and service = $6 and kind = $7 and place = $8
		and taken_at = 0 and (to_at = 0 or to_at > $9) and (from_at < $10 or $10 = 0)`,
		id.cfg.Issuer, g.Account, string(g.Role), g.Scope.Body, g.Scope.Unit, g.Scope.Service, g.Scope.Kind, g.Scope.Place,
		storage.Micros(g.From), micros(g.To)).Scan(&n)
	if err != nil {
		return fmt.Errorf("look for the same grant: %w", err)
	}
	if n > 0 {
		return problem.New(problem.Conflict, "grant-known")
	}
	return nil
}

// change journals what somebody does with a grant and then does it. may is asked before, so that what is refused leaves no
// receipt, and again in the transaction, because somebody else may have been quicker.
func (id *Identity) change(ctx context.Context, what, by string, g Grant, may func(context.Context, storage.Reader) error, do func(context.Context, *storage.Tx) error) error {
	if err := may(ctx, id.db.Read(ctx)); err != nil {
		return err
	}
	if err := id.receipt(ctx, what, by, g); err != nil {
		return err
	}
	err := id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := may(ctx, tx); err != nil {
			return err
		}
		return do(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// receipt journals who did what with which grant.
func (id *Identity) receipt(ctx context.Context, what, by string, g Grant) error {
	return id.journaled(ctx, what, g.ID, struct {
		By      string    `json:"by"`
		Account string    `json:"account"`
		Role    act.Role  `json:"role"`
		Scope   act.Scope `json:"scope,omitzero"`
		From    time.Time `json:"from"`
		To      time.Time `json:"to,omitzero"`
	}{by, g.Account, g.Role, g.Scope, g.From.UTC(), g.To.UTC()})
}

// journaled leaves the receipt of what an administrator does. About whom it is stands in
// the body, which does not travel.
func (id *Identity) journaled(ctx context.Context, what, matter string, about any) error {
	meta, err := json.Marshal(journal.Receipt{Asker: id.member, Role: string(Administrator), Holder: id.member, Act: what, Matter: matter})
	if err != nil {
		return err
	}
	body, err := json.Marshal(about)
	if err != nil {
		return err
	}
	if _, err := id.journal.Append(ctx, journal.Entry{Kind: "act", ID: matter, At: id.now(), Meta: meta, Body: body}); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	return nil
}

// appoint makes the accounts that the configuration names administrators, unless somebody is already.
func (id *Identity) appoint(ctx context.Context) error {
	none := func(ctx context.Context, from storage.Reader) error {
		n, err := id.keepers(ctx, from, "")
		if err == nil && n > 0 {
			err = errAppointed
		}
		return err
	}
	if len(id.cfg.Administrators) == 0 {
		return nil
	}
	first := make([]Grant, len(id.cfg.Administrators))
	now := id.now().UTC()
	for i, account := range id.cfg.Administrators {
		first[i] = newGrant(account, act.Grant{Role: Administrator, From: now}, Configuration, now)
		first[i].ConfirmedBy, first[i].ConfirmedAt = Configuration, now
	}
	if err := none(ctx, id.db.Read(ctx)); err != nil {
		return ignore(err, errAppointed)
	}
	for _, g := range first {
		if err := id.receipt(ctx, "role-give", Configuration, g); err != nil {
			return err
		}
	}
	return ignore(id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := none(ctx, tx); err != nil {
			return err
		}
		for _, g := range first {
			if err := id.insert(ctx, tx, g); err != nil {
				return err
			}
		}
		return nil
	}), errAppointed)
}

var errAppointed = errors.New("there is an administrator")

func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// inForce are the roles that an account holds now.
func (id *Identity) inForce(ctx context.Context, account string) ([]act.Grant, error) {
	rows, err := id.db.Read(ctx).QueryContext(ctx, `select `+grantRow+` from identity_grants
		where issuer = $1 and account = $2 and confirmed_at > 0 and taken_at = 0 and from_at <= $3 and (to_at = 0 or to_at > $3) order by id limit $4`,
		id.cfg.Issuer, account, storage.Micros(id.now()), maxGrants)
	found, err := storage.All(rows, err, scanGrant)
	if err != nil {
		return nil, fmt.Errorf("grants of an account: %w", err)
	}
	grants := make([]act.Grant, len(found))
	for i, g := range found {
		grants[i] = g.Grant
	}
	return grants, nil
}

// Grants lists what was given to whom, of one role or of all where it is empty, the newest first, also what is over, as far
// as the administrator may give it.
//
// Problems: those of [act.Right.Check].
func (id *Identity) Grants(ctx context.Context, by act.Actor, role act.Role, after page.Key) (page.Page[Grant], error) {
	scopes, err := id.rightToGive().Where(by)
	if err != nil {
		return page.Page[Grant]{}, err
	}
	before := "z" // above every id
	if columns := after.Columns(1); columns != nil {
		before = columns[0]
	}
	where, values := within(scopes, []any{id.cfg.Issuer, before, page.Size + 1, string(role)})
	rows, err := id.db.Read(ctx).QueryContext(ctx, `select `+grantRow+` from identity_grants
		where issuer = $1 and id < $2 and (role = $4 or $4 = '') and (`+where+`) order by id desc limit $3`, values...)
	found, err := storage.All(rows, err, scanGrant)
	if err != nil {
		return page.Page[Grant]{}, fmt.Errorf("list grants: %w", err)
	}
	return page.Of(found, page.Size, func(g Grant) page.Key { return page.KeyOf(g.ID) }), nil
}

// within is the condition that a row has one of the scopes; the values are added to those that there are.
func within(scopes act.Scopes, values []any) (string, []any) {
	where := ""
	for i, s := range scopes {
		if i > 0 {
			where += " or "
		}
		where += "1 = 1"
		for _, part := range []struct{ column, value string }{{"body", s.Body}, {"unit", s.Unit}, {"service", s.Service}, {"kind", s.Kind}, {"place", s.Place}} {
			if part.value != "" {
				values = append(values, part.value)
				where += fmt.Sprintf(" and %s = $%d", part.column, len(values))
			}
		}
	}
	return where, values
}

func (id *Identity) grant(ctx context.Context, from storage.Reader, grant string) (Grant, error) {
	rows, err := from.QueryContext(ctx, `select `+grantRow+` from identity_grants where issuer = $1 and id = $2`, id.cfg.Issuer, grant)
	g, err := storage.One(rows, err, scanGrant)
	if errors.Is(err, storage.ErrNotFound) {
		return g, problem.New(problem.NotFound, "grant-unknown")
	}
	return g, err
}

const grantColumns = `id, account, role, body, unit, service, kind, place, from_at, to_at, given_by, given_at, confirmed_by, confirmed_at, taken_by, taken_at`

// grantRow is what is read of a grant: its columns and the name of the account.
const grantRow = grantColumns + `, coalesce((select name from identity_accounts a
	where a.issuer = identity_grants.issuer and a.account = identity_grants.account), '')`

func (id *Identity) insert(ctx context.Context, tx *storage.Tx, g Grant) error {
	_, err := tx.ExecContext(ctx, `insert into identity_grants (issuer, `+grantColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		id.cfg.Issuer, g.ID, g.Account, string(g.Role), g.Scope.Body, g.Scope.Unit, g.Scope.Service, g.Scope.Kind, g.Scope.Place, micros(g.From), micros(g.To),
		g.GivenBy, micros(g.GivenAt), g.ConfirmedBy, micros(g.ConfirmedAt), g.TakenBy, micros(g.TakenAt))
	return err
}

func scanGrant(scan storage.Scan) (g Grant, err error) {
	var from, to, given, confirmed, taken int64
	err = scan(&g.ID, &g.Account, &g.Role, &g.Scope.Body, &g.Scope.Unit, &g.Scope.Service, &g.Scope.Kind, &g.Scope.Place, &from, &to,
		&g.GivenBy, &given, &g.ConfirmedBy, &confirmed, &g.TakenBy, &taken, &g.Name)
	g.From, g.To, g.GivenAt, g.ConfirmedAt, g.TakenAt = instant(from), instant(to), instant(given), instant(confirmed), instant(taken)
	return g, err
}

// micros and instant keep the zero time as 0: it stands for never.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return storage.Micros(t)
}

func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return storage.Instant(us)
}
