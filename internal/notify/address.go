package notify

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/phone"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
	"dobosh/internal/storage"
)

// The bounds of RFC 5321 section 4.5.3.1, in bytes: an address without its brackets, and
// what stands before its domain.
const (
	longestAddress = 254
	longestLocal   = 64
)

// Address says where a person can be reached on a channel.
type Address struct {
	Person  string // pseudonym
	Channel Channel
	To      string   // the e-mail address, the number in the form of E.164, or the lines on an envelope
	Lang    lang.Tag // in which language
}

// deliverable reads a bare address: no name, no comment, no quoted part, nothing that
// could end a header or a command. Its domain has two parts or more and is given in
// the form of the DNS (RFC 5891), which every mail server takes and which leads back to what
// people read; numbers are no domain. What stands before it
// may be of any script (RFC 6531), of one only, and stays as it is: a server that does
// not know such addresses refuses them. The errors do not repeat the address.
func deliverable(typed string) (string, error) {
	line, err := text.Line(typed, longestAddress)
	if err != nil || line != typed || strings.ContainsAny(typed, " \"<>(),;:\\") {
		return "", errors.New("not the signs of an address")
	}
	parsed, err := mail.ParseAddress(typed)
	if err != nil || parsed.Address != typed {
		return "", errors.New("not the form of an address")
	}
	local, domain, _ := strings.Cut(typed, "@")
	if domain, err = domainOf(domain); err != nil {
		return "", err
	}
	switch to := local + "@" + domain; {
	case text.Mixed(local):
		return "", text.ErrScripts
	case len(local) > longestLocal || len(to) > longestAddress:
		return "", text.ErrLong
	default:
		return to, nil
	}
}

// domainOf gives a domain in the form of the DNS, if that leads back to what people read: each
// of its parts in letters of one script, whichever of the two forms was typed.
func domainOf(typed string) (string, error) {
	none := errors.New("not a domain")
	for label := range strings.SplitSeq(strings.ToLower(typed), ".") {
		if strings.HasPrefix(label, "xn--") && strings.ContainsFunc(label, func(r rune) bool { return r > unicode.MaxASCII }) { // half of each form
			return "", none
		}
	}
	names := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))
	domain, err := names.ToASCII(typed)
	if err != nil || !strings.Contains(domain, ".") || strings.HasSuffix(domain, ".") || strings.HasPrefix(domain, "[") {
		return "", none
	}
	read, err := names.ToUnicode(domain)
	if err != nil {
		return "", none
	}
	labels := strings.Split(read, ".")
	for _, label := range labels {
		if text.Mixed(label) {
			return "", text.ErrScripts
		}
	}
	if again, err := names.ToASCII(read); err != nil || again != domain {
		return "", none
	}
	if !strings.ContainsFunc(labels[len(labels)-1], unicode.IsLetter) { // four numbers are a machine
		return "", none
	}
	return domain, nil
}

// reachable gives an address of a channel in the form in which it is kept. The errors do not repeat it.
func (c Channel) reachable(to string) (string, error) {
	switch c {
	case SMS:
		return phone.Parse(to, "")
	case Letter:
		return postal(to)
	}
	return deliverable(to)
}

// SetAddress writes an address in place of the one that was there. An empty To
// removes it. The domain is kept in the form of the DNS.
//
// Problem: address-invalid, at the field "address".
func (c *Courier) SetAddress(ctx context.Context, a Address) error {
	return c.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return c.WriteAddress(ctx, tx, a) })
}

// WriteAddress is SetAddress within the transaction of the caller.
//
// Problem: address-invalid, at the field "address".
func (c *Courier) WriteAddress(ctx context.Context, tx *storage.Tx, a Address) error {
	if !short(a.Person, longestPerson) || a.Channel != Email && a.Channel != SMS && a.Channel != Letter {
		return fmt.Errorf("set address: unknown person or channel %.20q", a.Channel)
	}
	statement, args := "delete from notify_addresses where person = $1 and channel = $2", []any{a.Person, string(a.Channel)}
	if a.To != "" {
		if tag, ok := lang.Parse(string(a.Lang)); !ok || tag != a.Lang {
			return fmt.Errorf("set address: unknown language %.20q", a.Lang)
		}
		to, err := a.Channel.reachable(a.To)
		if err != nil {
			return problem.New(problem.Invalid, "address-invalid").At("address", "address-invalid").Because(err)
		}
		statement = `insert into notify_addresses (person, channel, address, lang) values ($1, $2, $3, $4)
			on conflict (person, channel) do update set address = excluded.address, lang = excluded.lang, gone_at = 0`
		args = append(args, to, string(a.Lang))
	}
	if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("set address: %w", err)
	}
	return nil
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
