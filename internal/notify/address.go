package notify

import (
	"context"
	"fmt"
	"net/mail"
	"strings"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// longestAddress is that of RFC 5321 section 4.5.3.1.3, without the brackets.
const longestAddress = 254

// Address says where a person can be reached on a channel.
type Address struct {
	Person  string // pseudonym
	Channel Channel
	To      string   // the e-mail address
	Lang    lang.Tag // in which language
}

// SetAddress writes an address in place of the one that was there. An empty To
// removes it.
//
// Problem: address-invalid, at the field "address".
func (c *Courier) SetAddress(ctx context.Context, a Address) error {
	if !short(a.Person, longestPerson) || a.Channel != Email {
		return fmt.Errorf("set address: unknown person or channel %.20q", a.Channel)
	}
	if a.To != "" {
		if tag, ok := lang.Parse(string(a.Lang)); !ok || tag != a.Lang {
			return fmt.Errorf("set address: unknown language %.20q", a.Lang)
		}
		// A bare address: no name, no comment, no quoted part, nothing that could end a
		// header or a command.
		parsed, err := mail.ParseAddress(a.To)
		_, domain, _ := strings.Cut(a.To, "@")
		if err != nil || parsed.Address != a.To || !short(a.To, longestAddress) || strings.ContainsAny(a.To, " \"<>(),;:\\") || domain == "" || strings.HasPrefix(domain, "[") {
			return problem.New(problem.Invalid, "address-invalid").At("address", "address-invalid")
		}
	}
	return c.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		statement, args := "delete from notify_addresses where person = $1 and channel = $2", []any{a.Person, string(a.Channel)}
		if a.To != "" {
			statement = `insert into notify_addresses (person, channel, address, lang) values ($1, $2, $3, $4)
				on conflict (person, channel) do update set address = excluded.address, lang = excluded.lang`
			args = append(args, a.To, string(a.Lang))
		}
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("set address: %w", err)
		}
		return nil
	})
}

// Address finds where a person can be reached.
//
// Problem: address-unknown.
func (c *Courier) Address(ctx context.Context, person string, channel Channel) (Address, error) {
	rows, err := c.db.Read(ctx).QueryContext(ctx, "select address, lang from notify_addresses where person = $1 and channel = $2", person, string(channel))
	found, err := storage.All(rows, err, func(scan storage.Scan) (Address, error) {
		a := Address{Person: person, Channel: channel}
		return a, scan(&a.To, &a.Lang)
	})
	if err != nil {
		return Address{}, fmt.Errorf("find address: %w", err)
	}
	if len(found) == 0 {
		return Address{}, problem.New(problem.NotFound, "address-unknown")
	}
	return found[0], nil
}
