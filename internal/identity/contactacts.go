package identity

import (
	"context"
	"errors"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// The names of the acts on contacts.
const (
	ActAddContact     = "contact.add"
	ActConfirmContact = "contact.confirm"
	ActAgainContact   = "contact.again"
	ActRemoveContact  = "contact.remove"
	ActSpeak          = "contact.language"
)

// reaching is what the acts on contacts ask for, each a part of it.
type reaching struct {
	Contact, Address, Code string
	Lang                   lang.Tag
}

// Added names the contact that an act was about.
type Added struct{ Contact string }

// rightToReach is that of people who are known surely enough to change how the state reaches
// them: whoever has a mailbox alone must not lead word about a person elsewhere.
func rightToReach() act.Right { return act.SignedIn().AtLevel(act.LevelEID) }

func (id *Identity) contactActs() ([]act.Act, error) {
	contact := act.OfCode("contact", func(in *reaching) *string { return &in.Contact }, act.InPath())
	return act.All(
		act.Def[reaching, Added]{
			Name: ActAddContact, Page: "/me/contacts/add", Right: rightToReach(), Made: true,
			Fields: []act.Field[reaching]{
				act.OfLine("address", func(in *reaching) *string { return &in.Address }, act.Most(254), act.Missing(id.addressed("contact-address", "contact-either")), act.Says(id.addressed("contact.add.address", "reached.either"))),
				act.OfChoice("lang", func(in *reaching) *lang.Tag { return &in.Lang }, act.Of("speech.", lang.Tags()...)),
			},
			Do: id.addContact,
		}.Act,
		act.Def[reaching, Added]{
			Name: ActConfirmContact, Page: "/me/contacts/{contact}/confirm", Right: rightToReach(),
			Fields: []act.Field[reaching]{contact, act.OfLine("code", func(in *reaching) *string { return &in.Code }, act.Most(40), act.Missing("code-wrong"))},
			Do:     id.confirmContact,
		}.Act,
		act.Def[reaching, Added]{
			Name: ActAgainContact, Page: "/me/contacts/{contact}/again", Right: rightToReach(), Fields: []act.Field[reaching]{contact},
			Do: id.againContact,
		}.Act,
		act.Def[reaching, Added]{
			Name: ActRemoveContact, Page: "/me/contacts/{contact}/remove", Right: rightToReach(), Fields: []act.Field[reaching]{contact},
			Do: id.removeContact,
		}.Act,
		act.Def[reaching, Added]{
			Name: ActSpeak, Page: "/me/language", Right: act.SignedIn(),
			Fields: []act.Field[reaching]{act.OfChoice("lang", func(in *reaching) *lang.Tag { return &in.Lang }, act.Of("speech.", lang.Tags()...))},
			Do:     id.speak,
		}.Act,
	)
}

// bodyOf is whom an actor is, for acts that need a person.
func (id *Identity) bodyOf(by act.Actor) (body, error) {
	b, ok := id.sectors.bodyOf(by.Persons)
	if id.contacts == nil || !ok {
		return b, problem.New(problem.Forbidden, "not-allowed")
	}
	return b, nil
}

// addContact has a code sent to an address that the person says is theirs.
func (id *Identity) addContact(ctx context.Context, by act.Actor, in reaching) (Added, error) {
	b, err := id.bodyOf(by)
	if err != nil {
		return Added{}, err
	}
	if id.post == nil {
		return Added{}, problem.New(problem.Unavailable, "contact-no-post")
	}
	to, err := id.destination(in.Address, in.Lang)
	if err != nil {
		return Added{}, err
	}
	if err := id.mayAsk(ctx); err != nil {
		return Added{}, err
	}
	var added Added
	err = id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		owner := id.contacts.owner(b)
		have, err := id.contactsOf(ctx, tx, owner)
		if err != nil {
			return err
		}
		for _, c := range have {
			if c.hash == id.hashOf(to) && !c.Confirmed.IsZero() {
				return problem.New(problem.Invalid, "form-incomplete").At("address", "contact-have")
			}
		}
		if len(have) >= maxContacts {
			return problem.New(problem.Invalid, "form-incomplete").At("address", "contact-many", "most", fmt.Sprint(maxContacts))
		}
		if added.Contact, err = id.keep(ctx, tx, b, to, instant(0)); err != nil {
			return err
		}
		return id.sendCode(ctx, tx, attemptOf(added.Contact), to, true)
	})
	return added, err
}

