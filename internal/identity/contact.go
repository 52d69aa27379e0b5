package identity

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/storage"
)

// Channel is a way on which a contact is reached.
type Channel string

// The channels.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// Bounds of contacts.
const (
	maxContacts = 10                   // of a person
	waitingKept = 24 * time.Hour       // that a contact waits for its code
	dormant     = 180 * 24 * time.Hour // after so long an address may be somebody else's
)

// Contact is where a person can be reached.
type Contact struct {
	ID        string
	Channel   Channel
	Address   string
	Lang      lang.Tag  // in which notices go to it
	Confirmed time.Time // zero while it waits for its code
	Shared    bool      // somebody else has confirmed it too

	hash string
}

// Post carries codes.
type Post interface {
	// Address reads what somebody typed as an address of a channel on which codes go, in
	// the form in which it is kept. Its errors do not repeat it.
	Address(typed string) (Channel, string, error)
	// Carry carries a message to an address at once and keeps nothing of it.
	Carry(ctx context.Context, l Letter) error
}

// Letter is a message to an address that may be nobody's yet.
type Letter struct {
	ID            string
	Channel       Channel
	To            string
	Lang          lang.Tag
	Subject, Body lang.Text
}

// Book is where notices find how a person is reached.
type Book interface {
	// Reach writes, in the transaction, under which address the pseudonyms of a person are
	// reached on a channel; an empty one removes it.
	Reach(ctx context.Context, tx *storage.Tx, persons map[string]string, channel Channel, to string, tag lang.Tag) error
}

// contactKey keeps addresses and codes: without it the tables tell no address, whose it is, or
// which code was sent.
type contactKey struct {
	digests []byte
	sealer  *seal.Sealer
}

func newContactKey(secret []byte) (*contactKey, error) {
	if len(secret) != secretSize {
		return nil, fmt.Errorf("key of contacts: has %d bytes and needs %d", len(secret), secretSize)
	}
	sealer, err := seal.Derive(secret, keyLabel+"contacts")
	if err != nil {
		return nil, err
	}
	digests, err := hkdf.Key(sha256.New, secret, nil, keyLabel+"digests", secretSize)
	if err != nil {
		return nil, fmt.Errorf("key of contacts: %w", err)
	}
	return &contactKey{digests, sealer}, nil
}

// digest names something in a table without saying what it is.
func (k *contactKey) digest(use, of string) string {
	mac := hmac.New(sha256.New, k.digests)
	mac.Write([]byte(use + "\x00" + of))
	return hex.EncodeToString(mac.Sum(nil))
}

// owner names the person of a body.
func (k *contactKey) owner(b body) string { return k.digest("owner", string(b[:])) }

var contacts = storage.NewTable("identity_contacts",
	storage.Col("id", func(c *Contact) *string { return &c.ID }),
	storage.Col("channel", func(c *Contact) *Channel { return &c.Channel }),
	storage.Col("address_hash", func(c *Contact) *string { return &c.hash }),
	storage.Col("lang", func(c *Contact) *lang.Tag { return &c.Lang }),
	storage.Time("confirmed_at", func(c *Contact) *time.Time { return &c.Confirmed }),
)

// Contacts lists those of the actor, the newest first.
//
// Problem: sign-in-needed.
func (id *Identity) Contacts(ctx context.Context, by act.Actor) ([]Contact, error) {
	if err := act.SignedIn().Check(by, act.Scope{}); err != nil {
		return nil, err
	}
	owner, ok := id.ownerOf(by)
	if !ok {
		return nil, nil
	}
	return id.contactsOf(ctx, id.db.Read(ctx), owner)
}

// ForgetContacts erases the contacts of a person, within the transaction of the caller. Where word reaches them the room
// that sends it forgets by itself.
func (id *Identity) ForgetContacts(ctx context.Context, tx *storage.Tx, by act.Actor) error {
	owner, ok := id.ownerOf(by)
	if !ok {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `delete from identity_contacts where owner = $1`, owner); err != nil {
		return fmt.Errorf("forget contacts: %w", err)
	}
	return nil
}

