package cases

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
	"dobosh/internal/notify"
	"dobosh/internal/search"
	"dobosh/internal/storage"
)

// Addresses knows where people are reached; [notify.Courier] does.
type Addresses interface {
	Address(ctx context.Context, person string, channel notify.Channel) (notify.Address, error)
}

// Who is somebody who is heard in a case, as the officer sees them who handles it.
type Who struct {
	Role  PartyRole        // empty for the first, whose case it is
	Asked bool             // of the first: they began it, and no event did
	Name  string           // by which they last signed in; empty while they never did
	Ways  []notify.Address // on which they are reached
}

// What the receipt of a look at [Room.Who] names.
const (
	seenName    = "/name"
	seenContact = "/contact"
)

// Who says who is heard in a case and how they are reached, to the officer who has taken it or stands in for whoever
// has. It leaves a receipt of its own, which says what was seen.
//
// Problems: case-unknown, own-matter, case-not-taken, case-nobody.
func (r *Room) Who(ctx context.Context, by act.Actor, number string) (all []Who, err error) {
	from := r.DB.Read(ctx)
	c, err := r.handled(ctx, from, by, number)
	if err != nil {
		return nil, err
	}
	mine, err := r.mine(ctx, from, by)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(mine, c.Officer):
		return nil, problem.New(problem.Forbidden, "case-not-taken")
	case c.Person == "":
		return nil, problem.New(problem.Conflict, "case-nobody", "number", c.Number)
	}
	if err := r.looked(ctx, by, c, seenName, seenContact); err != nil {
		return nil, err
	}
	for i, p := range append([]Party{{person: c.Person}}, c.others...) {
		w := Who{Role: p.Role, Asked: i == 0 && c.Channel != ByEvent}
		if w.Name, err = r.nameOf(ctx, from, c.ID, p.person); err != nil {
			return nil, err
		}
		for _, channel := range notify.Channels() {
			if r.Addresses == nil {
				break
			}
			way, err := r.Addresses.Address(ctx, p.person, channel)
			if problem.HasCode(err, "address-unknown") {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("how a party is reached: %w", err)
			}
			w.Ways = append(w.Ways, way)
		}
		all = append(all, w)
	}
	return all, nil
}

// nameOf is the name of somebody who is heard in a case; empty where nobody knows it.
func (r *Room) nameOf(ctx context.Context, from storage.Reader, id, person string) (string, error) {
	var sealed []byte
	err := from.QueryRowContext(ctx, `select name from cases_named where case_id = $1 and person = $2`, id, person).Scan(&sealed)
	if errors.Is(err, storage.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("name of a party: %w", err)
	}
	name, err := r.Key.Open(sealed, namePlace(id, person))
	if err != nil {
		return "", fmt.Errorf("name of a party: %w", err)
	}
	return string(name), nil
}

func namePlace(id, person string) []byte { return []byte("name " + id + " " + person) }

// maxName bounds a name, in characters.
const maxName = 200

// Known writes down by which name a party signed in who looks at their case, for those who handle it. Of whoever is
// known by a contact alone there is no name.
func (r *Room) Known(ctx context.Context, by act.Actor, id string) error {
	name, err := text.Line(by.Name, maxName)
	if err != nil || by.Level == act.LevelContact || len(r.NameKey) == 0 || id == "" {
		return nil
	}
	c, err := r.caseWhere(ctx, r.DB.Read(ctx), "id", id)
	if err != nil || !c.Reduced.IsZero() {
		return err
	}
	for _, p := range append([]Party{{person: c.Person, sector: c.Sector}}, c.others...) {
		if p.person == "" || !by.Bears(p.sector, p.person) {
			continue
		}
		stands, err := r.nameOf(ctx, r.DB.Read(ctx), id, p.person)
		if err != nil || stands == name {
			return err
		}
		return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return r.name(ctx, tx, id, p.person, name) })
	}
	return nil
}

// name writes a name in place of the one that was there, and by what it is found.
func (r *Room) name(ctx context.Context, tx *storage.Tx, id, person, name string) error {
	_, err := tx.ExecContext(ctx, `insert into cases_named (case_id, person, name, at) values ($1, $2, $3, $4) on conflict (case_id, person) do update set name = excluded.name, at = excluded.at`,
		id, person, r.Key.Seal([]byte(name), namePlace(id, person)), storage.Micros(r.Now()))
	if err == nil {
		_, err = tx.ExecContext(ctx, `delete from cases_name_pairs where case_id = $1 and person = $2`, id, person)
	}
	for _, pair := range r.pairs(name) {
		if err == nil {
			_, err = tx.ExecContext(ctx, `insert into cases_name_pairs (pair, case_id, person) values ($1, $2, $3)`, pair, id, person)
		}
	}
	if err != nil {
		return fmt.Errorf("name of a party: %w", err)
	}
	return nil
}

// nameParts is how many parts of a name count.
const nameParts = 6

// pairs are the digests of each two parts of a name, in whichever script and order and with whichever marks it was
// written; none for a name of one part.
func (r *Room) pairs(name string) (pairs []string) {
	parts := search.Split(name)
	slices.Sort(parts)
	parts = slices.Compact(parts)
	parts = parts[:min(len(parts), nameParts)]
	for i, one := range parts {
		for _, other := range parts[i+1:] {
			mac := hmac.New(sha256.New, r.NameKey)
			_, _ = mac.Write([]byte("name\x00" + one + "\x00" + other)) // never fails
			pairs = append(pairs, hex.EncodeToString(mac.Sum(nil)[:16]))
		}
	}
	return pairs
}

// OfName finds the cases, within an officer's scopes, in which somebody of that name is heard, the newest first. Each
// leaves a receipt before the officer sees it. Their own an officer does not find here. One part of a name finds nobody:
// it is that of a whole village.
//
// Problem: name-parts.
func (r *Room) OfName(ctx context.Context, by act.Actor, name string) ([]Case, error) {
	f, err := r.within(by)
	if err != nil {
		return nil, err
	}
	if len(r.NameKey) == 0 || r.looks == nil {
		return nil, errors.New("nobody keeps names or watches over looks at them")
	}
	pairs := r.pairs(name)
	if len(pairs) == 0 {
		return nil, problem.New(problem.Invalid, "form-incomplete").At("name", "name-parts")
	}
	c := &conditions{args: f.Args}
	c.all = append(c.all, "visibility <> 'sealed'")
	for _, pair := range pairs {
		c.all = append(c.all, "id in (select case_id from cases_name_pairs where pair = "+c.put(pair)+")")
	}
	if f.Where != "" {
		c.all = append(c.all, f.Where)
	}
	found, err := rows.All(ctx, r.DB.Read(ctx), fmt.Sprintf(`where %s order by id desc limit %d`, strings.Join(c.all, " and "), personMost), c.args...)
	if err != nil {
		return nil, fmt.Errorf("cases by a name: %w", err)
	}
	return r.underReceipt(ctx, by, found)
}

// underReceipt shows an officer cases of persons whom they looked for: each leaves a receipt, and their own are not
// among them.
func (r *Room) underReceipt(ctx context.Context, by act.Actor, found []Case) ([]Case, error) {
	found = slices.DeleteFunc(found, func(c Case) bool { return c.isOf(by) })
	for i := range found {
		if err := r.looks.Looked(ctx, by, found[i]); err != nil {
			return nil, err
		}
		found[i].Person = ""
	}
	return found, nil
}