// attemptOf is the attempt by which a contact is confirmed.
func attemptOf(contact string) string { return hash([]byte("contact " + contact)) }

// againContact sends another code.
func (id *Identity) againContact(ctx context.Context, by act.Actor, in reaching) (Added, error) {
	b, err := id.bodyOf(by)
	if err != nil {
		return Added{}, err
	}
	if err := id.mayAsk(ctx); err != nil {
		return Added{}, err
	}
	return Added{in.Contact}, id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := id.contactOf(ctx, tx, id.contacts.owner(b), in.Contact)
		if err != nil || !c.Confirmed.IsZero() {
			return err
		}
		return id.sendCode(ctx, tx, attemptOf(c.ID), destination{c.Channel, c.Address, c.Lang}, true)
	})
}

// confirmContact takes the code: the contact is the person's, and so is what was begun under
// it. What somebody else was joined to stays theirs.
func (id *Identity) confirmContact(ctx context.Context, by act.Actor, in reaching) (Added, error) {
	b, err := id.bodyOf(by)
	if err != nil {
		return Added{}, err
	}
	var refused error
	err = id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		refused = nil
		owner := id.contacts.owner(b)
		c, err := id.contactOf(ctx, tx, owner, in.Contact)
		if err != nil || !c.Confirmed.IsZero() {
			return err
		}
		to, right, err := id.tryCode(ctx, tx, attemptOf(c.ID), in.Code)
		if err != nil {
			return err
		}
		if !right {
			refused = wrongCode()
			return nil
		}
		if _, err := tx.ExecContext(ctx, `update identity_contacts set sealed = $1, confirmed_at = $2 where id = $3 and owner = $4`,
			id.contacts.sealer.Seal([]byte(to.Address), []byte("contact "+c.ID)), storage.Micros(id.now()), c.ID, owner); err != nil {
			return fmt.Errorf("confirm contact: %w", err)
		}
		if err := errors.Join(id.spend(ctx, tx, attemptOf(c.ID)), id.join(ctx, tx, to, owner), id.tellOthers(ctx, tx, to, owner)); err != nil {
			return err
		}
		return id.reach(ctx, tx, b)
	})
	return Added{in.Contact}, errors.Join(err, refused)
}

// removeContact forgets a contact. What was begun under it stays the person's; the address
// leads to them no more.
func (id *Identity) removeContact(ctx context.Context, by act.Actor, in reaching) (Added, error) {
	b, err := id.bodyOf(by)
	if err != nil {
		return Added{}, err
	}
	return Added{in.Contact}, id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		owner := id.contacts.owner(b)
		c, err := id.contactOf(ctx, tx, owner, in.Contact)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from identity_contacts where id = $1 and owner = $2`, c.ID, owner); err != nil {
			return fmt.Errorf("remove contact: %w", err)
		}
		p, found, err := id.open(ctx, tx, c.hash)
		if err != nil {
			return err
		}
		if found && p.owner == owner {
			if err := id.close(ctx, tx, p); err != nil {
				return err
			}
			var other string // who has confirmed it too keeps it from signing in a third
			err := tx.QueryRowContext(ctx, `select owner from identity_contacts where address_hash = $1 and confirmed_at > 0 order by confirmed_at, id limit 1`, c.hash).Scan(&other)
			if err == nil {
				_, err = id.beginReached(ctx, tx, c.hash, other)
			}
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				return err
			}
		}
		return id.reach(ctx, tx, b)
	})
}

// speak sets the language of everything that goes to the person.
func (id *Identity) speak(ctx context.Context, by act.Actor, in reaching) (Added, error) {
	b, ok := id.sectors.bodyOf(by.Persons)
	if id.contacts == nil || !ok {
		return Added{}, nil // the page alone changes
	}
	return Added{}, id.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.ExecContext(ctx, `update identity_contacts set lang = $1 where owner = $2`, string(in.Lang), id.contacts.owner(b)); err != nil {
			return fmt.Errorf("set language: %w", err)
		}
		return id.reach(ctx, tx, b)
	})
}