// ownerOf names the person that an actor is; false for an account that is none.
func (id *Identity) ownerOf(by act.Actor) (string, bool) {
	if id.contacts == nil {
		return "", false
	}
	b, ok := id.sectors.bodyOf(by.Persons)
	if !ok {
		return "", false
	}
	return id.contacts.owner(b), true
}

func (id *Identity) contactsOf(ctx context.Context, from storage.Reader, owner string) ([]Contact, error) {
	rows, err := from.QueryContext(ctx, `select c.id, c.channel, c.address_hash, c.sealed, c.lang, c.confirmed_at,
			exists (select 1 from identity_contacts o where o.address_hash = c.address_hash and o.owner <> c.owner and o.confirmed_at > 0)
		from identity_contacts c where c.owner = $1 order by c.confirmed_at desc, c.id desc limit $2`, owner, maxContacts)
	list, err := storage.All(rows, err, func(scan storage.Scan) (c Contact, err error) {
		var sealed []byte
		var confirmed int64
		if err := scan(&c.ID, &c.Channel, &c.hash, &sealed, &c.Lang, &confirmed, &c.Shared); err != nil {
			return c, err
		}
		address, err := id.contacts.sealer.Open(sealed, []byte("contact "+c.ID))
		c.Address, c.Confirmed = string(address), instant(confirmed)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("list contacts: %w", err)
	}
	return list, nil
}

func (id *Identity) contactOf(ctx context.Context, from storage.Reader, owner, contact string) (Contact, error) {
	list, err := id.contactsOf(ctx, from, owner)
	if err != nil {
		return Contact{}, err
	}
	i := slices.IndexFunc(list, func(c Contact) bool { return c.ID == contact })
	if i < 0 {
		return Contact{}, problem.New(problem.NotFound, "contact-unknown")
	}
	return list[i], nil
}

// keep adds a contact of a person, or confirms the one that stands.
func (id *Identity) keep(ctx context.Context, tx *storage.Tx, b body, to destination, confirmed time.Time) (string, error) {
	contact, owner := newID(), id.contacts.owner(b)
	_, err := tx.ExecContext(ctx, `insert into identity_contacts (id, owner, channel, address_hash, sealed, lang, added_at, confirmed_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (owner, channel, address_hash) do update set lang = excluded.lang,
			confirmed_at = case when identity_contacts.confirmed_at > 0 then identity_contacts.confirmed_at else excluded.confirmed_at end`,
		contact, owner, string(to.Channel), id.hashOf(to), id.contacts.sealer.Seal([]byte(to.Address), []byte("contact "+contact)), string(to.Lang),
		storage.Micros(id.now()), micros(confirmed))
	if err != nil {
		return "", fmt.Errorf("keep contact: %w", err)
	}
	err = tx.QueryRowContext(ctx, `select id from identity_contacts where owner = $1 and channel = $2 and address_hash = $3`, owner, string(to.Channel), id.hashOf(to)).Scan(&contact)
	if err != nil {
		return "", fmt.Errorf("keep contact: %w", err)
	}
	return contact, nil
}

// names notes, sealed, a name of a person beside each of their contacts: mail comes from an address, and the digest of
// an owner leads nowhere. It is one, so that the others follow from it only with the keys of the sectors.
func (id *Identity) names(ctx context.Context, tx *storage.Tx, b body) error {
	all := id.sectors.all(b)
	sector := slices.Min(slices.Collect(maps.Keys(all)))
	plain, err := json.Marshal(map[string]string{sector: all[sector]})
	if err != nil {
		return err
	}
	owner := id.contacts.owner(b)
	_, err = tx.ExecContext(ctx, `update identity_contacts set persons = $1 where owner = $2 and persons is null`, id.contacts.sealer.Seal(plain, []byte("persons of "+owner)), owner)
	if err != nil {
		return fmt.Errorf("note whose a contact is: %w", err)
	}
	return nil
}

// Owners gives the pseudonyms of whoever has confirmed an e-mail address, with those of the contacts that were joined
// to them: none where nobody has, where several have, and where the address lay so long that it may be somebody else's.
// It is asked for mail only of which a server that we trust says that it comes from there, and what it answers is told to nobody.
func (id *Identity) Owners(ctx context.Context, address string) (persons []string, err error) {
	if id.contacts == nil {
		return nil, nil
	}
	hashed := id.hashOf(destination{Channel: Email, Address: address})
	from := id.db.Read(ctx)
	rows, err := from.QueryContext(ctx, `select owner, persons from identity_contacts where address_hash = $1 and confirmed_at > 0 limit 2`, hashed)
	owner := ""
	found, err := storage.All(rows, err, func(scan storage.Scan) (sealed []byte, err error) {
		err = scan(&owner, &sealed)
		return sealed, err
	})
	if err != nil {
		return nil, fmt.Errorf("whose an address is: %w", err)
	}
	if len(found) != 1 || found[0] == nil {
		return nil, nil
	}
	plain, err := id.contacts.sealer.Open(found[0], []byte("persons of "+owner))
	if err != nil {
		return nil, fmt.Errorf("whose an address is: %w", err)
	}
	var names map[string]string
	if err := json.Unmarshal(plain, &names); err != nil {
		return nil, fmt.Errorf("whose an address is: %w", err)
	}
	b, ok := id.sectors.bodyOf(names)
	if !ok {
		return nil, nil
	}
	if b.isContact() {
		p, stands, err := id.open(ctx, from, hashed)
		if err != nil || !stands || p.body != b || !p.seen.After(id.now().Add(-dormant)) {
			return nil, err
		}
	}
	joined, err := id.joined(ctx, from, owner)
	if err != nil {
		return nil, err
	}
	for _, of := range append([]body{b}, joined...) {
		for _, person := range id.sectors.all(of) {
			persons = append(persons, person)
		}
	}
	return persons, nil
}

// reach notes whose the contacts of a person are, and tells the book where a person is reached: on each channel at the contact that was
// confirmed last.
func (id *Identity) reach(ctx context.Context, tx *storage.Tx, b body) error {
	if err := id.names(ctx, tx, b); err != nil || id.book == nil {
		return err
	}
	owner := id.contacts.owner(b)
	list, err := id.contactsOf(ctx, tx, owner)
	if err != nil {
		return err
	}
	persons := []map[string]string{id.sectors.all(b)}
	joined, err := id.joined(ctx, tx, owner)
	if err != nil {
		return err
	}
	for _, other := range joined {
		persons = append(persons, id.sectors.all(other))
	}
	for _, channel := range []Channel{Email, SMS} {
		at := slices.IndexFunc(list, func(c Contact) bool { return c.Channel == channel && !c.Confirmed.IsZero() })
		var to Contact
		if at >= 0 {
			to = list[at]
		}
		for _, p := range persons {
			if err := id.book.Reach(ctx, tx, p, channel, to.Address, to.Lang); err != nil {
				return fmt.Errorf("reach a person: %w", err)
			}
		}
	}
	return nil
}

// joined are those who were joined to a person.
func (id *Identity) joined(ctx context.Context, from storage.Reader, owner string) ([]body, error) {
	rows, err := from.QueryContext(ctx, `select body from identity_reached where owner = $1 order by began_at, id limit 100`, owner)
	all, err := storage.All(rows, err, func(scan storage.Scan) (b body, err error) {
		var text string
		if err := scan(&text); err != nil {
			return b, err
		}
		if n, err := hex.Decode(b[:], []byte(text)); err != nil || n != len(b) {
			return b, errors.New("a body of the wrong form")
		}
		return b, nil
	})
	if err != nil {
		return nil, fmt.Errorf("find what was joined: %w", err)
	}
	return all, nil
}

// aliases are the pseudonyms of those who were joined to a person, by sector.
func (id *Identity) aliases(ctx context.Context, persons map[string]string) (map[string][]string, error) {
	b, ok := id.sectors.bodyOf(persons)
	if id.contacts == nil || !ok || b.isContact() {
		return nil, nil
	}
	joined, err := id.joined(ctx, id.db.Read(ctx), id.contacts.owner(b))
	if err != nil || len(joined) == 0 {
		return nil, err
	}
	all := map[string][]string{}
	for _, other := range joined {
		for sector, pseudonym := range id.sectors.all(other) {
			all[sector] = append(all[sector], pseudonym)
		}
	}
	return all, nil
}

func newID() string { return id.New() } // a receiver is named id
